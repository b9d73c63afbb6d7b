"""The measures of one plan as figures with their words, for whoever does not read the chart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.domain.zones import local_date
from accounts.models import Patient
from tracker.domain.adherence import measures
from tracker.domain.dose_record import Period
from tracker.domain.measures import Measure
from tracker.domain.plan_states import PlanState
from tracker.selectors.chart_measures import (
    MeasureLine,
    measure_lines,
    measured_course,
    measured_record,
)
from tracker.selectors.chart_record import chart_record


@dataclass(frozen=True, slots=True)
class Measured:
    """Every measure of one plan over one period, as a figure and in words."""

    plan_id: UUID
    zone: ZoneInfo
    period: Period
    pairs: tuple[tuple[Measure, MeasureLine], ...]


def plan_measured(
    patient: Patient,
    *,
    plan_id: UUID | None,
    first_on: date | None,
    last_on: date | None,
    now: datetime,
) -> Measured | None:
    """Return the measures of a plan; None when there is no such signed plan of this patient.

    Without a `plan_id` it is the running one, else the newest signed. Without dates the period is
    from the first expected dose to today, in the plan's zone.
    """
    found = chart_record(patient, plan_id=plan_id, now=now)
    if found is None or found.shown is None or not found.shown.is_signed:
        return None
    end = found.shown.end
    record = measured_record(
        doses=found.doses,
        extras=found.extras,
        absences=found.absences,
        zone=found.zone,
        course=measured_course(
            found.shown.plan.state,
            was_completed=end is not None and end.to_state == PlanState.COMPLETED,
        ),
    )
    whole, today = record.whole_period(), local_date(now, found.zone)
    begins_on = first_on or (whole.first_on if whole is not None else today)
    begins_on = min(begins_on, last_on) if last_on is not None else begins_on
    period = Period(begins_on, last_on or max(begins_on, today))
    lines = measure_lines(record, period=period, now=now)
    pairs = zip(measures(record, period=period, now=now), lines, strict=True)
    return Measured(found.shown.plan.pk, found.zone, period, tuple(pairs))
