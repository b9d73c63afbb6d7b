"""Notices: whoever goes by a plan is told once that it changed, is held or ended, or steps soon."""

from datetime import timedelta

import pytest

from accounts.models import Clinic
from reminders.models import Message
from reminders.services.sweep import sweep_run
from tests.cast import TUESDAY, Cast
from tests.reminders.engine import addresses, sweep_and_dispatch
from tests.tracker.changing import change_signed
from tests.tracker.plans import dose, raw_plan, raw_step
from tracker.domain.plan_content import plan_content_from
from tracker.models import Plan
from tracker.services.plan_drafts import plan_draft_save
from tracker.services.plan_moves import plan_hold, plan_stop
from tracker.services.plan_signing import plan_sign

SECOND = timedelta(seconds=1)
EWAN, ISLA = "ewan.macrae@example.org", "isla.macrae@example.org"
NOTICES = ("plan_changed", "step_notice", "plan_held", "plan_ended")


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """Signed on Tuesday 24 November; its second step begins on Saturday the 28th."""
    raw = raw_plan(
        steps=[
            raw_step("2026-11-24", "", dose("16:00", "10 mg")),
            raw_step("2026-11-28", "", dose("16:00", "5 mg")),
        ],
        ending="open",
        named_clinician=str(cast.priya.pk),
        risk_factors=[],
    )
    content = plan_content_from(raw)
    plan = plan_draft_save(patient=cast.ewan, by=cast.priya, content=content, now=TUESDAY)
    plan_sign(plan=plan, by=cast.priya, ticked_steps=[1, 2], has_confirmed_hours=True, now=TUESDAY)
    plan.refresh_from_db()
    return plan


def noticed(purpose: str) -> list[str]:
    """Who has a notice of this purpose, by address."""
    messages = Message.objects.filter(purpose=purpose)
    return sorted(message.person.email for message in messages if message.person)


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_a_step_is_announced_48_hours_before_its_local_midnight(plan: Plan, seconds: int) -> None:
    # Midnight of 28 November in London is 00:00 UTC.
    two_days_before = TUESDAY.replace(day=26, hour=0, minute=0, second=0)

    sweep_and_dispatch(two_days_before + seconds * SECOND)

    assert (EWAN in noticed("step_notice")) == (seconds >= 0)


def test_a_notice_says_the_day_and_no_amount(plan: Plan) -> None:
    mails = sweep_and_dispatch(TUESDAY.replace(day=26, hour=12))

    letter = next(mail for mail in mails if "step is near" in mail.subject and mail.to == [EWAN])
    assert "Sat 28 Nov 2026" in letter.body
    assert "mg" not in letter.body
    assert "/today/plan/" in letter.body


def test_each_reader_is_told_once_however_often_the_engine_looks(plan: Plan) -> None:
    noon = TUESDAY.replace(day=26, hour=12)
    for minutes in range(3):
        Plan.objects.update(next_look_at=noon)
        sweep_and_dispatch(noon + timedelta(minutes=minutes))

    told = noticed("step_notice")
    assert told == sorted(set(told))
    assert EWAN in told


def test_a_step_that_has_begun_is_announced_no_more(plan: Plan) -> None:
    Message.objects.filter(purpose="step_notice").delete()
    midnight = TUESDAY.replace(day=28, hour=0, minute=0, second=0)

    sweep_and_dispatch(midnight)

    assert noticed("step_notice") == []


def test_the_end_of_a_plan_is_told_with_a_number_to_call(plan: Plan, cast: Cast) -> None:
    plan_stop(plan=plan, by=cast.priya, reason="Moved away", now=TUESDAY + timedelta(hours=1))

    mails = sweep_and_dispatch(TUESDAY + timedelta(hours=1))

    letter = next(mail for mail in mails if "has ended" in mail.subject and mail.to == [EWAN])
    assert cast.harbour.desk_phone in letter.body
    assert "Moved away" not in letter.body


def test_a_notice_that_is_true_no_more_is_not_sent(plan: Plan, cast: Cast) -> None:
    noon = TUESDAY.replace(day=26, hour=12)
    sweep_run(now=noon)
    plan_stop(plan=plan, by=cast.priya, reason="Moved away", now=noon)

    mails = sweep_and_dispatch(noon + SECOND)

    assert [mail.subject for mail in mails if "step is near" in mail.subject] == []
    assert Message.objects.filter(purpose="step_notice", state="cancelled").exists()


def test_nobody_but_readers_of_the_plan_is_told(plan: Plan, cast: Cast) -> None:
    mails = sweep_and_dispatch(TUESDAY.replace(day=26, hour=12))

    near = [mail for mail in mails if "step is near" in mail.subject]
    assert set(addresses(near)) <= {EWAN, ISLA}


def near(day: int) -> list[tuple[int, int]]:
    """Which steps have been announced to Ewan by noon of this day: version and number."""
    sweep_and_dispatch(TUESDAY.replace(day=day, hour=12))
    told = Message.objects.filter(purpose="step_notice", person__email=EWAN)
    found = told.exclude(state="cancelled").values_list("plan_version__number", "step_number")
    return sorted(found)


def test_a_step_before_a_change_that_is_signed_already_is_announced_still(
    plan: Plan, cast: Cast
) -> None:
    change_signed(cast, plan, TUESDAY.replace(day=30, hour=0), TUESDAY)

    assert near(26) == [(1, 2)]


def test_a_change_signed_long_ahead_is_announced_when_it_is_near(plan: Plan, cast: Cast) -> None:
    change_signed(cast, plan, TUESDAY.replace(day=30, hour=8), TUESDAY)

    assert near(27) == [(1, 2)]
    assert near(29) == [(1, 2), (2, 1)]


def test_a_change_that_is_near_when_it_is_signed_is_told_of_once(plan: Plan, cast: Cast) -> None:
    change_signed(cast, plan, TUESDAY.replace(day=26, hour=0), TUESDAY)

    assert near(25) == []
    assert noticed("plan_changed")


def test_a_step_that_a_change_replaces_is_not_announced(plan: Plan, cast: Cast) -> None:
    change_signed(cast, plan, TUESDAY.replace(day=27, hour=0), TUESDAY)

    assert near(26) == [(2, 1)]


def test_a_step_notice_that_waits_falls_away_with_its_step(plan: Plan, cast: Cast) -> None:
    noon = TUESDAY.replace(day=26, hour=12)
    sweep_run(now=noon)
    change_signed(cast, plan, TUESDAY.replace(day=27, hour=0), noon)

    mails = sweep_and_dispatch(noon + SECOND)

    assert [mail.subject for mail in mails if "step is near" in mail.subject] == []


def test_whoever_reads_of_a_hold_at_night_finds_a_number_that_answers(
    plan: Plan, cast: Cast
) -> None:
    Clinic.objects.update(out_of_hours_phone="01632 960 144")
    review_on = TUESDAY.replace(day=30).date()
    plan_hold(plan=plan, by=cast.priya, reason="Surgery", review_on=review_on, now=TUESDAY)

    mails = sweep_and_dispatch(TUESDAY.replace(hour=23))

    letter = next(mail for mail in mails if "on hold" in mail.subject and mail.to == [EWAN])
    assert f"In opening hours: {cast.harbour.desk_phone}" in letter.body
    assert "Out of hours: 01632 960 144" in letter.body
    assert "mg" not in letter.body
