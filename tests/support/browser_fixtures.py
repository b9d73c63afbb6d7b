"""The `browser` fixtures: Playwright on the system's Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.support import chromium

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the test process; a missing one fails the test with the command to run."""
    path = chromium.executable()
    if path is None:
        pytest.fail(f"The browser tests need Chromium. Run: sudo {chromium.INSTALL}")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        yield started
        started.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh phone-sized profile, closed afterwards; may be resized by the page."""
    opened = browser.new_context(viewport=PHONE, locale="en-GB", timezone_id="Europe/Vienna")
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page whose script errors and refused content (CSP) fail the test at its end."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        is_policy = "Content Security Policy" in message.text
        if message.type == "error" and (is_policy or "Uncaught" in message.text):
            complaints.append(message.text)

    opened = context.new_page()
    opened.on("console", listen)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    assert complaints == []
