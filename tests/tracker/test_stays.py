"""Stays: in hospital or not monitored, nobody is asked to log; the facts around them stand."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.domain.problems import Refusal
from accounts.models import AuditRow, Patient, User
from tests.cast import Cast
from tests.reminders.engine import addresses, sweep_and_dispatch
from tests.tracker.days import SECOND, SIGNED, at, dose_at, log, tuesday_plan
from tracker.domain.doses import Outcome
from tracker.models import Alert, Flag, Plan, Stay, StayEvent, StayKind
from tracker.selectors.chart import patient_chart
from tracker.services.entries import entry_void
from tracker.services.flag_rules import flags_evaluate
from tracker.services.stays import stay_correct, stay_end, stay_record, stay_take_back

ISLA, TOMASZ = "isla.macrae@example.org", "tomasz.wrona@example.org"
EWAN = "ewan.macrae@example.org"


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """08:00, 14:00 and 20:00 from Tuesday on; told at 0, 45, 90 and 180 minutes."""
    cast.samira.invitations.update(mail_wanted_at=None)
    plan = tuesday_plan(cast)
    sweep_and_dispatch(SIGNED)
    return plan


def record(
    cast: Cast,
    from_at: datetime,
    until_at: datetime | None = None,
    *,
    now: datetime | None = None,
    patient: Patient | None = None,
) -> Stay:
    """Dr Raman records a stay in hospital."""
    return stay_record(
        patient=patient or cast.ewan,
        by=cast.priya,
        kind=StayKind.HOSPITAL,
        from_at=from_at,
        until_at=until_at,
        note=" Ward 4 ",
        now=now or from_at,
    )


def alerts(plan: Plan, hour: int = 14) -> list[tuple[int, str]]:
    """The episodes of the alert about Tuesday's dose of this hour, each with why it closed."""
    found = Alert.objects.filter(dose=dose_at(plan, hour)).order_by("opened_at")
    return list(found.values_list("episode", "close_reason"))


def test_a_stay_is_kept_with_who_recorded_it_and_asks_the_engine_to_look(
    cast: Cast, plan: Plan
) -> None:
    stay = record(cast, at(9), at(12), now=at(15))

    assert (stay.recorded_by, stay.recorded_at, stay.note) == (cast.priya, at(15), "Ward 4")
    assert AuditRow.objects.filter(action="stay.recorded").count() == 1
    plan.refresh_from_db()
    assert plan.next_look_at == at(15)
    assert dose_at(plan, 14).next_look_at == at(15)
    assert dose_at(plan, 20).next_look_at == at(20)


def test_a_dose_logged_and_taken_back_in_a_stay_that_ends_before_it_is_due_is_asked_about(
    cast: Cast, plan: Plan
) -> None:
    stay = record(cast, at(9))
    entry = log(cast, dose_at(plan, 14), at(12))
    entry_void(entry=entry, by=cast.ewan_user, reason="Not yet", now=at(12))
    sweep_and_dispatch(at(12))
    stay_end(stay=stay, by=cast.priya, until_at=at(13), now=at(13))
    sweep_and_dispatch(at(13))
    assert addresses(sweep_and_dispatch(at(14))) == [EWAN]


@pytest.mark.parametrize(("seconds", "is_kept"), [(-1, False), (0, False), (1, True)])
def test_a_stay_ends_after_it_begins(cast: Cast, plan: Plan, seconds: int, is_kept: bool) -> None:
    until_at = at(9) + seconds * SECOND
    running = record(cast, at(9) + timedelta(days=30))
    if is_kept:
        assert record(cast, at(9), until_at).until_at == until_at
        until_at += timedelta(days=30)
        assert stay_end(stay=running, by=cast.priya, until_at=until_at, now=until_at).until_at
        return
    with pytest.raises(Refusal, match="ends after it begins"):
        record(cast, at(9), until_at)
    with pytest.raises(Refusal, match="ends after it begins"):
        stay_end(stay=running, by=cast.priya, until_at=until_at + timedelta(days=30), now=until_at)
    assert Stay.objects.get().until_at is None


@pytest.mark.parametrize(
    ("from_at", "until_at", "is_kept"),
    [
        (at(9), at(12), True),
        (at(9), at(12) + SECOND, False),
        (at(16), at(18), True),
        (at(16) - SECOND, at(18), False),
        (at(13), at(14), False),
        (at(9), at(18), False),
        (at(16), None, True),
        (at(15), None, False),
        (at(9), None, False),
    ],
    ids=str,
)
def test_two_stays_of_one_person_never_overlap(
    cast: Cast, plan: Plan, from_at: datetime, until_at: datetime | None, is_kept: bool
) -> None:
    record(cast, at(12), at(16))

    if is_kept:
        record(cast, from_at, until_at)
    else:
        with pytest.raises(Refusal, match="Another stay covers"):
            record(cast, from_at, until_at)
    assert Stay.objects.count() == 1 + is_kept


@pytest.mark.parametrize(("until_at", "is_kept"), [(at(12), True), (at(12) + SECOND, False)])
def test_a_stay_that_runs_covers_everything_after_its_begin(
    cast: Cast, plan: Plan, until_at: datetime, is_kept: bool
) -> None:
    record(cast, at(12))

    if is_kept:
        record(cast, at(9), until_at)
        return
    for later in (until_at, None):
        with pytest.raises(Refusal, match="Another stay covers"):
            record(cast, at(9), later)


def test_somebody_elses_stay_is_in_nobodys_way(cast: Cast, plan: Plan) -> None:
    record(cast, at(12), patient=cast.samira)

    assert record(cast, at(12)).patient == cast.ewan


@pytest.mark.parametrize(
    ("from_at", "until_at", "is_asked"),
    [
        (at(14) - SECOND, at(15), False),
        (at(14), at(15), False),
        (at(14) + SECOND, at(15), True),
        (at(9), at(14) - SECOND, True),
        (at(9), at(14), True),
        (at(9), at(14) + SECOND, False),
        (at(9), None, False),
    ],
    ids=str,
)
def test_a_dose_due_inside_a_stay_prompts_nobody(
    cast: Cast, plan: Plan, from_at: datetime, until_at: datetime | None, is_asked: bool
) -> None:
    log(cast, dose_at(plan, 8), at(8))
    record(cast, from_at, until_at, now=at(9))

    told = addresses(sweep_and_dispatch(at(14)))

    assert told == ([EWAN] if is_asked else [])
    assert alerts(plan) == ([(1, "")] if is_asked else [])


def test_a_stay_closes_what_was_asked_about_and_those_who_were_told_are_told_so(
    cast: Cast, plan: Plan
) -> None:
    log(cast, dose_at(plan, 8), at(8))
    for now in (at(14), at(15, 30)):
        sweep_and_dispatch(now)

    record(cast, at(13), now=at(15, 40))

    mails = sweep_and_dispatch(at(15, 40))
    assert addresses(mails) == [ISLA, TOMASZ]
    assert all("A stay was recorded at 15:40; nobody is asked to log" in m.body for m in mails)
    assert alerts(plan) == [(1, "stay")]
    assert sweep_and_dispatch(at(23)) == []


def test_what_was_said_inside_a_stay_is_kept_and_alerts_nobody(cast: Cast, plan: Plan) -> None:
    log(cast, dose_at(plan, 8), at(8))
    record(cast, at(13))
    entry = log(cast, dose_at(plan, 14), at(14), outcome=Outcome.SKIPPED, reason="theatre")

    assert sweep_and_dispatch(at(14)) == []
    assert dose_at(plan, 14).standing_entry == entry
    assert alerts(plan) == []


@pytest.mark.parametrize("was_asked_before", [False, True])
def test_a_dose_that_falls_out_of_a_stay_after_all_is_asked_about_again(
    cast: Cast, plan: Plan, was_asked_before: bool
) -> None:
    log(cast, dose_at(plan, 8), at(8))
    if was_asked_before:
        sweep_and_dispatch(at(14))
    stay = record(cast, at(9), now=at(14, 5))
    sweep_and_dispatch(at(14, 5))

    stay_end(stay=stay, by=cast.priya, until_at=at(13), now=at(14, 10))

    assert EWAN in addresses(sweep_and_dispatch(at(14, 10)))
    assert alerts(plan)[-1][1] == ""
    assert len(alerts(plan)) == 1 + was_asked_before


def test_a_dose_that_was_inside_the_stay_is_not_asked_about_when_it_ends(
    cast: Cast, plan: Plan
) -> None:
    log(cast, dose_at(plan, 8), at(8))
    stay = record(cast, at(9))

    stay_end(stay=stay, by=cast.priya, until_at=at(17), now=at(17))

    assert sweep_and_dispatch(at(17)) == []
    assert addresses(sweep_and_dispatch(at(20))) == [EWAN]


def test_a_stay_ends_once(cast: Cast, plan: Plan) -> None:
    stay = stay_end(stay=record(cast, at(9)), by=cast.adaeze, until_at=at(12), now=at(13))

    with pytest.raises(Refusal, match="has an end already"):
        stay_end(stay=stay, by=cast.priya, until_at=at(14), now=at(14))
    stay.refresh_from_db()
    assert stay.until_at == at(12)
    assert AuditRow.objects.get(action="stay.ended").actor == cast.adaeze


def terms(from_at: datetime, until_at: datetime | None = None) -> dict[str, object]:
    """A period not monitored, as it was."""
    return {
        "kind": StayKind.NOT_MONITORED,
        "from_at": from_at,
        "until_at": until_at,
        "note": "Abroad",
    }


def said(stay: Stay) -> list[tuple[str, User, str]]:
    """What was said of a stay after it was recorded."""
    return [(event.kind, event.by, event.reason) for event in stay.events.all()]


def test_a_stay_taken_back_stays_readable_and_its_doses_are_asked_about_and_measured_again(
    cast: Cast, plan: Plan
) -> None:
    log(cast, dose_at(plan, 8), at(8))
    stay = record(cast, at(9))
    assert sweep_and_dispatch(at(14)) == []
    assert _expected(cast, at(15)) == 1

    taken_back = stay_take_back(stay=stay, by=cast.adaeze, reason=" Sent home ", now=at(15))

    assert (taken_back.taken_back_at, taken_back.note) == (at(15), "Ward 4")
    assert said(stay) == [("taken_back", cast.adaeze, "Sent home")]
    assert AuditRow.objects.get(action="stay.taken_back").actor == cast.adaeze
    assert _expected(cast, at(15)) == 2
    assert EWAN in addresses(sweep_and_dispatch(at(15)))
    record(cast, at(9), at(10))


def _expected(cast: Cast, now: datetime) -> int:
    """How many doses the measures of the chart expect so far."""
    chart = patient_chart(cast.ewan, plan_id=None, now=now)
    coverage = next(line for line in chart.measures if line.name == "Logging coverage")
    return coverage.n


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_stay_is_taken_back_with_a_reason_and_once(cast: Cast, plan: Plan, reason: str) -> None:
    stay = record(cast, at(9))

    with pytest.raises(Refusal, match="Say why"):
        stay_take_back(stay=stay, by=cast.priya, reason=reason, now=at(10))
    stay_take_back(stay=stay, by=cast.priya, reason="Mistaken", now=at(10))
    for again in (
        lambda: stay_take_back(stay=stay, by=cast.priya, reason="Twice", now=at(11)),
        lambda: stay_end(stay=stay, by=cast.priya, until_at=at(11), now=at(11)),
        lambda: stay_correct(stay=stay, by=cast.priya, reason="So", now=at(11), **terms(at(9))),
    ):
        with pytest.raises(Refusal, match="taken back already"):
            again()
    assert StayEvent.objects.count() == 1


def test_a_stay_is_corrected_by_taking_it_back_and_recording_it_as_it_was(
    cast: Cast, plan: Plan
) -> None:
    log(cast, dose_at(plan, 8), at(8))
    stay = record(cast, at(9))

    corrected = stay_correct(
        stay=stay, by=cast.adaeze, reason="Wrong day", now=at(12), **terms(at(15), at(21))
    )

    assert said(stay) == [("taken_back", cast.adaeze, "Wrong day")]
    assert (corrected.kind, corrected.from_at, corrected.until_at) == (
        StayKind.NOT_MONITORED,
        at(15),
        at(21),
    )
    audit = AuditRow.objects.get(action="stay.corrected")
    assert audit.detail == {"instead_of": str(stay.pk)}
    assert addresses(sweep_and_dispatch(at(14))) == [EWAN]
    assert [mail for mail in sweep_and_dispatch(at(20)) if "20:00" in mail.body] == []


def test_a_correction_that_is_refused_takes_nothing_back(cast: Cast, plan: Plan) -> None:
    stay = record(cast, at(9), at(12))

    with pytest.raises(Refusal, match="ends after it begins"):
        stay_correct(stay=stay, by=cast.priya, reason="So", now=at(13), **terms(at(15), at(14)))

    stay.refresh_from_db()
    assert stay.taken_back_at is None
    assert Stay.objects.count() == 1


def test_the_end_of_a_stay_is_kept_with_who_recorded_it(cast: Cast, plan: Plan) -> None:
    stay = stay_end(stay=record(cast, at(9)), by=cast.adaeze, until_at=at(12), now=at(13))

    assert said(stay) == [("ended", cast.adaeze, "")]


def test_flags_are_evaluated_again_when_a_stay_is_taken_back(cast: Cast) -> None:
    plan = tuesday_plan(cast, silent_doses_threshold="2")
    stay = record(cast, at(7))
    flags_evaluate(plan=plan, now=at(15))
    assert not Flag.objects.filter(rule="F7").exists()

    stay_take_back(stay=stay, by=cast.priya, reason="Mistaken", now=at(15))

    plan.refresh_from_db()
    assert plan.next_look_at == at(15)
    flags_evaluate(plan=plan, now=at(15))
    assert Flag.objects.open().filter(rule="F7").exists()


def test_the_database_refuses_a_stay_that_runs_backwards(cast: Cast, plan: Plan) -> None:
    stay = record(cast, at(9))

    with pytest.raises(IntegrityError, match="stay_runs_forward"), transaction.atomic():
        Stay.objects.filter(pk=stay.pk).update(until_at=at(9))
