"""Changes that meet: a move of the clock, a new version, a hold; no dose is lost or comes twice."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.domain.problems import Refusal
from tests.cast import Cast
from tests.tracker.changing import change_content, change_signed, expected
from tests.tracker.days import SECOND, at, log, tuesday_plan
from tests.tracker.plans import dose, raw_step
from tests.tracker.pumping import pump_make
from tracker.domain.plan_states import Route, VersionKind
from tracker.models import Plan
from tracker.services.doses import doses_extend
from tracker.services.plan_drafts import plan_draft_keep
from tracker.services.plan_moves import plan_hold
from tracker.services.plan_signing import plan_sign
from tracker.services.zones import zone_answer_keep, zone_answer_move

NOW = at(12)
NEW_YORK = "America/New_York"
MIDNIGHT_THERE = datetime(2026, 11, 30, 5, tzinfo=UTC)


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """08:00, 14:00 and 20:00 each day in London, 15 mg."""
    return tuesday_plan(cast)


def moved(cast: Cast, plan: Plan) -> Plan:
    zone_answer_move(plan=plan, by=cast.ewan_user, device_zone=NEW_YORK, now=NOW)
    return plan


def keep(cast: Cast, plan: Plan, now: datetime) -> None:
    zone_answer_keep(plan=plan, by=cast.ewan_user, device_zone=NEW_YORK, now=now)


def test_a_move_is_not_taken_back_under_a_change_that_was_signed_after_it(
    cast: Cast, plan: Plan
) -> None:
    moved(cast, plan)
    there = {"zone": NEW_YORK, "counts_from_time": "00:00"}
    steps = [raw_step("2026-11-30", "", dose("09:00", "5 mg"))]
    change_signed(cast, plan, MIDNIGHT_THERE, NOW + SECOND, steps=steps, **there)
    before = expected(plan)
    with pytest.raises(Refusal, match="Your clinic has signed a change"):
        keep(cast, plan, NOW + 2 * SECOND)
    assert expected(plan) == before
    assert plan.zone_changes.count() == 1


def test_a_dose_that_was_logged_ahead_stays_when_a_move_is_taken_back(
    cast: Cast, plan: Plan
) -> None:
    moved(cast, plan)
    logged = plan.doses.standing().filter(zone=NEW_YORK).earliest("due_at")
    log(cast, logged, NOW + SECOND)
    keep(cast, plan, NOW + 2 * SECOND)
    rows = plan.doses.standing().filter(local_date=logged.local_date).order_by("wall_time")
    assert [(row.wall_time.hour, row.zone) for row in rows] == [
        (8, NEW_YORK),
        (14, "Europe/London"),
        (20, "Europe/London"),
    ]
    assert rows[0].pk == logged.pk


def test_a_far_change_in_another_zone_never_brings_a_dose_a_second_time(
    cast: Cast, plan: Plan
) -> None:
    """Beyond the horizon no dose is a row yet; two of one date would stop the sweep then."""
    there = {"zone": NEW_YORK, "counts_from_time": "05:00"}
    with pytest.raises(Refusal, match="20 Dec 2026, 08:00 would be a dose of the version before"):
        change_signed(cast, plan, at(10) + timedelta(days=26), NOW, **there)


def test_a_hold_that_waited_its_turn_still_ends_the_version_signed_meanwhile(
    cast: Cast, plan: Plan
) -> None:
    change_signed(cast, plan, at(0, day=26), NOW)
    review_on = at(0, day=30).date()
    plan_hold(plan=plan, by=cast.priya, reason="surgery", review_on=review_on, now=NOW - SECOND)
    change_signed(cast, plan, at(0, day=28), NOW + SECOND, kind=VersionKind.RESUME, opened_at=NOW)
    doses_extend(plan=plan, now=NOW + timedelta(days=1))
    assert [due for due, _amount, number in expected(plan) if number == 2] == []


def test_a_change_that_was_kept_unread_cannot_be_signed_for_the_other_route(
    cast: Cast, plan: Plan
) -> None:
    pump_make(cast.ewan, cast.priya)
    step = raw_step("2026-11-26", "") | {"rate": "180 micrograms a day", "visit_time": "09:00"}
    raw = change_content(cast, at(0, day=26)).as_raw()
    raw |= {"route": Route.INTRATHECAL.value, "formulation": "pump", "steps": [step]}
    plan_draft_keep(
        patient=cast.ewan, by=cast.priya, raw=raw, now=NOW, plan=plan, kind=VersionKind.AMEND
    )
    before = expected(plan)
    with pytest.raises(Refusal, match="A change keeps the plan's route"):
        plan_sign(plan=plan, by=cast.priya, ticked_steps=[1], has_confirmed_hours=True, now=NOW)
    assert expected(plan) == before
