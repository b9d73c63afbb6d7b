"""Travel: a phone in another zone asks; a caregiver keeps, the patient moves and takes it back."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.phones import AMOUNT, Phones, assert_sound
from tests.support.pictures import picture
from tests.tracker.days import plan_signed
from tests.tracker.plans import dose, raw_step
from tracker.models import ZoneChange

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(240)]

HOME, ALSO_HOME, AWAY, FAR = "Europe/London", "Europe/Lisbon", "America/New_York", "Asia/Tokyo"
HEADING = "Your phone is in New York. Dose times are kept in London time"
KEPT, MOVED = "Dose times stay on London time.", "Dose times move to New York time."


def test_a_journey_with_a_plan_that_asks_and_moves_nothing_by_itself(phones: Phones) -> None:
    """One plan, kept in London time, seen from four places."""
    with phones.stack.orm():
        day = (phones.cast.now - timedelta(days=1)).date().isoformat()
        steps = [raw_step(day, "", *(dose(clock, AMOUNT) for clock in ("08:00", "14:00")))]
        signed_at = phones.cast.now - timedelta(minutes=1)
        plan_signed(phones.cast.ewan, phones.cast.priya, signed_at, steps, zone=HOME)

    a_phone_on_the_same_clock_asks_nothing(phones)
    a_caregiver_on_their_own_phone_keeps_the_times(phones)
    away = a_phone_elsewhere_asks_until_it_is_answered(phones)
    a_move_is_seen_ahead_and_taken_back(away)
    without_a_script_the_place_is_chosen_from_a_list(phones)
    with phones.stack.orm():
        said = [(row.by, row.answer) for row in ZoneChange.objects.order_by("at")]
        isla, ewan = phones.cast.isla, phones.cast.ewan_user
        assert said == [(isla, "keep"), (ewan, "move"), (ewan, "keep"), (ewan, "move")]


def a_phone_on_the_same_clock_asks_nothing(phones: Phones) -> None:
    for zone in (HOME, ALSO_HOME):
        page = phones.open(phones.cast.ewan_user, "/today/", zone=zone)
        page.wait_for_load_state("networkidle")
        expect(page.locator("[data-dose-zone]")).to_be_empty()


def a_caregiver_on_their_own_phone_keeps_the_times(phones: Phones) -> None:
    page = phones.open(phones.cast.isla, f"/feed/{phones.cast.ewan.pk}/", zone=FAR)
    expect(page.get_by_text("If Ewan Macrae is not there with you")).to_be_visible()
    assert_sound(page)
    page.get_by_role("button", name="Keep London time").tap()
    expect(page.get_by_text(KEPT)).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("button", name="Keep London time")).to_have_count(0)


def a_phone_elsewhere_asks_until_it_is_answered(phones: Phones) -> Page:
    page = phones.open(phones.cast.ewan_user, "/today/", zone=AWAY)
    question = page.get_by_role("heading", name=HEADING)
    expect(question).to_be_visible()
    expect(page.get_by_text("Nothing moves until you answer.")).to_be_visible()
    assert_sound(page, is_for_any_hands=True)
    picture(page, "today-away")
    again = "{target: '#day', select: '#day', swap: 'outerHTML'}"
    page.evaluate(f"htmx.ajax('GET', '/today/', {again})")  # as after a dose was logged
    expect(question).to_be_visible()
    page.get_by_role("button", name="Move to New York time").tap()
    expect(page.get_by_text(MOVED)).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(question).to_have_count(0)
    return page


def a_move_is_seen_ahead_and_taken_back(page: Page) -> None:
    ahead = page.get_by_role("complementary", name="Time zone")
    expect(ahead).to_contain_text("Dose times move to New York time")
    ahead.get_by_role("link", name="See or change this").tap()
    expect(page.get_by_text("Until then nothing changes.")).to_be_visible()
    assert_sound(page, is_for_any_hands=True)
    picture(page, "zone")
    page.get_by_role("button", name="Keep London time after all").tap()
    expect(page.get_by_text(KEPT)).to_be_visible()


def without_a_script_the_place_is_chosen_from_a_list(phones: Phones) -> None:
    user = phones.cast.ewan_user
    page = phones.open(user, "/today/", zone=AWAY, java_script_enabled=False)
    page.get_by_role("link", name="In another time zone").tap()
    page.get_by_label("Where are you now?").select_option(AWAY)
    page.get_by_role("button", name="Show both answers").tap()
    expect(page.get_by_role("heading", name="You are in New York. Dose times")).to_be_visible()
    page.get_by_role("button", name="Move to New York time").tap()
    expect(page.get_by_text(MOVED)).to_be_visible()
