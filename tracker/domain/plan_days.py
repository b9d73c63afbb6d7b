"""Every coming day of a plan, one by one, with days that are alike told as one stretch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.domain.zones import ONE_DAY, date_exists, local_date, local_midnight
from tracker.domain.schedule import Occurrence, StepSpec, occurrences_between

OPEN_ENDED_DAYS = 28
"""How many days of an open-ended last step are written out; then it goes on the same."""
LOOK_AHEAD_DAYS = 800


@dataclass(frozen=True, slots=True)
class ComingDay:
    """One local date and the doses that are expected on it, in due order."""

    on: date
    step: StepSpec
    doses: tuple[Occurrence, ...]
    past: tuple[Occurrence, ...] = ()  # due before the signature: not expected


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive days of one step with the same doses; `begins_step` on a step's first day."""

    days: tuple[ComingDay, ...]
    begins_step: bool

    @property
    def first(self) -> ComingDay:
        """The day that is written out."""
        return self.days[0]

    @property
    def last(self) -> ComingDay:
        """The last day of the stretch."""
        return self.days[-1]


def last_day_shown(steps: Sequence[StepSpec], now_on: date) -> date:
    """Return the last local date that read-back writes out."""
    last = steps[-1]
    if last.ends_on is not None:
        return last.ends_on
    return max(last.begins_on, now_on) + ONE_DAY * (OPEN_ENDED_DAYS - 1)


def coming_days(steps: Sequence[StepSpec], zone: ZoneInfo, now: datetime) -> list[ComingDay]:
    """Return each local date from today (or the first step) on that exists, doses or not."""
    today = local_date(now, zone)
    first_on, last_on = max(today, steps[0].begins_on), last_day_shown(steps, today)
    by_date: dict[date, list[Occurrence]] = {}
    for occurrence in occurrences_between(steps, zone, first_on, last_on):
        by_date.setdefault(occurrence.local_date, []).append(occurrence)
    days = []
    for step in steps:
        begins, ends = max(step.begins_on, first_on), min(step.ends_on or last_on, last_on)
        for ordinal in range(begins.toordinal(), ends.toordinal() + 1):
            on = date.fromordinal(ordinal)
            due = by_date.get(on, [])
            ahead = tuple(dose for dose in due if dose.due_at > now)
            past = tuple(dose for dose in due if dose.due_at <= now)
            if date_exists(on, zone):
                days.append(ComingDay(on=on, step=step, doses=ahead, past=past))
    return days


def stretches(days: Sequence[ComingDay], apart: Collection[date]) -> list[Stretch]:
    """Return the days gathered; a date in `apart` (a clock change) always stands alone."""
    found: list[list[ComingDay]] = []
    for day in days:
        if found and _is_alike(found[-1][-1], day) and not {found[-1][-1].on, day.on} & set(apart):
            found[-1].append(day)
        else:
            found.append([day])
    steps_begun: set[int] = set()
    gathered = []
    for run in found:
        number = run[0].step.number
        gathered.append(Stretch(days=tuple(run), begins_step=number not in steps_begun))
        steps_begun.add(number)
    return gathered


def next_clock_change(zone: ZoneInfo, after_on: date) -> date | None:
    """Return the first local date after `after_on` on which the clock is moved; None within two
    years."""
    for ahead in range(1, LOOK_AHEAD_DAYS):
        day = after_on + ONE_DAY * ahead
        if _offset(day, zone) != _offset(day + ONE_DAY, zone):
            return day
    return None


def clock_changes(zone: ZoneInfo, first_on: date, last_on: date) -> list[date]:
    """Return the local dates, both ends included, on which the clock is moved."""
    days = [date.fromordinal(n) for n in range(first_on.toordinal(), last_on.toordinal() + 1)]
    return [day for day in days if _offset(day, zone) != _offset(day + ONE_DAY, zone)]


def _is_alike(before: ComingDay, day: ComingDay) -> bool:
    """Tell whether one line can stand for both days: nothing past, the same times and amounts."""
    if before.past or day.past or before.step.number != day.step.number:
        return False
    return _entered(before) == _entered(day)


def _entered(day: ComingDay) -> list[tuple[time, str]]:
    return [(dose.wall_time, dose.amount) for dose in day.doses]


def _offset(day: date, zone: ZoneInfo) -> timedelta | None:
    return local_midnight(day, zone).astimezone(zone).utcoffset()
