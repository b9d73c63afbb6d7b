"""Dose times that travel: in which zone a plan's doses are made, and what a move would do to them.

A move keeps every wall time and every local date: each date has each of its doses once, in the old
zone before the move and in the new one after it. Where that cannot be, it is refused.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from accounts.domain.zones import MOMENT, ONE_DAY, date_exists, local_date, local_midnight
from tracker.domain.schedule import (
    ClockChange,
    Occurrence,
    StepSpec,
    clock_change_notes,
    occurrences,
)

MOVE_NOTICE = timedelta(hours=24)
"""How far ahead of a person's answer the move may begin at the earliest."""
CLOCKS_COMPARED = timedelta(days=14)
"""How far ahead two zones must show the same time for nobody to be asked."""
COMPARED = timedelta(days=3)
"""How far ahead the old and the new instants are shown."""
_LOOKED_AHEAD_DAYS = 800


class ZoneAnswer(StrEnum):
    """What becomes of the dose times of a person who travels."""

    KEEP = "keep"  # they stay at the instants of the plan's zone
    MOVE = "move"  # the same wall times, in the zone of the place


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer as it was given; `counts_from_at` is set for a move alone."""

    answer: ZoneAnswer
    to_zone: str
    at: datetime
    counts_from_at: datetime | None


@dataclass(frozen=True, slots=True)
class ZoneTurn:
    """A zone and the instant from which doses are made in it; None: from the beginning."""

    zone: ZoneInfo
    from_at: datetime | None


class Hindrance(StrEnum):
    """Why a move is refused: what it would do to a dose."""

    REPEATED = "repeated"  # its date comes twice
    LOST = "lost"  # its date is over before it was due, or does not exist
    COINCIDE = "coincide"  # it falls on the moment of another


@dataclass(frozen=True, slots=True)
class Hindered:
    """One dose that stands in the way of a move."""

    hindrance: Hindrance
    local_date: date
    wall_time: time | None  # None: every dose of the date


@dataclass(frozen=True, slots=True)
class DoseMoment:
    """A dose that is a row: where it stands on the calendar, and when that is."""

    local_date: date
    wall_time: time
    due_at: datetime
    is_logged: bool = False


@dataclass(frozen=True, slots=True)
class ZoneMove:
    """A move to `zone`, from the first moment of a local date there."""

    zone: ZoneInfo
    begins_on: date
    counts_from_at: datetime


@dataclass(frozen=True, slots=True)
class Compared:
    """One coming dose, and when it is due with either answer (UTC)."""

    local_date: date
    wall_time: time
    kept_at: datetime
    moved_at: datetime


def zone_turns(signed_in: ZoneInfo, answers: Iterable[Answered]) -> tuple[ZoneTurn, ...]:
    """Return the zones of one signed version in time order.

    `answers` are those given after it was signed, oldest first. A move replaces one that has not
    begun; "keep" takes back the move to that zone which has not begun, and changes nothing else.
    """
    turns = [ZoneTurn(signed_in, None)]
    for each in answers:
        turns = [turn for turn in turns if not _is_replaced(turn, each)]
        if each.counts_from_at is not None:
            turns.append(ZoneTurn(ZoneInfo(each.to_zone), each.counts_from_at))
    return tuple(turns)


def _is_replaced(turn: ZoneTurn, by: Answered) -> bool:
    is_ahead = turn.from_at is not None and turn.from_at > by.at
    return is_ahead and (by.answer is ZoneAnswer.MOVE or turn.zone.key == by.to_zone)


def zone_at(turns: Sequence[ZoneTurn], at: datetime) -> ZoneInfo:
    """Return the zone in which a dose due at this instant is made."""
    begun = [turn for turn in turns if turn.from_at is None or turn.from_at <= at]
    return begun[-1].zone


def date_begins_at(day: date, turns: Sequence[ZoneTurn]) -> datetime:
    """Return the first moment of a local date, in the zone in which its doses are made."""
    for turn in reversed(turns):
        begins_at = local_midnight(day, turn.zone)
        if turn.from_at is None or begins_at >= turn.from_at:
            return begins_at
    return local_midnight(day, turns[0].zone)


def turn_ahead(turns: Sequence[ZoneTurn], now: datetime) -> ZoneTurn | None:
    """Return the move that was answered and has not begun; None when there is none."""
    last = turns[-1]
    return last if last.from_at is not None and last.from_at > now else None


def occurrences_in_turns(
    steps: Sequence[StepSpec], turns: Sequence[ZoneTurn], after: datetime, until: datetime
) -> Iterator[tuple[Occurrence, ZoneInfo]]:
    """Yield the doses due in (after, until] in due order, each with the zone it is made in."""
    ends = [turn.from_at for turn in turns[1:]]
    for turn, ends_at in zip(turns, [*ends, None], strict=True):
        from_on = local_date(turn.from_at, turn.zone) if turn.from_at is not None else date.min
        begins = after if turn.from_at is None else max(after, turn.from_at - MOMENT)
        last = until if ends_at is None else min(until, ends_at - MOMENT)
        for occurrence in occurrences(steps, turn.zone, begins, last) if begins < last else ():
            if occurrence.local_date >= from_on:
                yield occurrence, turn.zone


def zone_move(zone: ZoneInfo, now: datetime) -> ZoneMove:
    """Return the move that an answer at `now` means: from the first local midnight of the new
    zone that is at least 24 hours ahead."""
    day = local_date(now + MOVE_NOTICE, zone)
    while local_midnight(day, zone) < now + MOVE_NOTICE or not date_exists(day, zone):
        day += ONE_DAY
    return ZoneMove(zone=zone, begins_on=day, counts_from_at=local_midnight(day, zone))


def move_hindrances(
    move: ZoneMove, rows: Iterable[DoseMoment], steps: Sequence[StepSpec]
) -> tuple[Hindered, ...]:
    """Return every dose for which this move is refused, by date; empty when it may be made.

    `rows` are the doses that stand. Those due before the move, and those logged ahead, stay as
    they are; the others are made anew. Clock changes of the new zone are looked at to the end of
    the steps, two years ahead at the most.
    """
    found = []
    for row in rows:
        stays = row.due_at < move.counts_from_at or row.is_logged
        if stays and row.local_date >= move.begins_on:
            found.append(Hindered(Hindrance.REPEATED, row.local_date, row.wall_time))
        elif not stays and row.local_date < move.begins_on:
            found.append(Hindered(Hindrance.LOST, row.local_date, row.wall_time))
    last_on = move.begins_on + ONE_DAY * _LOOKED_AHEAD_DAYS
    for note in clock_change_notes(steps, move.zone, move.begins_on, last_on):
        if note.kind is ClockChange.NO_SUCH_DATE:
            found.append(Hindered(Hindrance.LOST, note.local_date, None))
        elif note.kind is ClockChange.COINCIDE:
            found += [
                Hindered(Hindrance.COINCIDE, dose.local_date, dose.wall_time) for dose in note.doses
            ]
    return tuple(sorted(found, key=lambda each: (each.local_date, each.wall_time or time.min)))


def compared(
    move: ZoneMove, steps: Sequence[StepSpec], turns: Sequence[ZoneTurn], now: datetime
) -> tuple[Compared, ...]:
    """Return the doses of the next three days with both instants, as the calendar orders them."""
    until = now + COMPARED
    # The same date begins up to 26 hours apart in two zones.
    kept = _by_place(occurrences_in_turns(steps, turns, now - 2 * ONE_DAY, until + 2 * ONE_DAY))
    moved_turns = (*(turn for turn in turns if not _is_ahead(turn, now)), _turn(move))
    moved = _by_place(
        occurrences_in_turns(steps, moved_turns, now - 2 * ONE_DAY, until + 2 * ONE_DAY)
    )
    return tuple(
        Compared(on, clock, kept[on, clock], moved[on, clock])
        for on, clock in sorted(kept.keys() & moved.keys())
        if now < kept[on, clock] <= until or now < moved[on, clock] <= until
    )


def _turn(move: ZoneMove) -> ZoneTurn:
    return ZoneTurn(move.zone, move.counts_from_at)


def _is_ahead(turn: ZoneTurn, now: datetime) -> bool:
    return turn.from_at is not None and turn.from_at > now


def _by_place(
    found: Iterable[tuple[Occurrence, ZoneInfo]],
) -> dict[tuple[date, time], datetime]:
    return {(each.local_date, each.wall_time): each.due_at for each, _zone in found}
