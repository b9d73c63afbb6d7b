"""The doses of one plan on one axis of days: what was entered, what was said, lane by lane.

Only facts and words. Amounts pass through as they were typed; nothing here compares, adds or
measures one. Where a point is drawn is `tracker.web.staircase`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.domain.zones import local_date
from tracker.domain.dose_record import Absence
from tracker.models import ExpectedDose, PlanVersion, Step
from tracker.selectors.chart_words import CellKind, cell_kind, cell_words

DAYS_BACK = 27
DAYS_AHEAD = 7


@dataclass(frozen=True, slots=True)
class Axis:
    """The days of the drawing and the calendar, in the plan's zone, first to last."""

    days: tuple[date, ...]
    now_at: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The local date of now; it may lie outside the days."""
        return local_date(self.now_at, self.zone)

    @property
    def begins_on(self) -> date:
        """The first day."""
        return self.days[0]

    @property
    def ends_on(self) -> date:
        """The last day, included."""
        return self.days[-1]


@dataclass(frozen=True, slots=True)
class Cell:
    """What is known of one expected dose."""

    kind: CellKind
    words: str
    amount: str  # as entered for that dose


@dataclass(frozen=True, slots=True)
class LaneDay:
    """One dose time on one day: the amount entered for it, and what happened."""

    on: date
    amount: str  # "" where no dose is entered
    is_ahead: bool  # the day has not come
    cell: Cell | None  # None where no dose is expected


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive days of one lane with the same text as amount."""

    first_on: date
    last_on: date
    amount: str
    is_ahead: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """One dose time. Lanes are never added together."""

    wall_time: time
    days: tuple[LaneDay, ...]

    @property
    def runs(self) -> tuple[Run, ...]:
        """The entered amounts as runs of days; a run also ends at today."""
        found: list[Run] = []
        for day in self.days:
            last = found[-1] if found else None
            if not day.amount:
                continue
            if last is not None and _continues(last, day):
                found[-1] = Run(last.first_on, day.on, last.amount, last.is_ahead)
            else:
                found.append(Run(day.on, day.on, day.amount, day.is_ahead))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class StepMark:
    """The first day on the axis on which a step is in force."""

    number: int
    on: date
    is_first_day: bool  # False where the step began before the axis
    is_ahead: bool


@dataclass(frozen=True, slots=True)
class AwaySpan:
    """Days on hold, in hospital or not monitored, as far as they lie on the axis."""

    first_on: date
    last_on: date
    words: str


@dataclass(frozen=True, slots=True)
class DoseChart:
    """Everything that the drawing, its table and the calendar show of the doses."""

    axis: Axis
    lanes: tuple[Lane, ...]
    steps: tuple[StepMark, ...]
    away: tuple[AwaySpan, ...]


def axis_for(
    versions: Sequence[PlanVersion], *, zone: ZoneInfo, last_on: date | None, now: datetime
) -> Axis:
    """Return the 35 days to show: four weeks back and one ahead, moved to where the plan is.

    `last_on` is the date after which nothing entered holds (a stop, a hold); a plan that is over
    ends the axis a week after its last day.
    """
    last_entered = _last_entered_on(versions) if last_on is None else last_on
    focus = local_date(now, zone)
    if last_entered is not None:
        focus = min(focus, last_entered)
    begins_on = focus - timedelta(days=DAYS_BACK)
    first = min(
        (step.begins_on for version in versions for step in version.steps.all()), default=None
    )
    if first is not None:
        begins_on = max(begins_on, min(first, focus))
    days = tuple(begins_on + timedelta(days=n) for n in range(DAYS_BACK + DAYS_AHEAD + 1))
    return Axis(days=days, now_at=now, zone=zone)


def dose_chart(
    *,
    versions: Sequence[PlanVersion],
    doses: Iterable[ExpectedDose],
    absences: Sequence[Absence],
    last_on: date | None,
    zone: ZoneInfo,
    now: datetime,
) -> DoseChart:
    """Return the lanes of one plan. `versions` and `doses` bring their steps and entries."""
    axis = axis_for(versions, zone=zone, last_on=last_on, now=now)
    steps = {day: _step_on(versions, day, last_on, zone) for day in axis.days}
    by_place = _by_place(
        dose for dose in doses if axis.begins_on <= dose.local_date <= axis.ends_on
    )
    times = {place[1] for place in by_place}
    times |= {
        dose_time.wall_time
        for step in steps.values()
        if step
        for dose_time in step.dose_times.all()
    }
    days = _Days(axis, steps, by_place, absences)
    return DoseChart(
        axis=axis,
        lanes=tuple(_lane(wall_time, days) for wall_time in sorted(times)),
        steps=_step_marks(steps, axis),
        away=_away_spans(absences, axis),
    )


@dataclass(frozen=True, slots=True)
class _Days:
    """What every lane is made of."""

    axis: Axis
    steps: Mapping[date, Step | None]
    doses: Mapping[tuple[date, time], ExpectedDose]
    absences: Sequence[Absence]


def _continues(run: Run, day: LaneDay) -> bool:
    is_next_day = day.on == run.last_on + timedelta(days=1)
    return is_next_day and day.amount == run.amount and day.is_ahead == run.is_ahead


def _last_entered_on(versions: Sequence[PlanVersion]) -> date | None:
    """Return the last entered day of the newest version; None when it is open-ended or absent."""
    if not versions:
        return None
    ends = [step.ends_on for step in versions[-1].steps.all()]
    known = [end for end in ends if end is not None]
    return None if len(known) < len(ends) or not known else max(known)


def _step_on(
    versions: Sequence[PlanVersion], day: date, last_on: date | None, zone: ZoneInfo
) -> Step | None:
    """Return the step in force on a local day, from the newest version that counts by then.

    The day on which the first version was signed belongs to it whole, and so do earlier days of
    its first step: they show what was entered, though no dose was expected yet.
    """
    if last_on is not None and day > last_on:
        return None
    counting = [each for each in versions if local_date(each.counts_from_at, zone) <= day]
    version = counting[-1] if counting else next(iter(versions), None)
    if version is None:
        return None
    return next(
        (
            step
            for step in version.steps.all()
            if step.begins_on <= day and (step.ends_on is None or day <= step.ends_on)
        ),
        None,
    )


def _by_place(doses: Iterable[ExpectedDose]) -> Mapping[tuple[date, time], ExpectedDose]:
    """Return the dose to show at each date and time: one that still stands before a cancelled."""
    found: dict[tuple[date, time], ExpectedDose] = {}
    for dose in doses:
        place = (dose.local_date, dose.wall_time)
        known = found.get(place)
        if known is None or _weight(dose) > _weight(known):
            found[place] = dose
    return found


def _weight(dose: ExpectedDose) -> tuple[bool, bool]:
    return (dose.standing_entry is not None, dose.cancelled_at is None)


def _lane(wall_time: time, days: _Days) -> Lane:
    return Lane(
        wall_time=wall_time, days=tuple(_lane_day(day, wall_time, days) for day in days.axis.days)
    )


def _lane_day(day: date, wall_time: time, days: _Days) -> LaneDay:
    step, dose = days.steps[day], days.doses.get((day, wall_time))
    amount = _entered_amount(step, day, wall_time) if step is not None else ""
    cell = None
    if dose is not None:
        if dose.cancelled_at is None:
            amount = dose.amount
        cell = _cell(dose, days.absences, days.axis)
    return LaneDay(on=day, amount=amount, is_ahead=day > days.axis.today, cell=cell)


def _entered_amount(step: Step, day: date, wall_time: time) -> str:
    """Return the amount entered for this time of this weekday; "" where there is none."""
    found = (
        each.amount
        for each in step.dose_times.all()
        if each.wall_time == wall_time and day.weekday() in each.weekdays
    )
    return next(found, "")


def _cell(dose: ExpectedDose, absences: Sequence[Absence], axis: Axis) -> Cell | None:
    away = next((each.reason for each in absences if each.covers(dose.due_at)), "")
    kind = cell_kind(dose, is_away=bool(away), now=axis.now_at)
    if kind is None:
        return None
    words = away if kind is CellKind.AWAY else cell_words(dose, kind, axis.zone, axis.now_at)
    return Cell(kind=kind, words=words, amount=dose.amount)


def _step_marks(steps: Mapping[date, Step | None], axis: Axis) -> tuple[StepMark, ...]:
    marks: list[StepMark] = []
    before: Step | None = None
    for day in axis.days:
        step = steps[day]
        if step is not None and (before is None or step.number != before.number):
            marks.append(StepMark(step.number, day, step.begins_on == day, day > axis.today))
        before = step
    return tuple(marks)


def _away_spans(absences: Sequence[Absence], axis: Axis) -> tuple[AwaySpan, ...]:
    spans = []
    for absence in absences:
        first_on = max(local_date(absence.from_at, axis.zone), axis.begins_on)
        until_at = absence.until_at or axis.now_at
        last_on = min(local_date(until_at, axis.zone), axis.ends_on)
        if first_on <= last_on:
            spans.append(AwaySpan(first_on, last_on, absence.reason))
    return tuple(spans)
