"""The calendar of outcomes: one row for each dose time, one column for each day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from types import MappingProxyType

from tracker.selectors.chart_doses import DoseChart, LaneDay
from tracker.selectors.chart_words import CellKind, to_come_words

MARKS: Mapping[CellKind, tuple[str, str]] = MappingProxyType(
    {
        CellKind.TAKEN: ("taken", "taken"),
        CellKind.EARLY: ("late", "taken"),
        CellKind.LATE: ("late", "taken"),
        CellKind.SKIPPED: ("skipped", "skipped"),
        CellKind.MISSED: ("missed", "missed"),
        CellKind.NOT_LOGGED: ("silent", "notlogged"),
        CellKind.DUE: ("next", "clock"),
        CellKind.AWAY: ("hold", "hold"),
    }
)
"""Class and icon of each mark; a dose still to come has neither."""


@dataclass(frozen=True, slots=True)
class Square:
    """One cell as printed; `mark` is "" for a dose still to come, `words` "" for no dose."""

    on: date
    words: str
    mark: str
    icon: str


@dataclass(frozen=True, slots=True)
class Row:
    """One dose time."""

    wall_time: time
    squares: tuple[Square, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """One column; `is_step` where a step begins."""

    on: date
    is_step: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """The table under the drawing; both have the same days."""

    days: tuple[Day, ...]
    rows: tuple[Row, ...]


def calendar_of(picture: DoseChart) -> Calendar:
    """Return the table of what happened to each expected dose."""
    begins = {step.on for step in picture.steps if step.is_first_day}
    return Calendar(
        days=tuple(Day(on, on in begins) for on in picture.axis.days),
        rows=tuple(
            Row(lane.wall_time, tuple(_square(day) for day in lane.days)) for lane in picture.lanes
        ),
    )


def _square(day: LaneDay) -> Square:
    if day.cell is None:
        # Further ahead than doses are rows: entered, so it will be expected.
        is_to_come = day.is_ahead and bool(day.amount)
        return Square(day.on, to_come_words() if is_to_come else "", "", "")
    unmarked = ("", "") if day.is_ahead else ("next", "clock")
    mark, icon = MARKS.get(day.cell.kind, unmarked)
    return Square(day.on, day.cell.words, mark, icon)
