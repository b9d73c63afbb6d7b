"""Today is light: everything it fetches, packed as it is served, stays below 100 kB."""

import gzip
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from tests.architecture.sources import ROOT
from tests.tracker.days import at, html_of_today, log, plan_around

pytestmark = pytest.mark.django_db

MOST = 100_000
FETCHED = re.compile(r"(?:href|src|data-src)=\"/?static/([^\"#]+)[\"#]")
OUTSIDE = re.compile(
    r"(?:src|href|url\(|@import|fetch\()\s*=?\s*[\"'(]*(?:https?:)?//", re.IGNORECASE
)


def packed(text: bytes) -> int:
    return len(gzip.compress(text, 6))


def static(name: str) -> bytes:
    found = finders.find(name)
    assert isinstance(found, str), name
    return Path(found).read_bytes()


@pytest.fixture
def html(cast) -> str:
    now = at(12)
    doses = plan_around(
        cast, now, taken=-timedelta(hours=4), due=-timedelta(minutes=5), later=timedelta(hours=8)
    )
    log(cast, doses["taken"], now - timedelta(hours=4))
    return html_of_today(cast, now)


def test_everything_that_today_fetches_is_below_a_hundred_kilobytes(html: str) -> None:
    names = set(FETCHED.findall(html))
    assert {"app.css", "app.js", "icons.svg"} <= names
    total = packed(html.encode()) + sum(packed(static(name)) for name in names)
    assert total <= MOST


def test_the_first_paint_of_today_waits_for_one_style_sheet_and_no_script(html: str) -> None:
    assert re.findall(r'rel="stylesheet" href="/?static/([^"]+)"', html) == ["app.css"]
    assert all(
        " defer" in tag for tag in re.findall(r"<script [^>]*\ssrc=[^>]*>|<script src[^>]*>", html)
    )
    assert 'rel="preload"' not in html
    fonts = re.findall(r"@font-face {[^}]*}", static("app.css").decode())
    assert all("font-display: swap" in font for font in fonts if "url(" in font)


def test_no_page_fetches_anything_from_somewhere_else() -> None:
    kept = [ROOT / "config" / "static", *ROOT.glob("*/templates")]
    files = [
        path
        for folder in kept
        for path in folder.rglob("*")
        if path.suffix in {".css", ".js", ".svg", ".html"} and "api" not in path.parts
    ]
    assert files
    wrong = [str(path) for path in files if OUTSIDE.search(path.read_text())]
    assert wrong == []


@pytest.mark.parametrize("name", ["app.css", "desk.css"])
def test_the_style_sheets_know_start_and_end_but_no_left_and_right(name: str) -> None:
    rules = re.sub(r"/\*.*?\*/|env\([^)]*\)", "", static(name).decode(), flags=re.DOTALL)
    physical = re.compile(
        r"(?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right)\b"
        r"|(?<![-\w])(?:left|right)\s*:|(?:text-align|float|clear)\s*:\s*(?:left|right)\b"
        r"|border-(?:top|bottom)-(?:left|right)-radius"
    )
    assert physical.findall(rules) == []


@pytest.mark.parametrize("path", sorted((ROOT / "config" / "static").glob("*.js")), ids=str)
def test_no_script_asks_for_a_drag_a_swipe_a_long_press_or_a_hover(path: Path) -> None:
    gestures = r"touch(?:start|move|end)|pointer(?:down|move)|drag\w*"
    gestures += "|contextmenu|dblclick|mouse(?:over|enter|move|down)"
    assert re.findall(rf"[\"'](?:{gestures})[\"']", path.read_text()) == []
