"""The eve of a step or a change: what Today announces, and what it must not announce any more."""

from datetime import timedelta

from django.urls import reverse

from tests.cast import Cast
from tests.tracker.changing import change_signed
from tests.tracker.days import SIGNED, at, day_of, html_of_today, plan_signed, words
from tests.tracker.plans import dose, raw_step
from tests.tracker.pumping import pump_make, pump_plan
from tracker.domain.plan_states import VersionKind
from tracker.models import Plan
from tracker.services.plan_moves import plan_hold, plan_stop

ANNOUNCED = "Tomorrow your entered doses change"


def two_steps(cast: Cast) -> Plan:
    """8:00 each day; its second step begins on Thursday 26 November."""
    steps = [
        raw_step("2026-11-24", "", dose("08:00", "15 mg")),
        raw_step("2026-11-26", "", dose("08:00", "half a 20 mg tablet")),
    ]
    return plan_signed(cast.ewan, cast.priya, SIGNED, steps, ending="open")


def today_text(cast: Cast, hour: int, day: int) -> str:
    return words(html_of_today(cast, at(hour, day=day)))


def test_a_held_plan_announces_no_step(cast: Cast) -> None:
    plan = two_steps(cast)
    plan_hold(
        plan=plan, by=cast.priya, reason="Surgery", review_on=at(9, day=30).date(), now=at(12)
    )

    assert ANNOUNCED not in today_text(cast, 12, day=25)


def test_a_stopped_plan_announces_no_step(cast: Cast) -> None:
    plan_stop(plan=two_steps(cast), by=cast.priya, reason="Moved away", now=at(12))

    assert ANNOUNCED not in today_text(cast, 12, day=25)


def test_a_step_that_a_signed_change_has_replaced_is_announced_no_more(cast: Cast) -> None:
    plan = two_steps(cast)
    change_signed(cast, plan, at(0, day=26), at(12))

    text = today_text(cast, 12, day=25)
    page = html_of_today(cast, at(12, day=25))
    assert ANNOUNCED in text
    assert "A change of your plan counts from Thu 26 Nov" in text
    assert reverse("step", args=[2]) not in page
    assert page.count(f'href="{reverse("entered-plan")}"') > 1


def test_a_step_before_a_signed_change_is_announced_still(cast: Cast) -> None:
    change_signed(cast, two_steps(cast), at(0, day=30), at(12))

    assert "Step 2 begins on Thursday 26 November." in today_text(cast, 12, day=25)


def test_until_a_resume_begins_no_step_of_the_version_before_is_announced(cast: Cast) -> None:
    plan = two_steps(cast)
    plan_hold(
        plan=plan, by=cast.priya, reason="Surgery", review_on=at(9, day=30).date(), now=at(12)
    )
    change_signed(cast, plan, at(0, day=28), at(13), kind=VersionKind.RESUME)

    assert ANNOUNCED not in today_text(cast, 12, day=25)
    assert ANNOUNCED in today_text(cast, 12, day=27)


def test_a_plan_resumed_after_its_last_entered_day_is_not_over_until_then(cast: Cast) -> None:
    steps = [raw_step("2026-11-24", "2026-11-25", dose("08:00", "15 mg"))]
    plan = plan_signed(cast.ewan, cast.priya, SIGNED, steps)
    plan_hold(
        plan=plan, by=cast.priya, reason="Surgery", review_on=at(9, day=30).date(), now=at(12)
    )
    later = [raw_step("2026-11-29", "2026-12-05", dose("08:00", "15 mg"))]
    change_signed(
        cast, plan, at(0, day=29), at(13), kind=VersionKind.RESUME, steps=later, ending="stop"
    )

    assert day_of(cast, at(12, day=27)).standing == "doses"


def test_a_dose_by_mouth_is_due_beside_a_newer_plan_by_pump(cast: Cast) -> None:
    two_steps(cast)
    pump_make(cast.ewan, cast.priya)
    pump_plan(cast.ewan, cast.priya, SIGNED + timedelta(minutes=1))

    assert "Due now, 08:00" in today_text(cast, 8, day=25)


def test_a_change_of_either_route_waits_to_be_seen(cast: Cast) -> None:
    plan = two_steps(cast)
    pump_make(cast.ewan, cast.priya)
    pump_plan(cast.ewan, cast.priya, SIGNED + timedelta(minutes=1))
    change_signed(cast, plan, at(0, day=28), at(12))

    assert "Your plan changed" in today_text(cast, 13, day=24)


def test_the_eve_leads_to_the_rate_of_a_pump_and_never_says_without_doses(live_cast: Cast) -> None:
    pump_make(live_cast.ewan, live_cast.priya)
    pump_plan(live_cast.ewan, live_cast.priya)

    page = live_cast.client(live_cast.ewan_user).get(reverse("step", args=[1]))
    text = words(page.content.decode())
    assert "182.4 micrograms a day" in text
    assert "without doses" not in text
