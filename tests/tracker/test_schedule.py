"""From steps to doses: which instants they are due at, on named clock-change nights above all."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import DAILY, rrule
from dateutil.tz import resolve_imaginary
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.domain.schedule import (
    EVERY_WEEKDAY,
    DoseTimeSpec,
    Occurrence,
    StepSpec,
    due_instant,
    occurrences,
)

LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
CASABLANCA = ZoneInfo("Africa/Casablanca")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
APIA = ZoneInfo("Pacific/Apia")
ST_JOHNS = ZoneInfo("America/St_Johns")
TORONTO = ZoneInfo("America/Toronto")

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def doses(*clocks: str, amount: str = "10 mg") -> tuple[DoseTimeSpec, ...]:
    return tuple(DoseTimeSpec(time.fromisoformat(clock), amount) for clock in clocks)


def plan_of(*clocks: str, begins_on: date, ends_on: date | None = None) -> tuple[StepSpec, ...]:
    return (StepSpec(number=1, begins_on=begins_on, ends_on=ends_on, doses=doses(*clocks)),)


def due_times(steps: Sequence[StepSpec], zone: ZoneInfo, after: datetime, until: datetime) -> list:
    return [occurrence.due_at for occurrence in occurrences(steps, zone, after, until)]


@pytest.mark.parametrize(
    ("zone", "day", "clock", "expected"),
    [
        pytest.param(NEW_YORK, date(2026, 3, 8), "01:59:59", utc(2026, 3, 8, 6, 59, 59), id="-1 s"),
        pytest.param(NEW_YORK, date(2026, 3, 8), "02:00", utc(2026, 3, 8, 7), id="0 s: 03:00"),
        pytest.param(NEW_YORK, date(2026, 3, 8), "02:00:01", utc(2026, 3, 8, 7, 0, 1), id="+1 s"),
        pytest.param(NEW_YORK, date(2026, 3, 8), "02:30", utc(2026, 3, 8, 7, 30), id="03:30"),
        pytest.param(NEW_YORK, date(2026, 3, 8), "03:00", utc(2026, 3, 8, 7), id="after the gap"),
        pytest.param(LONDON, date(2026, 3, 29), "01:30", utc(2026, 3, 29, 1, 30), id="London"),
        pytest.param(LORD_HOWE, date(2026, 10, 4), "02:15", utc(2026, 10, 3, 15, 45), id="half"),
        pytest.param(CASABLANCA, date(2024, 4, 14), "02:30", utc(2024, 4, 14, 2, 30), id="Ramadan"),
        pytest.param(SAO_PAULO, date(2018, 11, 4), "00:00", utc(2018, 11, 4, 3), id="midnight"),
        pytest.param(SAO_PAULO, date(2018, 11, 4), "00:30", utc(2018, 11, 4, 3, 30), id="00:30"),
    ],
)
def test_a_time_that_the_clock_skips_moves_later_by_the_gap(
    zone: ZoneInfo, day: date, clock: str, expected: datetime
) -> None:
    assert due_instant(day, time.fromisoformat(clock), zone) == expected


@pytest.mark.parametrize(
    ("zone", "day", "clock", "expected"),
    [
        pytest.param(NEW_YORK, date(2026, 11, 1), "00:59:59", utc(2026, 11, 1, 4, 59, 59), id="-1"),
        pytest.param(NEW_YORK, date(2026, 11, 1), "01:00", utc(2026, 11, 1, 5), id="first 01:00"),
        pytest.param(NEW_YORK, date(2026, 11, 1), "01:30", utc(2026, 11, 1, 5, 30), id="01:30"),
        pytest.param(
            NEW_YORK, date(2026, 11, 1), "01:59:59", utc(2026, 11, 1, 5, 59, 59), id="end"
        ),
        pytest.param(NEW_YORK, date(2026, 11, 1), "02:00", utc(2026, 11, 1, 7), id="once again"),
        pytest.param(LONDON, date(2026, 10, 25), "01:30", utc(2026, 10, 25, 0, 30), id="London"),
        pytest.param(LORD_HOWE, date(2026, 4, 5), "01:45", utc(2026, 4, 4, 14, 45), id="half"),
        pytest.param(CASABLANCA, date(2024, 3, 10), "02:30", utc(2024, 3, 10, 1, 30), id="Ramadan"),
        pytest.param(SAO_PAULO, date(2018, 2, 17), "23:30", utc(2018, 2, 18, 1, 30), id="midnight"),
    ],
)
def test_a_time_that_happens_twice_means_the_first(
    zone: ZoneInfo, day: date, clock: str, expected: datetime
) -> None:
    assert due_instant(day, time.fromisoformat(clock), zone) == expected


def test_a_wall_time_says_nothing_about_which_of_two_times_is_meant() -> None:
    twice = time(1, 30, fold=1)

    assert due_instant(date(2026, 10, 25), twice, LONDON) == utc(2026, 10, 25, 0, 30)


def test_a_wall_time_with_a_zone_of_its_own_is_an_error() -> None:
    with pytest.raises(ValueError, match="no zone of its own"):
        due_instant(date(2026, 10, 25), time(8, tzinfo=UTC), LONDON)


@pytest.mark.parametrize(("offset", "is_given"), [(-SECOND, True), (0 * SECOND, False)])
def test_what_was_due_at_the_start_has_been_given_before(offset: timedelta, is_given: bool) -> None:
    steps = plan_of("08:00", begins_on=date(2026, 11, 24), ends_on=date(2026, 11, 24))
    due_at = utc(2026, 11, 24, 8)

    assert due_times(steps, LONDON, due_at + offset, due_at + DAY) == ([due_at] if is_given else [])


@pytest.mark.parametrize(("offset", "is_given"), [(-SECOND, False), (0 * SECOND, True)])
def test_what_is_due_at_the_end_is_given(offset: timedelta, is_given: bool) -> None:
    steps = plan_of("08:00", begins_on=date(2026, 11, 24), ends_on=date(2026, 11, 24))
    due_at = utc(2026, 11, 24, 8)

    assert due_times(steps, LONDON, due_at - DAY, due_at + offset) == ([due_at] if is_given else [])


def test_each_step_gives_its_own_amounts_on_its_own_dates_and_a_dose_free_step_gives_none() -> None:
    steps = (
        StepSpec(1, date(2026, 11, 23), date(2026, 11, 24), doses("08:00", "20:00")),
        StepSpec(2, date(2026, 11, 25), date(2026, 11, 25), (), is_dose_free=True),
        StepSpec(3, date(2026, 11, 26), date(2026, 11, 26), doses("08:00", amount="half a tablet")),
    )

    found = list(occurrences(steps, LONDON, utc(2026, 11, 1), utc(2026, 12, 31)))

    assert [(each.step_number, each.local_date.day, each.wall_time.hour) for each in found] == [
        (1, 23, 8),
        (1, 23, 20),
        (1, 24, 8),
        (1, 24, 20),
        (3, 26, 8),
    ]
    assert found[-1] == Occurrence(
        3, date(2026, 11, 26), time(8), "half a tablet", utc(2026, 11, 26, 8)
    )


def test_an_open_ended_last_step_goes_on() -> None:
    steps = plan_of("08:00", begins_on=date(2026, 11, 24))

    assert len(due_times(steps, LONDON, utc(2031, 1, 1), utc(2031, 1, 15))) == 14


def test_a_far_end_costs_nothing_before_it_is_reached() -> None:
    steps = plan_of("08:00", begins_on=date(2026, 11, 24))

    first = next(occurrences(steps, LONDON, utc(2026, 11, 24), utc(9000, 1, 1)))

    assert first.due_at == utc(2026, 11, 24, 8)


def test_seconds_of_a_dose_time_are_kept() -> None:
    steps = plan_of("08:00:07", begins_on=date(2026, 11, 24), ends_on=date(2026, 11, 24))

    assert due_times(steps, LONDON, utc(2026, 11, 24), utc(2026, 11, 25)) == [
        utc(2026, 11, 24, 8, 0, 7)
    ]


def test_a_skipped_hour_changes_the_order_in_which_doses_are_due() -> None:
    steps = plan_of("01:30", "02:10", begins_on=date(2026, 3, 29), ends_on=date(2026, 3, 29))

    found = list(occurrences(steps, LONDON, utc(2026, 3, 28), utc(2026, 3, 30)))

    assert [each.wall_time for each in found] == [time(2, 10), time(1, 30)]


def test_two_doses_that_fall_on_one_instant_stay_two() -> None:
    steps = plan_of("01:30", "02:30", begins_on=date(2026, 3, 29), ends_on=date(2026, 3, 29))

    found = list(occurrences(steps, LONDON, utc(2026, 3, 28), utc(2026, 3, 30)))

    assert [each.wall_time for each in found] == [time(1, 30), time(2, 30)]
    assert {each.due_at for each in found} == {utc(2026, 3, 29, 1, 30)}


def test_a_dose_that_a_gap_carries_to_the_first_moment_of_the_next_day_is_not_lost() -> None:
    """Toronto went from 23:30 to 00:30 on 30 March 1919."""
    steps = plan_of("23:30", begins_on=date(1919, 3, 30), ends_on=date(1919, 3, 31))

    found = list(occurrences(steps, TORONTO, utc(1919, 3, 1), utc(1919, 5, 1)))

    assert [(each.local_date.day, each.due_at) for each in found] == [
        (30, utc(1919, 3, 31, 4, 30)),
        (31, utc(1919, 4, 1, 3, 30)),
    ]


def test_a_date_that_does_not_exist_gives_no_dose() -> None:
    steps = plan_of("08:00", "20:00", begins_on=date(2011, 12, 29), ends_on=date(2011, 12, 31))

    found = list(occurrences(steps, APIA, utc(2011, 12, 1), utc(2012, 2, 1)))

    assert [each.local_date.day for each in found] == [29, 29, 31, 31]
    assert found[2].due_at - found[1].due_at == timedelta(hours=12)


def test_a_dose_at_a_midnight_that_happens_twice_is_not_lost_between_two_looks() -> None:
    """St John's put its clock back at 00:01 until 2011: the date itself went back by a day."""
    steps = plan_of("00:00:30", begins_on=date(2010, 11, 7), ends_on=date(2010, 11, 7))
    due_at = utc(2010, 11, 7, 2, 30, 30)
    date_went_back_at = utc(2010, 11, 7, 2, 40)

    assert due_times(steps, ST_JOHNS, utc(2010, 11, 6), date_went_back_at) == [due_at]
    assert due_times(steps, ST_JOHNS, date_went_back_at, utc(2010, 11, 9)) == []


CLOCK_CHANGES = [
    (NEW_YORK, date(2026, 3, 8)),
    (NEW_YORK, date(2026, 11, 1)),
    (LONDON, date(2026, 3, 29)),
    (LONDON, date(2026, 10, 25)),
    (LORD_HOWE, date(2026, 4, 5)),
    (LORD_HOWE, date(2026, 10, 4)),
    (CASABLANCA, date(2024, 3, 10)),
    (CASABLANCA, date(2024, 4, 14)),
    (SAO_PAULO, date(2018, 2, 18)),
    (SAO_PAULO, date(2018, 11, 4)),
    (APIA, date(2011, 12, 30)),
    (ST_JOHNS, date(2010, 3, 14)),
    (ST_JOHNS, date(2010, 11, 7)),
    (TORONTO, date(1919, 3, 31)),
    (ZoneInfo("America/Havana"), date(2026, 11, 1)),
    (ZoneInfo("Africa/Cairo"), date(2026, 4, 24)),
    (ZoneInfo("Asia/Kolkata"), date(2026, 6, 1)),
    (ZoneInfo("UTC"), date(2026, 6, 1)),
]

wall_times = st.times().map(lambda at: at.replace(microsecond=0, fold=0))
night_times = st.times(max_value=time(4)).map(lambda at: at.replace(microsecond=0, fold=0))
dose_times = st.lists(wall_times | night_times, min_size=1, max_size=4, unique=True)
plan_shapes = st.lists(st.tuples(st.integers(1, 9), dose_times), min_size=1, max_size=3)
weekdays = st.just(EVERY_WEEKDAY) | st.sets(st.integers(0, 6), min_size=1).map(sorted).map(tuple)


@st.composite
def tapers(draw: st.DrawFn) -> tuple[tuple[StepSpec, ...], ZoneInfo, datetime]:
    """Draw steps that follow each other around a clock change, their zone, a moment among them."""
    zone, change_on = draw(st.sampled_from(CLOCK_CHANGES))
    begins_on = change_on - timedelta(days=draw(st.integers(0, 4)))
    steps: list[StepSpec] = []
    for number, (length, clocks) in enumerate(draw(plan_shapes), 1):
        ends_on = begins_on + timedelta(days=length - 1)
        entered = tuple(
            DoseTimeSpec(clock, f"{number} of {clock}", draw(weekdays)) for clock in sorted(clocks)
        )
        steps.append(StepSpec(number, begins_on, ends_on, entered))
        begins_on = ends_on + DAY
    noon = datetime.combine(change_on, time(12), tzinfo=UTC)
    return tuple(steps), zone, noon + timedelta(minutes=draw(st.integers(-6000, 6000)))


def by_dateutil(steps: Sequence[StepSpec], zone: ZoneInfo) -> list[tuple[datetime, int, str]]:
    """Return what RFC 5545 makes of the steps, as another library implements it."""
    found = []
    for step in steps:
        for dose in step.doses:
            begins = datetime.combine(step.begins_on, dose.wall_time)
            ends = datetime.combine(step.ends_on or step.begins_on, time.max)
            for wall in rrule(DAILY, dtstart=begins, until=ends, byweekday=dose.weekdays):
                due = resolve_imaginary(wall.replace(tzinfo=zone))
                if zone is not APIA or wall.date() != date(2011, 12, 30):
                    found.append((due.astimezone(UTC), step.number, dose.amount))
    return found


@settings(deadline=None, max_examples=300)
@given(taper=tapers())
def test_the_doses_are_those_of_a_calendar_rule_of_rfc_5545(
    taper: tuple[tuple[StepSpec, ...], ZoneInfo, datetime],
) -> None:
    steps, zone, _ = taper

    found = list(occurrences(steps, zone, utc(1900, 1, 1), utc(2100, 1, 1)))

    assert sorted((each.due_at, each.step_number, each.amount) for each in found) == sorted(
        by_dateutil(steps, zone)
    )
    assert all(earlier.due_at <= later.due_at for earlier, later in pairwise(found))


@settings(deadline=None, max_examples=300)
@given(taper=tapers(), minutes=st.integers(0, 6000))
def test_two_looks_that_follow_each_other_see_each_dose_once(
    taper: tuple[tuple[StepSpec, ...], ZoneInfo, datetime], minutes: int
) -> None:
    steps, zone, first_at = taper
    second_at = first_at + timedelta(minutes=minutes)
    begins_at, ends_at = utc(1900, 1, 1), utc(2100, 1, 1)

    looks = [
        each
        for after, until in pairwise([begins_at, first_at, second_at, ends_at])
        for each in occurrences(steps, zone, after, until)
    ]

    assert looks == list(occurrences(steps, zone, begins_at, ends_at))
