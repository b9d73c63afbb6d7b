"""When the clinic's desk is there, and when it opens next."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.domain.opening_hours import OpenSpan, is_open, next_opening, span_problems

LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")
WEEK = [OpenSpan(weekday, time(8), time(18)) for weekday in range(5)]
SECOND = timedelta(seconds=1)


def london(day: int, hour: int, minute: int = 0, *, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=LONDON).astimezone(UTC)


@pytest.mark.parametrize(("seconds", "expected"), [(-1, False), (0, True), (1, True)])
def test_the_desk_opens_at_the_very_second(seconds: int, expected: bool) -> None:
    assert is_open(WEEK, LONDON, london(24, 8) + seconds * SECOND) is expected


@pytest.mark.parametrize(("seconds", "expected"), [(-1, True), (0, False), (1, False)])
def test_the_desk_is_closed_from_the_closing_time_on(seconds: int, expected: bool) -> None:
    assert is_open(WEEK, LONDON, london(24, 18) + seconds * SECOND) is expected


def test_in_the_evening_the_desk_opens_next_the_following_morning() -> None:
    assert next_opening(WEEK, LONDON, london(24, 19)) == london(25, 8)


def test_on_friday_evening_the_desk_opens_next_on_monday() -> None:
    assert next_opening(WEEK, LONDON, london(27, 18)) == london(30, 8)
    assert not is_open(WEEK, LONDON, london(28, 12))
    assert not is_open(WEEK, LONDON, london(29, 12))


def test_hours_are_the_clinics_own_wall_time() -> None:
    noon_in_london = london(24, 12)
    assert is_open(WEEK, LONDON, noon_in_london)
    assert not is_open(WEEK, NEW_YORK, noon_in_london)
    eight_in_new_york = datetime(2026, 11, 24, 13, tzinfo=UTC)
    assert next_opening(WEEK, NEW_YORK, noon_in_london) == eight_in_new_york


def test_after_the_clocks_went_back_the_desk_still_opens_at_eight_on_its_wall() -> None:
    friday_in_summer_time = london(23, 19, month=10)
    monday = next_opening(WEEK, LONDON, friday_in_summer_time)
    assert monday == datetime(2026, 10, 26, 8, tzinfo=UTC)


def test_an_opening_time_that_the_clock_skips_is_the_same_amount_after_the_gap() -> None:
    sunday_night = [OpenSpan(6, time(1, 30), time(5))]
    opening = next_opening(sunday_night, LONDON, datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert opening == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 02:30 on the wall


def test_an_hour_that_happens_twice_is_open_twice() -> None:
    sunday_night = [OpenSpan(6, time(1), time(2))]
    first, second = (
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    )
    assert is_open(sunday_night, LONDON, first)
    assert is_open(sunday_night, LONDON, second)
    assert next_opening(sunday_night, LONDON, first - timedelta(hours=2)) == datetime(
        2026, 10, 25, 0, tzinfo=UTC
    )


def test_a_closing_time_of_midnight_is_the_end_of_the_day() -> None:
    late = [OpenSpan(1, time(20), time(0))]
    assert is_open(late, LONDON, london(24, 23, 59))
    assert not is_open(late, LONDON, london(25, 0))


def test_a_clinic_that_opens_once_a_week_opens_next_within_a_week() -> None:
    tuesdays = [OpenSpan(1, time(9), time(10))]
    assert next_opening(tuesdays, LONDON, london(24, 9) + SECOND) == london(24, 9) + timedelta(7)


def test_without_hours_the_desk_is_never_there() -> None:
    assert not is_open([], LONDON, london(24, 12))
    assert next_opening([], LONDON, london(24, 12)) is None


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([OpenSpan(0, time(9), time(8))], [("closes_time", 1)]),
        ([OpenSpan(0, time(9), time(9))], [("closes_time", 1)]),
        ([OpenSpan(0, time(8), time(12)), OpenSpan(0, time(11), time(18))], [("opens_time", 2)]),
        ([OpenSpan(0, time(11), time(18)), OpenSpan(0, time(8), time(12))], [("opens_time", 1)]),
        ([OpenSpan(0, time(8), time(0)), OpenSpan(0, time(20), time(21))], [("opens_time", 2)]),
        ([OpenSpan(0, time(8), time(12)), OpenSpan(0, time(12), time(18))], []),
        ([OpenSpan(0, time(8), time(12)), OpenSpan(1, time(8), time(12))], []),
    ],
)
def test_hours_that_cannot_be_are_named_by_row(
    spans: list[OpenSpan], expected: list[tuple[str, int]]
) -> None:
    assert [(each.field, each.row) for each in span_problems(spans)] == expected
