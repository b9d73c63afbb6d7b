"""Which expected dose an opening of a bottle or cap stands for."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.openings import OpenDose, match_opening

MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def at(hours: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hours)


def expected(*hours: float, logged: Sequence[float] = ()) -> list[OpenDose[float]]:
    return [OpenDose(id=hour, due_at=at(hour), is_logged=hour in logged) for hour in hours]


TWICE_A_DAY = (8, 20, 32, 44)


@pytest.mark.parametrize(
    ("opened_at", "dose"),
    [(8, 8), (7.5, 8), (8.5, 8), (13.9, 8), (14.1, 20), (20, 20), (25.9, 20), (26.1, 32)],
)
def test_an_opening_belongs_to_the_nearest_dose(opened_at: float, dose: float) -> None:
    assert match_opening(at(opened_at), expected(*TWICE_A_DAY)) == dose


@pytest.mark.parametrize(("offset", "dose"), [(-SECOND, 8), (0 * SECOND, 8), (SECOND, 20)])
def test_half_way_between_two_doses_the_earlier_is_meant(offset: timedelta, dose: float) -> None:
    assert match_opening(at(14) + offset, expected(*TWICE_A_DAY)) == dose


def test_a_second_opening_for_a_logged_dose_is_an_extra_and_not_the_next_dose() -> None:
    assert match_opening(at(9), expected(*TWICE_A_DAY, logged=[8])) is None


def test_a_late_opening_after_the_last_dose_of_a_day_belongs_to_it_over_the_long_night() -> None:
    assert match_opening(at(23.5), expected(8, 14, 20, 32, 38, 44)) == 20


@pytest.mark.parametrize(
    ("offset", "dose"), [(-SECOND, None), (0 * SECOND, 8), (SECOND, 8)], ids=["-1", "0", "+1"]
)
def test_before_the_first_dose_the_neighbour_after_it_sets_the_reach(
    offset: timedelta, dose: float | None
) -> None:
    assert match_opening(at(2) + offset, expected(*TWICE_A_DAY)) == dose


@pytest.mark.parametrize(
    ("offset", "dose"), [(-SECOND, 44), (0 * SECOND, 44), (SECOND, None)], ids=["-1", "0", "+1"]
)
def test_after_the_last_dose_the_neighbour_before_it_sets_the_reach(
    offset: timedelta, dose: float | None
) -> None:
    assert match_opening(at(50) + offset, expected(*TWICE_A_DAY)) == dose


@pytest.mark.parametrize(
    ("offset", "dose"), [(-SECOND, 8), (0 * SECOND, 8), (SECOND, None)], ids=["-1", "0", "+1"]
)
@pytest.mark.parametrize("others", [[], [8 + 10 * 24]], ids=["alone", "ten days apart"])
def test_no_dose_reaches_further_than_half_a_day(
    offset: timedelta, dose: float | None, others: list[float]
) -> None:
    assert match_opening(at(20) + offset, expected(8, *others)) == dose


def test_without_any_expected_dose_every_opening_is_an_extra() -> None:
    assert match_opening(at(8), []) is None


def test_of_two_doses_due_at_one_instant_the_one_without_an_entry_is_meant() -> None:
    both = [OpenDose("first", at(8), is_logged=True), OpenDose("second", at(8), is_logged=False)]

    assert match_opening(at(9), both) == "second"
    assert match_opening(at(9), both[::-1]) == "second"


def test_an_opening_without_a_zone_is_an_error() -> None:
    with pytest.raises(ValueError, match="no zone"):
        match_opening(at(8).replace(tzinfo=None), expected(8))


hours = st.integers(0, 96 * 60).map(lambda minutes: minutes / 60)


@given(opened_at=hours, due=st.lists(hours, unique=True, max_size=8), data=st.data())
def test_a_match_is_the_nearest_dose_has_no_entry_and_does_not_depend_on_the_order(
    opened_at: float, due: list[float], data: st.DataObject
) -> None:
    logged = [hour for hour in due if data.draw(st.booleans())]
    doses = expected(*due, logged=logged)

    match = match_opening(at(opened_at), doses)

    assert match == match_opening(at(opened_at), doses[::-1])
    if match is None:
        return
    distance = abs(at(match) - at(opened_at))
    assert match not in logged
    assert distance == min(abs(at(hour) - at(opened_at)) for hour in due)
    assert distance <= timedelta(hours=12)
