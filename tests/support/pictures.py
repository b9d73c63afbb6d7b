"""The pictures of docs/pages.md: taken on the way through a journey, when they are wanted."""

import os

from playwright.sync_api import Page

from tests.architecture.sources import ROOT

FOLDER = ROOT / "docs" / "pictures" / "phone"
ARE_WANTED = os.environ.get("PICTURES") == "1"
TALLEST = 1500
"""How much of a long page is shown, in CSS pixels."""
QUALITY = 60
"""Of the JPEG: text stays sharp, and all pictures together stay small."""
FROM_THE_TOP = "() => { document.activeElement?.blur(); scrollTo(0, 0); }"
WHOLE = "Math.ceil(document.documentElement.scrollHeight)"


def picture(page: Page, name: str) -> None:
    """Keep the page as it stands, as tall as it is, under this name; PICTURES=1 asks for it.

    By day, without a focus ring; the page's window is left as it was.
    """
    before = page.viewport_size
    if not ARE_WANTED or before is None:
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    height = max(before["height"], min(page.evaluate(WHOLE), TALLEST))
    page.set_viewport_size({"width": before["width"], "height": height})
    page.evaluate(FROM_THE_TOP)
    page.screenshot(
        path=FOLDER / f"{name}.jpg",
        type="jpeg",
        quality=QUALITY,
        scale="css",
        animations="disabled",
    )
    page.set_viewport_size(before)
