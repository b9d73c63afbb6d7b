"""A signed or kept step written back in the shape in which it was typed."""

from __future__ import annotations

from datetime import date

from accounts.domain.zones import ONE_DAY
from tracker.domain.plan_input import WEEKDAYS, clock_text, date_text
from tracker.domain.schedule import EVERY_WEEKDAY, DoseTimeSpec, StepSpec


def weekdays_typed(weekdays: tuple[int, ...]) -> str:
    """Return weekdays (0 = Monday) as they are typed: "Mon Wed Fri"; empty for every day."""
    if weekdays == EVERY_WEEKDAY:
        return ""
    return " ".join(WEEKDAYS[weekday][:3] for weekday in weekdays)


def raw_step(step: StepSpec, following: StepSpec | None) -> dict[str, object]:
    """Return a step as typed: an end that only follows from the next step's begin stays empty."""
    ends_on = step.ends_on
    if following is not None and ends_on == following.begins_on - ONE_DAY:
        ends_on = None
    return step_typed(step, begins_on=date_text(step.begins_on), ends_on=_typed(ends_on) or "")


def step_typed(step: StepSpec, *, begins_on: str, ends_on: str | None) -> dict[str, object]:
    """Return a step with its dates as given here and everything else as typed."""
    return {
        "begins_on": begins_on,
        "ends_on": ends_on,
        "is_dose_free": step.is_dose_free,
        "visit_time": clock_text(step.visit_time) if step.visit_time is not None else "",
        "rate": step.rate,
        "note": step.note,
        "doses": [_dose_typed(dose) for dose in step.doses],
    }


def _dose_typed(dose: DoseTimeSpec) -> dict[str, object]:
    return {
        "time": clock_text(dose.wall_time),
        "amount": dose.amount,
        "weekdays": weekdays_typed(dose.weekdays),
    }


def _typed(on: date | None) -> str | None:
    return None if on is None else date_text(on)
