"""The coming doses of a plan that is read back, lane by lane, for the same drawing as the chart."""

from collections.abc import Mapping
from datetime import date, datetime, time

from tracker.selectors.chart_doses import Axis, DoseChart, Lane, LaneDay, StepMark
from tracker.selectors.plan_reading import PlanReading

MOST_STEPS_DRAWN = 60
"""More steps than these cannot be told apart on one page."""


def plan_picture(reading: PlanReading, now: datetime) -> DoseChart | None:
    """Return every coming dose as it would be drawn; None without any, or with too many steps."""
    numbers = {day.step.number for day in reading.days}
    if not reading.dose_times or not numbers or len(numbers) > MOST_STEPS_DRAWN:
        return None
    amounts = {
        (dose.local_date, dose.wall_time): dose.amount for day in reading.days for dose in day.doses
    }
    first, last = reading.days[0].on.toordinal(), reading.days[-1].on.toordinal()
    days = tuple(date.fromordinal(ordinal) for ordinal in range(first, last + 1))
    return DoseChart(
        axis=Axis(days=days, now_at=now, zone=reading.content.zone_info),
        lanes=tuple(_lane(wall_time, days, amounts) for wall_time in reading.dose_times),
        steps=_step_marks(reading),
        away=(),
    )


def _lane(
    wall_time: time, days: tuple[date, ...], amounts: Mapping[tuple[date, time], str]
) -> Lane:
    entered = (
        LaneDay(on=day, amount=amounts.get((day, wall_time), ""), is_ahead=False, cell=None)
        for day in days
    )
    return Lane(wall_time=wall_time, days=tuple(entered))


def _step_marks(reading: PlanReading) -> tuple[StepMark, ...]:
    marks: dict[int, StepMark] = {}
    for day in reading.days:
        mark = StepMark(day.step.number, day.on, day.step.begins_on == day.on, is_ahead=True)
        marks.setdefault(day.step.number, mark)
    return tuple(marks.values())
