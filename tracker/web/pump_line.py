"""The line of a pump's dates as numbers and texts: what the template writes out as SVG.

Above the line stand the dates that the clinic entered, below it what people said happened. It
shows days and nothing else: no level of a reservoir is drawn or worked out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.domain.zones import instant, local_date, local_midnight
from tracker.domain.pumps import ALARMS, PROBLEMS, PumpEventKind
from tracker.models import PumpEvent
from tracker.selectors.pump_page import DateRow, PumpPage
from tracker.selectors.pump_wording import EVENT_WORDS
from tracker.web.labels import CHARACTER

WIDTH, LEFT, RIGHT, EDGE = 1010.0, 14.0, 912.0, 990.0
ROW, GAP = 38.0, 12.0
SMALL_CHARACTER = 6.4
SHOWN_BACK, SHOWN_AHEAD = timedelta(days=84), timedelta(days=110)
LEAST_AHEAD = timedelta(days=28)
MOST_EVENTS = 8
NOW_WIDTH = 96.0


@dataclass(frozen=True, slots=True)
class Tick:
    """The first day of a month, and its name in the middle of its days."""

    x: float
    text: str
    text_x: float


@dataclass(frozen=True, slots=True)
class Pin:
    """One date or event: its place on the line, where its lead ends, and its two lines of text."""

    x: float
    y: float  # where the lead ends
    text_x: float
    anchor: str  # "start" or "end"
    text_y: float
    small_y: float
    text: str
    small: str
    tone: str  # "e", "d" or ""
    mark: str  # "date", "refill", "sign" or "note"

    @property
    def mark_y(self) -> float:
        """The top of a triangle around the end of the lead."""
        return self.y - 9


@dataclass(frozen=True, slots=True)
class PumpLine:
    """The whole drawing."""

    height: float
    axis_y: float
    ticks: tuple[Tick, ...]
    dates: tuple[Pin, ...]
    events: tuple[Pin, ...]
    now_x: float
    now_box_x: float
    now_text_x: float
    now_text: str
    width: float = WIDTH
    left: float = LEFT
    right: float = RIGHT
    edge: float = EDGE + 14

    @property
    def now_bottom_y(self) -> float:
        """Where the line of now ends, below the axis."""
        return self.axis_y + 22

    @property
    def tick_y(self) -> float:
        """Where the mark of a month begins."""
        return self.axis_y - 5

    @property
    def diamond_y(self) -> float:
        """The top of the mark of a date."""
        return self.axis_y - 7

    @property
    def month_y(self) -> float:
        """The base line of the months' names."""
        return self.axis_y + 17


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a label stands: its place on the line, its row from there, and beside which end."""

    x: float
    row: int
    anchor: str


@dataclass(slots=True)
class _Side:
    """One side of the line: which stretches of each row are taken, and where leads go through."""

    anchors: tuple[str, str]  # which side of its lead a label tries first
    taken: list[list[tuple[float, float]]] = field(default_factory=list)
    leads: list[tuple[float, int]] = field(default_factory=list)
    crossings: int = 0  # labels for which no free place was found

    def place(self, x: float, width: float) -> _Spot:
        """Return the row nearest the line, and the side of the lead, where a label is free."""
        for row in range(len(self.taken) + 1):
            for anchor in self.anchors:
                begins = self._begins(x, width, anchor)
                if self._is_free(row, x, begins, begins + width):
                    return self._take(row, x, width, anchor)
        self.crossings += 1
        anchor = "end" if x > width + GAP else "start"
        return self._take(len(self.taken), x, width, anchor)

    def _begins(self, x: float, width: float, anchor: str) -> float:
        return x - GAP - width if anchor == "end" else x + GAP

    def _is_free(self, row: int, x: float, begins: float, ends: float) -> bool:
        if begins < 0 or ends > WIDTH:
            return False
        beside = self.taken[row] if row < len(self.taken) else []
        if any(begins < other_ends and other < ends for other, other_ends in beside):
            return False
        if any(begins < lead < ends and reaches >= row for lead, reaches in self.leads):
            return False
        passed = [each for nearer in self.taken[:row] for each in nearer]
        return not any(other - 2 < x < other_ends + 2 for other, other_ends in passed)

    def _take(self, row: int, x: float, width: float, anchor: str) -> _Spot:
        while len(self.taken) <= row:
            self.taken.append([])
        begins = self._begins(x, width, anchor)
        self.taken[row].append((begins, begins + width))
        self.leads.append((x, row))
        return _Spot(x, row, anchor)


def _places(labels: Sequence[tuple[float, float]], leads: Iterable[float]) -> list[_Spot]:
    """Return where labels, given as (place on the line, width) from left to right, stand.

    Placed from the left and from the right, with each side of the leads first: the way with the
    fewest crossings counts, then the one with the fewest rows.
    """
    tried: list[tuple[tuple[int, int, int], list[_Spot]]] = []
    for anchors in (("end", "start"), ("start", "end")):
        for is_turned in (False, True):
            side = _Side(anchors, leads=[(lead, 99) for lead in leads])
            order = sorted(range(len(labels)), reverse=is_turned)
            spots = {number: side.place(*labels[number]) for number in order}
            ways = (side.crossings, len(side.taken), len(tried))
            tried.append((ways, [spots[number] for number in range(len(labels))]))
    return min(tried, key=lambda each: each[0])[1]


@dataclass(frozen=True, slots=True)
class _Scale:
    """From instants to places on the line; what lies beyond it stands at its dashed edge."""

    begins_at: datetime
    ends_at: datetime

    def x(self, at: datetime) -> float:
        if at > self.ends_at:
            return EDGE
        share = (instant(at) - self.begins_at) / (self.ends_at - self.begins_at)
        return round(LEFT + share * (RIGHT - LEFT), 1)


def pump_line(page: PumpPage) -> PumpLine | None:
    """Return the drawing; None where nothing is entered and nothing was said."""
    entered = [
        (row, row.row.falls_on)
        for row in page.dates
        if row.row is not None and (row.is_standing or not row.is_waiting)
    ]
    events = [event for event in page.events if page.now - event.at <= SHOWN_BACK][:MOST_EVENTS]
    if not entered and not events:
        return None
    zone = page.zone
    scale = _scale(page, [day for _row, day in entered], events)
    now_x = scale.x(page.now)
    dates = sorted(
        ((row, day) for row, day in entered if _noon(day, zone) >= scale.begins_at),
        key=lambda pair: pair[1],
    )
    told = sorted(events, key=lambda event: event.at)
    above, below = _date_spots(dates, zone, scale, now_x), _event_spots(told, zone, scale)
    axis_y = 46 + ROW * _rows(above)
    text = date_format(page.now.astimezone(zone), "D j, H:i")
    box_x = min(now_x - 4, WIDTH - NOW_WIDTH)
    return PumpLine(
        height=axis_y + 40 + ROW * _rows(below),
        axis_y=axis_y,
        ticks=tuple(_ticks(scale, zone)),
        dates=tuple(
            _date_pin(row, day, spot, axis_y) for (row, day), spot in zip(dates, above, strict=True)
        ),
        events=tuple(
            _event_pin(event, zone, spot, axis_y) for event, spot in zip(told, below, strict=True)
        ),
        now_x=now_x,
        now_box_x=box_x,
        now_text_x=box_x + NOW_WIDTH / 2,
        now_text=text,
    )


def _date_spots(
    dates: Iterable[tuple[DateRow, date]], zone: ZoneInfo, scale: _Scale, now_x: float
) -> list[_Spot]:
    labels = [
        (scale.x(_noon(day, zone)), _width(row.word, _date_small(row, day))) for row, day in dates
    ]
    return _places(labels, leads=[now_x])


def _event_spots(events: Iterable[PumpEvent], zone: ZoneInfo, scale: _Scale) -> list[_Spot]:
    labels = [(scale.x(each.at), _width(_event_text(each), _small(each, zone))) for each in events]
    return _places(labels, leads=[])


def _scale(page: PumpPage, days: Iterable[date], events: Iterable[PumpEvent]) -> _Scale:
    earliest, latest = page.now - SHOWN_BACK, page.now + SHOWN_AHEAD
    ats = [_noon(day, page.zone) for day in days] + [event.at for event in events]
    inside = [at for at in ats if earliest <= at <= latest] + [page.now]
    margin = timedelta(days=12)
    begins_on = local_date(min(inside) - margin, page.zone)
    ends_at = max(*inside, page.now + LEAST_AHEAD) + margin
    return _Scale(local_midnight(begins_on, page.zone), ends_at)


def _ticks(scale: _Scale, zone: ZoneInfo) -> Iterable[Tick]:
    first = local_date(scale.begins_at, zone).replace(day=1)
    last = local_date(scale.ends_at, zone)
    while first <= last:
        following = (first + timedelta(days=32)).replace(day=1)
        begins = max(LEFT, _x_of(scale, first, zone))
        ends = min(RIGHT, _x_of(scale, following, zone))
        is_new_year = first.month == 1
        text = date_format(first, "M Y" if is_new_year else "M")
        if ends - begins > CHARACTER * len(text):
            yield Tick(begins, text, round((begins + ends) / 2, 1))
        first = following


def _x_of(scale: _Scale, day: date, zone: ZoneInfo) -> float:
    at = local_midnight(day, zone)
    return RIGHT if at > scale.ends_at else scale.x(at)


def _noon(day: date, zone: ZoneInfo) -> datetime:
    """Return where a date stands on the line: the middle of its day."""
    return local_midnight(day, zone) + timedelta(hours=12)


def _rows(spots: Iterable[_Spot]) -> int:
    return max((spot.row + 1 for spot in spots), default=1)


def _width(text: str, small: str) -> float:
    return max(len(text) * CHARACTER, len(small) * SMALL_CHARACTER)


def _date_small(row: DateRow, day: date) -> str:
    text = date_format(day, "D j M Y" if row.days_passed < -300 else "D j M")
    return _("%(day)s, passed") % {"day": text} if row.is_passed else text


def _event_text(event: PumpEvent) -> str:
    if event.kind != PumpEventKind.REFILL_DONE:
        return str(EVENT_WORDS[PumpEventKind(event.kind)])
    said = getattr(event, "confirmation", None)
    if said is None:
        return _("Refill told, not confirmed")
    return _("Refill recorded, confirmed") if said.is_confirmed else _("Refill told, not so")


def _small(event: PumpEvent, zone: ZoneInfo) -> str:
    moment = date_format(event.at.astimezone(zone), "D j M H:i")
    if event.kind == PumpEventKind.REFILL_DONE:
        return moment
    return _("%(moment)s, said by %(name)s") % {"moment": moment, "name": event.by.name}


def _date_pin(row: DateRow, day: date, spot: _Spot, axis_y: float) -> Pin:
    y = axis_y - 24 - ROW * (spot.row + 1)
    return Pin(
        x=spot.x,
        y=y,
        text_x=spot.x - GAP if spot.anchor == "end" else spot.x + GAP,
        anchor=spot.anchor,
        text_y=y + 10,
        small_y=y + 26,
        text=row.word,
        small=_date_small(row, day),
        tone=row.tone,
        mark="date",
    )


def _event_pin(event: PumpEvent, zone: ZoneInfo, spot: _Spot, axis_y: float) -> Pin:
    y = axis_y + 46 + ROW * spot.row
    mark = "refill" if event.kind == PumpEventKind.REFILL_DONE else "note"
    return Pin(
        x=spot.x,
        y=y,
        text_x=spot.x - GAP if spot.anchor == "end" else spot.x + GAP,
        anchor=spot.anchor,
        text_y=y + 1,
        small_y=y + 16,
        text=_event_text(event),
        small=_small(event, zone),
        tone="",
        mark="sign" if event.kind in ALARMS | PROBLEMS else mark,
    )
