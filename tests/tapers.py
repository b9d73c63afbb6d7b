"""Signed plans for the tests, through the services a clinician's page uses."""

from datetime import datetime, timedelta
from typing import Any

from accounts.models import Patient, User
from tests.tracker.plans import dose, raw_plan, raw_step
from tracker.domain.plan_content import plan_content_from
from tracker.models import ExpectedDose, Plan
from tracker.services.plan_drafts import plan_draft_save
from tracker.services.plan_signing import plan_sign


def taper_signed(
    patient: Patient,
    *,
    by: User,
    now: datetime,
    times: tuple[str, ...] = ("16:00",),
    **changed: Any,
) -> Plan:
    """Sign a plan that began yesterday and runs for three weeks, with these dose times."""
    begins_on = now.date() - timedelta(days=1)
    doses = [dose(time, "10 mg") for time in times]
    raw = raw_plan(
        steps=[raw_step(begins_on.isoformat(), "", *doses)],
        ending="open",
        named_clinician=str(by.pk),
        risk_factors=[],
        **changed,
    )
    content = plan_content_from(raw)
    plan = plan_draft_save(patient=patient, by=by, content=content, now=now)
    plan_sign(plan=plan, by=by, ticked_steps=[1], has_confirmed_hours=True, now=now)
    plan.refresh_from_db()
    return plan


def first_dose(plan: Plan) -> ExpectedDose:
    """The first expected dose of a plan."""
    return plan.doses.select_related("plan__patient__clinic", "version").earliest("due_at")
