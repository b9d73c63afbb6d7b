"""Doors of a plan's life: entering it, reading it back and signing, stopping it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.access import NotVisible
from accounts.clock import database_now
from accounts.domain.capacities import Verb
from accounts.domain.problems import Refusal
from accounts.models import Patient, User
from accounts.services.audit import patient_open
from accounts.web.answers import person_of, problems_put, problems_tell
from tracker.domain.plan_content import plan_content_from
from tracker.domain.plan_states import PlanState, may_move
from tracker.models import Plan
from tracker.selectors.course import course_of
from tracker.selectors.medicine import baclofen
from tracker.selectors.plan_reading import plan_reading
from tracker.selectors.plans import (
    choices_for,
    clinicians_for,
    content_of,
    draft_behind,
    draft_of,
    template_for,
)
from tracker.selectors.scope import plans_visible_to
from tracker.selectors.versions import running_plan_of, version_in_force
from tracker.services.plan_drafts import plan_draft_save
from tracker.services.plan_moves import MOST_REASON, plan_stop
from tracker.services.plan_text import plan_text, text_sha256
from tracker.services.signing import plan_sign_with_password
from tracker.web.plan_grid import small_number
from tracker.web.plan_pages import (
    TypedPlan,
    facts_of,
    ladders,
    refused_lines,
    step_lines,
    thresholds,
)

MANY = ["GET", "HEAD", "POST"]


class StopForm(forms.Form):
    """Why a plan is stopped."""

    reason = forms.CharField(
        label=gettext_lazy("Why the plan is stopped"),
        help_text=gettext_lazy("It stays on the record with your name."),
        required=False,
        max_length=MOST_REASON,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )


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


@require_http_methods(MANY)
def read_back(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Show everything a signature would start, and sign it."""
    now, user = database_now(), person_of(request)
    plan = _plan(user, plan_id, "read-back", now)
    draft = draft_behind(plan)
    if draft is None:
        return redirect("chart", plan.patient_id)
    ticked: set[int] = set()
    said: Refusal | None = None
    if request.method == "POST":
        ticked = {small_number(number) or 0 for number in request.POST.getlist("read")}
        try:
            return _signed(request, plan, user, ticked, now)
        except Refusal as refusal:
            said = refusal
    try:
        content = content_of(draft, plan.patient, now)
    except Refusal as refusal:
        problems_tell(request, refusal)
        return redirect("plan-form", plan.patient_id)
    reading = plan_reading(plan, content, now)
    text = plan_text(reading, plan.patient)
    sha256 = text_sha256(text)
    if request.POST.get("text_sha256", sha256) != sha256:
        ticked = set()
    context = {
        "here": "patients",
        "patient": plan.patient,
        "plan": plan,
        "draft": draft,
        "reading": reading,
        "text": text,
        "text_sha256": sha256,
        "facts": facts_of(reading),
        "steps": step_lines(reading, ticked),
        "ladders": ladders(reading, plan.patient),
        "thresholds": thresholds(reading),
        "said": refused_lines(said),
        "has_confirmed_hours": "confirmed_hours" in request.POST and bool(ticked),
    }
    return render(request, "tracker/plans/read_back.html", context)


@require_http_methods(MANY)
def stop(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Show the documented warning, ask for the reason, and stop the plan."""
    now, user = database_now(), person_of(request)
    plan = _plan(user, plan_id, "stop", now)
    if not may_move(PlanState(plan.state), PlanState.STOPPED):
        messages.error(request, _("This plan is not running, so it cannot be stopped."))
        return redirect("chart", plan.patient_id)
    form = StopForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            plan_stop(plan=plan, by=user, reason=form.cleaned_data["reason"], now=now)
        except Refusal as refusal:
            problems_put(form, refusal)
        else:
            messages.success(request, _("Stopped. Doses that were due can still be logged."))
            return redirect("chart", plan.patient_id)
    caution = next(each for each in baclofen().cautions if each.id == "never_stop_suddenly")
    course = course_of(plan.patient, now)
    last_step = course.steps[-1] if course is not None else None
    context = {
        "here": "patients",
        "form": form,
        "plan": plan,
        "patient": plan.patient,
        "caution": caution,
        "course": course,
        "version": version_in_force(plan, now),
        "last_step": last_step,
        "is_early": course is not None and course.today < course.steps[-1].begins_on,
    }
    return render(request, "tracker/plans/stop.html", context)


def _plan(user: User, plan_id: UUID, page: str, now: datetime) -> Plan:
    """Return a plan that this person may change, with the look recorded; NotVisible otherwise."""
    plan = plans_visible_to(user, now).filter(pk=plan_id).first()
    if plan is None:
        raise NotVisible
    patient_open(actor=user, verb=Verb.PLAN, patient_id=plan.patient_id, page=page, now=now)
    return plan


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


def _signed(
    request: HttpRequest, plan: Plan, user: User, ticked: set[int], now: datetime
) -> HttpResponse:
    version = plan_sign_with_password(
        plan=plan,
        by=user,
        ticked_steps=ticked,
        has_confirmed_hours="confirmed_hours" in request.POST,
        read_sha256=request.POST.get("text_sha256", ""),
        password=request.POST.get("password", ""),
        now=now,
    )
    text = _("Version %(number)d is signed. Doses due from now on are expected.")
    messages.success(request, text % {"number": version.number})
    return redirect("chart", plan.patient_id)
