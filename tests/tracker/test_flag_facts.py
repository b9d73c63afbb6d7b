"""What single flags count from: doses taken, the supply that is left, and what is not set."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import ContactPoint
from tests.cast import Cast, patient_join
from tests.tracker.days import (
    SECOND,
    SIGNED,
    THREE_A_DAY,
    at,
    dose_at,
    log,
    plan_signed,
    tuesday_plan,
)
from tests.tracker.flagging import THIRD_SILENCE, THRESHOLDS, open_rules, supply
from tests.tracker.plans import raw_step
from tracker.domain.flags import Rule
from tracker.models import Flag, Plan, Report
from tracker.services.answers import dose_skip_none_left
from tracker.services.entries import entry_void
from tracker.services.flag_rules import flags_evaluate
from tracker.services.plan_moves import plan_stop


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """08:00, 14:00 and 20:00 from Tuesday on; every threshold typed."""
    return tuesday_plan(cast, **THRESHOLDS)


def test_hours_count_from_an_extra_dose_too(plan: Plan, cast: Cast) -> None:
    log(cast, dose_at(plan, 8), at(8))
    log(cast, None, at(17), taken_at=at(16))
    full_at = at(16) + timedelta(hours=30)

    flags_evaluate(plan=plan, now=full_at - SECOND)
    assert "F6" not in open_rules(plan)
    flags_evaluate(plan=plan, now=full_at)

    flag = Flag.objects.open().get(rule=Rule.HOURS_SINCE_TAKEN)
    assert flag.evidence["since"] == at(16).isoformat()


def test_a_phone_clock_that_runs_ahead_does_not_keep_the_hours_from_counting(
    plan: Plan, cast: Cast
) -> None:
    log(cast, dose_at(plan, 8), at(8), taken_at=at(8, day=27))

    flags_evaluate(plan=plan, now=at(8) + timedelta(hours=30))

    flag = Flag.objects.open().get(rule=Rule.HOURS_SINCE_TAKEN)
    assert flag.evidence["since"] == at(8).isoformat()


@pytest.mark.parametrize("taken_back", ["extra", "dose"])
def test_what_was_taken_back_does_not_count_as_taken(
    plan: Plan, cast: Cast, taken_back: str
) -> None:
    dose = dose_at(plan, 14) if taken_back == "dose" else None
    log(cast, dose_at(plan, 8), at(8))
    entry = log(cast, dose, at(14))
    entry_void(entry=entry, by=cast.ewan_user, reason="a mistake", now=at(15))

    flags_evaluate(plan=plan, now=at(8) + timedelta(hours=30))

    assert Flag.objects.open().get(rule="F6").evidence["since"] == at(8).isoformat()


def test_a_dose_of_an_earlier_plan_does_not_count_for_the_next_one(plan: Plan, cast: Cast) -> None:
    log(cast, None, at(7), taken_at=at(6, 30))
    plan_stop(plan=plan, by=cast.priya, reason="New taper", now=at(21))
    steps = [raw_step("2026-11-26", "", *THREE_A_DAY)]
    later = plan_signed(cast.ewan, cast.priya, at(22, day=25), steps, **THRESHOLDS)

    flags_evaluate(plan=later, now=at(9, day=26))
    assert "F6" not in open_rules(later)
    flags_evaluate(plan=later, now=at(8, day=26) + timedelta(hours=30))

    assert Flag.objects.open().get(plan=later, rule="F6").evidence["counted_from"] == "first_due"


def test_supply_is_flagged_by_the_newest_word_and_closed_by_a_later_date(
    plan: Plan, cast: Cast
) -> None:
    supply(cast, at(0, day=28), at(9))
    flags_evaluate(plan=plan, now=at(9))
    assert Flag.objects.open().get(rule="F13").evidence["runs_out_on"] == "2026-11-28"

    supply(cast, at(0, day=30) + timedelta(days=30), at(10))
    flags_evaluate(plan=plan, now=at(10))

    assert Flag.objects.get(rule="F13").closed_at == at(10)


def test_supply_said_with_a_skip_that_is_taken_back_is_no_longer_flagged(
    plan: Plan, cast: Cast
) -> None:
    supply(cast, at(0, day=30) + timedelta(days=30), at(7))
    skip = dose_skip_none_left(
        patient=cast.ewan,
        dose=dose_at(plan, 8),
        by=cast.ewan_user,
        via="page",
        reason="None left",
        client_id=uuid4(),
        now=at(9),
    )
    flags_evaluate(plan=plan, now=at(9))
    assert Flag.objects.open().get(rule="F13").evidence["runs_out_on"] == "2026-11-24"

    entry_void(entry=skip.entry, by=cast.ewan_user, reason="Found a box", now=at(9, 5))
    flags_evaluate(plan=plan, now=at(9, 5))

    assert Flag.objects.get(rule="F13").closed_at == at(9, 5)
    assert Report.objects.count() == 2, "what was said stays readable"


def test_without_thresholds_only_their_absence_is_flagged(cast: Cast) -> None:
    plan = tuesday_plan(cast)
    flags_evaluate(plan=plan, now=THIRD_SILENCE)

    assert Flag.objects.open().get(plan=plan).evidence == {"missing": list(THRESHOLDS)}
    flags_evaluate(plan=plan, now=at(21, day=26))
    assert open_rules(plan) == ["F24", "F8"]


@pytest.mark.parametrize("name", list(THRESHOLDS))
def test_one_threshold_that_is_not_set_is_named(cast: Cast, name: str) -> None:
    plan = tuesday_plan(cast, **(THRESHOLDS | {name: ""}))

    flags_evaluate(plan=plan, now=SIGNED)

    assert Flag.objects.get(rule=Rule.SET_UP).evidence == {"missing": [name]}


def test_a_clinic_without_an_out_of_hours_contact_is_flagged_until_it_has_one(
    plan: Plan, cast: Cast
) -> None:
    contact = ContactPoint.objects.filter(clinic=cast.harbour, duty="out_of_hours")
    contact.update(disabled_at=SIGNED, disabled_reason="550 no such user")
    flags_evaluate(plan=plan, now=SIGNED)
    assert Flag.objects.get(rule="F24").evidence == {"missing": ["out_of_hours_contact"]}

    contact.update(disabled_at=None, disabled_reason="")
    flags_evaluate(plan=plan, now=at(7))

    assert open_rules(plan) == []


def test_a_patient_who_never_signed_in_is_flagged_until_they_do(cast: Cast) -> None:
    steps = [raw_step("2026-11-25", "", *THREE_A_DAY)]
    plan = plan_signed(cast.samira, cast.priya, cast.now, steps, **THRESHOLDS)
    flags_evaluate(plan=plan, now=cast.now)
    assert Flag.objects.get(rule="F24").evidence == {"missing": ["patient_never_signed_in"]}

    patient_join(cast.samira, at=cast.now)
    flags_evaluate(plan=Plan.objects.get(pk=plan.pk), now=cast.now + SECOND)

    assert open_rules(plan) == []
