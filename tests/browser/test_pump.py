"""A pump in a real browser: dates typed twice, an alarm heard, a refill recorded and confirmed."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, Page, ViewportSize, expect

from accounts.clock import database_now
from accounts.models import User
from tests.cast import Cast, cast_make
from tests.support.stack import Stack
from tests.tracker.pumping import TERMS, pump_make, pump_plan
from tracker.models import Pump

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(240)]

DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
DAY = timedelta(days=1)
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def world(web_stack: Stack) -> Cast:
    """Ewan with a plan by pump that has run for a week; no pump on record, no engine runs."""
    with web_stack.orm():
        cast = cast_make(database_now())
        pump_plan(cast.ewan, cast.priya, cast.now - 6 * DAY)
        return cast


@pytest.fixture
def opened(
    browser: Browser, web_stack: Stack, world: Cast
) -> Iterator[Callable[[User, ViewportSize], Page]]:
    """Open a browser of their own for somebody, with a session made in the stack's database."""
    contexts = []

    def sign_in(who: User, size: ViewportSize) -> Page:
        with web_stack.orm():
            value = world.client(who).cookies[settings.SESSION_COOKIE_NAME].value
        context = browser.new_context(viewport=size, locale="en-GB", timezone_id="Europe/London")
        context.set_default_timeout(15_000)
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": value, "url": web_stack.url}
        context.add_cookies([cookie])
        contexts.append(context)
        return context.new_page()

    yield sign_in
    for context in contexts:
        context.close()


def is_usable(page: Page) -> None:
    """Nothing that axe finds, and no sideways scroll."""
    found = Axe().run(page, options=WCAG).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_pump_from_its_record_to_a_confirmed_refill(
    world: Cast, web_stack: Stack, opened: Callable[[User, ViewportSize], Page]
) -> None:
    today = world.now.date()
    priya = opened(world.priya, DESK)
    adaeze = opened(world.adaeze, DESK)
    here = f"{web_stack.url}/patients/{world.ewan.pk}/pump/"

    the_pump_is_put_on_record(priya, here)
    one_person_types_dates_and_another_types_them_again(priya, adaeze, here, today)
    the_patient_is_not_sure_which_alarm_it_was(opened(world.ewan_user, PHONE), web_stack.url)

    priya.goto(f"{web_stack.url}/worklist/")
    row = priya.get_by_role("row", name="Ewan Macrae")
    expect(row).to_contain_text("Emergency")
    expect(row).to_contain_text("+ 3 more")

    one_records_a_refill_and_another_confirms_it(priya, adaeze, here, today)
    the_flag_of_the_alarm_closes_by_a_note(priya, here)
    with web_stack.orm():
        assert Pump.objects.get().events.count() == 2


def the_pump_is_put_on_record(priya: Page, here: str) -> None:
    """The clinic types the maker's words and the team's number."""
    priya.goto(here)
    priya.get_by_role("link", name="Put the pump on record").click()
    priya.get_by_label("Model").fill(TERMS["model"])
    priya.get_by_label("Critical alarm, in the maker’s words", exact=True).fill(
        TERMS["critical_alarm"]
    )
    priya.get_by_label("Non-critical alarm, in the maker’s words").fill(TERMS["non_critical_alarm"])
    priya.get_by_label("Pump team’s number", exact=True).fill("01632 960 143")
    priya.get_by_role("button", name="Keep the record").click()


def one_person_types_dates_and_another_types_them_again(
    priya: Page, adaeze: Page, here: str, today: date
) -> None:
    """A date that differs is refused; the same one is confirmed."""
    priya.get_by_role("link", name="Type dates without a refill").click()
    priya.get_by_label("Refill date").fill((today - 6 * DAY).isoformat())
    priya.get_by_label("Low-reservoir alarm date").fill((today - 2 * DAY).isoformat())
    priya.get_by_label("Read from").fill("letter of the clinic before")
    is_usable(priya)
    priya.get_by_role("button", name="Keep, then ask a second person").click()
    expect(priya.get_by_text("Passed 6 days ago")).to_be_visible()
    adaeze.goto(here)
    for name, day in (("Refill date", 6), ("Low-reservoir alarm date", 2)):
        adaeze.get_by_role("link", name=re.compile(f"Type it again ?: {name}")).click()
        adaeze.get_by_label(name).fill((today - 9 * DAY).isoformat())
        adaeze.get_by_role("button", name="Confirm it").click()
        expect(adaeze.get_by_role("alert")).to_contain_text("This is not the date")
        adaeze.get_by_label(name).fill((today - day * DAY).isoformat())
        adaeze.get_by_role("button", name="Confirm it").click()
        expect(adaeze.get_by_role("status").last).to_be_visible()
    expect(adaeze.get_by_text("Confirmed by Nurse Adaeze Obi").first).to_be_visible()
    is_usable(adaeze)


def the_patient_is_not_sure_which_alarm_it_was(ewan: Page, url: str) -> None:
    """Not being sure counts as critical and opens the urgent page."""
    ewan.goto(f"{url}/today/")
    ewan.get_by_role("link", name="Dates, refill done, numbers").click()
    is_usable(ewan)
    ewan.get_by_role("link", name="Alarm heard").click()
    is_usable(ewan)
    ewan.get_by_text("I am not sure").click()
    ewan.get_by_role("button", name="Tell the clinic").click()
    expect(ewan.get_by_role("heading", name="Get help now.")).to_be_visible()
    expect(ewan.get_by_text("Call the pump team").first).to_be_visible()
    is_usable(ewan)


def one_records_a_refill_and_another_confirms_it(
    priya: Page, adaeze: Page, here: str, today: date
) -> None:
    """The flags of dates close with the second person's word; the alarm's stays."""
    adaeze.goto(here)
    adaeze.get_by_label("Refill done on").fill((today - DAY).isoformat())
    adaeze.get_by_label("At", exact=True).fill("10:40")
    adaeze.get_by_label("By", exact=True).fill("Pump team, ward 3")
    adaeze.get_by_label("Next refill date").fill((today + 80 * DAY).isoformat())
    adaeze.get_by_label("Low-reservoir alarm date").fill((today + 85 * DAY).isoformat())
    adaeze.get_by_label("Read from").fill("programmer printout")
    adaeze.get_by_role("button", name="Record, then ask a second person").click()
    expect(adaeze.get_by_text("You said it yourself")).to_be_visible()
    priya.goto(here)
    priya.get_by_role("link", name="Confirm or deny it").click()
    is_usable(priya)
    priya.get_by_label("Refill date").fill((today + 80 * DAY).isoformat())
    priya.get_by_label("Low-reservoir alarm date").fill((today + 85 * DAY).isoformat())
    priya.get_by_role("button", name="It is so: confirm").click()
    expect(priya.get_by_role("heading", name="2 closed today")).to_be_visible()
    open_flags = priya.locator(".flag:not(.flag--shut)")
    expect(open_flags.filter(has_text="Critical pump alarm heard")).to_be_visible()
    expect(open_flags.filter(has_text="Refill date")).to_have_count(0)
    is_usable(priya)


def the_flag_of_the_alarm_closes_by_a_note(priya: Page, here: str) -> None:
    """A named person writes what was found."""
    open_flags = priya.locator(".flag:not(.flag--shut)")
    open_flags.filter(has_text="Critical pump alarm").get_by_role(
        "link", name="Close with a note"
    ).click()
    priya.get_by_label("What was found or done").fill("Interrogated: no fault")
    priya.get_by_role("button", name="Close it").click()
    priya.goto(here)
    expect(priya.get_by_role("heading", name="3 closed today")).to_be_visible()


def test_at_twofold_zoom_nothing_leaves_the_phone_least_of_all_the_warning_signs(
    opened: Callable[[User, ViewportSize], Page], world: Cast, web_stack: Stack
) -> None:
    with web_stack.orm():
        pump_make(world.ewan, world.priya, world.now - 6 * DAY)
    page = opened(world.ewan_user, {"width": 195, "height": 422})
    for path in ("/today/", "/pump/", "/pump/oral/", "/check-in/"):
        page.goto(f"{web_stack.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.goto(f"{web_stack.url}/pump/")
    box = page.get_by_role("link", name="Warning signs").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 195
