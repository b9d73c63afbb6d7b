"""A hold pauses and is reviewed, an end is an end; what is past stays, and those told are told."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from accounts.domain.problems import Conflict, Refusal
from accounts.models import AuditRow
from reminders.services.sweep import sweep_run
from tests.cast import Cast
from tests.tracker.changing import change_signed, expected, frozen
from tests.tracker.days import SECOND, SIGNED, at, dose_at, log, plan_signed, tuesday_plan
from tests.tracker.flagging import open_rules
from tests.tracker.plans import dose, raw_step
from tracker.domain.alerts import CloseReason
from tracker.domain.doses import Outcome, Via
from tracker.domain.flags import Rule
from tracker.domain.plan_states import PlanState, VersionKind
from tracker.models import Alert, Flag, Plan
from tracker.services.answers import entry_correct
from tracker.services.entries import entry_void
from tracker.services.flag_rules import flags_evaluate
from tracker.services.flags import flag_close
from tracker.services.plan_moves import plan_close_observed, plan_complete, plan_hold, plan_stop

NOW = at(12)
REVIEW = date(2026, 11, 27)
PASSES = at(0, day=28)


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """08:00, 14:00 and 20:00 each day from Tuesday the 24th on, 15 mg."""
    return tuesday_plan(cast)


def hold(cast: Cast, plan: Plan, **changed: object) -> Plan:
    asked = {"by": cast.priya, "reason": "surgery", "review_on": REVIEW, "now": NOW}
    plan_hold(plan=plan, **(asked | changed))
    plan.refresh_from_db()
    return plan


def flag_on_hold(plan: Plan) -> Flag:
    return Flag.objects.get(plan=plan, rule=Rule.ON_HOLD)


def test_a_hold_cancels_what_is_ahead_and_keeps_what_is_past(cast: Cast, plan: Plan) -> None:
    hold(cast, plan)
    assert plan.state == PlanState.ON_HOLD
    assert [due for due, _amount, _number in expected(plan)] == [at(8)]
    move = plan.moves.last()
    assert (move.to_state, move.reason, move.review_on) == ("on_hold", "surgery", REVIEW)


def test_a_hold_closes_the_dose_alerts_and_no_flag(cast: Cast, plan: Plan) -> None:
    sweep_run(now=at(10))
    alert = Alert.objects.get(dose=dose_at(plan, 8))
    before = set(open_rules(plan))
    hold(cast, plan)
    alert.refresh_from_db()
    assert (alert.closed_at, alert.close_reason) == (NOW, CloseReason.PLAN_HELD)
    assert set(open_rules(plan)) == {*before, "F26"}


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201, "two\nlines"])
def test_a_hold_needs_a_reason(cast: Cast, plan: Plan, reason: str) -> None:
    with pytest.raises(Refusal) as said:
        hold(cast, plan, reason=reason)
    assert [problem.field for problem in said.value.problems] == ["reason"]


@pytest.mark.parametrize(
    ("on", "is_refused"),
    [(date(2026, 11, 23), True), (date(2026, 11, 24), True), (date(2026, 11, 25), False)],
)
def test_a_hold_is_reviewed_after_today(cast: Cast, plan: Plan, on: date, is_refused: bool) -> None:
    if is_refused:
        with pytest.raises(Refusal, match="after today"):
            hold(cast, plan, review_on=on)
    else:
        assert hold(cast, plan, review_on=on).state == PlanState.ON_HOLD


@pytest.mark.parametrize("on", [date(2046, 12, 24), date.max])
def test_a_hold_is_not_reviewed_in_a_year_that_nobody_means(
    cast: Cast, plan: Plan, on: date
) -> None:
    with pytest.raises(Refusal, match="Check the year"):
        hold(cast, plan, review_on=on)


def test_a_held_plan_is_not_held_again(cast: Cast, plan: Plan) -> None:
    hold(cast, plan)
    with pytest.raises(Conflict, match="on hold already"):
        hold(cast, plan, now=NOW + SECOND)
    assert plan.moves.filter(to_state="on_hold").count() == 1
    assert AuditRow.objects.filter(action="plan.held").count() == 1


@pytest.mark.parametrize(("seconds", "flag_class"), [(-1, "I"), (0, "D"), (1, "D")])
def test_a_hold_is_information_until_its_review_date_has_passed(
    cast: Cast, plan: Plan, seconds: int, flag_class: str
) -> None:
    hold(cast, plan)
    look_at = flags_evaluate(plan=plan, now=PASSES + seconds * SECOND)
    flag = flag_on_hold(plan)
    assert flag.flag_class == flag_class
    assert flag.alerts.filter(alert_class="D").exists() is (flag_class == "D")
    assert look_at == (PASSES if flag_class == "I" else None)


def test_the_review_date_passes_at_the_plans_own_midnight(cast: Cast) -> None:
    steps = [raw_step("2026-11-24", "", dose("08:00", "15 mg"))]
    plan = plan_signed(cast.ewan, cast.priya, SIGNED, steps, zone="Asia/Tokyo")
    hold(cast, plan)
    flags_evaluate(plan=plan, now=at(15, day=27) - SECOND)
    assert flag_on_hold(plan).flag_class == "I"
    flags_evaluate(plan=plan, now=at(15, day=27))
    assert flag_on_hold(plan).flag_class == "D"


def test_the_sweep_itself_comes_back_when_the_review_date_passes(cast: Cast, plan: Plan) -> None:
    hold(cast, plan)
    for moment in (NOW, at(0, day=25), at(0, day=26), at(0, day=27), PASSES):
        sweep_run(now=moment)
    assert flag_on_hold(plan).flag_class == "D"


def test_a_hold_cannot_be_noted_away(cast: Cast, plan: Plan) -> None:
    hold(cast, plan)
    with pytest.raises(Refusal, match="until the plan is resumed or stopped"):
        flag_close(flag=flag_on_hold(plan), by=cast.priya, note="Seen", now=NOW)


def test_a_resume_closes_the_hold(cast: Cast, plan: Plan) -> None:
    hold(cast, plan)
    change_signed(cast, plan, at(0, day=26), NOW + SECOND, kind=VersionKind.RESUME)
    sweep_run(now=NOW + SECOND)
    assert flag_on_hold(plan).closed_at == NOW + SECOND


def test_a_stop_closes_the_hold_and_no_other_flag(cast: Cast, plan: Plan) -> None:
    sweep_run(now=NOW)
    hold(cast, plan)
    before = set(open_rules(plan))
    plan_stop(plan=plan, by=cast.priya, reason="side effects", now=NOW + SECOND)
    assert set(open_rules(plan)) == before - {"F26"}


def test_what_was_due_before_a_hold_can_still_be_logged(cast: Cast, plan: Plan) -> None:
    past = dose_at(plan, 8)
    hold(cast, plan)
    entry = log(cast, past, NOW + SECOND)
    past.refresh_from_db()
    assert past.standing_entry == entry


def test_a_dose_that_was_logged_ahead_of_a_hold_is_not_expected_once_that_is_taken_back(
    cast: Cast, plan: Plan
) -> None:
    ahead, past = dose_at(plan, 20, day=25), dose_at(plan, 8)
    entries = [log(cast, each, NOW) for each in (ahead, past)]
    hold(cast, plan)
    for entry in entries:
        entry_void(entry=entry, by=cast.ewan_user, reason="wrong", now=NOW + SECOND)
    ahead.refresh_from_db()
    assert (ahead.cancelled_at, ahead.cancel_reason) == (NOW + SECOND, "surgery")
    assert [due for due, _amount, _number in expected(plan)] == [at(8)]


def test_what_was_logged_ahead_of_a_hold_can_be_corrected(cast: Cast, plan: Plan) -> None:
    ahead = dose_at(plan, 20, day=25)
    entry = log(cast, ahead, NOW)
    hold(cast, plan)
    entry_correct(
        entry=entry,
        by=cast.ewan_user,
        via=Via.PAGE,
        outcome=Outcome.SKIPPED,
        taken_at=None,
        reason="ill",
        is_amount_different=False,
        amount_note="",
        client_id=uuid4(),
        now=NOW + SECOND,
    )
    ahead.refresh_from_db()
    assert ahead.standing_entry is not None
    assert ahead.standing_entry.outcome == Outcome.SKIPPED


def two_steps(cast: Cast, **changed: object) -> Plan:
    """15 mg until the 25th, 10 mg from the 26th to the 30th."""
    steps = [
        raw_step("2026-11-24", "", dose("08:00", "15 mg")),
        raw_step("2026-11-26", "2026-11-30", dose("08:00", "10 mg")),
    ]
    return plan_signed(cast.ewan, cast.priya, SIGNED, steps, **changed)


@pytest.mark.parametrize(("seconds", "is_refused"), [(-1, True), (0, False), (1, False)])
def test_a_plan_is_completed_once_its_last_step_has_begun(
    cast: Cast, seconds: int, is_refused: bool
) -> None:
    plan = two_steps(cast)
    now = at(0, day=26) + seconds * SECOND
    past = frozen(plan, now)
    if is_refused:
        with pytest.raises(Refusal, match="last step has not begun"):
            plan_complete(plan=plan, by=cast.priya, now=now)
        return
    plan_complete(plan=plan, by=cast.priya, now=now)
    assert list(plan.moves.values_list("to_state", flat=True))[1:] == ["completed", "observation"]
    assert [row[0] for row in expected(plan) if row[0] > now] == []
    assert [row["cancelled_at"] for row in past] == [None, None]
    assert not Flag.objects.filter(rule=Rule.STOPPED_EARLY).exists()


def test_a_plan_whose_change_has_not_begun_is_not_completed(cast: Cast, plan: Plan) -> None:
    change_signed(cast, plan, at(0, day=26), NOW)
    with pytest.raises(Refusal, match="last step has not begun"):
        plan_complete(plan=plan, by=cast.priya, now=at(23, day=25))
    plan_complete(plan=plan, by=cast.priya, now=at(0, day=26))


def test_a_held_plan_is_not_completed(cast: Cast, plan: Plan) -> None:
    hold(cast, plan)
    with pytest.raises(Conflict, match="on hold, so it cannot be completed"):
        plan_complete(plan=plan, by=cast.priya, now=NOW)


@pytest.mark.parametrize(("seconds", "state"), [(-1, "observation"), (0, "closed"), (1, "closed")])
def test_observation_is_over_after_its_whole_days(
    cast: Cast, plan: Plan, seconds: int, state: str
) -> None:
    plan_stop(plan=plan, by=cast.priya, reason="side effects", now=NOW)
    plan.refresh_from_db()
    over = at(0, day=25) + timedelta(days=28)
    look_at = plan_close_observed(plan=plan, now=over + seconds * SECOND)
    assert plan.state == state
    assert look_at == (over if state == "observation" else None)
    assert AuditRow.objects.filter(action="plan.closed", job="sweep").exists() is (
        state == "closed"
    )


def test_the_sweep_closes_a_plan_after_its_observation(cast: Cast, plan: Plan) -> None:
    plan_stop(plan=plan, by=cast.priya, reason="side effects", now=NOW)
    sweep_run(now=NOW)
    plan.refresh_from_db()
    assert plan.next_look_at == at(0, day=25) + timedelta(days=28)
    sweep_run(now=plan.next_look_at)
    plan.refresh_from_db()
    assert (plan.state, plan.next_look_at) == (PlanState.CLOSED, None)
    assert plan.moves.last().by is None
