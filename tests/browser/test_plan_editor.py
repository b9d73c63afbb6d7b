"""The plan editor in a real browser: by keyboard alone, pasted, undone, and kept by itself."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.clock import database_now
from accounts.domain.zones import local_date
from accounts.models import Patient
from tests.cast import Cast, cast_make
from tests.support.axe import axe_violations
from tests.support.stack import Stack
from tests.tapers import taper_signed
from tracker.models import PlanDraft
from tracker.services.plan_moves import plan_hold

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(240)]

DESK = {"width": 1440, "height": 900}
PASTE = "Wed 9 Dec 2026\t20 mg\t20 mg\n31 Nov 2026\thalf a 10 mg tablet\t7,5 mg\tcall first\n"


class Office:
    """A running web server, the fixed cast, and Dr Raman signed in."""

    def __init__(self, stack: Stack, page: Page) -> None:
        self.stack, self.page = stack, page
        with stack.orm():
            self.cast: Cast = cast_make(database_now())
            cookie = self.cast.client(self.cast.priya).cookies["session"].value
        self.cookie = {"name": "session", "value": cookie, "url": stack.url}
        page.context.add_cookies([self.cookie])
        page.set_viewport_size(DESK)

    @property
    def ewan(self) -> Patient:
        return self.cast.ewan

    def open(self) -> Page:
        self.page.goto(f"{self.stack.url}/patients/{self.ewan.pk}/plan/")
        return self.page

    def draft(self) -> PlanDraft:
        with self.stack.orm():
            return PlanDraft.objects.get()


@pytest.fixture
def office(web_stack: Stack, page: Page) -> Office:
    return Office(web_stack, page)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def pasted(page: Page, text: str) -> None:
    """Hand the text to the focused cell as Ctrl+V does."""
    page.evaluate(
        """text => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", text);
          const options = { clipboardData, bubbles: true, cancelable: true };
          const event = new ClipboardEvent("paste", options);
          document.activeElement.dispatchEvent(event);
        }""",
        text,
    )


def values(page: Page, *names: str) -> list[str]:
    return [page.locator(f"#{name}").input_value() for name in names]


def test_steps_and_weekdays_are_entered_with_the_keyboard_alone(office: Office) -> None:
    page = office.open()
    page.locator("#time-1").focus()
    for text in ("08:00", "Mon Wed Fri"):
        page.keyboard.type(text)
        press(page, "Tab")
    page.locator("#time-2").focus()
    page.keyboard.type("08:00")
    press(page, "Tab")
    page.keyboard.type("Tue Thu")
    page.locator("#begins-1").focus()
    first_on = local_date(database_now_of(office), office.ewan.zone_info) + timedelta(days=1)
    for text in (str(first_on), "", "20 mg", "half a 10 mg tablet"):
        page.keyboard.type(text)
        press(page, "ArrowRight")
    page.locator("#amount-1-1").focus()
    press(page, "Enter")
    expect(page.locator("#amount-2-1")).to_be_focused()
    page.keyboard.type("15 mg")
    press(page, "ArrowUp")
    expect(page.locator("#amount-1-1")).to_be_focused()
    press(page, "ArrowDown", "Alt+ArrowUp")
    expect(page.locator("#amount-1-1")).to_have_value("15 mg")
    expect(page.locator("#begins-1")).to_be_focused()
    press(page, "Alt+ArrowDown")
    expect(page.locator("#amount-2-1")).to_have_value("15 mg")
    page.locator("#begins-4").focus()
    press(page, "Enter")
    expect(page.locator("#begins-5")).to_be_focused()
    page.locator("#begins-2").fill(str(first_on + timedelta(days=7)))
    page.locator("#amount-2-2").fill("no dose")
    page.locator("#id_formulation").select_option("tablet")
    page.locator("#id_indication").select_option("multiple_sclerosis")
    page.locator("#id_ending input").last.press("Space")
    page.locator("#id_observation_days").fill("none")
    page.locator("#id_observation_days").press("Enter")
    expect(page).to_have_title("Read back, Ewan Macrae · Stepdown")
    doses = office.draft().content["steps"][0]["doses"]
    assert [(dose["time"], dose["weekdays"], dose["amount"]) for dose in doses] == [
        ("08:00", "Mon Wed Fri", "20 mg"),
        ("08:00", "Tue Thu", "half a 10 mg tablet"),
    ]


def database_now_of(office: Office):
    with office.stack.orm():
        return database_now()


def test_the_keys_can_be_switched_off(office: Office) -> None:
    page = office.open()
    page.get_by_label("Use these keys").uncheck()
    page.locator("#begins-1").focus()
    press(page, "ArrowDown")
    expect(page.locator("#begins-1")).to_be_focused()
    page.reload()
    expect(page.get_by_label("Use these keys")).not_to_be_checked()


def test_rows_are_pasted_into_the_grid_and_every_problem_stands_at_its_cell(
    office: Office,
) -> None:
    page = office.open()
    page.locator("#time-1").fill("08:00")
    page.locator("#time-2").fill("20:00")
    page.locator("#begins-1").focus()
    pasted(page, PASTE)
    expect(page.locator("#pasted")).to_be_focused()
    expect(page.locator("#pasted")).to_contain_text("2 rows are in the grid, as they were.")
    assert values(page, "begins-1", "amount-1-1", "amount-2-1", "amount-2-2", "note-2") == [
        "Wed 9 Dec 2026",
        "20 mg",
        "half a 10 mg tablet",
        "7,5 mg",
        "call first",
    ]
    expect(page.locator("#begins-2")).to_have_attribute("aria-invalid", "true")
    page.get_by_role("link", name="Go to the cell").first.press("Enter")
    assert page.url.endswith("#begins-2")


def test_dates_of_pasted_rows_that_can_mean_two_days_are_asked_about(office: Office) -> None:
    page = office.open()
    page.get_by_text("Paste rows").first.click()
    page.locator("#paste").fill("Begins;08:00\n09/12/2026;7,5 mg\n")
    page.get_by_role("button", name="Put the rows into the grid").click()
    expect(page.get_by_text("09/12/2026 can be read in two ways")).to_be_visible()
    assert values(page, "begins-1", "amount-1-1") == ["", ""]
    expect(page.get_by_label("Day first")).not_to_be_checked()
    expect(page.get_by_label("Month first")).not_to_be_checked()
    page.get_by_label("Day first").check()
    page.get_by_role("button", name="Put the rows into the grid").click()
    expect(page.locator("#begins-1")).to_have_value("Wed 9 Dec 2026")
    expect(page.locator("#amount-1-1")).to_have_value("7,5 mg")
    expect(page.locator("#time-1")).to_have_value("08:00")


def test_a_deleted_step_comes_back_with_control_z_and_typing_keeps_its_own_undo(
    office: Office,
) -> None:
    page = office.open()
    page.locator("#time-1").fill("08:00")
    page.locator("#amount-1-1").fill("7.50 mg")
    page.locator("#note-1").fill("with food")
    page.get_by_role("button", name="Remove step 1").click()
    expect(page.get_by_text("Step 1 is removed")).to_be_visible()
    expect(page.locator("#undo")).to_be_focused()
    assert values(page, "amount-1-1", "note-1") == ["", ""]
    press(page, "Control+z")
    expect(page.locator("#amount-1-1")).to_have_value("7.50 mg")
    expect(page.locator("#note-1")).to_have_value("with food")
    expect(page.locator("#undo")).to_have_count(0)


def test_a_duplicated_step_asks_for_each_amount(office: Office) -> None:
    page = office.open()
    page.locator("#time-1").fill("08:00")
    page.locator("#time-2").fill("20:00")
    page.locator("#amount-1-1").fill("20 mg")
    page.locator("#amount-1-2").fill("half a 10 mg tablet")
    page.get_by_role("button", name="Duplicate step 1").click()
    expect(page.get_by_text("2 amounts are to be confirmed one by one")).to_be_visible()
    assert values(page, "begins-2", "amount-2-1", "amount-2-2") == ["", "", ""]
    page.get_by_role("button", name="Step 2, 20:00: put in “half a 10 mg tablet”").press("Enter")
    expect(page.locator("#amount-2-2")).to_have_value("half a 10 mg tablet")
    assert values(page, "amount-2-1") == [""]
    page.locator("#amount-2-1").fill("15 mg")
    expect(page.locator("td.ask")).to_have_count(0)


def test_a_draft_keeps_itself_and_opens_again_as_it_was_typed(office: Office) -> None:
    page = office.open()
    page.locator("#time-1").fill("8 in the morning")
    page.locator("#amount-1-1").fill("7,5 mg")
    expect(page.locator("[data-kept]")).to_contain_text("Draft kept")
    office.open()
    assert values(page, "time-1", "amount-1-1") == ["8 in the morning", "7,5 mg"]
    page.locator("#note-1").fill("typed just before leaving")
    page.get_by_role("link", name="Leave").click()
    expect(page).to_have_url(f"{office.stack.url}/patients/{office.ewan.pk}/")
    page.wait_for_timeout(1000)  # what a page sends on its way out arrives after it has gone
    office.open()
    expect(page.locator("#note-1")).to_have_value("typed just before leaving")
    expect(page.locator("[data-offer]")).to_be_hidden()


def test_a_newer_draft_of_a_colleague_is_said_and_not_overwritten(
    office: Office, browser: Browser
) -> None:
    page = office.open()
    page.locator("#amount-1-1").fill("20 mg")
    expect(page.locator("[data-kept]")).to_contain_text("Draft kept")
    other = browser.new_context(viewport=DESK)
    with office.stack.orm():
        cookie = office.cast.client(office.cast.adaeze).cookies["session"].value
    other.add_cookies([{**office.cookie, "value": cookie}])
    theirs = other.new_page()
    theirs.goto(page.url)
    theirs.locator("#note-1").fill("theirs")
    expect(theirs.locator("[data-kept]")).to_contain_text("Draft kept")
    other.close()
    page.locator("#note-1").fill("mine")
    expect(page.locator("[data-kept]")).to_contain_text("Nurse Adaeze Obi changed this draft")
    expect(page.get_by_role("link", name="Open the newer draft")).to_be_visible()
    assert office.draft().content["grid"]["rows"][0]["note"] == "theirs"


def test_typing_outlives_a_session_that_has_ended(office: Office) -> None:
    page = office.open()
    page.locator("#amount-1-1").fill("20 mg")
    expect(page.locator("[data-kept]")).to_contain_text("Draft kept")
    page.context.clear_cookies(name="session")
    page.locator("#note-1").fill("typed after the session ended")
    expect(page.locator("[data-kept]")).to_contain_text("You are signed out.")
    page.context.add_cookies([office.cookie])
    office.open()
    expect(page.locator("#note-1")).to_have_value("")
    page.get_by_role("button", name="Put it back").click()
    expect(page.locator("#note-1")).to_have_value("typed after the session ended")
    expect(page.locator("[data-kept]")).to_contain_text("Draft kept")
    office.open()
    expect(page.locator("#note-1")).to_have_value("typed after the session ended")


def test_everything_of_the_grid_works_without_script(office: Office, browser: Browser) -> None:
    context = browser.new_context(viewport=DESK, java_script_enabled=False)
    context.add_cookies([office.cookie])
    page = context.new_page()
    page.goto(f"{office.stack.url}/patients/{office.ewan.pk}/plan/")
    expect(page.locator("[data-keys]")).to_be_hidden()
    page.get_by_text("Paste rows").first.click()
    page.locator("#paste").fill("Begins;08:00\n2026-12-09;20 mg\n2026-12-16;15 mg\n")
    page.get_by_role("button", name="Put the rows into the grid").click()
    page.get_by_role("button", name="Move step down 1").click()
    assert values(page, "amount-1-1", "amount-2-1") == ["15 mg", "20 mg"]
    page.get_by_role("button", name="Remove step 2").click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Duplicate step 2").click()
    page.get_by_role("button", name="Step 3, 08:00: put in “20 mg”").click()
    assert values(page, "amount-1-1", "amount-2-1", "amount-3-1") == ["15 mg", "20 mg", "20 mg"]
    page.get_by_label("How baclofen is given").select_option("intrathecal")
    page.get_by_role("button", name="Show its rows").click()
    page.locator("#rate-1").fill("299,5 micrograms/day")
    page.get_by_label("How baclofen is given").select_option("oral")
    page.get_by_role("button", name="Show its rows").click()
    assert values(page, "amount-1-1", "amount-2-1") == ["15 mg", "20 mg"]
    context.close()


def test_axe_finds_nothing_on_the_editor_in_any_of_its_states(office: Office) -> None:
    page = office.open()
    page.locator("#time-1").fill("08:00")
    page.locator("#time-2").fill("20:00")
    page.locator("#begins-1").focus()
    pasted(page, PASTE)
    expect(page.locator("#pasted")).to_be_visible()
    page.get_by_role("button", name="Duplicate step 2").click()
    expect(page.locator("td.ask").first).to_be_visible()
    page.get_by_role("button", name="Remove step 1").click()
    expect(page.locator("#undo")).to_be_visible()
    for width, height, scheme in [(1440, 900, "light"), (1024, 768, "dark"), (390, 844, "light")]:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert axe_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    page.locator("#paste").fill("09/12/2026\t20 mg\t20 mg\n")
    page.get_by_role("button", name="Put the rows into the grid").click()
    expect(page.get_by_label("Day first")).to_be_visible()
    assert axe_violations(page) == []


def test_the_editor_works_at_twice_the_size(office: Office) -> None:
    page = office.open()
    # 200 % zoom of a 1440 px window leaves 720 px.
    page.set_viewport_size({"width": 720, "height": 450})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#note-4").focus()
    page.keyboard.type("the last cell")
    expect(page.locator("#note-4")).to_be_in_viewport()
    assert axe_violations(page) == []


def test_a_change_shows_the_rows_as_entered_and_a_resume_asks_for_each(office: Office) -> None:
    with office.stack.orm():
        now = database_now()
        plan = taper_signed(office.ewan, by=office.cast.priya, now=now)
    page = office.page
    page.goto(f"{office.stack.url}/plans/{plan.pk}/change/")
    amount = page.locator("#amount-1-1").input_value()
    assert amount
    assert values(page, "id_counts_from_on", "id_change_reason") == ["", ""]
    assert axe_violations(page) == []
    with office.stack.orm():
        review_on = local_date(now, office.ewan.zone_info) + timedelta(days=14)
        plan_hold(plan=plan, by=office.cast.priya, reason="infection", review_on=review_on, now=now)
    page.goto(f"{office.stack.url}/plans/{plan.pk}/resume/")
    assert values(page, "begins-1", "amount-1-1") == ["", ""]
    expect(page.get_by_role("button", name=f"put in “{amount}”").first).to_be_visible()
    assert axe_violations(page) == []
