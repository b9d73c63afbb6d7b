"""Doors of a signed plan's life: its page, and putting it on hold, completing and stopping it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.access import NotVisible
from accounts.clock import database_now
from accounts.domain.capacities import Verb
from accounts.domain.problems import Refusal
from accounts.domain.zones import local_date
from accounts.models import User
from accounts.services.audit import patient_open
from accounts.web.answers import form_door, person_of, problems_put, problems_tell
from tracker.domain.plan_change import MOST_REASON
from tracker.domain.plan_states import PlanState, may_move
from tracker.models import Plan
from tracker.selectors.medicine import baclofen
from tracker.selectors.plan_page import plan_page_of
from tracker.selectors.plan_records import steps_of, versions_of
from tracker.selectors.scope import plans_visible_to
from tracker.selectors.versions import has_last_step_begun, zone_of
from tracker.services.plan_drafts import plan_draft_discard
from tracker.services.plan_moves import plan_complete, plan_hold, plan_stop


class ReasonField(forms.CharField):
    """Why something is done, in one line; the service says what is wrong with it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            help_text=gettext_lazy("It stays on the record with your name."),
            required=False,
            max_length=MOST_REASON,
            widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
            **options,
        )


class StopForm(forms.Form):
    """Why a plan is stopped."""

    reason = ReasonField(label=gettext_lazy("Why the plan is stopped"))


class HoldForm(forms.Form):
    """Why a plan is put on hold, and when somebody looks at it again; nothing is filled in."""

    reason = ReasonField(label=gettext_lazy("Why the plan is put on hold"))
    review_on = forms.DateField(
        label=gettext_lazy("Review date"),
        help_text=gettext_lazy("On this day the worklist asks for a decision. Nothing is preset."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": gettext_lazy("Type the date on which the hold is reviewed.")},
    )


@require_safe
def plan(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Show a plan's life: every version as signed, what each changed, every move, who has seen."""
    now, user = database_now(), person_of(request)
    found = plan_to_change(user, plan_id, "plan-page", now)
    return render(
        request,
        "tracker/plans/plan.html",
        {"here": "patients", "patient": found.patient, "page": plan_page_of(found, now)},
    )


@form_door
def hold(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Show the documented warning, ask for the reason and a review date, and hold the plan."""
    now, user = database_now(), person_of(request)
    found = plan_to_change(user, plan_id, "hold", now)
    if not may_move(PlanState(found.state), PlanState.ON_HOLD):
        messages.error(request, _("Only a plan that is active can be put on hold."))
        return redirect("chart", found.patient_id)
    form = HoldForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            plan_hold(plan=found, by=user, now=now, **form.cleaned_data)
        except Refusal as refusal:
            problems_put(form, refusal)
        else:
            messages.success(request, _("On hold. Doses that were due can still be logged."))
            return redirect("chart", found.patient_id)
    return render(request, "tracker/plans/hold.html", _context(found, form, now))


@form_door
def stop(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Show the documented warning, ask for the reason, and stop the plan."""
    now, user = database_now(), person_of(request)
    found = plan_to_change(user, plan_id, "stop", now)
    if not may_move(PlanState(found.state), PlanState.STOPPED):
        messages.error(request, _("This plan is not running, so it cannot be stopped."))
        return redirect("chart", found.patient_id)
    form = StopForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            plan_stop(plan=found, by=user, reason=form.cleaned_data["reason"], now=now)
        except Refusal as refusal:
            problems_put(form, refusal)
        else:
            messages.success(request, _("Stopped. Doses that were due can still be logged."))
            return redirect("chart", found.patient_id)
    return render(request, "tracker/plans/stop.html", _context(found, form, now))


@form_door
def complete(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Say what completing does, and complete a plan whose last step has begun."""
    now, user = database_now(), person_of(request)
    found = plan_to_change(user, plan_id, "complete", now)
    if not may_move(PlanState(found.state), PlanState.COMPLETED):
        messages.error(request, _("Only a plan that is active can be completed."))
        return redirect("chart", found.patient_id)
    if request.method == "POST":
        try:
            plan_complete(plan=found, by=user, now=now)
        except Refusal as refusal:
            problems_tell(request, refusal)
            return redirect("plan", found.pk)
        messages.success(request, _("Completed. Doses that were due can still be logged."))
        return redirect("chart", found.patient_id)
    return render(request, "tracker/plans/complete.html", _context(found, forms.Form(), now))


@require_POST
def discard(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Throw away what was typed and not signed; what runs goes on unchanged."""
    now, user = database_now(), person_of(request)
    found = plan_to_change(user, plan_id, "discard", now)
    try:
        plan_draft_discard(plan=found, by=user, now=now)
    except Refusal as refusal:
        problems_tell(request, refusal)
    else:
        messages.success(request, _("The draft is thrown away. What is signed goes on unchanged."))
    return redirect("chart", found.patient_id)


def plan_to_change(user: User, plan_id: UUID, page: str, now: datetime) -> Plan:
    """Return a plan that this person may change, with the look recorded; NotVisible otherwise."""
    found = plans_visible_to(user, now).filter(pk=plan_id).first()
    if found is None:
        raise NotVisible
    patient_open(actor=user, verb=Verb.PLAN, patient_id=found.patient_id, page=page, now=now)
    return found


def _context(found: Plan, form: forms.Form, now: datetime) -> dict[str, object]:
    """Return what is said before a move of a plan that runs; the newest version decides its end."""
    caution = next(each for each in baclofen().cautions if each.id == "never_stop_suddenly")
    versions = list(versions_of(found))
    version = next(each for each in reversed(versions) if each.counts_from_at <= now)
    newest, steps = versions[-1], steps_of(version)
    today = local_date(now, zone_of(version, now))
    runs = found.state == PlanState.ACTIVE
    begun = (step for step in steps if runs and step.begins_on <= today <= (step.ends_on or today))
    return {
        "here": "patients",
        "form": form,
        "plan": found,
        "patient": found.patient,
        "caution": caution,
        "version": version,
        "ahead": newest if newest != version else None,
        "observation_days": newest.observation_days,
        "step": next(begun, None),
        "steps": steps,
        "last_step": steps_of(newest)[-1],
        "is_early": not has_last_step_begun(newest, now),
    }
