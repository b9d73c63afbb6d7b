"""The door of the plan editor: what is typed stays typed until it is kept and read back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import NotVisible
from accounts.clock import database_now
from accounts.domain.capacities import Verb
from accounts.domain.problems import Refusal
from accounts.models import Patient, User
from accounts.services.audit import patient_open
from accounts.web.answers import person_of
from tracker.domain.plan_content import plan_content_from
from tracker.models import Plan
from tracker.selectors.plans import choices_for, clinicians_for, draft_of, template_for
from tracker.selectors.versions import running_plan_of
from tracker.services.plan_drafts import plan_draft_save
from tracker.web.plan_grid import small_number
from tracker.web.plan_pages import TypedPlan

MANY = ["GET", "HEAD", "POST"]


@require_http_methods(MANY)
def plan_form(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Enter a plan; what was typed stays typed until it is kept as a draft and read back."""
    now, user = database_now(), person_of(request)
    patient = patient_open(actor=user, verb=Verb.PLAN, patient_id=patient_id, page="plan", now=now)
    clinicians = clinicians_for(patient, now)
    if request.method != "POST":
        draft = draft_of(patient)
        raw = draft.content if draft is not None else template_for(patient, user, now)
        return _form_page(request, patient, TypedPlan.from_raw(raw, clinicians))
    typed = TypedPlan.from_post(request.POST, clinicians)
    action = request.POST.get("do", "")
    if action:
        typed.warn()
        return _form_page(request, patient, typed, focus=_grid_changed(typed, action))
    try:
        plan = _draft_keep(request, patient, typed, user, now)
    except Refusal as refusal:
        typed.complain(refusal)
        return _form_page(request, patient, typed)
    messages.success(request, _("Draft kept. Nothing starts before it is signed."))
    return redirect("plan-read-back", plan.pk)


def _grid_changed(typed: TypedPlan, action: str) -> str:
    """Add or remove what the button says; return the name of the cell that takes the focus."""
    if action == "add-step":
        return typed.grid.add_row()
    if action == "add-time":
        return typed.grid.add_time()
    name, _dash, typed_number = action.rpartition("-")
    number = small_number(typed_number)
    if name != "remove-step" or number is None:
        raise NotVisible
    return typed.grid.remove_row(number)


def _draft_keep(
    request: HttpRequest, patient: Patient, typed: TypedPlan, user: User, now: datetime
) -> Plan:
    """Keep what was typed as the draft that this form was opened on, or as a new one."""
    draft_id = request.POST.get("plan", "")
    plan = None
    if draft_id:
        draft = draft_of(patient)
        if draft is None or str(draft.pk) != draft_id:
            raise NotVisible
        plan = draft.plan
    return plan_draft_save(
        patient=patient,
        by=user,
        content=plan_content_from(typed.raw, choices_for(patient, now)),
        now=now,
        plan=plan,
        opened_at=parse_datetime(request.POST.get("opened_at", "")),
    )


def _form_page(
    request: HttpRequest, patient: Patient, typed: TypedPlan, *, focus: str = ""
) -> HttpResponse:
    """Show the form; a draft that was opened is named, so that nobody's changes are lost."""
    draft = draft_of(patient)
    opened = {
        "plan": draft.pk if draft is not None else "",
        "opened_at": draft.saved_at.isoformat() if draft is not None else "",
    }
    if request.method == "POST":
        opened = {name: request.POST.get(name, "") for name in opened}
    context = {
        "here": "patients",
        "patient": patient,
        "draft": draft,
        "opened": opened,
        "focus": focus,
        "running": running_plan_of(patient),
        **typed.view(),
    }
    return render(request, "tracker/plans/form.html", context)
