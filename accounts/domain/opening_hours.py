"""When a clinic's desk is there, in the clinic's own wall time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from accounts.domain.problems import Problem

MIDNIGHT = time(0)
DAYS_AHEAD = 8


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """One stretch of a weekday (0 = Monday) during which the desk is there.

    It is open from `opens_time` and no longer open at `closes_time`; a closing
    time of 00:00 means the end of that day.
    """

    weekday: int
    opens_time: time
    closes_time: time

    def covers(self, weekday: int, wall_time: time) -> bool:
        """Say whether this wall time on this weekday lies inside the span."""
        is_before_close = self.closes_time == MIDNIGHT or wall_time < self.closes_time
        return weekday == self.weekday and self.opens_time <= wall_time and is_before_close


def is_open(hours: Iterable[OpenSpan], zone: ZoneInfo, at: datetime) -> bool:
    """Say whether the desk is there at the instant `at`; no hours means never."""
    local = at.astimezone(zone)
    wall_time = local.time().replace(fold=0)
    return any(span.covers(local.weekday(), wall_time) for span in hours)


def next_opening(hours: Iterable[OpenSpan], zone: ZoneInfo, at: datetime) -> datetime | None:
    """Return the next instant (UTC), at or after `at`, at which the desk opens.

    None when the clinic has no hours. An opening time that a clock change skips
    means the instant after the gap by the same amount; one that happens twice
    means the first.
    """
    today = at.astimezone(zone).date()
    spans = list(hours)
    days = [today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD)]
    openings = [
        datetime.combine(day, span.opens_time, tzinfo=zone).astimezone(UTC)
        for day in days
        for span in spans
        if span.weekday == day.weekday()
    ]
    return min((opening for opening in openings if opening >= at), default=None)


def span_problems(spans: Sequence[OpenSpan]) -> list[Problem]:
    """Return what is wrong with a week of spans, by row (counted from 1); empty when nothing is."""
    problems = [
        Problem("closes_time", "The closing time is not after the opening time.", row)
        for row, span in enumerate(spans, start=1)
        if span.closes_time != MIDNIGHT and span.closes_time <= span.opens_time
    ]
    in_order = sorted(enumerate(spans, start=1), key=lambda each: _start(each[1]))
    for (_, before), (row, span) in pairwise(in_order):
        overlaps = before.closes_time == MIDNIGHT or span.opens_time < before.closes_time
        if before.weekday == span.weekday and overlaps:
            problems.append(Problem("opens_time", "Two spans of this day overlap.", row))
    return problems


def _start(span: OpenSpan) -> tuple[int, time]:
    return span.weekday, span.opens_time
