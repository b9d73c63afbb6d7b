"""What a clinician types as a plan: kept as a draft that nobody has signed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.problems import Conflict, Problem
from accounts.models import Patient, User
from accounts.services.audit import audit_record
from tracker.domain.plan_content import PlanContent, plan_content_from
from tracker.domain.plan_states import PlanState
from tracker.models import Plan, PlanDraft
from tracker.selectors.plans import choices_for, draft_behind
from tracker.services.plan_state import plan_locked
from tracker.services.requests import patient_lock


@transaction.atomic
def plan_draft_save(
    *,
    patient: Patient,
    by: User,
    content: PlanContent,
    now: datetime,
    plan: Plan | None = None,
    opened_at: datetime | None = None,
) -> Plan:
    """Keep what was typed as a draft that nobody has signed; a new plan when `plan` is None.

    Refused, with nothing saved, when it names what this patient's plan cannot name. Conflict when
    there is another draft by this route, when `plan` is no draft any more, or when somebody saved
    the draft after `opened_at`, the `saved_at` that was seen.
    """
    patient_lock(patient)
    plan_content_from(content.as_raw(), choices_for(patient, now))
    if plan is None:
        plan = _plan_new(patient, by, content, now)
    else:
        plan = draft_locked(plan)
        _draft_seen_or_conflict(plan, opened_at)
        plan.route = content.route
        plan.save(update_fields=["route"])
    PlanDraft.objects.update_or_create(
        plan=plan, defaults={"content": content.as_raw(), "saved_at": now, "saved_by": by}
    )
    audit_record(actor=by, action="plan.draft_saved", target=plan, patient=patient, now=now)
    return plan


def draft_locked(plan: Plan) -> Plan:
    """Return a plan that is still a draft, its row held to the commit; Conflict otherwise."""
    plan = plan_locked(plan)
    if plan.state != PlanState.DRAFT:
        raise Conflict(Problem("plan", _("This plan is signed already. A draft it is no more.")))
    return plan


def _plan_new(patient: Patient, by: User, content: PlanContent, now: datetime) -> Plan:
    if patient.plans.filter(route=content.route, state=PlanState.DRAFT).exists():
        text = _("Another draft of a plan by this route is waiting. Open it and change it there.")
        raise Conflict(Problem("plan", text))
    plan = Plan(patient=patient, route=content.route, created_at=now, created_by=by)
    plan.save()
    return plan


def _draft_seen_or_conflict(plan: Plan, opened_at: datetime | None) -> None:
    draft = draft_behind(plan)
    if opened_at is None or draft is None or draft.saved_at == opened_at:
        return
    text = _("%(name)s changed this draft after you opened it. Nothing of yours was saved.")
    raise Conflict(Problem("draft", text % {"name": draft.saved_by.name}))
