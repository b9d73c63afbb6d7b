"""A pump on the phone of a patient: words for them, who was told, whether anybody will see it."""

from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.models import Clinic, ContactPoint, OpeningHours
from tests.cast import Cast
from tests.tracker.days import words
from tests.tracker.pumping import dates_set, pump_make, pump_plan
from tests.tracker.test_pump_pages import DAY, page_of, today
from tracker.models import Alert, AlertEvent, Plan, Pump
from tracker.services.flag_rules import flags_evaluate
from tracker.services.plan_moves import plan_hold


@pytest.fixture
def pump(live_cast: Cast) -> Pump:
    """Ewan's pump, whose low-reservoir alarm date passed two days ago."""
    cast, then = live_cast, live_cast.now - 6 * DAY
    pump, plan = pump_make(cast.ewan, cast.priya, then), pump_plan(cast.ewan, cast.priya, then)
    dates_set(pump, cast.adaeze, cast.priya, then, low_reservoir=today(cast) - 2 * DAY)
    flags_evaluate(plan=plan, now=cast.now)
    return pump


def test_a_refill_without_its_day_is_asked_for_in_a_patients_words(
    live_cast: Cast, pump: Pump
) -> None:
    browser = live_cast.client(live_cast.ewan_user)
    answer = browser.post(reverse("pump-refill-done"), {"client_id": str(uuid4()), "at": "10:40"})

    text = words(answer.content.decode())
    assert "On which day?" in text
    assert "printout" not in text


def test_an_emergency_that_has_been_open_for_days_still_says_who_was_told(
    live_cast: Cast, pump: Pump
) -> None:
    alert = Alert.objects.get(flag__rule="F16")
    two_days_ago = live_cast.now - 2 * DAY
    Alert.objects.filter(pk=alert.pk).update(opened_at=two_days_ago)
    AlertEvent(alert=alert, at=two_days_ago, kind="told", person=live_cast.isla).save()

    text = page_of(live_cast, "ewan_user", "urgent")
    assert live_cast.isla.name in text
    assert "Opening this page tells nobody." not in text
    assert "Tick what is happening" in text


def test_a_pump_page_says_when_nobody_at_the_clinic_will_see_an_alarm(
    live_cast: Cast, pump: Pump
) -> None:
    OpeningHours.objects.all().delete()
    ContactPoint.objects.filter(duty="out_of_hours").update(verified_at=None)
    Clinic.objects.update(out_of_hours_phone="")

    for name in ("pump", "pump-alarm"):
        assert "has set no opening hours" in page_of(live_cast, "ewan_user", name)
    assert "your clinic is told at once" not in page_of(live_cast, "ewan_user", "pump")


def test_a_plan_by_pump_on_hold_changes_nothing_in_the_pump(live_cast: Cast, pump: Pump) -> None:
    plan = Plan.objects.get()
    review_on = today(live_cast) + 9 * DAY
    plan_hold(
        plan=plan, by=live_cast.priya, reason="Surgery", review_on=review_on, now=live_cast.now
    )

    text = page_of(live_cast, "ewan_user", "today")
    assert "Nothing is changed in the pump by this page" in text
    assert "No doses are expected" not in text
