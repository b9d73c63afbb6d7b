"""What an opening comes to: one dose, one with another, an extra, or kept without counting."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.dose_record import Absence
from tracker.domain.openings_file import Opening
from tracker.domain.openings_placing import Expected, Ground, Place, Placed, openings_placed

MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def at(hours: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hours)


def ground(*hours: float, said: tuple[float, ...] = (), filled: tuple[float, ...] = (), **more):
    """Doses at these hours from midnight; the plan counts from a week before."""
    doses = [Expected(hour, at(hour), hour in said, hour in filled) for hour in hours]
    rest = {"absences": (), "counts_from_at": at(-168)} | more
    return Ground(doses=doses, **rest)


def placed(where: Ground[float], *moments: datetime) -> list[Placed[float]]:
    return list(openings_placed([Opening(row, when) for row, when in enumerate(moments)], where))


def places(where: Ground[float], *moments: datetime) -> list[Place]:
    return [each.place for each in placed(where, *moments)]


def test_one_opening_fills_one_dose_and_the_next_is_an_extra() -> None:
    found = placed(ground(8, 20), at(8.2), at(9), at(20))
    assert [(each.place, each.dose_id) for each in found] == [
        (Place.DOSE, 8),
        (Place.EXTRA, None),
        (Place.DOSE, 20),
    ]


@pytest.mark.parametrize(
    ("apart", "second"),
    [
        (10 * MINUTE - SECOND, Place.SAME),
        (10 * MINUTE, Place.SAME),
        (10 * MINUTE + SECOND, Place.EXTRA),
    ],
)
def test_two_openings_within_ten_minutes_are_one(apart: timedelta, second: Place) -> None:
    found = placed(ground(8, 20), at(8), at(8) + apart)
    assert found[1].place is second
    if second is Place.SAME:
        assert (found[1].dose_id, found[1].with_at) == (8, at(8))


def test_ten_minutes_are_counted_from_the_opening_that_counts() -> None:
    moments = [at(8) + minutes * MINUTE for minutes in (0, 6, 12)]
    assert places(ground(8, 20), *moments) == [Place.DOSE, Place.SAME, Place.EXTRA]


def test_an_opening_during_a_hold_or_a_stay_fills_no_dose() -> None:
    away = Absence(at(6), at(9), "in hospital")
    found = placed(ground(8, 20, absences=(away,)), at(8), at(9), at(20))
    assert [(each.place, each.dose_id) for each in found] == [
        (Place.APART, None),
        (Place.DOSE, 8),
        (Place.DOSE, 20),
    ]


def test_what_a_person_said_of_a_dose_stands_and_the_opening_is_kept_beside_it() -> None:
    found = placed(ground(8, 20, said=(8,)), at(8.1), at(9))
    assert [(each.place, each.dose_id) for each in found] == [
        (Place.BESIDE, 8),
        (Place.EXTRA, None),
    ]


def test_an_opening_that_was_taken_in_before_is_not_taken_in_again() -> None:
    before = ground(8, 20, filled=(8,), taken_in=[(at(8), True), (at(8.1), False)])
    assert places(before, at(8), at(8) + 5 * MINUTE, at(8.1), at(20)) == [
        Place.ALREADY,
        Place.SAME,
        Place.ALREADY,
        Place.DOSE,
    ]


def test_an_opening_before_the_plan_counts_is_not_taken_in() -> None:
    assert places(ground(8, counts_from_at=at(8)), at(8) - SECOND, at(8)) == [
        Place.BEFORE,
        Place.DOSE,
    ]


@given(st.lists(st.integers(0, 4000), max_size=60, unique=True))
def test_no_dose_is_filled_twice_and_no_opening_is_lost(minutes: list[int]) -> None:
    moments = [MIDNIGHT + minute * MINUTE for minute in sorted(minutes)]
    found = placed(ground(*range(8, 64, 6)), *moments)
    filled = [each.dose_id for each in found if each.place is Place.DOSE]
    assert len(filled) == len(set(filled))
    assert [each.opening.at for each in found] == moments
    counted = [each.opening.at for each in found if each.place is not Place.SAME]
    assert all(later - earlier > 10 * MINUTE for earlier, later in pairwise(counted))
