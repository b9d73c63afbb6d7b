"""A change is a version of its own from a moment ahead; what is past never changes."""

from datetime import time, timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist

from accounts.domain.problems import Conflict, Refusal
from accounts.models import AuditRow
from tests.cast import Cast
from tests.tracker.changing import REASON, change_kept, change_signed, expected, frozen
from tests.tracker.days import SECOND, at, log, tuesday_plan
from tests.tracker.plans import dose, raw_step
from tracker.domain.doses import Outcome
from tracker.domain.flags import Rule
from tracker.domain.plan_content import plan_content_from
from tracker.domain.plan_states import PlanState, VersionKind
from tracker.domain.schedule import StepSpec
from tracker.models import ExpectedDose, Plan, PlanDraft, PlanVersion
from tracker.selectors.ladders import terms_of
from tracker.selectors.plan_records import content_signed, versions_of
from tracker.selectors.versions import version_in_force
from tracker.services.doses import doses_extend
from tracker.services.flags import flag_open
from tracker.services.plan_drafts import MOST_BYTES, plan_draft_discard, plan_draft_keep
from tracker.services.plan_moves import plan_complete, plan_hold, plan_stop
from tracker.services.plan_signing import plan_sign
from tracker.services.plan_text import step_line

NOW = at(12)
BEGINS = at(0, day=26)


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """08:00, 14:00 and 20:00 each day from Tuesday the 24th on, 15 mg."""
    return tuesday_plan(cast)


def held(cast: Cast, plan: Plan) -> Plan:
    plan_hold(plan=plan, by=cast.priya, reason="surgery", review_on=at(0, day=27).date(), now=NOW)
    plan.refresh_from_db()
    return plan


def sign_all(cast: Cast, plan: Plan, **changed: object) -> PlanVersion | None:
    asked = {"by": cast.priya, "ticked_steps": [1], "has_confirmed_hours": True, "now": NOW}
    return plan_sign(plan=plan, **(asked | changed))


def test_an_amended_plan_expects_the_new_doses_from_the_very_moment_on(
    cast: Cast, plan: Plan
) -> None:
    begins_at = at(14, day=26)
    version = change_signed(cast, plan, begins_at, NOW)
    assert (version.number, version.kind, version.change_reason) == (2, "amend", REASON)
    days = [(due, amount, number) for due, amount, number in expected(plan) if due.day in (26, 27)]
    assert days == [
        (at(8, day=26), "15 mg", 1),
        (at(22, day=26), "10 mg", 2),
        (at(8, day=27), "15 mg", 2),
        (at(22, day=27), "10 mg", 2),
    ]


@pytest.mark.parametrize(("seconds", "number"), [(-1, 2), (0, 2), (1, 1)])
def test_a_dose_due_at_the_begin_itself_is_the_new_versions(
    cast: Cast, plan: Plan, seconds: int, number: int
) -> None:
    begins_at = at(8, day=26) + seconds * SECOND
    change_signed(cast, plan, begins_at, NOW)
    (row,) = [each for each in expected(plan) if each[0] == at(8, day=26)]
    assert row[2] == number


def test_the_old_doses_are_kept_with_when_and_why_they_were_cancelled(
    cast: Cast, plan: Plan
) -> None:
    before = ExpectedDose.objects.filter(plan=plan, due_at__gte=BEGINS).count()
    change_signed(cast, plan, BEGINS, NOW)
    cancelled = ExpectedDose.objects.filter(plan=plan, cancelled_at__isnull=False)
    assert cancelled.count() == before
    assert set(cancelled.values_list("cancelled_at", "cancel_reason", "version__number")) == {
        (NOW, REASON, 1)
    }


def test_what_is_due_before_the_change_is_not_touched(cast: Cast, plan: Plan) -> None:
    past = frozen(plan, BEGINS - SECOND)
    change_signed(cast, plan, BEGINS, NOW)
    assert frozen(plan, BEGINS - SECOND) == past


def test_until_its_begin_the_old_version_is_in_force(cast: Cast, plan: Plan) -> None:
    change_signed(cast, plan, BEGINS, NOW)
    in_force = [version_in_force(plan, BEGINS + n * SECOND).number for n in (-1, 0, 1)]
    assert in_force == [1, 2, 2]


def test_the_sweep_makes_the_days_after_the_horizon_by_the_new_version(
    cast: Cast, plan: Plan
) -> None:
    change_signed(cast, plan, BEGINS, NOW)
    made = doses_extend(plan=plan, now=NOW + timedelta(days=3))
    assert made == 6
    assert {number for due, _amount, number in expected(plan) if due >= BEGINS} == {2}


def test_a_change_further_ahead_than_the_horizon_loses_no_dose_between(
    cast: Cast, plan: Plan
) -> None:
    change_signed(cast, plan, BEGINS + timedelta(days=20), NOW)
    for days in range(1, 24):
        doses_extend(plan=plan, now=NOW + timedelta(days=days))
    dates = [due.date() for due, _amount, number in expected(plan) if number == 1]
    assert len(dates) == 22 * 3
    assert max(dates) == at(0, day=26).date() + timedelta(days=19)


def test_a_change_signed_later_wins_over_one_that_has_not_begun(cast: Cast, plan: Plan) -> None:
    change_signed(cast, plan, at(0, day=28), NOW)
    change_signed(cast, plan, at(0, day=26), NOW + SECOND)
    assert {number for due, _amount, number in expected(plan) if due >= at(0, day=26)} == {3}
    doses_extend(plan=plan, now=NOW + timedelta(days=5))
    assert version_in_force(plan, at(0, day=30)).number == 3


@pytest.mark.parametrize("seconds", [-1, 0])
def test_an_amend_that_reaches_into_the_past_is_refused(
    cast: Cast, plan: Plan, seconds: int
) -> None:
    with pytest.raises(Refusal, match="what is past never changes"):
        change_kept(cast, plan, NOW + seconds * SECOND, NOW)
    assert not PlanDraft.objects.exists()


def test_a_change_whose_begin_passed_before_the_signature_is_refused(
    cast: Cast, plan: Plan
) -> None:
    change_kept(cast, plan, NOW + SECOND, NOW)
    with pytest.raises(Refusal, match="what is past never changes"):
        sign_all(cast, plan, now=NOW + SECOND)
    assert plan.versions.count() == 1


@pytest.mark.parametrize("missing", ["change_reason", "counts_from_on"])
def test_a_change_says_why_and_from_when(cast: Cast, plan: Plan, missing: str) -> None:
    empty = {missing: "", "counts_from_time": ""} if missing == "counts_from_on" else {missing: ""}
    with pytest.raises(Refusal) as said:
        change_kept(cast, plan, BEGINS, NOW, **empty)
    assert [problem.field for problem in said.value.problems] == [missing]


def test_a_change_leaves_no_day_between_its_begin_and_its_first_step(
    cast: Cast, plan: Plan
) -> None:
    with pytest.raises(Refusal, match="no dose would be expected"):
        change_kept(cast, plan, BEGINS, NOW, steps=[raw_step("2026-11-27", "", dose("08:00", "5"))])


def test_a_dose_logged_ahead_is_not_taken_over_by_a_change(cast: Cast, plan: Plan) -> None:
    early = plan.doses.get(due_at=at(8, day=26))
    log(cast, early, NOW, outcome=Outcome.SKIPPED)
    change_kept(cast, plan, BEGINS, NOW)
    with pytest.raises(Refusal, match="is logged already"):
        sign_all(cast, plan)


def test_two_zones_do_not_give_one_date_the_same_dose_twice(cast: Cast, plan: Plan) -> None:
    steps = [raw_step("2026-11-26", "", dose("08:00", "5 mg"))]
    # 08:00 of the 26th in London is over when the change counts; New York still has its own.
    changed = {"zone": "America/New_York", "counts_from_time": "06:00"}
    change_kept(cast, plan, BEGINS, NOW, steps=steps, **changed)
    with pytest.raises(Refusal, match="of the version before and of this one"):
        sign_all(cast, plan)


def test_the_signed_text_says_from_when_and_why(cast: Cast, plan: Plan) -> None:
    version = change_signed(cast, plan, at(6, day=26), NOW)
    assert "version 2" in version.signed_text
    assert "Counts from Thu 26 Nov 2026, 06:00." in version.signed_text
    assert f"Reason for the change: {REASON}" in version.signed_text


def test_of_two_clinicians_who_amend_at_once_the_second_sees_the_firsts(
    cast: Cast, plan: Plan
) -> None:
    opened_at = plan.versions.get().signed_at
    change_kept(cast, plan, BEGINS, NOW, by=cast.adaeze, opened_at=opened_at)
    for seen in (opened_at, None):
        with pytest.raises(Conflict, match="Nurse Adaeze Obi is changing this plan"):
            change_kept(cast, plan, at(0, day=27), NOW + SECOND, opened_at=seen)
    assert plan.draft.saved_by == cast.adaeze
    change_kept(cast, plan, at(0, day=27), NOW + SECOND, opened_at=NOW)
    assert PlanDraft.objects.get().saved_by == cast.priya


def test_a_change_on_a_version_that_was_replaced_meanwhile_conflicts(
    cast: Cast, plan: Plan
) -> None:
    opened_at = plan.versions.get().signed_at
    change_signed(cast, plan, BEGINS, NOW)
    with pytest.raises(Conflict, match="Dr Priya Raman signed this plan anew"):
        change_kept(cast, plan, at(0, day=28), NOW + SECOND, by=cast.adaeze, opened_at=opened_at)


def test_unfinished_typing_is_kept_as_it_is_and_cannot_be_signed(cast: Cast, plan: Plan) -> None:
    typed = {"steps": [{"begins_on": "31 Feb", "doses": []}], "change_reason": "half a sen"}
    plan_draft_keep(
        patient=cast.ewan, by=cast.priya, raw=typed, now=NOW, plan=plan, kind=VersionKind.AMEND
    )
    assert PlanDraft.objects.get().content == typed
    with pytest.raises(Refusal):
        sign_all(cast, plan)


@pytest.mark.parametrize("raw", [{"note": "x" * MOST_BYTES}, {"note": "\x00"}, {"note": "\ud800"}])
def test_what_cannot_be_kept_is_refused(cast: Cast, raw: dict[str, object]) -> None:
    with pytest.raises(Refusal):
        plan_draft_keep(patient=cast.ewan, by=cast.priya, raw=raw, now=NOW)
    assert not Plan.objects.exists()


def test_a_draft_that_is_thrown_away_leaves_the_place_to_a_new_one(cast: Cast) -> None:
    first = plan_draft_keep(patient=cast.ewan, by=cast.priya, raw={}, now=NOW)
    with pytest.raises(Conflict, match="Another draft"):
        plan_draft_keep(patient=cast.ewan, by=cast.adaeze, raw={}, now=NOW)
    plan_draft_discard(plan=first, by=cast.priya, now=NOW)
    assert plan_draft_keep(patient=cast.ewan, by=cast.adaeze, raw={}, now=NOW) == first
    with pytest.raises(ObjectDoesNotExist):
        _ = Plan.objects.exclude(pk=first.pk).get()


def test_a_held_plan_is_resumed_by_a_version_of_its_own(cast: Cast, plan: Plan) -> None:
    held(cast, plan)
    version = change_signed(cast, plan, BEGINS, NOW + SECOND, kind=VersionKind.RESUME)
    assert plan.state == PlanState.ACTIVE
    assert (version.kind, version.number) == ("resume", 2)
    assert {number for due, _amount, number in expected(plan) if due > NOW} == {2}
    move = plan.moves.last()
    assert (move.from_state, move.to_state, move.reason) == ("on_hold", "active", REASON)


def test_between_a_hold_and_its_resume_no_dose_comes_back(cast: Cast, plan: Plan) -> None:
    held(cast, plan)
    late = NOW + timedelta(days=40)
    change_signed(cast, plan, late + timedelta(days=1), late, kind=VersionKind.RESUME)
    for hours in (0, 30, 60):
        doses_extend(plan=plan, now=late + timedelta(hours=hours))
    assert [row for row in expected(plan) if NOW < row[0] <= late] == []


def test_a_resume_carries_no_step_over(cast: Cast, plan: Plan) -> None:
    held(cast, plan)
    steps = [
        raw_step("2026-11-24", "", dose("08:00", "15 mg")),
        raw_step("2026-11-26", "", dose("08:00", "10 mg")),
    ]
    with pytest.raises(Refusal) as said:
        change_kept(cast, plan, BEGINS, NOW, kind=VersionKind.RESUME, steps=steps)
    assert [(problem.field, problem.row) for problem in said.value.problems] == [("begins_on", 1)]


def test_a_step_back_is_a_change_with_its_own_name(cast: Cast, plan: Plan) -> None:
    version = change_signed(cast, plan, BEGINS, NOW, kind=VersionKind.STEP_BACK)
    assert version.kind == "step_back"
    assert "steps back" in version.signed_text


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (VersionKind.AMEND, "has no signed version"),
        (VersionKind.RESUME, "has no signed version"),
        (VersionKind.STEP_BACK, "has no signed version"),
    ],
)
def test_without_a_signed_version_nothing_is_changed_or_resumed(
    cast: Cast, kind: VersionKind, words: str
) -> None:
    draft = plan_draft_keep(patient=cast.ewan, by=cast.priya, raw={}, now=NOW)
    with pytest.raises(Conflict, match=words):
        change_kept(cast, draft, BEGINS, NOW, kind=kind)


def test_a_running_plan_is_not_resumed_and_a_held_one_not_amended(cast: Cast, plan: Plan) -> None:
    with pytest.raises(Conflict, match="not on hold"):
        change_kept(cast, plan, BEGINS, NOW, kind=VersionKind.RESUME)
    change_kept(cast, plan, BEGINS, NOW)
    held(cast, plan)
    with pytest.raises(Conflict, match="Resume it"):
        sign_all(cast, plan)
    with pytest.raises(Conflict, match="Resume it"):
        change_kept(cast, plan, BEGINS, NOW)


def test_nothing_of_a_plan_changes_after_its_end(cast: Cast, plan: Plan) -> None:
    change_kept(cast, plan, BEGINS, NOW)
    plan_stop(plan=plan, by=cast.priya, reason="side effects", now=NOW)
    later = NOW + SECOND
    for move in (
        lambda: change_kept(cast, plan, BEGINS, later),
        lambda: change_kept(cast, plan, BEGINS, later, kind=VersionKind.RESUME),
        lambda: plan_hold(
            plan=plan, by=cast.priya, reason="late", review_on=BEGINS.date(), now=later
        ),
        lambda: plan_complete(plan=plan, by=cast.priya, now=later),
        lambda: plan_stop(plan=plan, by=cast.priya, reason="again", now=later),
    ):
        with pytest.raises(Conflict, match="ended"):
            move()
    with pytest.raises(Conflict, match="no draft"):
        sign_all(cast, plan, now=later)


def test_every_write_of_a_change_is_audited_once(cast: Cast, plan: Plan) -> None:
    change_signed(cast, plan, BEGINS, NOW)
    rows = AuditRow.objects.filter(target_id=str(plan.pk), at=NOW)
    assert sorted(row.action for row in rows) == ["plan.draft_saved", "plan.signed"]


def test_an_alert_climbs_the_ladder_that_counted_when_it_opened(cast: Cast, plan: Plan) -> None:
    rungs = [{"delay": "5", "audience": "clinic"}]
    change_signed(cast, plan, BEGINS, NOW, rungs=rungs)
    opened = {
        at: flag_open(
            patient=cast.ewan,
            plan=plan,
            rule=Rule.STOPPED_SUDDENLY,
            subject=str(at),
            evidence={"at": at.isoformat()},
            now=at,
        ).alerts.get()
        for at in (BEGINS - SECOND, BEGINS)
    }
    assert [terms_of(alert).number for alert in opened.values()] == [1, 2]


def test_what_was_signed_can_be_typed_again_character_for_character(cast: Cast, plan: Plan) -> None:
    doses = [dose("08:00", "7,5 mg") | {"weekdays": "Mon Wed Fri"}, dose("20:00", "½ tablet")]
    version = change_signed(
        cast, plan, at(6, day=26), NOW, steps=[raw_step("2026-11-26", "", *doses)]
    )
    signed = content_signed(versions_of(plan).get(pk=version.pk))
    assert plan_content_from(signed.as_raw()) == signed
    assert [each.amount for each in signed.steps[0].doses] == ["7,5 mg", "½ tablet"]
    assert "Mon, Wed, Fri 08:00 7,5 mg; 20:00 ½ tablet" in version.signed_text
    assert signed.as_raw()["counts_from_time"] == "06:00"


def test_the_visits_of_a_pump_stand_in_the_signed_text() -> None:
    step = StepSpec(
        number=1,
        begins_on=at(0, day=26).date(),
        ends_on=None,
        doses=(),
        rate="75,0 mcg per day",
        visit_time=time(9, 30),
    )
    assert "visit at 09:30; rate as programmed: 75,0 mcg per day" in step_line(step)
