"""Who would really be told, and the hours in which nobody but the worklist would be.

It foretells from today's contacts, quiet hours and opening hours what the engine would decide; the
engine decides anew each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from accounts.domain.audiences import Audience
from accounts.domain.opening_hours import OpenSpan, is_open
from accounts.domain.quiet_hours import quiet_until
from accounts.domain.zones import ONE_DAY, day_bounds, instant, local_date, local_midnight

WEEK = timedelta(days=7)


class Answers(StrEnum):
    """When somebody is there for messages to the clinic."""

    ALWAYS = "always"
    IN_HOURS = "in_hours"  # the desk
    OUT_OF_HOURS = "out_of_hours"


@dataclass(frozen=True, slots=True)
class ContactWay:
    """One usable contact point: its quiet hours (None for both: none), and by what it tells."""

    quiet_from_time: time | None
    quiet_until_time: time | None
    zone: ZoneInfo
    kind: str = "email"


@dataclass(frozen=True, slots=True)
class Listener:
    """A person, or a duty of the clinic, whom a rung tells."""

    name: str
    audience: Audience
    ways: tuple[ContactWay, ...]  # none: cannot be told at all
    answers: Answers = Answers.ALWAYS


@dataclass(frozen=True, slots=True)
class DeskHours:
    """When the clinic's desk is there, in the clinic's zone."""

    hours: tuple[OpenSpan, ...]
    zone: ZoneInfo

    def is_open(self, at: datetime) -> bool:
        """Say whether the desk is there at this instant."""
        return is_open(self.hours, self.zone, at)


@dataclass(frozen=True, slots=True)
class Told:
    """What a message to one listener at one instant meets."""

    is_on_duty: bool  # the other duty of the clinic answers now
    has_contact: bool
    waits_until: datetime | None  # the end of quiet hours; None: told at once
    kind: str = ""  # of the contact point that is used; "" while it waits


@dataclass(frozen=True, slots=True)
class UntoldHours:
    """A stretch of the week, in wall time, that begins on each of these weekdays (0 = Monday)."""

    weekdays: tuple[int, ...]
    from_time: time
    until_time: time
    days_later: int  # on which day after it began it ends


def told_at(listener: Listener, desk: DeskHours, at: datetime, *, turn: int = 0) -> Told:
    """Return what becomes of a message to this listener at `at`.

    Ways are in their owner's order; the `turn`-th repeat begins that many places further on, around
    the end.
    """
    is_on_duty = listener.answers is Answers.ALWAYS or (
        desk.is_open(at) == (listener.answers is Answers.IN_HOURS)
    )
    waits = [
        quiet_until(way.quiet_from_time, way.quiet_until_time, way.zone, at)
        for way in listener.ways
    ]
    ends = [wait for wait in waits if wait is not None]
    free = [place for place, wait in enumerate(waits) if wait is None]
    used = min(free, key=lambda place: (place - turn) % len(waits), default=None)
    return Told(
        is_on_duty=is_on_duty,
        has_contact=bool(listener.ways),
        waits_until=None if free or not ends else min(ends),
        kind="" if used is None else listener.ways[used].kind,
    )


def is_told(listener: Listener, desk: DeskHours, at: datetime) -> bool:
    """Say whether a message at `at` reaches this listener then, not later."""
    told = told_at(listener, desk, at)
    return told.is_on_duty and told.has_contact and told.waits_until is None


def untold_spans(
    listeners: Sequence[Listener], desk: DeskHours, from_at: datetime, until_at: datetime
) -> list[tuple[datetime, datetime]]:
    """Return the stretches of [from_at, until_at) in which none of these would be told.

    `listeners` are those outside the patient whom a rung of the ladder names. UTC instants.
    """
    moments = sorted({from_at, until_at, *_turns(listeners, desk, from_at, until_at)})
    spans: list[tuple[datetime, datetime]] = []
    for begins_at, ends_at in pairwise(moments):
        if any(is_told(listener, desk, begins_at) for listener in listeners):
            continue
        if spans and spans[-1][1] == begins_at:
            spans[-1] = (spans[-1][0], ends_at)
        else:
            spans.append((begins_at, ends_at))
    return spans


def untold_hours(
    listeners: Sequence[Listener], desk: DeskHours, zone: ZoneInfo, now: datetime
) -> tuple[UntoldHours, ...] | None:
    """Return the hours of the coming whole week (Monday first) in which nobody would be told.

    Wall times in `zone`, alike ones gathered; empty when somebody is told at every hour, None when
    nobody is at any.
    """
    today = local_date(now, zone)
    monday = today + ONE_DAY * (7 - today.weekday())
    from_at, until_at = local_midnight(monday, zone), local_midnight(monday + WEEK, zone)
    spans = untold_spans(listeners, desk, from_at, until_at)
    if spans == [(from_at, until_at)]:
        return None
    if len(spans) > 1 and spans[0][0] == from_at and spans[-1][1] == until_at:
        over_midnight = (spans[-1][0], spans[0][1] + WEEK)
        spans = [*spans[1:-1], over_midnight]
    return _gathered(spans, zone)


def _gathered(
    spans: Iterable[tuple[datetime, datetime]], zone: ZoneInfo
) -> tuple[UntoldHours, ...]:
    found: dict[tuple[time, time, int], list[int]] = {}
    for begins_at, ends_at in spans:
        begins, ends = begins_at.astimezone(zone), ends_at.astimezone(zone)
        days_later = (ends.date() - begins.date()).days
        key = (begins.time().replace(fold=0), ends.time().replace(fold=0), days_later)
        found.setdefault(key, []).append(begins.weekday())
    return tuple(
        UntoldHours(tuple(sorted(weekdays)), from_time, until_time, days_later)
        for (from_time, until_time, days_later), weekdays in found.items()
    )


def _turns(
    listeners: Sequence[Listener], desk: DeskHours, from_at: datetime, until_at: datetime
) -> set[datetime]:
    """Return every instant inside the stretch at which somebody begins or ends to be reachable."""
    turns = [
        (turn, desk.zone, (span.weekday + days) % 7)
        for span in desk.hours
        for turn, days in ((span.opens_time, 0), (span.closes_time, span.closes_time == time(0)))
    ]
    edges = [
        (edge, way.zone, None)
        for listener in listeners
        for way in listener.ways
        for edge in (way.quiet_from_time, way.quiet_until_time)
        if edge is not None
    ]
    found = {
        instant(datetime.combine(day, wall_time.replace(fold=fold), tzinfo=zone))
        for wall_time, zone, weekday in (*turns, *edges)
        for day in _days_around(from_at, until_at, zone)
        if weekday is None or day.weekday() == weekday
        for fold in (0, 1)
    }
    # A clock that goes back can bring a wall time round again.
    for zone in {zone for _wall_time, zone, _weekday in (*turns, *edges)}:
        days = _days_around(from_at, until_at, zone)
        found |= {moved_at for day in days if (moved_at := _clock_moved_at(day, zone))}
    return {at for at in found if from_at < at < until_at}


def _clock_moved_at(day: date, zone: ZoneInfo) -> datetime | None:
    """Return the instant on this local date at which the clock is moved; None as a rule."""
    before, after = day_bounds(day, zone)
    offset = before.astimezone(zone).utcoffset()
    if offset == after.astimezone(zone).utcoffset():
        return None
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        is_moved = middle.astimezone(zone).utcoffset() != offset
        before, after = (before, middle) if is_moved else (middle, after)
    return after


def _days_around(from_at: datetime, until_at: datetime, zone: ZoneInfo) -> list[date]:
    first, last = local_date(from_at, zone) - ONE_DAY, local_date(until_at, zone) + ONE_DAY
    return [first + ONE_DAY * n for n in range((last - first).days + 1)]
