"""F14 to F21, as pure functions: what they state, and when they could state another thing."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.zones import local_midnight
from tracker.domain.flags import FlagClass, Rule, Verdict
from tracker.domain.pump_flags import (
    OralOnHand,
    PumpEventFact,
    event_raised,
    low_reservoir_passed,
    no_oral_on_hand,
    refill_near,
    refill_passed,
    replacement,
)
from tracker.domain.pumps import PumpDateKind, PumpEventKind, TypedDate, standing_dates

LONDON = ZoneInfo("Europe/London")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
SECOND = timedelta(seconds=1)
TYPED = datetime(2026, 9, 4, 14, 35, tzinfo=UTC)
CONFIRMED = datetime(2026, 9, 4, 14, 52, tzinfo=UTC)
WEDNESDAY = date(2026, 11, 18)
REFILL, LOW, REPLACEMENT = PumpDateKind


def typed(
    falls_on: date = WEDNESDAY,
    kind: PumpDateKind = REFILL,
    *,
    number: int = 1,
    counts_at: datetime | None = CONFIRMED,
    is_from_refill: bool = True,
) -> TypedDate:
    return TypedDate(UUID(int=number), kind, falls_on, TYPED, is_from_refill, counts_at)


def said(verdict: Verdict) -> list[tuple[Rule, FlagClass]]:
    return [(raised.rule, raised.found_class) for raised in verdict.raised]


def midnight(day: date, zone: ZoneInfo = LONDON) -> datetime:
    return local_midnight(day, zone)


EDGES = pytest.mark.parametrize(("seconds", "is_raised"), [(-1, False), (0, True), (1, True)])
ZONES = pytest.mark.parametrize(
    ("zone", "falls_on"),
    [
        (LONDON, WEDNESDAY),
        (LONDON, date(2026, 10, 25)),  # the clock goes back: 25 hours
        (SAO_PAULO, date(2018, 11, 3)),  # the next day has no midnight
        (LORD_HOWE, date(2026, 10, 4)),  # half an hour is skipped
        (ZoneInfo("Pacific/Apia"), date(2011, 12, 29)),  # the next date does not exist
    ],
)


@ZONES
@EDGES
def test_a_refill_date_has_passed_at_the_local_midnight_that_ends_it(
    zone: ZoneInfo, falls_on: date, seconds: int, is_raised: bool
) -> None:
    edge = midnight(falls_on + timedelta(days=1), zone)
    found = refill_passed([typed(falls_on)], zone=zone, now=edge + SECOND * seconds)

    assert said(found) == ([(Rule.REFILL_PASSED, FlagClass.SAME_DAY)] if is_raised else [])
    assert found.next_look_at == (None if is_raised else edge)


@ZONES
@EDGES
def test_a_low_reservoir_alarm_date_that_has_passed_is_an_emergency(
    zone: ZoneInfo, falls_on: date, seconds: int, is_raised: bool
) -> None:
    edge = midnight(falls_on + timedelta(days=1), zone)
    dates = [typed(falls_on, LOW)]
    found = low_reservoir_passed(dates, zone=zone, now=edge + SECOND * seconds)

    assert said(found) == ([(Rule.LOW_RESERVOIR_PASSED, FlagClass.EMERGENCY)] if is_raised else [])
    assert found.next_look_at == (None if is_raised else edge)


@EDGES
def test_a_refill_date_is_near_from_the_local_midnight_its_days_before(
    seconds: int, is_raised: bool
) -> None:
    edge = midnight(date(2026, 11, 4))
    found = refill_near([typed()], threshold=14, zone=LONDON, now=edge + SECOND * seconds)

    assert said(found) == ([(Rule.REFILL_NEAR, FlagClass.INFORMATION)] if is_raised else [])
    assert found.next_look_at == (None if is_raised else edge)


@EDGES
def test_a_threshold_of_days_is_counted_in_dates_across_a_change_of_the_clock(
    seconds: int, is_raised: bool
) -> None:
    edge = datetime(2026, 10, 24, 23, 0, tzinfo=UTC)  # midnight in summer time
    found = refill_near(
        [typed(date(2026, 10, 30))], threshold=5, zone=LONDON, now=edge + SECOND * seconds
    )

    assert bool(found.raised) is is_raised


def test_a_refill_date_that_was_near_stays_so_when_it_has_passed() -> None:
    found = refill_near([typed()], threshold=14, zone=LONDON, now=midnight(date(2027, 2, 1)))

    assert said(found) == [(Rule.REFILL_NEAR, FlagClass.INFORMATION)]


def test_no_threshold_means_that_nothing_is_near() -> None:
    now = midnight(WEDNESDAY)

    assert refill_near([typed()], threshold=None, zone=LONDON, now=now).raised == ()
    assert replacement([typed(kind=REPLACEMENT)], threshold=None, zone=LONDON, now=now).raised == ()


@EDGES
def test_a_replacement_date_is_information_while_near_and_same_day_once_passed(
    seconds: int, is_raised: bool
) -> None:
    dates = [typed(kind=REPLACEMENT)]
    near_at, passed_at = midnight(date(2026, 8, 20)), midnight(date(2026, 11, 19))

    near = replacement(dates, threshold=90, zone=LONDON, now=near_at + SECOND * seconds)
    passed = replacement(dates, threshold=90, zone=LONDON, now=passed_at + SECOND * seconds)

    assert said(near) == ([(Rule.REPLACEMENT, FlagClass.INFORMATION)] if is_raised else [])
    assert near.next_look_at == (passed_at if is_raised else near_at)
    expected = FlagClass.SAME_DAY if is_raised else FlagClass.INFORMATION
    assert said(passed) == [(Rule.REPLACEMENT, expected)]
    assert near.raised == () or near.raised[0].subject == passed.raised[0].subject


def test_a_replacement_date_that_has_passed_needs_no_threshold() -> None:
    dates = [typed(kind=REPLACEMENT)]

    found = replacement(dates, threshold=None, zone=LONDON, now=midnight(date(2026, 11, 19)))

    assert said(found) == [(Rule.REPLACEMENT, FlagClass.SAME_DAY)]


@pytest.mark.parametrize(
    ("kind", "rule", "flag_class"),
    [
        (PumpEventKind.ALARM_NON_CRITICAL, Rule.ALARM_NON_CRITICAL, FlagClass.SAME_DAY),
        (PumpEventKind.ALARM_CRITICAL, Rule.ALARM_CRITICAL, FlagClass.EMERGENCY),
        (PumpEventKind.CATHETER_PROBLEM, Rule.PUMP_PROBLEM, FlagClass.EMERGENCY),
        (PumpEventKind.PROGRAMMING_PROBLEM, Rule.PUMP_PROBLEM, FlagClass.EMERGENCY),
    ],
)
def test_an_alarm_or_a_problem_raises_its_flag_with_who_said_it_and_when(
    kind: PumpEventKind, rule: Rule, flag_class: FlagClass
) -> None:
    raised = event_raised(PumpEventFact("7", kind, CONFIRMED, "Piotr", "single beep"))

    assert raised is not None
    assert (raised.rule, raised.found_class, raised.subject) == (rule, flag_class, "7")
    assert raised.evidence["by"] == "Piotr"
    assert raised.evidence["sound"] == "single beep"


@pytest.mark.parametrize(
    "kind",
    [PumpEventKind.REFILL_DONE, PumpEventKind.ORAL_ON_HAND, PumpEventKind.NO_ORAL_ON_HAND],
)
def test_a_refill_and_a_word_about_oral_baclofen_raise_nothing_by_themselves(
    kind: PumpEventKind,
) -> None:
    assert event_raised(PumpEventFact("7", kind, CONFIRMED, "Piotr")) is None


def oral(*, is_on_hand: bool, expires_on: date | None = None) -> OralOnHand:
    return OralOnHand("7", is_on_hand, expires_on, CONFIRMED, "Halina")


def test_none_on_hand_is_a_flag_and_nobody_having_said_anything_is_not() -> None:
    none = no_oral_on_hand(oral(is_on_hand=False), is_instructed=True, zone=LONDON, now=CONFIRMED)

    assert said(none) == [(Rule.NO_ORAL_ON_HAND, FlagClass.WATCH)]
    assert no_oral_on_hand(None, is_instructed=True, zone=LONDON, now=CONFIRMED).raised == ()


@EDGES
def test_oral_baclofen_on_hand_is_out_of_date_after_the_day_on_its_pack(
    seconds: int, is_raised: bool
) -> None:
    edge = midnight(date(2026, 11, 19))
    found = no_oral_on_hand(
        oral(is_on_hand=True, expires_on=WEDNESDAY),
        is_instructed=True,
        zone=LONDON,
        now=edge + SECOND * seconds,
    )

    assert said(found) == ([(Rule.NO_ORAL_ON_HAND, FlagClass.WATCH)] if is_raised else [])
    assert found.next_look_at == (None if is_raised else edge)


def test_a_confirmed_refill_replaces_dates_that_have_passed() -> None:
    later = typed(date(2027, 2, 10), number=2, counts_at=datetime(2026, 11, 25, 11, tzinfo=UTC))

    assert standing_dates([typed(), later], REFILL, LONDON) == (later,)


def test_a_date_that_waits_for_a_second_person_replaces_nothing() -> None:
    waiting = typed(date(2027, 2, 10), number=2, counts_at=None)

    assert standing_dates([typed(), waiting], REFILL, LONDON) == (typed(),)


def test_until_one_is_confirmed_the_newest_typed_date_stands() -> None:
    waiting = typed(counts_at=None)

    assert standing_dates([waiting], REFILL, LONDON) == (waiting,)
    assert standing_dates([], REFILL, LONDON) == ()


@pytest.mark.parametrize("kind", [REFILL, LOW])
@pytest.mark.parametrize(("seconds", "is_kept"), [(-1, False), (0, True), (1, True)])
def test_a_corrected_date_replaces_one_ahead_and_never_one_that_has_passed(
    kind: PumpDateKind, seconds: int, is_kept: bool
) -> None:
    edge = midnight(date(2026, 11, 19))
    passed = typed(kind=kind)
    corrected = typed(
        date(2026, 12, 18),
        kind,
        number=2,
        counts_at=edge + SECOND * seconds,
        is_from_refill=False,
    )

    expected = (passed, corrected) if is_kept else (corrected,)
    assert standing_dates([corrected, passed], kind, LONDON) == expected


def test_a_new_replacement_date_replaces_the_old_one_whenever_it_was_typed() -> None:
    old = typed(kind=REPLACEMENT)
    new = typed(
        date(2033, 1, 1),
        REPLACEMENT,
        number=2,
        counts_at=midnight(date(2027, 1, 1)),
        is_from_refill=False,
    )

    assert standing_dates([old, new], REPLACEMENT, LONDON) == (new,)


@given(
    st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    st.integers(0, 365),
    st.integers(0, 17 * 365 * 86400),
)
def test_nothing_changes_before_the_next_look(falls_on: date, days: int, seconds: int) -> None:
    now = datetime(2019, 1, 1, tzinfo=UTC) + SECOND * seconds
    rules = (
        lambda at: refill_near([typed(falls_on)], threshold=days, zone=LONDON, now=at),
        lambda at: refill_passed([typed(falls_on)], zone=LONDON, now=at),
        lambda at: replacement([typed(falls_on)], threshold=days, zone=LONDON, now=at),
    )
    for rule in rules:
        found = rule(now)
        if found.next_look_at is None:
            assert rule(now + timedelta(days=9999)).raised == found.raised
        else:
            assert rule(found.next_look_at - SECOND).raised == found.raised
            assert rule(found.next_look_at).raised != found.raised


@given(st.integers(0, 20 * 365 * 86400))
def test_time_alone_takes_back_no_flag(seconds: int) -> None:
    now = datetime(2026, 11, 19, tzinfo=UTC) + SECOND * seconds

    assert refill_passed([typed()], zone=LONDON, now=now).raised
    assert refill_near([typed()], threshold=3, zone=LONDON, now=now).raised
    assert replacement([typed()], threshold=3, zone=LONDON, now=now).raised
