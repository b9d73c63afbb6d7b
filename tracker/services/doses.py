"""Expected doses: made ahead from the signed steps, cancelled by a change, never altered."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max

from tracker.domain.schedule import DoseTimeSpec, StepSpec, occurrences
from tracker.models import ExpectedDose, Plan, PlanVersion
from tracker.selectors.versions import version_in_force

HORIZON = timedelta(days=14)
"""How far ahead expected doses are rows."""


def steps_of(version: PlanVersion) -> tuple[StepSpec, ...]:
    """Return a version's steps as the schedule reads them; amounts pass through untouched."""
    return tuple(
        StepSpec(
            number=step.number,
            begins_on=step.begins_on,
            ends_on=step.ends_on,
            doses=tuple(
                DoseTimeSpec(wall_time=dose.wall_time, amount=dose.amount)
                for dose in step.dose_times.all()
            ),
            is_dose_free=step.is_dose_free,
            note=step.note,
        )
        for step in version.steps.prefetch_related("dose_times")
    )


@transaction.atomic
def doses_extend(*, plan: Plan, now: datetime) -> int:
    """Make the expected doses of the next 14 days that are not rows yet; return how many.

    Only doses due after the version was signed are expected. A dose that already stands on the
    same date and time raises IntegrityError: it is an error, never ignored.
    """
    version = version_in_force(plan, now)
    if version is None:
        return 0
    made_until = version.doses.aggregate(last=Max("due_at"))["last"]
    first_rung = version.rungs.order_by("number").first()
    delay = first_rung.delay if first_rung is not None else timedelta()
    found = occurrences(
        steps_of(version),
        ZoneInfo(version.zone),
        made_until or version.counts_from_at,
        now + HORIZON,
    )
    doses = [
        ExpectedDose(
            plan=plan,
            version=version,
            step_number=occurrence.step_number,
            local_date=occurrence.local_date,
            wall_time=occurrence.wall_time,
            due_at=occurrence.due_at,
            amount=occurrence.amount,
            next_look_at=occurrence.due_at + delay,
        )
        for occurrence in found
    ]
    return len(ExpectedDose.objects.bulk_create(doses))


@transaction.atomic
def doses_cancel(*, plan: Plan, reason: str, now: datetime) -> int:
    """Cancel the plan's doses that are not due yet and not logged; return how many.

    They stay rows, with when and why. Doses already due are never touched, except that nobody
    looks at them again.
    """
    ahead = plan.doses.standing().filter(due_at__gt=now, standing_entry=None)
    cancelled = ahead.update(cancelled_at=now, cancel_reason=reason, next_look_at=None)
    plan.doses.standing().filter(due_at__lte=now).update(next_look_at=None)
    return cancelled
