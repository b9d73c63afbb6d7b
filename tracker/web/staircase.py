"""Where everything of a plan is drawn: a picture of facts, worked out once, in plain numbers.

This is the one place that reads a number out of an amount, for the height of a line and for nothing
else. An amount gets a height only if it is one plain number and one word as its unit, and all such
amounts of its lane have the same unit, letter for letter; equal units share one scale across lanes.
Every other amount is a labelled band without a height. Nothing is converted, and lanes are never
added together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.domain.zones import local_date
from tracker.domain.plan_input import clock_text
from tracker.selectors.chart import SignMark
from tracker.selectors.chart_doses import AwaySpan, Axis, DoseChart, Lane, LaneDay, Run, StepMark
from tracker.selectors.chart_words import TAKEN_KINDS, CellKind
from tracker.web.labels import Placed, place_in_rows
from tracker.web.plot import (
    GUTTER,
    WIDTH,
    Band,
    Box,
    DrawnAway,
    DrawnLane,
    DrawnSign,
    DrawnStep,
    Label,
    Mark,
    Plot,
)

ROOM = 61.0  # height of the greatest amount of a unit
ABOVE = 30.0  # over a lane: room for a label on the highest line
BAND = 26.0
ROW = 17.0
STEP_ROW = 24.0
BELOW_NOW = 12.0  # between the clock time of now and the first lane

# One plain number, one word. Groups of three digits after a point or a comma could be thousands in
# one country and decimals in another, so such a text has no height.
PLAIN = re.compile(r"\s*([0-9]{1,6}(?:[.,][0-9]{1,2})?)\s*([^\W\d_]{1,16})\s*")


@dataclass(frozen=True, slots=True)
class Quantity:
    """The number and the unit of a plain amount, for the drawing only."""

    number: float
    unit: str


def quantity(amount: str) -> Quantity | None:
    """Return the number and unit of a plain amount; None for every other text."""
    found = PLAIN.fullmatch(amount)
    if found is None:
        return None
    return Quantity(float(found[1].replace(",", ".")), found[2])


def lane_unit(lane: Lane) -> str | None:
    """Return the one unit of a lane's plain amounts; None without any, or when units differ."""
    found = {plain.unit for plain in (quantity(run.amount) for run in lane.runs) if plain}
    return next(iter(found)) if len(found) == 1 else None


def heights_of(picture: DoseChart) -> dict[tuple[int, str], float]:
    """Return the height of each amount that has one, by lane number and text."""
    plain: list[tuple[int, str, Quantity]] = []
    for number, lane in enumerate(picture.lanes):
        unit = lane_unit(lane)
        for run in lane.runs:
            found = quantity(run.amount)
            if found is not None and found.unit == unit:
                plain.append((number, run.amount, found))
    greatest: dict[str, float] = {}
    for _lane, _amount, found in plain:
        greatest[found.unit] = max(greatest.get(found.unit, 0.0), found.number)
    return {
        (lane, amount): ROOM * found.number / greatest[found.unit] if greatest[found.unit] else 0.0
        for lane, amount, found in plain
    }


def staircase(
    picture: DoseChart, *, check_ins: Sequence[SignMark] = (), extras: Sequence[datetime] = ()
) -> Plot:
    """Return the drawing of the doses of one plan, with what was said beside them."""
    axis = picture.axis
    steps, top_y = _steps(picture.steps, axis)
    heights = heights_of(picture)
    lanes: list[DrawnLane] = []
    base_y = top_y + BELOW_NOW
    for number, lane in enumerate(picture.lanes):
        known = {amount: high for (place, amount), high in heights.items() if place == number}
        lanes.append(_lane(lane, known, base_y, axis))
        base_y = lanes[-1].base_y
    extras_x = tuple(_x_at(at, axis) for at in extras if _is_on(at, axis))
    extras_y = base_y + 26 if extras_x else None
    signs_y = (extras_y or base_y) + 32
    signs, rows = _signs(check_ins, signs_y, axis)
    bottom_y = signs_y + 12
    foot_y = signs_y + 14 + rows * ROW
    away = tuple(_away(span, top_y, bottom_y, foot_y + 12, axis) for span in picture.away)
    return Plot(
        height=foot_y + (22 if away else 8),
        description=_description(picture),
        top_y=top_y,
        bottom_y=bottom_y,
        lanes=tuple(lanes),
        steps=steps,
        away=away,
        signs_y=signs_y,
        signs=signs,
        extras_y=extras_y,
        extras=extras_x,
        now_x=_x_at(axis.now_at, axis) if _is_on(axis.now_at, axis) else None,
        now_label=date_format(axis.now_at.astimezone(axis.zone), "H:i"),
    )


def _column(axis: Axis) -> float:
    return (WIDTH - GUTTER) / len(axis.days)


def _x_of(day: date, axis: Axis) -> float:
    """Return where a day begins."""
    return round(GUTTER + (day - axis.begins_on).days * _column(axis), 1)


def _x_end(day: date, axis: Axis) -> float:
    return round(GUTTER + ((day - axis.begins_on).days + 1) * _column(axis), 1)


def _x_at(at: datetime, axis: Axis) -> float:
    """Return where an instant lies in its day, by the wall clock of the plan's zone."""
    local = at.astimezone(axis.zone)
    share = (local.hour * 60 + local.minute) / 1440
    return round(_x_of(local.date(), axis) + share * _column(axis), 1)


def _is_on(at: datetime, axis: Axis) -> bool:
    return axis.begins_on <= local_date(at, axis.zone) <= axis.ends_on


def _steps(marks: Sequence[StepMark], axis: Axis) -> tuple[tuple[DrawnStep, ...], float]:
    """Return the boxes above the lanes, in as many rows as keep them apart."""
    texts = [_("Step %(number)d") % {"number": mark.number} for mark in marks]
    starts = [_x_of(mark.on, axis) + 1 for mark in marks]
    placed = place_in_rows(zip(starts, texts, strict=True), padding=14, right=WIDTH)
    steps = tuple(
        DrawnStep(
            box=Box(box.x, 4 + box.row * STEP_ROW, box.width, 20),
            text=box.text,
            text_x=round(box.x + 7, 1),
            text_y=18 + box.row * STEP_ROW,
            line_x=_x_of(mark.on, axis) if mark.is_first_day else None,
        )
        for mark, box in zip(marks, placed, strict=True)
    )
    return steps, 4 + (1 + max((box.row for box in placed), default=0)) * STEP_ROW


def _lane(lane: Lane, heights: Mapping[str, float], top_y: float, axis: Axis) -> DrawnLane:
    """Return one lane below `top_y`; labels that do not fit over their run stand in rows above."""
    named = _named_runs(lane.runs)
    fitting = [run for run in named if _fits(run, axis)]
    raised = [run for run in named if not _fits(run, axis)]
    placed = place_in_rows(
        ((_x_of(run.first_on, axis) + 4, run.amount) for run in raised), padding=8, right=WIDTH
    )
    rows = 1 + max((each.row for each in placed), default=-1)
    room = ROOM if heights else BAND
    band_y = top_y + 8 + rows * ROW
    base_y = round(band_y + ABOVE + room, 1)
    labels = [
        Label(_x_of(run.first_on, axis) + 6, _line_y(run.amount, heights, base_y) - 12, run.amount)
        for run in fitting
    ]
    labels += [
        _raised(each, run, heights, top_y, base_y) for each, run in zip(placed, raised, strict=True)
    ]
    return DrawnLane(
        label=clock_text(lane.wall_time),
        label_y=base_y - room / 2 + 5,
        base_y=base_y,
        line=_line((run for run in lane.runs if not run.is_ahead), heights, base_y, axis),
        line_ahead=_line((run for run in lane.runs if run.is_ahead), heights, base_y, axis),
        area=_area((run for run in lane.runs if not run.is_ahead), heights, base_y, axis),
        bands=tuple(_band(run, base_y, axis) for run in lane.runs if run.amount not in heights),
        labels=tuple(labels),
        marks=tuple(_marks(lane.days, heights, base_y, axis)),
    )


def _band(run: Run, base_y: float, axis: Axis) -> Band:
    x = _x_of(run.first_on, axis)
    box = Box(x, round(base_y - BAND, 1), round(_x_end(run.last_on, axis) - x, 1), BAND)
    return Band(box, run.is_ahead)


def _named_runs(runs: Sequence[Run]) -> list[Run]:
    """Return the runs as they are labelled: once for each stretch of the same text."""
    named: list[Run] = []
    for run in runs:
        last = named[-1] if named else None
        if last is not None and last.amount == run.amount:
            named[-1] = Run(last.first_on, run.last_on, last.amount, last.is_ahead)
        else:
            named.append(run)
    return named


def _fits(run: Run, axis: Axis) -> bool:
    room = _x_end(run.last_on, axis) - _x_of(run.first_on, axis)
    return Placed.width_of(run.amount) + 8 <= room


def _raised(
    placed: Placed, run: Run, heights: Mapping[str, float], top_y: float, base_y: float
) -> Label:
    y = round(top_y + 18 + placed.row * ROW, 1)
    return Label(placed.x, y, run.amount, lead_to_y=_line_y(run.amount, heights, base_y))


def _line_y(amount: str, heights: Mapping[str, float], base_y: float) -> float:
    """Return where the line of an amount runs; the upper edge of its band when it has no height."""
    return round(base_y - heights.get(amount, BAND), 1)


def _line(runs: Iterable[Run], heights: Mapping[str, float], base_y: float, axis: Axis) -> str:
    """Return the path of the runs that have a height; it is broken where one has none."""
    parts: list[str] = []
    joined_at: float | None = None
    for run in runs:
        if run.amount not in heights:
            joined_at = None
            continue
        start, end = _x_of(run.first_on, axis), _x_end(run.last_on, axis)
        y = _line_y(run.amount, heights, base_y)
        parts.append(f"{'L' if joined_at == start else 'M'}{start} {y} L{end} {y}")
        joined_at = end
    return " ".join(parts)


def _area(runs: Iterable[Run], heights: Mapping[str, float], base_y: float, axis: Axis) -> str:
    return " ".join(
        f"M{_x_of(run.first_on, axis)} {base_y} V{_line_y(run.amount, heights, base_y)}"
        f" H{_x_end(run.last_on, axis)} V{base_y} Z"
        for run in runs
        if run.amount in heights
    )


def _marks(
    days: Iterable[LaneDay], heights: Mapping[str, float], base_y: float, axis: Axis
) -> Iterable[Mark]:
    """Yield one mark for each dose that has come: taken on its line, everything else below it."""
    for day in days:
        cell = day.cell
        if cell is None or cell.kind in {CellKind.UPCOMING, CellKind.DUE, CellKind.AWAY}:
            continue
        x = round(_x_of(day.on, axis) + _column(axis) / 2, 1)
        is_on_line = cell.kind in TAKEN_KINDS and day.amount in heights
        low_y = base_y - (10 if day.amount in heights else BAND / 2)
        y = _line_y(day.amount, heights, base_y) if is_on_line else low_y
        yield Mark(kind=cell.kind, x=x, y=round(y, 1))


def _away(span: AwaySpan, top_y: float, bottom_y: float, text_y: float, axis: Axis) -> DrawnAway:
    x = _x_of(span.first_on, axis)
    width = round(_x_end(span.last_on, axis) - x, 1)
    box = Box(x, round(top_y, 1), width, round(bottom_y - top_y, 1))
    return DrawnAway(box=box, text=span.words, text_y=round(text_y, 1))


def _signs(
    marks: Sequence[SignMark], line_y: float, axis: Axis
) -> tuple[tuple[DrawnSign, ...], int]:
    """Return the check-ins of the axis, and in how many rows their labels stand below them."""
    shown = [mark for mark in marks if _is_on(mark.at, axis)]
    said = [mark for mark in shown if mark.words]
    placed = place_in_rows(
        ((_x_at(mark.at, axis) - 4, _sign_text(mark, axis)) for mark in said),
        padding=10,
        right=WIDTH,
    )
    label_of = {
        id(mark): Label(each.x, round(line_y + 24 + each.row * ROW, 1), each.text)
        for mark, each in zip(said, placed, strict=True)
    }
    drawn = tuple(
        DrawnSign(_x_at(mark.at, axis), label_of.get(id(mark)), mark.is_emergency) for mark in shown
    )
    return drawn, 1 + max((each.row for each in placed), default=-1)


def _sign_text(mark: SignMark, axis: Axis) -> str:
    local = mark.at.astimezone(axis.zone)
    return _("%(signs)s, %(moment)s") % {
        "signs": mark.words[:1].upper() + mark.words[1:],
        "moment": date_format(local, "j M H:i"),
    }


def _description(picture: DoseChart) -> str:
    return _(
        "One lane for each dose time: %(times)s. %(first)s to %(last)s. The same facts are in the"
        " tables that follow."
    ) % {
        "times": ", ".join(clock_text(lane.wall_time) for lane in picture.lanes),
        "first": date_format(picture.axis.begins_on, "j F"),
        "last": date_format(picture.axis.ends_on, "j F"),
    }
