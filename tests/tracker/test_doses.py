"""What one expected dose is at a moment, and how far from due it was taken."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.doses import (
    DoseState,
    Outcome,
    Timing,
    dose_state,
    minutes_from_due,
    on_time_until,
    timing,
)

EIGHT_AM = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
WINDOW = timedelta(minutes=45)
LONDON = ZoneInfo("Europe/London")


def state_at(
    now: datetime, *, outcome: Outcome | None = None, is_cancelled: bool = False
) -> DoseState:
    return dose_state(
        due_at=EIGHT_AM, window=WINDOW, outcome=outcome, is_cancelled=is_cancelled, now=now
    )


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-1, DoseState.UPCOMING), (0, DoseState.DUE), (1, DoseState.DUE)],
)
def test_a_dose_is_due_from_its_instant(seconds: int, expected: DoseState) -> None:
    assert state_at(EIGHT_AM + timedelta(seconds=seconds)) is expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-1, DoseState.DUE), (0, DoseState.NOT_LOGGED), (1, DoseState.NOT_LOGGED)],
)
def test_a_dose_counts_as_not_logged_once_its_window_has_passed(
    seconds: int, expected: DoseState
) -> None:
    assert state_at(EIGHT_AM + WINDOW + timedelta(seconds=seconds)) is expected


@pytest.mark.parametrize("days", [1, 30, 3650])
def test_silence_never_becomes_a_miss(days: int) -> None:
    assert state_at(EIGHT_AM + timedelta(days=days)) is DoseState.NOT_LOGGED


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("hours", [-12, 0, 12])
@pytest.mark.parametrize("is_cancelled", [False, True])
def test_what_a_person_said_always_wins(outcome: Outcome, hours: int, is_cancelled: bool) -> None:
    now = EIGHT_AM + timedelta(hours=hours)

    assert state_at(now, outcome=outcome, is_cancelled=is_cancelled).value == outcome.value


@pytest.mark.parametrize("hours", [-12, 0, 12])
def test_a_cancelled_dose_is_never_due_and_never_not_logged(hours: int) -> None:
    state = state_at(EIGHT_AM + timedelta(hours=hours), is_cancelled=True)

    assert state is DoseState.CANCELLED


def test_there_are_exactly_four_answers_to_what_happened_and_one_of_them_is_silence() -> None:
    assert {outcome.value for outcome in Outcome} == {"taken", "skipped", "missed"}
    assert DoseState.NOT_LOGGED.value not in {outcome.value for outcome in Outcome}


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-45 * 60 - 1, Timing.EARLY),
        (-45 * 60, Timing.ON_TIME),
        (-45 * 60 + 1, Timing.ON_TIME),
        (0, Timing.ON_TIME),
        (45 * 60 - 1, Timing.ON_TIME),
        (45 * 60, Timing.LATE),
        (45 * 60 + 1, Timing.LATE),
    ],
)
def test_on_time_begins_with_the_window_and_ends_before_its_end(
    seconds: int, expected: Timing
) -> None:
    taken_at = EIGHT_AM + timedelta(seconds=seconds)

    assert timing(taken_at=taken_at, due_at=EIGHT_AM, window=WINDOW) is expected


@pytest.mark.parametrize(
    ("seconds", "minutes"),
    [(-61, -1), (-60, -1), (-59, 0), (-1, 0), (0, 0), (59, 0), (60, 1), (61, 1), (58 * 60, 58)],
)
def test_minutes_from_due_are_whole_and_negative_when_early(seconds: int, minutes: int) -> None:
    assert minutes_from_due(EIGHT_AM + timedelta(seconds=seconds), EIGHT_AM) == minutes


def test_the_night_the_clock_goes_back_has_one_hour_more_between_two_times() -> None:
    due_at = datetime(2026, 10, 25, 0, 30, tzinfo=LONDON)  # still summer time
    taken_at = datetime(2026, 10, 25, 1, 30, fold=1, tzinfo=LONDON)  # the second 01:30

    assert minutes_from_due(taken_at, due_at) == 120
    assert timing(taken_at=taken_at, due_at=due_at, window=timedelta(hours=2)) is Timing.LATE


def test_the_window_is_true_time_when_the_clock_springs_forward() -> None:
    due_at = datetime(2026, 3, 29, 0, 45, tzinfo=LONDON)

    assert on_time_until(due_at, WINDOW) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 02:30 there
    assert on_time_until(due_at, WINDOW).tzinfo is UTC


def test_a_time_without_a_zone_is_an_error() -> None:
    naive = EIGHT_AM.replace(tzinfo=None)

    with pytest.raises(ValueError, match="no zone"):
        state_at(naive)
    with pytest.raises(ValueError, match="no zone"):
        timing(taken_at=naive, due_at=EIGHT_AM, window=WINDOW)
    with pytest.raises(ValueError, match="no zone"):
        minutes_from_due(naive, EIGHT_AM)


moments = st.integers(-(10**9), 10**9).map(lambda seconds: EIGHT_AM + timedelta(seconds=seconds))
windows = st.timedeltas(timedelta(seconds=1), timedelta(hours=6))


@given(due_at=moments, window=windows, earlier=moments, later=moments)
def test_time_alone_moves_a_dose_only_forward(
    due_at: datetime, window: timedelta, earlier: datetime, later: datetime
) -> None:
    order = [DoseState.UPCOMING, DoseState.DUE, DoseState.NOT_LOGGED]
    first, second = (
        dose_state(due_at=due_at, window=window, outcome=None, is_cancelled=False, now=now)
        for now in sorted([earlier, later])
    )

    assert order.index(first) <= order.index(second)


@given(taken_at=moments, due_at=moments, window=windows)
def test_late_is_exactly_what_was_taken_when_on_time_was_over(
    taken_at: datetime, due_at: datetime, window: timedelta
) -> None:
    is_late = timing(taken_at=taken_at, due_at=due_at, window=window) is Timing.LATE

    assert is_late is (taken_at >= on_time_until(due_at, window))
