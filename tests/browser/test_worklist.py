"""The worklist in a real browser: the pane beside it, its refresh, and all of it without script."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(180)]

DESK = {"width": 1440, "height": 900}
PASSWORD = "harbour-light-7"


@pytest.fixture
def clinic(idle_stack: Stack) -> Stack:
    """The web server on the demo clinic; no engine runs."""
    idle_stack.extra_environment["DEMO"] = "1"
    idle_stack.start("valkey", "web")
    idle_stack.manage("seed")
    return idle_stack


def signed_in(page: Page, clinic: Stack) -> Page:
    """Sign Dr Raman in and open the worklist."""
    page.goto(f"{clinic.url}/account/login/?next=/worklist/")
    page.get_by_label("Email").fill("priya@harbour.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    return page


def test_a_name_opens_its_patient_beside_the_list_and_back_closes_it(
    clinic: Stack, page: Page
) -> None:
    page.set_viewport_size(DESK)
    signed_in(page, clinic)
    page.evaluate("window.isSamePage = true")
    page.get_by_role("link", name="Kofi Mensah-Bright").click()
    pane = page.get_by_role("complementary", name="Kofi Mensah-Bright")
    expect(pane.get_by_role("button", name="I have it")).to_be_visible()
    assert "patient=" in page.url
    assert page.evaluate("window.isSamePage") is True
    page.go_back()
    expect(page.get_by_role("heading", name="Nobody chosen")).to_be_visible()
    page.go_forward()
    pane.get_by_role("button", name="I have it").click()
    expect(page.get_by_role("row", name="Kofi Mensah-Bright")).to_contain_text("Dr Priya Raman")


def test_the_list_refreshes_itself_each_minute_and_keeps_the_focus(
    clinic: Stack, page: Page
) -> None:
    page.set_viewport_size(DESK)
    page.clock.install()
    signed_in(page, clinic)
    page.get_by_role("link", name="Kofi Mensah-Bright").focus()
    with page.expect_request(lambda sent: sent.headers.get("hx-target") == "worklist"):
        page.clock.fast_forward(61_000)
    expect(page.get_by_role("link", name="Kofi Mensah-Bright")).to_be_focused()
    looks = clinic.query("SELECT count(*) FROM accounts_look")
    assert looks == [(0,)]


def test_everything_works_without_script(clinic: Stack, browser: Browser) -> None:
    context: BrowserContext = browser.new_context(viewport=DESK, java_script_enabled=False)
    page = signed_in(context.new_page(), clinic)
    page.get_by_role("link", name="Kofi Mensah-Bright").click()
    pane = page.get_by_role("complementary", name="Kofi Mensah-Bright")
    pane.get_by_role("button", name="I have it").click()
    expect(page.get_by_role("row", name="Kofi Mensah-Bright")).to_contain_text("Dr Priya Raman")
    page.get_by_role("link", name="Chart").click()
    page.get_by_role("link", name="Close with a note").first.click()
    page.get_by_label("What was found or done").fill("Called: he is calm, tightness as usual.")
    page.get_by_role("button", name="Close it").click()
    expect(page.get_by_text("Flag closed with your note.")).to_be_visible()
    context.close()
