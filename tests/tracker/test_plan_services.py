"""A signature makes an immutable version, or nothing at all; a stop ends it and forgets nothing."""

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from accounts.domain.problems import Conflict, Problem, Refusal
from accounts.models import AuditRow, CareLink, ContactPoint, FactIsFinal, User
from tests.cast import PASSWORD, Cast
from tests.tracker.alerting import alert_opened
from tests.tracker.plans import amounts, dose, raw_plan, raw_step
from tracker.domain.alerts import AlertKind, CloseReason
from tracker.domain.doses import Outcome
from tracker.domain.plan_content import PlanContent, plan_content_from
from tracker.domain.plan_input import says_no_dose
from tracker.domain.plan_states import PlanState
from tracker.domain.schedule import occurrences
from tracker.models import (
    Alert,
    DoseTime,
    ExpectedDose,
    Flag,
    Plan,
    PlanDraft,
    PlanMove,
    PlanVersion,
    Rung,
    Step,
)
from tracker.selectors.plan_reading import plan_reading
from tracker.selectors.plans import content_of, draft_behind
from tracker.services.doses import HORIZON
from tracker.services.entries import entry_add
from tracker.services.plan_drafts import plan_draft_save
from tracker.services.plan_moves import plan_stop
from tracker.services.plan_signing import plan_sign
from tracker.services.plan_text import plan_text, text_sha256
from tracker.services.signing import plan_sign_with_password

NOW = datetime(2026, 12, 8, 12, 0, tzinfo=UTC)
ALL = (1, 2, 3)

# Each example is rolled back, so the cast may be shared; a busy machine is no fault of the code.
patient = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def content_by(cast: Cast, **changed: object) -> PlanContent:
    return plan_content_from(raw_plan(named_clinician=str(cast.priya.pk)) | changed)


def draft(cast: Cast, **changed: object) -> Plan:
    content = content_by(cast, **changed)
    return plan_draft_save(patient=cast.ewan, by=cast.priya, content=content, now=NOW)


def sign(cast: Cast, plan: Plan, **changed: object) -> PlanVersion:
    asked = {"ticked_steps": ALL, "has_confirmed_hours": True, "now": NOW} | changed
    return plan_sign(plan=plan, by=cast.priya, **asked)


def refused(cast: Cast, plan: Plan, **changed: object) -> list[Problem]:
    """Sign in vain; nothing may have been saved."""
    with pytest.raises(Refusal) as refusal:
        sign(cast, plan, **changed)
    assert not PlanVersion.objects.exists()
    assert not ExpectedDose.objects.exists()
    assert not PlanMove.objects.exists()
    assert PlanDraft.objects.filter(plan=plan).exists()
    plan.refresh_from_db()
    assert plan.state == PlanState.DRAFT
    return list(refusal.value.problems)


def test_a_draft_is_kept_with_every_amount_as_typed(cast: Cast) -> None:
    plan = draft(cast)
    typed = [cell["amount"] for step in raw_plan()["steps"] for cell in step["doses"]]
    kept = [cell["amount"] for step in plan.draft.content["steps"] for cell in step["doses"]]
    assert kept == typed
    assert (plan.state, plan.draft.saved_by) == (PlanState.DRAFT, cast.priya)
    assert AuditRow.objects.filter(action="plan.draft_saved", actor=cast.priya).count() == 1


def test_a_draft_that_names_somebody_elses_clinician_is_not_kept(cast: Cast) -> None:
    content = content_by(cast, named_clinician=str(cast.juno.pk))
    with pytest.raises(Refusal) as refusal:
        plan_draft_save(patient=cast.ewan, by=cast.priya, content=content, now=NOW)
    assert [problem.field for problem in refusal.value.problems] == ["named_clinician"]
    assert not Plan.objects.exists()


def test_a_second_draft_by_the_same_route_is_a_conflict(cast: Cast) -> None:
    draft(cast)
    with pytest.raises(Conflict):
        draft(cast)
    assert Plan.objects.count() == 1


def test_a_draft_that_somebody_else_changed_meanwhile_is_not_overwritten(cast: Cast) -> None:
    plan = draft(cast)
    opened_at, later = plan.draft.saved_at, NOW + timedelta(minutes=1)
    theirs, mine = content_by(cast, risk_note="theirs"), content_by(cast, risk_note="mine")
    plan_draft_save(
        patient=cast.ewan, by=cast.adaeze, content=theirs, now=later, plan=plan, opened_at=opened_at
    )
    with pytest.raises(Conflict, match="Nurse Adaeze Obi changed this draft"):
        plan_draft_save(
            patient=cast.ewan,
            by=cast.priya,
            content=mine,
            now=later,
            plan=plan,
            opened_at=opened_at,
        )
    assert PlanDraft.objects.get().content["risk_note"] == "theirs"


def test_signing_makes_the_version_as_typed(cast: Cast) -> None:
    plan = draft(cast)
    version = sign(cast, plan)
    plan.refresh_from_db()
    assert (plan.state, plan.next_look_at) == (PlanState.ACTIVE, NOW)
    assert (version.number, version.signed_by, version.signed_at) == (1, cast.priya, NOW)
    assert [(s.number, s.begins_on, s.ends_on) for s in version.steps.all()] == [
        (1, date(2026, 12, 9), date(2026, 12, 15)),
        (2, date(2026, 12, 16), date(2026, 12, 22)),
        (3, date(2026, 12, 23), date(2027, 1, 5)),
    ]
    doses = DoseTime.objects.order_by("step__number", "wall_time")
    assert list(doses.values_list("step__number", "wall_time", "amount")) == [
        (1, time(8), "20 mg"),
        (1, time(20, 0, 30), "20 mg"),
        (2, time(8), "half a 10 mg tablet"),
        (2, time(20, 0, 30), "7,5 mg"),
        (3, time(8), "5 mg"),
    ]
    assert list(version.rungs.values_list("number", "delay", "audience")) == [
        (1, timedelta(), "patient"),
        (2, timedelta(minutes=45), "patient"),
        (3, timedelta(minutes=90), "caregivers"),
        (4, timedelta(minutes=180), "clinic"),
    ]
    move = PlanMove.objects.get()
    assert (move.from_state, move.to_state, move.by) == ("draft", "active", cast.priya)
    assert not PlanDraft.objects.exists()
    assert AuditRow.objects.filter(action="plan.signed", actor=cast.priya).count() == 1


def test_signing_makes_the_doses_of_the_first_two_weeks(cast: Cast) -> None:
    sign(cast, draft(cast))
    doses = ExpectedDose.objects.order_by("due_at")
    assert doses.first().due_at == datetime(2026, 12, 9, 8, tzinfo=UTC)
    assert NOW + HORIZON - timedelta(days=1) < doses.last().due_at <= NOW + HORIZON
    assert doses.get(local_date=date(2026, 12, 9), wall_time=time(20, 0, 30)).due_at == datetime(
        2026, 12, 9, 20, 0, 30, tzinfo=UTC
    )


def test_only_doses_due_after_the_signature_are_expected(cast: Cast) -> None:
    signed_at = datetime(2026, 12, 10, 8, 0, tzinfo=UTC)
    sign(cast, draft(cast), now=signed_at)
    first = ExpectedDose.objects.order_by("due_at").first()
    assert first.due_at == datetime(2026, 12, 10, 20, 0, 30, tzinfo=UTC)


def test_the_signature_holds_the_exact_text_and_its_hash(cast: Cast) -> None:
    plan = draft(cast, missed_doses_threshold="2")
    content = plan_content_from(plan.draft.content)
    shown = plan_text(plan_reading(plan, content, NOW), cast.ewan)
    version = sign(cast, plan, read_sha256=text_sha256(shown))
    assert version.signed_text == shown
    assert version.signed_sha256 == hashlib.sha256(shown.encode()).hexdigest()
    assert "08:00 half a 10 mg tablet; 20:00:30 7,5 mg" in shown
    assert "Doses reported missed or skipped in a row: 2" in shown
    assert "Hours since the last dose logged taken: not set" in shown


def test_a_plan_that_changed_since_it_was_read_is_not_signed(cast: Cast) -> None:
    plan = draft(cast)
    shown = plan_text(plan_reading(plan, content_by(cast), NOW), cast.ewan)
    changed = content_by(cast, observation_days="none")
    plan_draft_save(patient=cast.ewan, by=cast.adaeze, content=changed, now=NOW, plan=plan)
    (problem,) = refused(cast, plan, read_sha256=text_sha256(shown))
    assert "has changed since you read it" in problem.text


@pytest.mark.parametrize("ticked", [(), (1, 2), (1, 3), (1, 2, 3, 4), (2, 3, 4)])
def test_every_step_must_be_read_back(cast: Cast, ticked: tuple[int, ...]) -> None:
    (problem,) = refused(cast, draft(cast), ticked_steps=ticked)
    assert problem.field == "ticked_steps"


def sign_by(who: User, plan: Plan, password: str, now: datetime = NOW) -> PlanVersion:
    return plan_sign_with_password(
        plan=plan,
        by=who,
        password=password,
        ticked_steps=ALL,
        has_confirmed_hours=True,
        read_sha256=read_of(plan),
        now=now,
    )


def read_of(plan: Plan) -> str:
    reading = plan_reading(plan, content_of(draft_behind(plan), plan.patient, NOW), NOW)
    return text_sha256(plan_text(reading, plan.patient))


def test_a_wrong_password_does_not_sign_and_the_right_one_does(cast: Cast) -> None:
    plan = draft(cast)
    with pytest.raises(Refusal) as said:
        sign_by(cast.priya, plan, "not it")
    assert [problem.field for problem in said.value.problems] == ["password"]
    row = AuditRow.objects.get(action="plan.signature_refused")
    assert (row.actor, row.patient, row.detail) == (cast.priya, cast.ewan, {})
    assert sign_by(cast.priya, plan, PASSWORD).number == 1


def test_an_empty_password_is_asked_for_and_counts_as_no_guess(cast: Cast) -> None:
    with pytest.raises(Refusal, match="Type your password"):
        sign_by(cast.priya, draft(cast), "")
    assert not AuditRow.objects.filter(action="plan.signature_refused").exists()


def test_after_five_wrong_passwords_not_even_the_right_one_signs_for_five_minutes(
    cast: Cast,
) -> None:
    plan = draft(cast)
    for guess in range(5):
        with pytest.raises(Refusal, match="not your password"):
            sign_by(cast.priya, plan, f"guess {guess}")
    for second in (0, 299):
        with pytest.raises(Refusal, match="Too many wrong passwords"):
            sign_by(cast.priya, plan, PASSWORD, NOW + timedelta(seconds=second))
    assert AuditRow.objects.filter(action="plan.signature_refused").count() == 5
    with pytest.raises(Refusal, match="not your password"):
        sign_by(cast.adaeze, plan, "her first guess")
    assert sign_by(cast.priya, plan, PASSWORD, NOW + timedelta(minutes=5)).number == 1


def test_a_plan_by_pump_is_not_signed_without_a_pump_on_record(cast: Cast) -> None:
    visit = {"begins_on": "2026-12-09", "visit_time": "10:30", "rate": "299,5 micrograms/day"}
    plan = draft(cast, route="intrathecal", formulation="pump", steps=[visit])
    (problem,) = refused(cast, plan, ticked_steps={1})
    assert problem.field == "route"
    assert "once the pump is on record" in problem.text


def test_a_clinic_without_a_verified_desk_signs_nothing(cast: Cast) -> None:
    ContactPoint.objects.filter(clinic=cast.harbour, duty="desk").update(verified_at=None)
    (problem,) = refused(cast, draft(cast))
    assert problem.field == "clinic"


@pytest.mark.parametrize("audiences", [["patient"], ["patient", "caregivers"]])
def test_a_ladder_that_reaches_nobody_outside_the_patient_is_not_signed(
    cast: Cast, audiences: list[str]
) -> None:
    CareLink.objects.filter(patient=cast.ewan).update(is_alerted=False)
    rungs = [{"delay": "0", "audience": audience} for audience in audiences]
    (problem,) = refused(cast, draft(cast, rungs=rungs))
    assert problem.field == "rungs"


def test_a_caregiver_whose_address_is_not_verified_does_not_count_as_reached(cast: Cast) -> None:
    ContactPoint.objects.filter(person__in=[cast.isla, cast.tomasz]).update(verified_at=None)
    plan = draft(cast, rungs=[{"delay": "0", "audience": "caregivers"}])
    (problem,) = refused(cast, plan)
    assert problem.field == "rungs"
    ContactPoint.objects.filter(person=cast.isla).update(verified_at=NOW)
    assert sign(cast, plan).number == 1


def test_a_second_plan_by_the_same_route_is_not_signed_while_one_runs(cast: Cast) -> None:
    sign(cast, draft(cast))
    second = draft(cast)
    with pytest.raises(Refusal, match="Another plan by this route is running"):
        sign(cast, second)
    assert PlanVersion.objects.count() == 1


def test_hours_in_which_only_the_worklist_would_know_must_be_confirmed(cast: Cast) -> None:
    caregivers = ContactPoint.objects.filter(person__in=[cast.isla, cast.tomasz])
    caregivers.update(quiet_from_time=time(22), quiet_until_time=time(7))
    plan = draft(cast, rungs=[{"delay": "0", "audience": "caregivers"}])
    (problem,) = refused(cast, plan, has_confirmed_hours=False)
    assert problem.field == "confirmed_hours"
    version = sign(cast, plan)
    assert "every day from 22:00 to 07:00 on the next day" in version.signed_text


def test_a_plan_whose_doses_all_lie_in_the_past_is_not_signed(cast: Cast) -> None:
    (problem,) = refused(cast, draft(cast), now=datetime(2027, 3, 1, tzinfo=UTC))
    assert "lies in the past" in problem.text


def test_doses_that_a_clock_change_lays_on_one_moment_are_settled_before_signing(
    cast: Cast,
) -> None:
    steps = [raw_step("2027-03-22", "2027-04-04", dose("01:30", "5 mg"), dose("02:30", "5 mg"))]
    (problem,) = refused(cast, draft(cast, steps=steps), ticked_steps=(1,))
    assert "28 Mar 2027" in problem.text


def test_a_draft_signed_twice_is_signed_once(cast: Cast) -> None:
    plan = draft(cast)
    sign(cast, plan)
    with pytest.raises(Conflict):
        sign(cast, plan)
    assert PlanVersion.objects.count() == 1


def test_a_clinician_who_left_meanwhile_cannot_be_named_by_a_signature(cast: Cast) -> None:
    plan = draft(cast, named_clinician=str(cast.adaeze.pk))
    cast.adaeze.memberships.update(ended_at=NOW - timedelta(minutes=1))
    (problem,) = refused(cast, plan)
    assert problem.field == "named_clinician"


def test_a_signature_that_fails_at_its_last_step_leaves_nothing(cast: Cast) -> None:
    plan = draft(cast)
    sign(cast, plan)
    # As if it were a draft again: its doses stand already, so making them anew must fail.
    Plan.objects.filter(pk=plan.pk).update(state=PlanState.DRAFT)
    again = content_by(cast)
    plan_draft_save(patient=cast.ewan, by=cast.priya, content=again, now=NOW, plan=plan)
    later = NOW + timedelta(minutes=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        sign(cast, plan, now=later)
    assert PlanVersion.objects.count() == 1
    assert PlanMove.objects.count() == 1
    assert Step.objects.count() == 3
    assert PlanDraft.objects.filter(plan=plan).exists()


@pytest.mark.parametrize("model", [PlanVersion, Step, DoseTime, Rung, PlanMove])
@pytest.mark.parametrize("statement", ["UPDATE {table} SET id = id", "DELETE FROM {table}"])
def test_the_database_itself_keeps_what_was_signed(
    cast: Cast, model: type[PlanVersion], statement: str
) -> None:
    sign(cast, draft(cast))
    asked = statement.format(table=model._meta.db_table)
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(asked)


def test_a_signed_version_saved_again_says_why_not(cast: Cast) -> None:
    version = sign(cast, draft(cast))
    version.zone = "Europe/Vienna"
    with pytest.raises(FactIsFinal):
        version.save()


@settings(parent=patient, max_examples=25)
@given(st.lists(amounts(), min_size=3, max_size=3))
def test_every_stored_amount_is_one_that_was_typed(cast: Cast, typed: list[str]) -> None:
    steps = [
        raw_step("2026-12-09", "", dose("08:00", typed[0]), dose("20:00", "1")),
        raw_step("2026-12-12", "2026-12-20", dose("08:00", typed[1]), dose("20:00", typed[2])),
    ]
    with transaction.atomic():
        sign(cast, draft(cast, steps=steps), ticked_steps=(1, 2))
        stored = set(DoseTime.objects.values_list("amount", flat=True))
        expected = set(ExpectedDose.objects.values_list("amount", flat=True))
        text = PlanVersion.objects.get().signed_text
        transaction.set_rollback(True)
    said = {amount for amount in typed if not says_no_dose(amount)}
    assert said <= stored == expected <= {*typed, "1"}
    assert all(amount in text for amount in stored)


@st.composite
def plans(draw: st.DrawFn) -> list[dict[str, object]]:
    """One to five steps of one to twelve days each, some dose-free, from about now on."""
    day = date(2026, 12, 1) + timedelta(days=draw(st.integers(0, 20)))
    steps = []
    for _ in range(draw(st.integers(1, 5))):
        ends_on = day + timedelta(days=draw(st.integers(0, 11)))
        times = draw(st.lists(st.times(), max_size=4, unique_by=lambda t: t.replace(microsecond=0)))
        doses = [dose(t.isoformat("seconds"), draw(amounts())) for t in times]
        steps.append(raw_step(str(day), str(ends_on), *doses) | {"is_dose_free": not doses})
        day = ends_on + timedelta(days=1)
    return steps


@settings(parent=patient, max_examples=40)
@given(plans(), st.sampled_from(["Europe/London", "America/New_York", "Pacific/Apia", "UTC"]))
def test_an_accepted_plan_signs_and_its_doses_are_the_schedules(
    cast: Cast, steps: list[dict[str, object]], zone: str
) -> None:
    try:
        content = content_by(cast, steps=steps, zone=zone)
    except Refusal:
        assume(False)
    until = NOW + HORIZON
    assume(any(occurrences(content.steps, content.zone_info, NOW, until + timedelta(days=60))))
    with transaction.atomic():
        sign(
            cast,
            plan_draft_save(patient=cast.ewan, by=cast.priya, content=content, now=NOW),
            ticked_steps=range(1, len(steps) + 1),
        )
        made = set(ExpectedDose.objects.values_list("local_date", "wall_time", "amount", "due_at"))
        transaction.set_rollback(True)
    expected = occurrences(content.steps, content.zone_info, NOW, until)
    assert made == {(o.local_date, o.wall_time, o.amount, o.due_at) for o in expected}


def test_a_stop_needs_a_reason(cast: Cast) -> None:
    plan = draft(cast)
    sign(cast, plan)
    for reason in ["", "  ", "x" * 201, "two\nlines"]:
        with pytest.raises(Refusal, match="why the plan is stopped"):
            plan_stop(plan=plan, by=cast.priya, reason=reason, now=NOW)
    plan.refresh_from_db()
    assert plan.state == PlanState.ACTIVE


def test_a_stop_cancels_what_is_ahead_and_keeps_what_is_past(cast: Cast) -> None:
    plan = draft(cast)
    sign(cast, plan)
    at = datetime(2026, 12, 10, 12, tzinfo=UTC)
    plan_stop(plan=plan, by=cast.priya, reason="went into hospital", now=at)
    past, ahead = plan.doses.filter(due_at__lte=at), plan.doses.filter(due_at__gt=at)
    assert {dose.cancelled_at for dose in past} == {None}
    assert {(dose.cancelled_at, dose.cancel_reason) for dose in ahead} == {
        (at, "went into hospital")
    }
    plan.refresh_from_db()
    assert plan.state == PlanState.OBSERVATION
    moves = plan.moves.values_list("from_state", "to_state", "reason")
    assert list(moves)[1:] == [
        ("active", "stopped", "went into hospital"),
        ("stopped", "observation", ""),
    ]
    assert AuditRow.objects.filter(action="plan.stopped", actor=cast.priya).count() == 1


def test_without_observation_days_a_stopped_plan_stays_stopped(cast: Cast) -> None:
    plan = draft(cast, observation_days="none")
    sign(cast, plan)
    plan_stop(plan=plan, by=cast.priya, reason="side effects", now=NOW)
    plan.refresh_from_db()
    assert plan.state == PlanState.STOPPED


@pytest.mark.parametrize(
    ("stopped_at", "is_flagged"),
    [
        (datetime(2026, 12, 22, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 12, 23, 0, 0, 0, tzinfo=UTC), False),
        (datetime(2026, 12, 23, 0, 0, 1, tzinfo=UTC), False),
    ],
)
def test_a_stop_before_the_last_entered_step_is_flagged(
    cast: Cast, stopped_at: datetime, is_flagged: bool
) -> None:
    plan = draft(cast)
    sign(cast, plan)
    plan_stop(plan=plan, by=cast.priya, reason="asked to", now=stopped_at)
    assert Flag.objects.filter(rule="F9", plan=plan, closed_at=None).exists() is is_flagged


def test_a_stop_closes_the_dose_alerts_and_says_so(cast: Cast) -> None:
    plan = draft(cast)
    sign(cast, plan)
    late = datetime(2026, 12, 9, 9, tzinfo=UTC)
    silent = plan.doses.order_by("due_at").first()
    alert = alert_opened(dose=silent, kind=AlertKind.NO_LOG, now=late)
    plan_stop(plan=plan, by=cast.priya, reason="went into hospital", now=late)
    alert = Alert.objects.get(pk=alert.pk)
    assert (alert.closed_at, alert.close_reason) == (late, CloseReason.PLAN_STOPPED)


def test_a_dose_that_was_due_before_the_stop_can_still_be_logged(cast: Cast) -> None:
    plan = draft(cast)
    sign(cast, plan)
    stopped_at = datetime(2026, 12, 9, 12, tzinfo=UTC)
    plan_stop(plan=plan, by=cast.priya, reason="went into hospital", now=stopped_at)
    due = plan.doses.order_by("due_at").first()
    result = entry_add(
        patient=cast.ewan,
        by=cast.ewan_user,
        via="page",
        dose=due,
        outcome=Outcome.TAKEN,
        taken_at=due.due_at,
        device_at=stopped_at,
        client_id=uuid4(),
        now=stopped_at + timedelta(hours=1),
    )
    due.refresh_from_db()
    assert due.standing_entry == result.entry


@pytest.mark.parametrize("times", [0, 2])
def test_only_a_running_plan_can_be_stopped(cast: Cast, times: int) -> None:
    plan = draft(cast)
    if times:
        sign(cast, plan)
        plan_stop(plan=plan, by=cast.priya, reason="once", now=NOW)
    with pytest.raises(Conflict, match="not running"):
        plan_stop(plan=plan, by=cast.priya, reason="again", now=NOW)


def test_after_a_stop_a_new_plan_can_be_signed(cast: Cast) -> None:
    first = draft(cast)
    sign(cast, first)
    plan_stop(plan=first, by=cast.priya, reason="prescribed anew", now=NOW)
    assert sign(cast, draft(cast)).plan != first
