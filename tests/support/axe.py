"""What axe-core says about a page, in the shape that a failing assertion shows well."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def axe_violations(page: Page) -> list[tuple[str, str]]:
    """Return each rule that the page breaks, as it stands now, with the first place; [] is good."""
    page.wait_for_timeout(200)  # colours change over 120 ms
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    return [(each["id"], each["nodes"][0]["html"]) for each in found]
