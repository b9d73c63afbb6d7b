"""Drug holidays, the longest gap, initiation and persistence: what happened over the whole plan."""

from datetime import date, datetime, timedelta

import pytest

from tests.tracker.november import (
    LONDON,
    MISSED,
    SECOND,
    SKIPPED,
    TAKEN,
    WINDOW,
    at,
    dose,
    november,
    on,
    record,
    silence,
)
from tracker.domain.adherence import drug_holidays, initiation, longest_gap, persistence
from tracker.domain.dose_record import Absence, CourseState, DoseFact, ExtraFact, Period, Record
from tracker.domain.doses import Outcome


def holidays(doses: Record, *, period: Period | None = None, now: datetime | None = None) -> list:
    found = drug_holidays(doses, period=period or november(), now=now or at(30))
    return [(each.first_on.day, each.last_on.day, each.days) for each in found.holidays]


@pytest.mark.parametrize(("silent_days", "expected"), [(2, []), (3, [(3, 5, 3)]), (4, [(3, 6, 4)])])
def test_three_days_with_nothing_taken_are_a_drug_holiday(silent_days: int, expected: list) -> None:
    quiet = [silence(day) for day in range(3, 3 + silent_days)]
    doses = record(dose(2), *quiet, dose(3 + silent_days))

    assert holidays(doses) == expected


@pytest.mark.parametrize("outcome", [SKIPPED, MISSED, None])
def test_it_does_not_matter_why_nothing_was_taken(outcome: Outcome | None) -> None:
    assert holidays(record(*(dose(day, outcome=outcome) for day in (3, 4, 5)))) == [(3, 5, 3)]


def test_one_dose_of_several_taken_on_a_day_ends_a_holiday() -> None:
    doses = [silence(day, clock) for day in (3, 4, 5) for clock in ("08:00", "20:00")]
    taken = dose(4, "20:00")

    assert holidays(record(*doses)) == [(3, 5, 3)]
    assert (
        holidays(record(*(taken if each == silence(4, "20:00") else each for each in doses))) == []
    )


@pytest.mark.parametrize("day", [3, 4, 5])
def test_an_extra_dose_ends_a_holiday(day: int) -> None:
    quiet = [silence(3), silence(4), silence(5)]

    assert holidays(record(*quiet, extras=(ExtraFact(at(day, "12:00"), on(day)),))) == []


def test_a_holiday_is_not_claimed_before_its_third_day_is_over() -> None:
    doses = record(silence(3), silence(4), silence(5), silence(5, "20:00"))

    assert holidays(doses, now=at(5, "20:45") - SECOND) == []
    assert holidays(doses, now=at(5, "20:45")) == [(3, 5, 3)]


def test_a_date_on_which_the_plan_expects_nothing_does_not_end_a_holiday() -> None:
    assert holidays(record(silence(3), silence(5), silence(7))) == [(3, 7, 3)]


def test_an_extra_dose_on_such_a_date_does() -> None:
    quiet = [silence(3), silence(5), silence(7)]

    assert holidays(record(*quiet, extras=(ExtraFact(at(4, "12:00"), on(4)),))) == []


def test_a_stay_ends_a_holiday_for_nobody_knows_what_was_taken_there() -> None:
    stay = Absence(at(5), at(6), "in hospital")
    doses = [silence(day) for day in (3, 4, 5, 6, 7)]

    assert holidays(record(*doses)) == [(3, 7, 5)]
    assert holidays(record(*doses, absences=(stay,))) == []


def test_a_holiday_that_reaches_into_the_period_is_given_whole() -> None:
    doses = record(*(silence(day) for day in (3, 4, 5, 6)), dose(7))

    assert holidays(doses, period=november(6, 30)) == [(3, 6, 4)]
    assert holidays(doses, period=november(7, 30)) == []


def test_two_holidays_are_two() -> None:
    doses = [dose(6) if day == 6 else silence(day) for day in range(3, 10)]

    assert holidays(record(*doses)) == [(3, 5, 3), (7, 9, 3)]
    assert drug_holidays(record(*doses), period=november(), now=at(30)).numerator == 2


def test_the_time_since_the_last_dose_is_a_gap_so_far() -> None:
    gaps = longest_gap(record(dose(2), dose(3)), period=november(), now=at(9, "08:00"))

    assert gaps.longest is not None
    assert gaps.longest.is_so_far
    assert gaps.longest.length == timedelta(days=6)
    assert gaps.n == 1


@pytest.mark.parametrize("course", [CourseState.COMPLETED, CourseState.STOPPED])
def test_after_the_plan_there_is_no_gap_so_far(course: CourseState) -> None:
    ended = record(dose(2), dose(3), course=course)

    gaps = longest_gap(ended, period=november(), now=at(9))

    assert gaps.longest is not None
    assert (gaps.longest.is_so_far, gaps.longest.length) == (False, timedelta(days=1))


def test_an_extra_dose_is_a_taken_dose_and_ends_a_gap() -> None:
    doses = record(dose(2), dose(4), extras=(ExtraFact(at(3, "08:00"), on(3)),))

    gaps = longest_gap(doses, period=november(), now=at(4, "08:00"))

    assert gaps.longest is not None
    assert gaps.longest.length == timedelta(days=1)


def test_a_gap_that_began_before_the_period_is_not_cut_at_its_edge() -> None:
    doses = record(dose(2), dose(12), dose(13))

    gaps = longest_gap(doses, period=november(10, 12), now=at(13, "09:00"))

    assert gaps.longest is not None
    assert (gaps.longest.from_at, gaps.longest.until_at) == (at(2, "08:00"), at(12, "08:00"))


@pytest.mark.parametrize(
    ("period", "days"),
    [(november(1, 1), 1), (november(4, 11), 10), (november(12, 12), 10), (november(13, 30), 2)],
)
def test_a_gap_belongs_to_the_periods_that_it_reaches_into(period: Period, days: int) -> None:
    doses = record(dose(1), dose(2), dose(12), dose(14), course=CourseState.STOPPED)

    gaps = longest_gap(doses, period=period, now=at(30))

    assert gaps.longest is not None
    assert gaps.longest.length == timedelta(days=days)


@pytest.mark.parametrize(
    "period", [Period(date(2026, 10, 1), date(2026, 10, 31)), november(15, 30)]
)
def test_a_period_before_or_after_all_gaps_has_none(period: Period) -> None:
    doses = record(dose(1), dose(2), dose(14), course=CourseState.STOPPED)

    gaps = longest_gap(doses, period=period, now=at(30))

    assert (gaps.longest, gaps.n) == (None, 0)
    assert gaps.nothing_to_show == "no gap between taken doses"


@pytest.mark.parametrize(
    ("from_at", "until_at", "is_apart"),
    [
        (at(1), at(2, "08:00"), False),
        (at(1), at(2, "08:00") + SECOND, True),
        (at(3, "08:00") - SECOND, at(5), True),
        (at(3, "08:00"), None, False),
    ],
)
def test_a_gap_stands_apart_when_any_of_it_lies_in_a_hold(
    from_at: datetime, until_at: datetime | None, is_apart: bool
) -> None:
    hold = Absence(from_at, until_at, "on hold")
    doses = record(dose(2), dose(3), absences=(hold,), course=CourseState.STOPPED)

    gaps = longest_gap(doses, period=november(), now=at(9))

    assert bool(gaps.apart) is is_apart
    assert (gaps.longest is None) is is_apart
    assert gaps.nothing_to_show == ("every gap touches a hold or a stay" if is_apart else "")


def test_the_night_the_clock_goes_back_makes_a_gap_an_hour_longer() -> None:
    evening = datetime(2026, 10, 24, 20, 0, tzinfo=LONDON)
    morning = datetime(2026, 10, 25, 8, 0, tzinfo=LONDON)
    doses = record(
        DoseFact(evening, evening.date(), WINDOW, TAKEN, evening, False, 1),
        DoseFact(morning, morning.date(), WINDOW, TAKEN, morning, False, 1),
    )

    gaps = longest_gap(doses, period=Period(evening.date(), morning.date()), now=morning)

    assert gaps.longest is not None
    assert gaps.longest.length == timedelta(hours=13)


def test_without_a_taken_dose_there_is_no_gap_and_it_is_said() -> None:
    gaps = longest_gap(record(silence(2)), period=november(), now=at(9))

    assert (gaps.longest, gaps.nothing_to_show) == (None, "no doses logged taken")


def test_initiation_gives_the_first_taken_dose_of_the_plan_and_of_each_step() -> None:
    doses = record(
        *[silence(2), dose(3, taken_at=at(3, "08:03"))],
        *[dose(4, step=2, taken_at=at(4, "07:50"))],
        dose(5, outcome=None, step=3),
        dose(25, outcome=None, step=4),
    )

    starts = initiation(doses, now=at(9))

    assert starts.plan is not None
    assert starts.plan.delay == timedelta(hours=24, minutes=3)
    assert [(each.step_number, each.delay) for each in starts.steps] == [
        (1, timedelta(hours=24, minutes=3)),
        (2, timedelta(minutes=-10)),
        (3, None),
    ]


@pytest.mark.parametrize(("offset", "steps"), [(-SECOND, 0), (0 * SECOND, 1)])
def test_a_step_is_listed_from_its_planned_first_dose_on(offset: timedelta, steps: int) -> None:
    assert initiation(record(silence(2)), now=at(2, "08:00") + offset).n == steps


def test_the_same_step_number_of_two_versions_is_two_steps() -> None:
    doses = record(dose(2, step=1), dose(3, step=1, version=2))

    starts = initiation(doses, now=at(9))

    assert [(each.version_number, each.step_number) for each in starts.steps] == [(1, 1), (2, 1)]


@pytest.mark.parametrize("course", CourseState)
def test_persistence_runs_from_the_first_to_the_last_taken_dose(course: CourseState) -> None:
    doses = record(silence(1), dose(2), dose(5), silence(6), course=course)

    persisted = persistence(doses)

    assert (persisted.first_at, persisted.last_at) == (at(2, "08:00"), at(5, "08:00"))
    assert (persisted.course, persisted.n) == (course, 2)


def test_a_plan_of_which_nothing_was_taken_says_so() -> None:
    persisted = persistence(record(silence(2)))

    assert (persisted.first_at, persisted.nothing_to_show) == (None, "no doses logged taken")
