"""A phone in another zone asks; both answers, with a script and without."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from accounts.clock import database_now
from accounts.models import User
from tests.cast import Cast, cast_make
from tests.support.browser_fixtures import PHONE
from tests.support.stack import Stack
from tests.tracker.days import plan_signed
from tests.tracker.plans import dose, raw_step
from tracker.models import ZoneChange

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(180)]

HEADING = "Your phone is in New York. Dose times are kept in London time"


@pytest.fixture
def cast(idle_stack: Stack) -> Cast:
    """Ewan with a plan in London that can move to New York."""
    idle_stack.start("valkey", "web")
    with idle_stack.orm():
        cast = cast_make(database_now())
        day = (cast.now - timedelta(days=1)).date().isoformat()
        steps = [raw_step(day, "", *(dose(clock, "15 mg") for clock in ("08:00", "14:00")))]
        plan_signed(cast.ewan, cast.priya, cast.now - timedelta(minutes=1), steps)
        return cast


@contextmanager
def phone(
    browser: Browser, stack: Stack, cast: Cast, who: User, zone: str, **options: object
) -> Iterator[Page]:
    """A phone in this zone on which this person is signed in."""
    context = browser.new_context(viewport=PHONE, timezone_id=zone, **options)
    with stack.orm():
        value = cast.client(who).cookies[settings.SESSION_COOKIE_NAME].value
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": value, "url": stack.url}])
    yield context.new_page()
    context.close()


def test_a_phone_in_new_york_asks_and_the_doses_stay(
    idle_stack: Stack, browser: Browser, cast: Cast
) -> None:
    with phone(browser, idle_stack, cast, cast.ewan_user, "America/New_York") as page:
        page.goto(f"{idle_stack.url}/today/")
        expect(page.get_by_role("heading", name=HEADING)).to_be_visible()
        assert Axe().run(page).violations_count == 0
        page.get_by_role("button", name="Keep London time").click()
        expect(page.get_by_text("Saved. Dose times stay on London time.")).to_be_visible()
        page.wait_for_load_state("networkidle")
        expect(page.get_by_role("heading", name=HEADING)).to_have_count(0)
    with idle_stack.orm():
        assert [row.answer for row in ZoneChange.objects.all()] == ["keep"]


def test_a_phone_in_new_york_asks_and_the_doses_move_until_that_is_taken_back(
    idle_stack: Stack, browser: Browser, cast: Cast
) -> None:
    with phone(browser, idle_stack, cast, cast.ewan_user, "America/New_York") as page:
        page.goto(f"{idle_stack.url}/today/")
        page.get_by_role("button", name="Move to New York time").click()
        expect(page.get_by_text("Saved. Dose times move to New York time.")).to_be_visible()
        expect(page.locator("aside", has_text="Dose times move to New York")).to_be_visible()
        page.get_by_role("link", name="See or change this").click()
        assert Axe().run(page).violations_count == 0
        page.get_by_role("button", name="Keep London time after all").click()
        expect(page.get_by_text("Saved. Dose times stay on London time.")).to_be_visible()
    with idle_stack.orm():
        rows = ZoneChange.objects.order_by("at")
        assert [row.answer for row in rows] == ["move", "keep"]


def test_a_phone_at_home_or_in_a_place_with_the_same_clock_asks_nothing(
    idle_stack: Stack, browser: Browser, cast: Cast
) -> None:
    for zone in ("Europe/London", "Europe/Lisbon"):
        with phone(browser, idle_stack, cast, cast.ewan_user, zone) as page:
            page.goto(f"{idle_stack.url}/today/")
            page.wait_for_load_state("networkidle")
            expect(page.locator("[data-dose-zone]")).to_be_empty()


def test_the_question_is_still_there_after_a_dose_was_logged(
    idle_stack: Stack, browser: Browser, cast: Cast
) -> None:
    with phone(browser, idle_stack, cast, cast.ewan_user, "America/New_York") as page:
        page.goto(f"{idle_stack.url}/today/")
        expect(page.get_by_role("heading", name=HEADING)).to_be_visible()
        again = "{target: '#day', select: '#day', swap: 'outerHTML'}"
        page.evaluate(f"htmx.ajax('GET', '/today/', {again})")
        expect(page.get_by_role("heading", name=HEADING)).to_be_visible()


def test_a_caregiver_who_may_log_is_asked_on_their_own_phone(
    idle_stack: Stack, browser: Browser, cast: Cast
) -> None:
    with phone(browser, idle_stack, cast, cast.isla, "Asia/Tokyo") as page:
        page.goto(f"{idle_stack.url}/feed/{cast.ewan.pk}/")
        expect(page.get_by_text("If Ewan Macrae is not there with you")).to_be_visible()
        assert Axe().run(page).violations_count == 0
        page.get_by_role("button", name="Keep London time").click()
        expect(page.get_by_text("Saved. Dose times stay on London time.")).to_be_visible()
    with idle_stack.orm():
        assert ZoneChange.objects.get().by == cast.isla


def test_without_a_script_the_place_is_chosen_from_a_list(
    idle_stack: Stack, browser: Browser, cast: Cast
) -> None:
    user, zone = cast.ewan_user, "America/New_York"
    with phone(browser, idle_stack, cast, user, zone, java_script_enabled=False) as page:
        page.goto(f"{idle_stack.url}/today/")
        page.get_by_role("link", name="In another time zone").click()
        page.get_by_label("Where are you now?").select_option("America/New_York")
        page.get_by_role("button", name="Show both answers").click()
        expect(page.get_by_role("heading", name="You are in New York. Dose times")).to_be_visible()
        page.get_by_role("button", name="Move to New York time").click()
        expect(page.get_by_text("Saved. Dose times move to New York time.")).to_be_visible()
    with idle_stack.orm():
        assert ZoneChange.objects.get().answer == "move"
