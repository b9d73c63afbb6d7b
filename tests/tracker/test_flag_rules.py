"""Flags as rows: opened, restated and closed by facts or by a named person, never by time."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.db import IntegrityError, transaction

from accounts.domain.problems import Refusal
from accounts.models import AuditRow
from tests.cast import Cast
from tests.tracker.days import (
    SECOND,
    SIGNED,
    at,
    dose_at,
    log,
    tuesday_plan,
)
from tests.tracker.flagging import THIRD_SILENCE, THRESHOLDS, WINDOW, open_rules, supply
from tracker.domain.doses import Outcome
from tracker.domain.flags import Rule
from tracker.domain.plan_states import PlanState
from tracker.models import Alert, Flag, FlagEvent, Plan, Stay, StayKind
from tracker.services.entries import entry_void
from tracker.services.flag_rules import flags_evaluate
from tracker.services.flags import flag_close, flag_open
from tracker.services.plan_moves import plan_stop
from tracker.services.stays import stay_end, stay_record


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """08:00, 14:00 and 20:00 from Tuesday on; every threshold typed."""
    return tuesday_plan(cast, **THRESHOLDS)


def told(flag: Flag) -> list[tuple[str, object]]:
    """What happened to a flag, with the number of doses stated each time."""
    return [(event.kind, event.evidence.get("doses")) for event in flag.events.all()]


def test_what_somebody_said_is_taken_back_by_no_rule(plan: Plan, cast: Cast) -> None:
    said = [Rule.EMERGENCY_SIGN, Rule.STOPPED_SUDDENLY, Rule.AMOUNT_OR_EXTRA, Rule.UNDELIVERED]
    for rule in said:
        flag_open(patient=cast.ewan, plan=plan, rule=rule, subject="said", evidence={}, now=SIGNED)

    flags_evaluate(plan=plan, now=at(7))

    assert open_rules(plan) == ["F1", "F12", "F23", "F4"]


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_a_flag_opens_at_the_second_at_which_its_fact_is_there(plan: Plan, seconds: int) -> None:
    now = THIRD_SILENCE + seconds * SECOND

    look_at = flags_evaluate(plan=plan, now=now)

    assert open_rules(plan) == (["F7"] if seconds >= 0 else [])
    assert look_at == (at(8, day=25) + WINDOW if seconds >= 0 else THIRD_SILENCE)


def test_looking_again_writes_nothing(plan: Plan) -> None:
    flags_evaluate(plan=plan, now=THIRD_SILENCE)
    rows = FlagEvent.objects.count(), AuditRow.objects.count(), Alert.objects.count()

    flags_evaluate(plan=plan, now=THIRD_SILENCE + SECOND)

    assert (FlagEvent.objects.count(), AuditRow.objects.count(), Alert.objects.count()) == rows


def test_a_flag_whose_fact_grows_is_restated_and_both_states_stay_readable(plan: Plan) -> None:
    flags_evaluate(plan=plan, now=THIRD_SILENCE)
    flags_evaluate(plan=plan, now=at(8, day=25) + WINDOW)

    flag = Flag.objects.get(rule=Rule.SILENT_RUN)
    assert flag.evidence["doses"] == 4
    assert told(flag) == [("opened", 3), ("restated", 4)]


def test_a_late_entry_closes_a_flag_by_a_fact_and_leaves_both_states(
    plan: Plan, cast: Cast
) -> None:
    flags_evaluate(plan=plan, now=THIRD_SILENCE)
    late = at(22)
    log(cast, dose_at(plan, 20), late)

    flags_evaluate(plan=plan, now=late)

    flag = Flag.objects.get(rule=Rule.SILENT_RUN)
    assert flag.closed_at == late
    assert [(event.kind, event.by) for event in flag.events.all()] == [
        ("opened", None),
        ("closed", None),
    ]
    assert flag.events.first().evidence["doses"] == 3
    assert flag.events.last().evidence == {"seen_at": late.isoformat()}


def test_taking_the_late_entry_back_opens_the_flag_again(plan: Plan, cast: Cast) -> None:
    flags_evaluate(plan=plan, now=THIRD_SILENCE)
    entry = log(cast, dose_at(plan, 20), at(22))
    flags_evaluate(plan=plan, now=at(22))

    entry_void(entry=entry, by=cast.ewan_user, reason="wrong day", now=at(22, 5))
    flags_evaluate(plan=plan, now=at(22, 5))

    opened = Flag.objects.filter(rule=Rule.SILENT_RUN).order_by("opened_at")
    assert [flag.closed_at is None for flag in opened] == [False, True]


def test_what_a_person_closed_is_not_opened_again_for_the_same_facts(
    plan: Plan, cast: Cast
) -> None:
    flags_evaluate(plan=plan, now=THIRD_SILENCE)
    flag = Flag.objects.get(rule=Rule.SILENT_RUN)
    flag_close(flag=flag, by=cast.priya, note="Called, all doses were taken", now=at(21))

    flags_evaluate(plan=plan, now=at(21, 1))

    assert open_rules(plan) == []
    assert flag.events.last().note == "Called, all doses were taken"
    assert flag.events.last().by == cast.priya


def test_what_a_person_closed_is_opened_again_when_the_facts_are_new(
    plan: Plan, cast: Cast
) -> None:
    flags_evaluate(plan=plan, now=THIRD_SILENCE)
    closed = Flag.objects.get(rule=Rule.SILENT_RUN)
    flag_close(flag=closed, by=cast.priya, note="Called", now=at(21))

    flags_evaluate(plan=plan, now=at(8, day=25) + WINDOW)

    reopened = Flag.objects.open().get(rule=Rule.SILENT_RUN)
    assert reopened.pk != closed.pk
    assert reopened.evidence["doses"] == 4


def test_what_a_fact_closed_may_open_again_for_the_same_facts(plan: Plan, cast: Cast) -> None:
    for hour in (8, 14):
        log(cast, dose_at(plan, hour), at(hour), outcome=Outcome.SKIPPED)
    flags_evaluate(plan=plan, now=at(14))
    stay = stay_record(
        patient=cast.ewan,
        by=cast.priya,
        kind=StayKind.HOSPITAL,
        from_at=at(13),
        until_at=None,
        note="",
        now=at(15),
    )
    flags_evaluate(plan=plan, now=at(15))
    assert open_rules(plan) == []

    stay_end(stay=stay, by=cast.priya, until_at=at(13, 30), now=at(16))
    flags_evaluate(plan=plan, now=at(16))

    assert open_rules(plan) == ["F5"]


def test_nothing_closes_because_time_goes_by(plan: Plan, cast: Cast) -> None:
    for hour in (8, 14):
        log(cast, dose_at(plan, hour), at(hour), outcome=Outcome.MISSED)
    supply(cast, at(0, day=26), at(15))
    days = [at(15) + timedelta(days=days) for days in (0, 1, 4, 13, 14, 60)]

    seen: list[set[str]] = []
    for now in days:
        flags_evaluate(plan=plan, now=now)
        seen.append(set(open_rules(plan)))

    assert all(before <= after for before, after in pairwise(seen))
    assert seen[-1] == {"F13", "F5", "F6", "F7", "F8"}
    assert not Flag.objects.filter(closed_at__isnull=False).exists()


def test_stopping_a_plan_closes_no_flag(plan: Plan, cast: Cast) -> None:
    flags_evaluate(plan=plan, now=THIRD_SILENCE)

    plan_stop(plan=plan, by=cast.priya, reason="Moved away", now=at(21))
    plan.refresh_from_db()

    assert flags_evaluate(plan=plan, now=at(22)) is None
    assert open_rules(plan) == ["F7"]


@pytest.mark.parametrize("state", [PlanState.STOPPED, PlanState.OBSERVATION])
def test_a_plan_that_does_not_run_closes_and_opens_no_flag(
    plan: Plan, cast: Cast, state: PlanState
) -> None:
    flags_evaluate(plan=plan, now=THIRD_SILENCE)
    log(cast, dose_at(plan, 20), at(21))
    plan.state = state
    plan.save()

    assert flags_evaluate(plan=plan, now=at(22)) is None
    assert open_rules(plan) == ["F7"]


def test_only_flags_that_somebody_must_know_today_open_an_alert(plan: Plan, cast: Cast) -> None:
    for hour in (8, 14):
        log(cast, dose_at(plan, hour), at(hour), outcome=Outcome.SKIPPED)
    flags_evaluate(plan=plan, now=THIRD_SILENCE)

    assert open_rules(plan) == ["F5", "F7"]
    alert = Alert.objects.get(kind="flag")
    assert (alert.flag.rule, alert.alert_class, alert.next_look_at) == ("F5", "D", THIRD_SILENCE)


def test_doses_in_a_stay_are_no_silence(plan: Plan, cast: Cast) -> None:
    Stay.objects.create(
        patient=cast.ewan,
        kind=StayKind.HOSPITAL,
        from_at=at(13),
        until_at=at(19),
        recorded_at=at(13),
        recorded_by=cast.priya,
    )

    flags_evaluate(plan=plan, now=THIRD_SILENCE)

    assert open_rules(plan) == []


def test_a_flag_closes_by_a_note_only_and_only_once_and_its_alert_with_it(
    plan: Plan, cast: Cast
) -> None:
    flag = flag_open(
        patient=cast.ewan,
        plan=plan,
        rule=Rule.STOPPED_EARLY,
        subject="plan",
        evidence={},
        now=at(9),
    )
    with pytest.raises(Refusal, match="note"):
        flag_close(flag=flag, by=cast.priya, note="  ", now=at(10))
    assert Flag.objects.open().filter(pk=flag.pk).exists()

    flag_close(flag=flag, by=cast.priya, note=" Talked to Ewan ", now=at(10))

    alert = Alert.objects.get(flag=flag)
    assert (alert.close_reason, alert.closed_at, alert.next_look_at) == (
        "flag_closed",
        at(10),
        at(10),
    )
    with pytest.raises(Refusal, match="closed already"):
        flag_close(flag=flag, by=cast.priya, note="Again", now=at(11))
    assert flag.events.filter(kind="closed").count() == 1


def test_the_database_keeps_one_open_flag_for_one_subject(plan: Plan, cast: Cast) -> None:
    flag = flag_open(
        patient=cast.ewan, plan=plan, rule=Rule.SET_UP, subject="plan", evidence={}, now=at(9)
    )
    flag.pk = None
    flag._state.adding = True

    with pytest.raises(IntegrityError, match="flag_once_open_per_subject"), transaction.atomic():
        flag.save()


def says(
    cast: Cast, plan: Plan, outcome: Outcome, *moments: tuple[int, int], now: datetime
) -> None:
    """Ewan logs the doses of these days and hours, each with the same outcome."""
    for day, hour in moments:
        log(cast, plan.doses.get(due_at=at(hour, day=day)), now, outcome=outcome)


LATE = at(12, day=28)
DAYS_OF_NOTHING = tuple((day, hour) for day in (24, 25, 26) for hour in (8, 14, 20))


@pytest.mark.parametrize(
    ("rule", "said_first", "said_late"),
    [
        (Rule.NOT_TAKEN_RUN, (Outcome.SKIPPED, ((24, 8), (24, 14))), (24, 14)),
        (Rule.HOURS_SINCE_TAKEN, (Outcome.MISSED, ((24, 8),)), (28, 8)),
        (Rule.SILENT_RUN, (Outcome.MISSED, ((24, 8),)), (28, 8)),
        (Rule.DRUG_HOLIDAY, (Outcome.MISSED, DAYS_OF_NOTHING), (25, 14)),
    ],
    ids=["F5", "F6", "F7", "F8"],
)
def test_what_is_said_late_is_looked_at_anew_and_leaves_both_states(
    plan: Plan,
    cast: Cast,
    rule: Rule,
    said_first: tuple[Outcome, tuple[tuple[int, int], ...]],
    said_late: tuple[int, int],
) -> None:
    outcome, moments = said_first
    says(cast, plan, outcome, *moments, now=at(22, day=26))
    flags_evaluate(plan=plan, now=LATE)
    before = Flag.objects.open().filter(plan=plan, rule=rule).order_by("opened_at").first()
    assert before is not None
    stated = dict(before.evidence)

    day, hour = said_late
    dose = plan.doses.get(due_at=at(hour, day=day))
    standing = dose.standing_entry
    if standing is not None:
        entry_void(entry=standing, by=cast.ewan_user, reason="It was taken", now=LATE)
        dose.refresh_from_db()
    log(cast, dose, LATE + SECOND, taken_at=at(hour, day=day))
    plan.refresh_from_db()
    assert plan.next_look_at == LATE + SECOND
    flags_evaluate(plan=plan, now=LATE + SECOND)

    before.refresh_from_db()
    kinds = [event.kind for event in before.events.all()]
    assert kinds[0] == "opened"
    assert kinds[-1] in {"closed", "restated"}
    assert before.events.first().evidence == stated
    assert before.closed_at == LATE + SECOND or before.evidence != stated
