"""A pump's record, its dates typed twice, what people say of it, and the flags that follow."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest

from accounts.domain.problems import Conflict, Refusal
from accounts.models import AuditRow
from tests.cast import TUESDAY, Cast
from tests.tracker.pumping import (
    LOW,
    REFILL,
    SOURCE,
    TERMS,
    confirm,
    dates_set,
    pump_make,
    pump_plan,
    refill,
    rules_at,
    rules_of,
    tell,
)
from tracker.domain.pumps import PumpEventKind
from tracker.models import (
    Alert,
    ExpectedDose,
    Flag,
    Plan,
    Pump,
    PumpDate,
    PumpDateConfirmation,
    PumpEvent,
    PumpEventConfirmation,
)
from tracker.services.checkins import check_in_add
from tracker.services.flags import flag_close
from tracker.services.pump_events import pump_event_add, pump_event_confirm
from tracker.services.pumps import pump_date_confirm, pump_dates_type, pump_record

SECOND = timedelta(seconds=1)
WEDNESDAY, SUNDAY = date(2026, 11, 25), date(2026, 11, 29)
WEDNESDAY_PASSED = datetime(2026, 11, 26, tzinfo=UTC)
SUNDAY_PASSED = datetime(2026, 11, 30, tzinfo=UTC)
NEXT = {"refill": date(2027, 2, 10), "low_reservoir": date(2027, 2, 15)}


@pytest.fixture
def pump(cast: Cast) -> Pump:
    """Ewan's pump, on record and nothing more."""
    return pump_make(cast.ewan, cast.priya)


@pytest.fixture
def plan(cast: Cast, pump: Pump) -> Plan:
    """Ewan's plan by pump, with both dates confirmed."""
    plan = pump_plan(cast.ewan, cast.priya, refill_days_threshold=3)
    dates_set(pump, cast.adaeze, cast.priya, refill=WEDNESDAY, low_reservoir=SUNDAY)
    return plan


def problems(refused: pytest.ExceptionInfo[Refusal]) -> list[tuple[str, str]]:
    return [(problem.field, str(problem.text)) for problem in refused.value.problems]


# the record


def test_a_record_holds_the_makers_words_and_the_numbers_as_typed(cast: Cast, pump: Pump) -> None:
    pump.refresh_from_db()

    assert (pump.critical_alarm, pump.team_phone) == (TERMS["critical_alarm"], "01632 960 143")
    assert AuditRow.objects.filter(action="pump.recorded", actor=cast.priya).count() == 1


def test_a_record_names_everything_that_is_missing_or_cannot_be_dialled(cast: Cast) -> None:
    terms = TERMS | {"model": " ", "team_phone": "", "out_of_hours_phone": "ask Bob"}
    terms |= {"critical_alarm": "two\ntones", "implanted_on": date(2026, 11, 25)}
    with pytest.raises(Refusal) as refused:
        pump_record(patient=cast.ewan, by=cast.priya, now=TUESDAY, **terms)

    assert {field for field, _ in problems(refused)} == {
        "model",
        "team_phone",
        "out_of_hours_phone",
        "critical_alarm",
        "implanted_on",
    }
    assert not Pump.objects.exists()


def test_a_correction_keeps_the_one_pump_in_place(cast: Cast, pump: Pump) -> None:
    seen_at = pump.recorded_at
    pump_make(cast.ewan, cast.adaeze, TUESDAY, seen_at=seen_at, serial="NGV402118H")

    assert [each.serial for each in Pump.objects.all()] == ["NGV402118H"]


def test_two_clinicians_at_once_overwrite_nothing(cast: Cast, pump: Pump) -> None:
    pump_make(cast.ewan, cast.adaeze, TUESDAY, seen_at=pump.recorded_at, serial="A1")
    with pytest.raises(Conflict):
        pump_make(cast.ewan, cast.priya, TUESDAY + SECOND, seen_at=pump.recorded_at, serial="B2")

    with pytest.raises(Conflict):
        pump_make(cast.ewan, cast.priya, TUESDAY + SECOND, serial="C3")

    pump.refresh_from_db()
    assert pump.serial == "A1"


@pytest.mark.parametrize("who", ["ewan_user", "isla", "juno", "admin", "ended_clinician"])
def test_nobody_but_the_clinic_records_a_pump_or_its_dates(
    cast: Cast, pump: Pump, who: str
) -> None:
    somebody = getattr(cast, who)
    with pytest.raises(Refusal):
        pump_make(cast.ewan, somebody, TUESDAY)
    with pytest.raises(Refusal):
        dates_set(pump, somebody, None, TUESDAY, refill=WEDNESDAY)
    with pytest.raises(Refusal):
        tell(pump, somebody, PumpEventKind.CATHETER_PROBLEM)
    assert not PumpDate.objects.exists()
    assert not PumpEvent.objects.exists()


# dates


def test_a_second_person_types_the_same_date_again(cast: Cast, pump: Pump) -> None:
    dates_set(pump, cast.adaeze, cast.priya, refill=WEDNESDAY)

    row = PumpDate.objects.get()
    assert (row.falls_on, row.read_from, row.typed_by) == (WEDNESDAY, SOURCE, cast.adaeze)
    assert row.confirmation.by == cast.priya


def test_a_different_date_is_refused_in_words_that_do_not_give_it_away(
    cast: Cast, pump: Pump
) -> None:
    dates_set(pump, cast.adaeze, None, refill=WEDNESDAY)
    with pytest.raises(Refusal) as refused:
        pump_date_confirm(
            pump_date=PumpDate.objects.get(), by=cast.priya, falls_on=SUNDAY, now=TUESDAY
        )

    ((field, text),) = problems(refused)
    assert field == REFILL
    assert text.startswith("This is not the date that Nurse Adaeze Obi typed.")
    assert "25" not in text
    assert not PumpDateConfirmation.objects.exists()


def test_nobody_confirms_a_date_of_their_own(cast: Cast, pump: Pump) -> None:
    with pytest.raises(Refusal, match="You typed this date yourself"):
        dates_set(pump, cast.adaeze, cast.adaeze, refill=WEDNESDAY)


def test_a_date_is_confirmed_once(cast: Cast, pump: Pump) -> None:
    dates_set(pump, cast.adaeze, cast.priya, refill=WEDNESDAY)
    with pytest.raises(Refusal, match="confirmed already"):
        pump_date_confirm(
            pump_date=PumpDate.objects.get(), by=cast.priya, falls_on=WEDNESDAY, now=TUESDAY
        )


def test_a_date_that_a_newer_one_follows_is_not_confirmed_any_more(cast: Cast, pump: Pump) -> None:
    dates_set(pump, cast.adaeze, None, refill=WEDNESDAY)
    dates_set(pump, cast.adaeze, None, TUESDAY, refill=SUNDAY)
    older = PumpDate.objects.get(falls_on=WEDNESDAY)
    with pytest.raises(Refusal, match="newer date"):
        pump_date_confirm(pump_date=older, by=cast.priya, falls_on=WEDNESDAY, now=TUESDAY)


def test_a_date_needs_its_source_and_a_year_that_can_be_meant(cast: Cast, pump: Pump) -> None:
    with pytest.raises(Refusal) as refused:
        pump_dates_type(
            pump=pump,
            by=cast.priya,
            dates={REFILL: date(2206, 11, 25)},
            read_from=" ",
            now=TUESDAY,
        )
    assert [field for field, _ in problems(refused)] == ["refill", "read_from"]


def test_the_same_dates_sent_twice_are_the_same_rows(cast: Cast, pump: Pump) -> None:
    for _ in range(2):
        dates_set(pump, cast.adaeze, None, refill=WEDNESDAY)

    assert PumpDate.objects.count() == 1


# flags of dates


@pytest.mark.parametrize(
    ("now", "open_then"),
    [
        (datetime(2026, 11, 21, 23, 59, 59, tzinfo=UTC), []),
        (datetime(2026, 11, 22, tzinfo=UTC), ["F14"]),
        (WEDNESDAY_PASSED - SECOND, ["F14"]),
        (WEDNESDAY_PASSED, ["F14", "F15"]),
        (WEDNESDAY_PASSED + SECOND, ["F14", "F15"]),
        (SUNDAY_PASSED - SECOND, ["F14", "F15"]),
        (SUNDAY_PASSED, ["F14", "F15", "F16"]),
        (SUNDAY_PASSED + SECOND, ["F14", "F15", "F16"]),
    ],
)
def test_flags_open_as_dates_near_and_pass(plan: Plan, now: datetime, open_then: list[str]) -> None:
    assert rules_at(plan, now) == open_then


def test_a_passed_low_reservoir_alarm_date_climbs_the_ladder_as_an_emergency(plan: Plan) -> None:
    rules_at(plan, SUNDAY_PASSED)

    alert = Alert.objects.get(flag__rule="F16")
    assert (alert.alert_class, alert.opened_at, alert.next_look_at) == (
        "E",
        SUNDAY_PASSED,
        SUNDAY_PASSED,
    )
    assert Alert.objects.get(flag__rule="F15").alert_class == "D"
    assert not Alert.objects.filter(flag__rule="F14").exists()


def test_a_refill_that_nobody_confirmed_closes_nothing(cast: Cast, pump: Pump, plan: Plan) -> None:
    rules_at(plan, SUNDAY_PASSED)
    refill(pump, cast.adaeze, SUNDAY_PASSED + SECOND, **NEXT)

    assert rules_at(plan, SUNDAY_PASSED + timedelta(days=30)) == ["F14", "F15", "F16"]


def test_a_refill_and_its_dates_confirmed_by_a_second_person_close_the_flags_of_dates(
    cast: Cast, pump: Pump, plan: Plan
) -> None:
    rules_at(plan, SUNDAY_PASSED)
    event = refill(pump, cast.adaeze, SUNDAY_PASSED + SECOND, **NEXT)
    confirm(event, cast.priya, SUNDAY_PASSED + 2 * SECOND, **NEXT)

    assert rules_of(plan) == []
    assert not Alert.objects.open().filter(flag__rule__in=["F15", "F16"]).exists()
    plan.refresh_from_db()
    assert plan.next_look_at == SUNDAY_PASSED + 2 * SECOND


@pytest.mark.parametrize("kind", ["refill", "low_reservoir"])
def test_a_refill_of_which_one_date_differs_is_not_confirmed_at_all(
    cast: Cast, pump: Pump, plan: Plan, kind: str
) -> None:
    event = refill(pump, cast.adaeze, SUNDAY_PASSED, **NEXT)
    with pytest.raises(Refusal) as refused:
        confirm(event, cast.priya, SUNDAY_PASSED, **(NEXT | {kind: date(2027, 2, 11)}))

    assert [field for field, _ in problems(refused)] == [kind]
    assert not PumpEventConfirmation.objects.exists()
    assert PumpDateConfirmation.objects.count() == 2  # those of the dates before
    assert rules_of(plan) == ["F14", "F15", "F16"]


def test_whoever_recorded_a_refill_does_not_confirm_it(cast: Cast, pump: Pump, plan: Plan) -> None:
    event = refill(pump, cast.adaeze, SUNDAY_PASSED, **NEXT)
    for somebody in (cast.adaeze, cast.ewan_user, cast.isla, cast.juno):
        with pytest.raises(Refusal):
            confirm(event, somebody, SUNDAY_PASSED, **NEXT)
    assert not PumpEventConfirmation.objects.exists()


def test_dates_typed_again_close_nothing_while_nobody_confirmed_the_refill(
    cast: Cast, pump: Pump, plan: Plan
) -> None:
    event = refill(pump, cast.adaeze, SUNDAY_PASSED, **NEXT)
    for row in event.dates.all():
        pump_date_confirm(pump_date=row, by=cast.priya, falls_on=row.falls_on, now=SUNDAY_PASSED)

    assert rules_of(plan) == ["F14", "F15", "F16"]


def test_nobody_confirms_what_they_said_themselves(cast: Cast, pump: Pump, plan: Plan) -> None:
    event = tell(
        pump,
        cast.adaeze,
        PumpEventKind.REFILL_DONE,
        dates={REFILL: NEXT["refill"], LOW: NEXT["low_reservoir"]},
        read_from=SOURCE,
    ).event
    for is_confirmed in (True, False):
        with pytest.raises(Refusal, match="You said this yourself"):
            pump_event_confirm(
                event=event, by=cast.adaeze, is_confirmed=is_confirmed, note="No", now=TUESDAY
            )


def test_a_refill_that_a_caregiver_reports_waits_for_two_people_of_the_clinic(
    cast: Cast, pump: Pump, plan: Plan
) -> None:
    event = tell(pump, cast.isla, PumpEventKind.REFILL_DONE, SUNDAY_PASSED).event
    confirm(event, cast.adaeze, SUNDAY_PASSED, **NEXT)
    assert rules_of(plan) == ["F14", "F15", "F16"]

    for row in event.dates.all():
        pump_date_confirm(pump_date=row, by=cast.priya, falls_on=row.falls_on, now=SUNDAY_PASSED)
    assert rules_of(plan) == []


def test_a_refill_that_was_not_one_is_denied_with_a_note_and_moves_no_date(
    cast: Cast, pump: Pump, plan: Plan
) -> None:
    event = refill(pump, cast.adaeze, SUNDAY_PASSED, **NEXT)
    deny = partial(
        pump_event_confirm, event=event, by=cast.priya, is_confirmed=False, now=SUNDAY_PASSED
    )
    with pytest.raises(Refusal, match="Write why"):
        deny()
    deny(note="Visit was cancelled")

    assert rules_of(plan) == ["F14", "F15", "F16"]
    assert not PumpDateConfirmation.objects.filter(pump_date__event=event).exists()


def test_a_date_corrected_after_it_passed_closes_nothing(
    cast: Cast, pump: Pump, plan: Plan
) -> None:
    rules_at(plan, SUNDAY_PASSED)
    dates_set(pump, cast.adaeze, cast.priya, SUNDAY_PASSED + SECOND, **NEXT)

    assert rules_of(plan) == ["F14", "F15", "F16"]


def test_a_date_corrected_before_it_passed_replaces_the_old_one(
    cast: Cast, pump: Pump, plan: Plan
) -> None:
    dates_set(pump, cast.adaeze, cast.priya, TUESDAY, **NEXT)

    assert rules_at(plan, SUNDAY_PASSED) == []


def test_a_date_that_nobody_has_confirmed_is_watched_all_the_same(cast: Cast, pump: Pump) -> None:
    plan = pump_plan(cast.ewan, cast.priya)
    dates_set(pump, cast.adaeze, None, low_reservoir=SUNDAY)

    assert rules_at(plan, SUNDAY_PASSED) == ["F16"]


def test_a_refill_by_the_clinic_brings_every_date_that_it_moves(
    cast: Cast, pump: Pump, plan: Plan
) -> None:
    with pytest.raises(Refusal) as refused:
        refill(pump, cast.adaeze, refill=NEXT["refill"])
    assert [field for field, _ in problems(refused)] == [LOW]
    assert not PumpEvent.objects.exists()


def test_a_refill_ahead_of_now_or_before_the_last_one_is_refused(
    cast: Cast, pump: Pump, plan: Plan
) -> None:
    confirm(refill(pump, cast.adaeze, **NEXT), cast.priya, **NEXT)
    kinds = {REFILL: date(2027, 5, 10), LOW: date(2027, 5, 15)}
    for at in (TUESDAY + timedelta(hours=1), TUESDAY):
        with pytest.raises(Refusal) as refused:
            tell(
                pump,
                cast.adaeze,
                PumpEventKind.REFILL_DONE,
                at=at,
                dates=kinds,
                read_from=SOURCE,
            )
        assert [field for field, _ in problems(refused)] == ["at"]


def test_a_pump_without_its_dates_says_so_on_the_worklist(cast: Cast, pump: Pump) -> None:
    plan = pump_plan(cast.ewan, cast.priya)
    rules_at(plan, TUESDAY)

    missing = Flag.objects.open().get(rule="F24").evidence["missing"]
    assert {"pump_refill_date", "pump_low_reservoir_date"} <= set(missing)


# alarms, problems and what is on hand


@pytest.mark.parametrize(
    ("kind", "rule", "flag_class"),
    [
        (PumpEventKind.ALARM_CRITICAL, "F18", "E"),
        (PumpEventKind.ALARM_NON_CRITICAL, "F17", "D"),
        (PumpEventKind.CATHETER_PROBLEM, "F20", "E"),
        (PumpEventKind.PROGRAMMING_PROBLEM, "F20", "E"),
    ],
)
def test_an_alarm_or_a_problem_alerts_at_once_and_closes_only_by_a_named_persons_note(
    cast: Cast, plan: Plan, kind: PumpEventKind, rule: str, flag_class: str
) -> None:
    pump = Pump.objects.get()
    result = tell(pump, cast.priya, kind)
    pump_event_confirm(event=result.event, by=cast.adaeze, is_confirmed=True, now=TUESDAY)
    later = TUESDAY + timedelta(hours=1)
    confirm(refill(pump, cast.adaeze, later, **NEXT), cast.priya, later, **NEXT)

    assert result.is_urgent is (flag_class == "E")
    assert Alert.objects.open().get(flag__rule=rule).alert_class == flag_class
    assert rules_at(plan, later + timedelta(days=30)) == [rule]
    flag = Flag.objects.open().get(rule=rule)
    flag_close(flag=flag, by=cast.priya, note="Interrogated: no fault", now=later)
    assert rules_of(plan) == []


@pytest.mark.parametrize("who", ["ewan_user", "isla", "watcher", "adaeze"])
def test_the_patient_a_caregiver_and_the_clinic_can_say_that_an_alarm_was_heard(
    cast: Cast, pump: Pump, plan: Plan, who: str
) -> None:
    somebody = getattr(cast, who)
    tell(pump, somebody, PumpEventKind.ALARM_NON_CRITICAL)

    flag = Flag.objects.open().get(rule="F17")
    assert flag.evidence["by"] == somebody.name
    assert flag.evidence["sound"] == TERMS["non_critical_alarm"]


def test_the_same_alarm_sent_twice_is_one_and_with_other_content_a_conflict(
    cast: Cast, pump: Pump, plan: Plan
) -> None:
    sent = uuid4()
    first = tell(pump, cast.isla, PumpEventKind.ALARM_CRITICAL, client_id=sent)
    again = tell(pump, cast.isla, PumpEventKind.ALARM_CRITICAL, TUESDAY + SECOND, client_id=sent)
    with pytest.raises(Conflict):
        tell(pump, cast.isla, PumpEventKind.ALARM_NON_CRITICAL, client_id=sent)

    assert again.is_repeat_of_request
    assert again.is_urgent
    assert again.event == first.event
    assert rules_of(plan) == ["F14", "F18"]


def test_a_phone_whose_clock_is_ahead_turns_no_alarm_away(
    cast: Cast, pump: Pump, plan: Plan
) -> None:
    ahead = TUESDAY + timedelta(days=400)
    event = tell(pump, cast.isla, PumpEventKind.ALARM_CRITICAL, at=ahead).event

    assert event.at == TUESDAY


def test_an_alarm_of_somebody_without_a_plan_by_pump_is_told_too(cast: Cast, pump: Pump) -> None:
    tell(pump, cast.isla, PumpEventKind.ALARM_CRITICAL)

    assert Alert.objects.get(flag__rule="F18").alert_class == "E"


def test_oral_baclofen_on_hand_needs_the_date_on_its_pack(cast: Cast, pump: Pump) -> None:
    with pytest.raises(Refusal) as refused:
        tell(pump, cast.isla, PumpEventKind.ORAL_ON_HAND)

    assert [field for field, _ in problems(refused)] == ["expires_on"]


def test_none_on_hand_is_watched_until_somebody_says_that_there_is_some(
    cast: Cast, pump: Pump, plan: Plan
) -> None:
    tell(pump, cast.ewan_user, PumpEventKind.NO_ORAL_ON_HAND)
    assert rules_of(plan) == ["F14", "F21"]

    later = TUESDAY + SECOND
    tell(pump, cast.isla, PumpEventKind.ORAL_ON_HAND, later, expires_on=date(2026, 11, 24))
    assert rules_of(plan) == ["F14"]


@pytest.mark.parametrize(("seconds", "open_then"), [(-1, []), (0, ["F21"]), (1, ["F21"])])
def test_what_is_on_hand_goes_out_of_date_at_the_midnight_after_its_day(
    cast: Cast, pump: Pump, seconds: int, open_then: list[str]
) -> None:
    plan = pump_plan(cast.ewan, cast.priya)
    tell(pump, cast.isla, PumpEventKind.ORAL_ON_HAND, expires_on=date(2026, 11, 24))

    assert rules_at(plan, datetime(2026, 11, 25, tzinfo=UTC) + SECOND * seconds) == open_then


def test_every_write_about_a_pump_has_one_audit_row(cast: Cast, pump: Pump) -> None:
    pump_plan(cast.ewan, cast.priya)
    dates_set(pump, cast.adaeze, cast.priya, refill=WEDNESDAY)
    confirm(refill(pump, cast.adaeze, refill=NEXT["refill"]), cast.priya, refill=NEXT["refill"])

    found = AuditRow.objects.filter(action__startswith="pump.", patient=cast.ewan)
    assert sorted(found.values_list("action", flat=True)) == [
        "pump.date_confirmed",
        "pump.date_confirmed",
        "pump.dates_typed",
        "pump.dates_typed",
        "pump.event_added",
        "pump.event_confirmed",
        "pump.recorded",
    ]


# signs and doses


@pytest.mark.parametrize("sign", ["anxiety", "insomnia", "seizure"])
def test_any_sign_of_somebody_with_a_plan_by_pump_is_an_emergency(
    cast: Cast, pump: Pump, plan: Plan, sign: str
) -> None:
    result = check_in_add(
        patient=cast.ewan,
        by=cast.ewan_user,
        signs=[sign],
        note="",
        at=None,
        client_id=uuid4(),
        now=TUESDAY,
    )

    assert result.is_urgent
    assert rules_of(plan) == ["F3"]
    assert Alert.objects.get(flag__rule="F3").alert_class == "E"


def test_a_plan_by_pump_expects_no_dose(cast: Cast, plan: Plan) -> None:
    rules_at(plan, TUESDAY)

    assert not ExpectedDose.objects.filter(plan=plan).exists()


def test_a_refused_statement_leaves_nothing_behind(cast: Cast, pump: Pump, plan: Plan) -> None:
    with pytest.raises(Refusal):
        pump_event_add(
            pump=pump,
            by=cast.adaeze,
            client_id=uuid4(),
            now=TUESDAY,
            kind=PumpEventKind.REFILL_DONE,
            at=None,
            dates={REFILL: NEXT["refill"], LOW: NEXT["low_reservoir"]},
            read_from="",
        )

    assert not PumpEvent.objects.exists()
    assert not AuditRow.objects.filter(action="pump.event_added").exists()


@pytest.mark.parametrize("far", [date.min, date(2046, 12, 24), date.max])
def test_a_date_on_a_pack_that_nobody_can_mean_is_refused(
    cast: Cast, plan: Plan, pump: Pump, far: date
) -> None:
    with pytest.raises(Refusal) as refused:
        tell(pump, cast.ewan_user, PumpEventKind.ORAL_ON_HAND, expires_on=far)

    assert [field for field, _ in problems(refused)] == ["expires_on"]


@pytest.mark.parametrize("name", ["Priya\nand Ewan", "\u202eNurse", "Nurse\x1b[31m"])
def test_who_did_a_refill_is_one_line_that_reads_in_one_direction(
    cast: Cast, plan: Plan, pump: Pump, name: str
) -> None:
    with pytest.raises(Refusal) as refused:
        tell(pump, cast.isla, PumpEventKind.REFILL_DONE, done_by=name)

    assert problems(refused) == [("done_by", "Write one line.")]


def test_a_refill_told_long_ago_does_not_take_the_place_of_a_later_one(
    cast: Cast, plan: Plan, pump: Pump
) -> None:
    told = tell(pump, cast.isla, PumpEventKind.REFILL_DONE, at=TUESDAY - timedelta(days=2)).event
    confirm(refill(pump, cast.adaeze, **NEXT), cast.priya, **NEXT)
    with pytest.raises(Refusal, match="A refill after this one is confirmed already"):
        confirm(told, cast.priya, TUESDAY + SECOND, refill=SUNDAY, low_reservoir=SUNDAY)

    pump_event_confirm(
        event=told, by=cast.priya, is_confirmed=False, note="See Tuesday’s", now=TUESDAY + SECOND
    )
    assert PumpDate.objects.filter(falls_on=SUNDAY, event=told).count() == 0
