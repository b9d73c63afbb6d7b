"""The published rule of CleanADHdata (Pasquier, MIT), in our own words; for comparison alone.

It counts openings a day. A day runs from 03:00 to 03:00. Openings that a researcher adds or takes
away are added up. A day is implemented when there were at least as many openings as were expected,
also when none were expected. Of several monitors each must be. Days without monitoring are left
out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction

NIGHT = timedelta(hours=3)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """Days, both included."""

    first_on: date
    last_on: date

    def days(self) -> list[date]:
        """Return every day of it."""
        return [self.first_on + ONE_DAY * n for n in range((self.last_on - self.first_on).days + 1)]


@dataclass(frozen=True)
class Regimen:
    """How many openings a day were expected, `on` days long, then none for `off` days."""

    span: Span
    openings: int
    on: int = 1
    off: int = 0

    def expected(self) -> dict[date, int]:
        """Return what was expected on each day."""
        cycle = self.on + self.off
        return {
            day: self.openings if place % cycle < self.on else 0
            for place, day in enumerate(self.span.days())
        }


@dataclass(frozen=True)
class Monitored:
    """One monitor of one patient."""

    watched: Span
    regimens: list[Regimen]
    added: Mapping[date, int] = field(default_factory=dict)
    unwatched: list[Span] = field(default_factory=list)


def implementation_of(monitor: Monitored, opened: Iterable[datetime]) -> dict[date, bool | None]:
    """Return whether each day was implemented; None for days without monitoring.

    `opened` are wall-clock times.
    """
    counted = Counter((at - NIGHT).date() for at in opened)
    expected = {day: n for each in monitor.regimens for day, n in each.expected().items()}
    left_out = {day for span in monitor.unwatched for day in span.days()}
    return {
        day: None if day in left_out else counted[day] + monitor.added.get(day, 0) >= expected[day]
        for day in monitor.watched.days()
    }


def together(monitors: Iterable[Mapping[date, bool | None]]) -> dict[date, bool | None]:
    """Return the same for a patient: every monitor that runs must be implemented."""
    found: dict[date, bool | None] = {}
    for monitor in monitors:
        for day, is_implemented in monitor.items():
            before = found.get(day, True)
            is_known = is_implemented is not None and before is not None
            found[day] = (is_implemented and before) if is_known else None
    return found


def mean_of(days: Mapping[date, bool | None]) -> Fraction:
    """Return the share of the monitored days that were implemented."""
    known = [is_implemented for is_implemented in days.values() if is_implemented is not None]
    return Fraction(sum(known), len(known))
