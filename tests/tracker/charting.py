"""A taper with a past, for the clinician's pages: signed weeks ago, logged day by day."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from accounts.models import Patient, User
from tests.tracker.plans import dose, raw_plan, raw_step
from tracker.domain.doses import Outcome
from tracker.domain.plan_content import plan_content_from
from tracker.models import Entry, ExpectedDose, Plan
from tracker.services.doses import doses_extend
from tracker.services.entries import entry_add
from tracker.services.plan_drafts import plan_draft_save
from tracker.services.plan_signing import plan_sign

LONDON = ZoneInfo("Europe/London")
DAY = timedelta(days=1)


def local(day: date, clock: str) -> datetime:
    """Return the instant of a wall time in London."""
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=LONDON).astimezone(UTC)


def plan_signed(
    patient: Patient,
    *,
    by: User,
    at: datetime,
    steps: list[tuple[date, str, list[tuple[str, str]]]],
    **changed: Any,
) -> Plan:
    """Sign a plan at `at`; each step is its first day, its last ("" runs on) and its doses."""
    raw = raw_plan(
        steps=[
            raw_step(begins_on.isoformat(), ends_on, *(dose(*each) for each in doses))
            for begins_on, ends_on, doses in steps
        ],
        named_clinician=str(by.pk),
        **{"ending": "open", **changed},
    )
    plan = plan_draft_save(patient=patient, by=by, content=plan_content_from(raw), now=at)
    plan_sign(
        plan=plan,
        by=by,
        ticked_steps=list(range(1, len(steps) + 1)),
        has_confirmed_hours=True,
        now=at,
    )
    plan.refresh_from_db()
    return plan


def doses_until(plan: Plan, now: datetime) -> None:
    """Make the doses that the sweep would have made by `now`, day by day."""
    at = plan.created_at
    while at <= now:
        doses_extend(plan=plan, now=at)
        at += 7 * DAY
    doses_extend(plan=plan, now=now)


def dose_on(plan: Plan, day: date, clock: str) -> ExpectedDose:
    """Return the dose of a plan on a local day at a wall time."""
    found = plan.doses.filter(local_date=day, wall_time=time.fromisoformat(clock))
    return found.select_related("plan__patient__clinic", "version").get()


def say(
    dose: ExpectedDose,
    outcome: Outcome,
    *,
    by: User,
    late: timedelta = timedelta(0),
    reason: str = "",
) -> Entry:
    """Log a dose `late` after it was due."""
    at = dose.due_at + late
    return entry_add(
        patient=dose.plan.patient,
        by=by,
        via="page",
        outcome=outcome,
        taken_at=at if outcome is Outcome.TAKEN else None,
        device_at=None,
        client_id=uuid4(),
        now=at,
        dose=dose,
        reason=reason,
    ).entry


def extra(patient: Patient, *, by: User, at: datetime) -> Entry:
    """Log an extra dose."""
    return entry_add(
        patient=patient,
        by=by,
        via="page",
        outcome=Outcome.TAKEN,
        taken_at=at,
        device_at=None,
        client_id=uuid4(),
        now=at,
    ).entry
