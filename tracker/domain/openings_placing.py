"""What each opening of a file comes to: a dose, an extra one, or kept without being counted.

The rules, in their order:

1. An opening that was taken in before (the same instant) is not taken in again; one from before
   the plan counts is not taken in at all.
2. Openings within ten minutes of a counted one are one with it. Each is kept.
3. An opening during a hold or a stay is kept and not counted.
4. One opening fills one expected dose (`tracker.domain.openings`). Where a person has said of that
   dose what happened, what they said stands, and the opening is kept beside it.
5. What is left is an extra dose.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from accounts.domain.zones import instant
from tracker.domain.dose_record import Absence
from tracker.domain.openings import OpenDose, match_opening
from tracker.domain.openings_file import Opening

IdT = TypeVar("IdT")

ONE_OPENING_WITHIN = timedelta(minutes=10)
AROUND = timedelta(days=2)


class Place(StrEnum):
    """What one opening comes to."""

    DOSE = "dose"  # fills an expected dose
    EXTRA = "extra"  # no dose was expected, or it was opened before
    SAME = "same"  # one with an opening up to ten minutes away
    BESIDE = "beside"  # a person said what happened to this dose
    APART = "apart"  # during a hold or a stay
    ALREADY = "already"  # taken in before
    BEFORE = "before"  # before the plan counts


KEPT_UNCOUNTED = frozenset({Place.SAME, Place.BESIDE})
NOT_TAKEN_IN = frozenset({Place.ALREADY, Place.BEFORE})


@dataclass(frozen=True, slots=True)
class Expected(Generic[IdT]):
    """An expected dose, and who has spoken for it."""

    id: IdT
    due_at: datetime
    is_said: bool  # a person said what happened
    is_filled: bool  # an opening filled it


@dataclass(frozen=True, slots=True)
class Placed(Generic[IdT]):
    """One opening and what it comes to."""

    opening: Opening
    place: Place
    dose_id: IdT | None = None  # of DOSE and BESIDE, and of SAME where the other has one
    with_at: datetime | None = None  # of SAME: the opening it is one with


@dataclass(frozen=True, slots=True)
class Ground(Generic[IdT]):
    """What openings are placed on. `taken_in` are device openings: when, and whether counted."""

    doses: Sequence[Expected[IdT]]
    absences: Sequence[Absence]
    counts_from_at: datetime
    taken_in: Iterable[tuple[datetime, bool]] = ()


def openings_placed(openings: Iterable[Opening], ground: Ground[IdT]) -> Iterator[Placed[IdT]]:
    """Yield what each opening comes to; `openings` come oldest first. Times are aware."""
    placer = _Placer(ground)
    for opening in openings:
        yield placer.place(opening)


class _Placer(Generic[IdT]):
    """Remembers which doses are filled and which openings count."""

    def __init__(self, ground: Ground[IdT]) -> None:
        self._ground = ground
        self._doses = sorted(ground.doses, key=lambda dose: instant(dose.due_at))
        self._due = [instant(dose.due_at) for dose in self._doses]
        taken_in = [(instant(at), is_counted) for at, is_counted in ground.taken_in]
        self._known = {at for at, _ in taken_in}
        self._counted = sorted(at for at, is_counted in taken_in if is_counted)
        self._dose_at: dict[datetime, IdT | None] = {}

    def place(self, opening: Opening) -> Placed[IdT]:
        at = instant(opening.at)
        if at in self._known:
            return Placed(opening, Place.ALREADY)
        if at < instant(self._ground.counts_from_at):
            return Placed(opening, Place.BEFORE)
        other = self._counted_near(at)
        if other is not None:
            return Placed(opening, Place.SAME, self._dose_at.get(other), other)
        placed = self._placed_alone(opening, at)
        if placed.place is not Place.BESIDE:
            self._dose_at[at] = placed.dose_id
        insort(self._counted, at)
        return placed

    def _placed_alone(self, opening: Opening, at: datetime) -> Placed[IdT]:
        if any(absence.covers(at) for absence in self._ground.absences):
            return Placed(opening, Place.APART)
        first, last = bisect_left(self._due, at - AROUND), bisect_right(self._due, at + AROUND)
        near = self._doses[first:last]
        found = match_opening(
            at, [OpenDose(place, dose.due_at, dose.is_filled) for place, dose in enumerate(near)]
        )
        if found is None:
            return Placed(opening, Place.EXTRA)
        dose = near[found]
        self._doses[first + found] = replace(dose, is_filled=True)
        return Placed(opening, Place.BESIDE if dose.is_said else Place.DOSE, dose.id)

    def _counted_near(self, at: datetime) -> datetime | None:
        """Return the counted opening within ten minutes; the earlier of two."""
        where = bisect_left(self._counted, at - ONE_OPENING_WITHIN)
        near = self._counted[where : where + 1]
        return near[0] if near and abs(near[0] - at) <= ONE_OPENING_WITHIN else None
