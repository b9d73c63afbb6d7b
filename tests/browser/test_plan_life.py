"""A plan's life in a real browser: signed by two, amended, seen, held, resumed, stopped."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from playwright.sync_api import Browser, Page, expect

from accounts.clock import database_now
from accounts.models import Clinic, User
from tests.cast import PASSWORD, Cast, cast_make
from tests.support.axe import axe_violations
from tests.support.browser_fixtures import PHONE
from tests.support.stack import Stack
from tests.tapers import taper_signed
from tracker.models import Plan

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(300)]

DESK = {"width": 1280, "height": 900}
DAY = timedelta(days=1)
REASON = "Spasms at night"


class Clinic24:
    """A running web server, Ewan's signed plan, and people in browsers of their own."""

    def __init__(self, stack: Stack, browser: Browser, rooms: ExitStack) -> None:
        self.stack, self.browser, self.rooms = stack, browser, rooms
        with stack.orm():
            self.cast: Cast = cast_make(database_now())
            # The tests' own hasher is none that a running web server knows.
            known = make_password(PASSWORD, hasher=Argon2PasswordHasher())
            User.objects.update(password=known)
            self.now: datetime = self.cast.now
            self.plan: Plan = taper_signed(
                self.cast.ewan, by=self.cast.priya, now=self.now - DAY, times=("08:00", "20:00")
            )

    def seen_by(self, user: User, size: dict[str, int] = DESK) -> Page:
        """A browser in which this person is signed in."""
        with self.stack.orm():
            user.refresh_from_db()
            cookie = self.cast.client(user).cookies["session"].value
        context = self.browser.new_context(viewport=size, timezone_id="Europe/London")
        self.rooms.callback(context.close)
        context.set_default_timeout(15_000)
        context.add_cookies([{"name": "session", "value": cookie, "url": self.stack.url}])
        return context.new_page()

    def go(self, page: Page, path: str) -> None:
        page.goto(self.stack.url + path)

    def state(self) -> str:
        with self.stack.orm():
            return Plan.objects.get(pk=self.plan.pk).state


@pytest.fixture
def clinic(web_stack: Stack, browser: Browser) -> Iterator[Clinic24]:
    with ExitStack() as rooms:
        yield Clinic24(web_stack, browser, rooms)


def amend(clinic: Clinic24, page: Page) -> None:
    """Change the amount at 20:00 from the day after tomorrow on, and keep the draft."""
    clinic.go(page, f"/plans/{clinic.plan.pk}/")
    page.get_by_role("link", name="Change the plan").click()
    begins_on = (clinic.now + 2 * DAY).date()
    expect(page.locator("[name=amount-1-2]")).to_have_value("10 mg")
    page.locator("[name=counts_from_on]").fill(begins_on.isoformat())
    page.locator("[name=counts_from_time]").fill("00:00")
    page.locator("[name=change_reason]").fill(REASON)
    page.locator("[name=amount-1-2]").fill("7,5 mg")
    page.get_by_role("button", name="Keep draft and read back").first.click()
    expect(page.get_by_role("heading", name="What changes")).to_be_visible()


def sign(page: Page, button: str) -> None:
    """Tick every step and every confirmation, type the password, press the button."""
    expect(page.get_by_role("button", name=button)).to_be_visible()
    for box in page.locator("[name=read]").all():
        box.check()
    hours = page.locator("[name=confirmed_hours]")
    if hours.count():
        hours.check()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name=button).click()


def test_a_change_is_signed_by_two_and_seen_by_the_patient(clinic: Clinic24) -> None:
    with clinic.stack.orm():
        Clinic.objects.update(is_cosign_required=True)
    priya = clinic.seen_by(clinic.cast.priya)
    amend(clinic, priya)
    differs = priya.get_by_role("region", name="What changes")
    expect(differs).to_contain_text("10 mg")
    expect(differs).to_contain_text("7,5 mg")
    assert axe_violations(priya) == []
    sign(priya, "Sign version 2")
    expect(priya.get_by_text("It counts once another clinician has signed it too.")).to_be_visible()

    adaeze = clinic.seen_by(clinic.cast.adaeze)
    clinic.go(adaeze, f"/plans/{clinic.plan.pk}/")
    expect(adaeze.get_by_text("waits for a second signature")).to_be_visible()
    adaeze.get_by_role("link", name="Read back and sign").click()
    sign(adaeze, "Co-sign version 2")
    expect(adaeze.get_by_text("Version 2 is signed.")).to_be_visible()

    ewan = clinic.seen_by(clinic.cast.ewan_user, PHONE)
    clinic.go(ewan, "/today/")
    ewan.get_by_role("link", name="Read the change").click()
    expect(ewan.get_by_text(f"“{REASON}”")).to_be_visible()
    assert axe_violations(ewan) == []
    ewan.get_by_role("button", name="I have seen it").click()
    expect(ewan.get_by_text("Your plan changed")).to_have_count(0)

    clinic.go(adaeze, f"/plans/{clinic.plan.pk}/")
    expect(adaeze.get_by_text("has said that they saw it")).to_be_visible()
    assert axe_violations(adaeze) == []


def test_a_held_plan_is_resumed_with_dates_and_amounts_entered_anew(clinic: Clinic24) -> None:
    page = clinic.seen_by(clinic.cast.priya)
    clinic.go(page, f"/plans/{clinic.plan.pk}/")
    page.get_by_role("link", name="Put on hold").click()
    expect(page.get_by_text("Never stop baclofen suddenly")).to_be_visible()
    assert axe_violations(page) == []
    page.get_by_label("Why the plan is put on hold").fill("Surgery")
    page.get_by_label("Review date").fill((clinic.now + 3 * DAY).date().isoformat())
    page.get_by_role("button", name="Put on hold").click()
    expect(page.get_by_text("On hold. Doses that were due can still be logged.")).to_be_visible()
    assert clinic.state() == "on_hold"

    page.get_by_role("link", name="The plan").click()
    page.get_by_role("link", name="Resume").click()
    for name in ("begins-1", "amount-1-1", "amount-1-2", "counts_from_on", "counts_from_time"):
        expect(page.locator(f"[name={name}]")).to_have_value("")
    assert axe_violations(page) == []
    begins_on = (clinic.now + 2 * DAY).date().isoformat()
    page.locator("[name=counts_from_on]").fill(begins_on)
    page.locator("[name=counts_from_time]").fill("00:00")
    page.locator("[name=change_reason]").fill("Home again")
    page.locator("[name=begins-1]").fill(begins_on)
    page.get_by_role("button", name="Put in").first.click()
    expect(page.locator("[name=amount-1-1]")).to_have_value("10 mg")
    page.locator("[name=amount-1-2]").fill("5 mg")
    page.get_by_role("button", name="Keep draft and read back").first.click()
    sign(page, "Sign version 2")
    expect(page.get_by_text("Version 2 is signed.")).to_be_visible()
    assert clinic.state() == "active"


def test_a_plan_that_is_stopped_early_says_so_on_the_worklist(clinic: Clinic24) -> None:
    page = clinic.seen_by(clinic.cast.priya)
    clinic.go(page, f"/plans/{clinic.plan.pk}/stop/")
    assert axe_violations(page) == []
    page.get_by_label("Why the plan is stopped").fill("Moved away")
    page.get_by_role("button", name="Stop the plan").click()
    expect(page.get_by_text("Stopped. Doses that were due can still be logged.")).to_be_visible()
    assert clinic.state() == "observation"

    clinic.go(page, f"/plans/{clinic.plan.pk}/hold/")
    expect(page.get_by_text("Only a plan that is active can be put on hold.")).to_be_visible()


def test_what_a_clinician_records_beside_the_plan_is_ended_corrected_and_taken_off(
    clinic: Clinic24,
) -> None:
    page, chart = clinic.seen_by(clinic.cast.priya), f"/patients/{clinic.cast.ewan.pk}/"
    began = (clinic.now - DAY).astimezone(clinic.cast.ewan.zone_info)
    clinic.go(page, chart)
    page.get_by_role("link", name="Stays").click()
    page.get_by_label("In hospital").check()
    page.get_by_label("From, day").fill(f"{began:%Y-%m-%d}")
    page.get_by_label("From, time").fill("06:10")
    page.get_by_label("Note").fill("Ward 4")
    page.get_by_role("button", name="Record it").click()
    expect(page.get_by_text("In hospital, now.")).to_be_visible()
    assert axe_violations(page) == []
    clinic.go(page, chart)
    expect(page.get_by_text("In hospital since")).to_be_visible()
    assert axe_violations(page) == []

    page.get_by_role("link", name="Stays").click()
    page.get_by_role("link", name="Correct").click()
    expect(page.get_by_label("From, time")).to_have_value("06:10")
    page.get_by_label("From, time").fill("07:30")
    page.get_by_role("button", name="Record it so").click()
    expect(page.get_by_text("Say why the stay is taken back.", exact=True)).to_be_visible()
    assert axe_violations(page) == []
    page.get_by_label("Why it is corrected").fill("The ward rang")
    page.get_by_role("button", name="Record it so").click()
    expect(page.get_by_text("(taken back)")).to_be_visible()
    page.get_by_role("link", name="Record its end").click()
    page.get_by_label("Ended on").fill(f"{began:%Y-%m-%d}")
    page.get_by_label("At", exact=True).fill("09:00")
    assert axe_violations(page) == []
    page.get_by_role("button", name="Record its end").click()
    expect(page.get_by_text("End recorded by")).to_be_visible()

    clinic.go(page, chart)
    expect(page.get_by_text("Stay ended: in hospital.")).to_be_visible()
    page.get_by_role("link", name="Put on file or take off").click()
    page.get_by_label("Stroke").check()
    page.get_by_role("button", name="Put it on file").click()
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    assert axe_violations(page) == []
    page.get_by_role("link", name="Take off file").click()
    page.get_by_label("Why").fill("Another person's letter")
    page.get_by_role("button", name="Take off file").click()
    expect(page.get_by_text("(taken off)")).to_be_visible()
    assert axe_violations(page) == []
