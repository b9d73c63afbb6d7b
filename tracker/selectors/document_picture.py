"""Entered amounts of a period as a drawing: one lane per dose time, bands without a scale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import ceil
from types import MappingProxyType
from xml.etree import ElementTree

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracker.domain.dose_record import Period
from tracker.domain.plan_input import clock_text
from tracker.selectors.chart_doses import DoseChart, Lane
from tracker.selectors.chart_words import CellKind
from tracker.selectors.plan_words import day_text

WIDTH, LEFT, TOP = 700, 44, 24
BAND, MARKS, GAP = 18, 13, 6
DAY_WIDTH = 90
FONT = "Atkinson Hyperlegible"
MARK_WORDS: Mapping[CellKind, tuple[str, Promise]] = MappingProxyType(
    {
        CellKind.TAKEN: ("T", gettext_lazy("taken")),
        CellKind.EARLY: ("E", gettext_lazy("taken early")),
        CellKind.LATE: ("L", gettext_lazy("taken late")),
        CellKind.SKIPPED: ("S", gettext_lazy("skipped")),
        CellKind.MISSED: ("M", gettext_lazy("missed")),
        CellKind.NOT_LOGGED: ("N", gettext_lazy("not logged")),
        CellKind.AWAY: ("A", gettext_lazy("away, not counted")),
    }
)


@dataclass(frozen=True, slots=True)
class BandRow:
    """Days in a row with the same entered text at one dose time."""

    time: str
    first_on: date
    last_on: date
    amount: str


def marks_line() -> str:
    """Return what the letters under the bands stand for."""
    return ", ".join(f"{letter} {words}" for letter, words in MARK_WORDS.values())


def band_rows(picture: DoseChart, period: Period) -> list[BandRow]:
    """Return the entered amounts of the period, lane after lane; they are never added."""
    return [
        BandRow(
            time=clock_text(lane.wall_time),
            first_on=max(run.first_on, period.first_on),
            last_on=min(run.last_on, period.last_on),
            amount=run.amount,
        )
        for lane in picture.lanes
        for run in lane.runs
        if run.first_on <= period.last_on and run.last_on >= period.first_on
    ]


def picture_svg(picture: DoseChart, period: Period) -> str:
    """Return the drawing as SVG, in ink alone; texts are escaped by the writer of the tree."""
    days = [day for day in picture.axis.days if period.first_on <= day <= period.last_on]
    height = TOP + len(picture.lanes) * (BAND + MARKS + GAP)
    root = ElementTree.Element(
        "svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {height}"
    )
    if not days:
        return ElementTree.tostring(root, encoding="unicode")
    at = {day: number for number, day in enumerate(days)}
    wide = (WIDTH - LEFT) / len(days)
    every = ceil(DAY_WIDTH / wide)
    for day, number in at.items():
        if number % every == 0:
            _text(root, LEFT + number * wide, 12, day_text(day), 9)
    for number, lane in enumerate(picture.lanes):
        top = TOP + number * (BAND + MARKS + GAP)
        _text(root, 0, top + 13, clock_text(lane.wall_time), 11)
        _lane(root, lane, at, (wide, top))
    return ElementTree.tostring(root, encoding="unicode")


def _lane(
    root: ElementTree.Element, lane: Lane, at: Mapping[date, int], place: tuple[float, float]
) -> None:
    wide, top = place
    for run in lane.runs:
        inside = [number for day, number in at.items() if run.first_on <= day <= run.last_on]
        if not inside:
            continue
        x, width = LEFT + inside[0] * wide, len(inside) * wide
        _box(root, x, top, width)
        if _fits(run.amount, width):
            _text(root, x + 3, top + 13, run.amount, 11)
    if wide < 6:
        return
    for day in lane.days:
        mark = MARK_WORDS.get(day.cell.kind) if day.cell is not None else None
        if mark is not None and day.on in at:
            _text(root, LEFT + at[day.on] * wide + 2, top + BAND + 10, mark[0], 9)


def _fits(words: str, width: float) -> bool:
    return len(words) * 6.5 < width


def _box(root: ElementTree.Element, x: float, y: float, width: float) -> None:
    look = {"fill": "#f2f2f2", "stroke": "#444", "stroke-width": "0.6"}
    place = {"x": f"{x:.2f}", "y": f"{y:.2f}", "width": f"{width:.2f}", "height": str(BAND)}
    ElementTree.SubElement(root, "rect", place | look)


def _text(root: ElementTree.Element, x: float, y: float, words: str, size: int) -> None:
    place = {"x": f"{x:.2f}", "y": f"{y:.2f}", "font-size": str(size), "font-family": FONT}
    ElementTree.SubElement(root, "text", place).text = words


def outcome_rows(picture: DoseChart, period: Period) -> Iterable[list[str]]:
    """Yield day, dose time, entered amount and what was said, in words, for each expected dose."""
    for lane in picture.lanes:
        for day in lane.days:
            if day.cell is not None and period.first_on <= day.on <= period.last_on:
                time = clock_text(lane.wall_time)
                yield [day_text(day.on), time, day.cell.amount, day.cell.words]


def picture_words() -> str:
    """Return what stands for the drawing where it is not seen."""
    return _("Entered amounts by dose time and day. The tables below say the same in words.")
