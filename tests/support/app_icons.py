"""Draw the icons of the installed app from config/static/mark.svg and app-icon-maskable.svg anew.

Run `python -m tests.support.app_icons` after either of them changed, and commit what it writes.
"""

from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support import chromium

STATIC = Path(__file__).resolve().parents[2] / "config" / "static"
ICONS = {
    "app-icon-180.png": ("app-icon-maskable.svg", 180),  # a home screen that rounds it itself
    "app-icon-192.png": ("mark.svg", 192),
    "app-icon-512.png": ("mark.svg", 512),
    "app-icon-maskable-512.png": ("app-icon-maskable.svg", 512),
}


def draw() -> None:
    """Write every icon beside the drawings."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.executable(), args=chromium.FLAGS
        )
        for name, (source, size) in ICONS.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            drawing = (STATIC / source).read_text().replace("<svg ", f'<svg width="{size}" ', 1)
            page.set_content(f'<body style="margin:0;line-height:0">{drawing}</body>')
            page.screenshot(path=STATIC / name, omit_background=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    draw()
