"""The doors of the plan editor: what is typed stays typed until it is kept and read back.

A new plan and a change of a signed one are typed on the same page. Every button works without
script; with it the page keeps unfinished typing by itself ("autosave").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.access import NotVisible
from accounts.clock import database_now
from accounts.domain.capacities import Verb
from accounts.domain.problems import Conflict, Problem, Refusal
from accounts.models import Patient, User
from accounts.services.audit import patient_open
from accounts.templatetags.when import clock
from accounts.web.answers import form_door, person_of, problems_tell
from tracker.domain.plan_content import plan_content_from
from tracker.domain.plan_states import VersionKind
from tracker.models import Plan, PlanDraft
from tracker.selectors.plan_starts import change_start
from tracker.selectors.plans import (
    choices_for,
    clinicians_for,
    draft_behind,
    draft_of,
    seen_as,
    template_for,
)
from tracker.selectors.versions import running_plan_of
from tracker.services.plan_drafts import kind_or_conflict, plan_draft_keep, plan_draft_save
from tracker.web.plan_changes import plan_to_change
from tracker.web.plan_read_back import editor_of
from tracker.web.plan_typed import TypedPlan

SHOW_AGAIN = frozenset({"route", "restore"})
"""Buttons that only show again what was typed."""


@dataclass(frozen=True, slots=True)
class Editing:
    """What is edited: whose plan, which kind of version, who edits it, and when it is looked at."""

    request: HttpRequest
    patient: Patient
    plan: Plan | None  # None: a first plan of which nothing is kept yet
    kind: VersionKind
    user: User
    now: datetime

    @property
    def draft(self) -> PlanDraft | None:
        """What is kept of it."""
        return None if self.plan is None else draft_behind(self.plan)


@form_door
def plan_form(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Enter a plan; what was typed stays typed until it is kept as a draft and read back."""
    now, user = database_now(), person_of(request)
    patient = patient_open(actor=user, verb=Verb.PLAN, patient_id=patient_id, page="plan", now=now)
    draft = draft_of(patient)
    plan = draft.plan if draft is not None else None
    return _edited(Editing(request, patient, plan, VersionKind.FIRST, user, now))


@form_door
def change(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Amend a running plan from a moment ahead."""
    return _change(request, plan_id, VersionKind.AMEND)


@form_door
def resume(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Resume a held plan: every remaining begin date and amount is entered anew."""
    return _change(request, plan_id, VersionKind.RESUME)


@form_door
def step_back(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Go back a step of a running plan: every begin date and amount is entered anew."""
    return _change(request, plan_id, VersionKind.STEP_BACK)


def _change(request: HttpRequest, plan_id: UUID, kind: VersionKind) -> HttpResponse:
    now, user = database_now(), person_of(request)
    plan = plan_to_change(user, plan_id, f"plan-{kind.value}", now)
    draft = draft_behind(plan)
    if draft is not None and draft.kind != kind:
        text = _("Another change of this plan is typed and not signed. Go on with it, or discard.")
        messages.error(request, text)
        return redirect(editor_of(plan, draft))
    try:
        kind_or_conflict(plan, kind)
    except Refusal as refusal:
        problems_tell(request, refusal)
        return redirect("plan", plan.pk)
    return _edited(Editing(request, plan.patient, plan, kind, user, now))


def _edited(editing: Editing) -> HttpResponse:
    """Answer one request of the form, whichever kind of version is typed on it."""
    posted, patient = editing.request.POST, editing.patient
    clinicians = clinicians_for(patient, editing.now)
    if editing.request.method != "POST":
        return _form_page(editing, TypedPlan.from_raw(_raw_shown(editing), clinicians))
    typed = TypedPlan.from_post(posted, clinicians)
    action = posted.get("do", "")
    if action == "autosave":
        return _kept_by_itself(editing, typed)
    if action in SHOW_AGAIN:
        typed.warn()
        return _form_page(editing, typed)
    if action:
        return _form_page(editing, typed, focus=typed.edit(action))
    try:
        plan = _draft_saved(editing, typed)
    except Refusal as refusal:
        typed.complain(refusal)
        return _form_page(editing, typed, is_overtaken=isinstance(refusal, Conflict))
    messages.success(editing.request, _("Draft kept. Nothing starts before it is signed."))
    return redirect("plan-read-back", plan.pk)


def _raw_shown(editing: Editing) -> dict[str, object]:
    """Return what the page opens with: the draft, else the start of this kind of version."""
    draft = editing.draft
    if draft is not None:
        return dict(draft.content)
    start = change_start(editing.plan, editing.kind) if editing.plan is not None else None
    return start or template_for(editing.patient, editing.user, editing.now)


def _draft_saved(editing: Editing, typed: TypedPlan) -> Plan:
    """Keep what was typed as a draft that can be read back; Refusal names every problem."""
    return plan_draft_save(
        patient=editing.patient,
        by=editing.user,
        content=plan_content_from(typed.raw, choices_for(editing.patient, editing.now)),
        now=editing.now,
        plan=_plan_opened(editing),
        opened_at=parse_datetime(editing.request.POST.get("opened_at", "")),
        kind=editing.kind,
    )


def _kept_by_itself(editing: Editing, typed: TypedPlan) -> HttpResponse:
    """Keep unfinished typing; answer the page's script in words that it shows as they are."""
    posted = editing.request.POST
    try:
        plan = plan_draft_keep(
            patient=editing.patient,
            by=editing.user,
            raw=typed.kept,
            now=editing.now,
            plan=_plan_opened(editing),
            opened_at=parse_datetime(posted.get("opened_at", "")),
            kind=editing.kind,
        )
    except Refusal as refusal:
        said = " ".join(_(str(problem.text)) for problem in refusal.problems)
        is_conflict = isinstance(refusal, Conflict)
        href = editing.request.path if is_conflict else ""
        return JsonResponse({"said": said, "href": href}, status=409 if is_conflict else 400)
    said = _("Draft kept %(time)s") % {
        "time": clock(editing.now.replace(second=0, microsecond=0), editing.user.zone)
    }
    return JsonResponse(
        {"said": said, "plan": str(plan.pk), "opened_at": editing.now.isoformat()}, status=200
    )


def _plan_opened(editing: Editing) -> Plan | None:
    """Return the plan whose draft the page was opened on; Conflict when that is there no more."""
    opened = editing.request.POST.get("plan", "")
    if editing.kind is not VersionKind.FIRST:
        return editing.plan
    if not opened:
        return None
    try:
        pk = UUID(opened)
    except ValueError:
        raise NotVisible from None
    if editing.plan is None or editing.plan.pk != pk:
        text = _(
            "The draft you opened is signed or thrown away by now. Nothing of yours was saved."
        )
        raise Conflict(Problem("draft", text))
    return editing.plan


def _form_page(
    editing: Editing, typed: TypedPlan, *, focus: str = "", is_overtaken: bool = False
) -> HttpResponse:
    """Show the form; a draft that was opened is named, so that nobody's changes are lost."""
    draft = editing.draft
    seen = seen_as(editing.plan, draft) if editing.plan is not None else None
    opened = {
        "plan": str(editing.plan.pk) if editing.plan is not None else "",
        "opened_at": seen.at.isoformat() if seen is not None else "",
    }
    if editing.request.method == "POST":
        opened = {name: editing.request.POST.get(name, "") for name in opened}
    is_change = editing.kind is not VersionKind.FIRST
    context = {
        "here": "patients",
        "patient": editing.patient,
        "plan": editing.plan,
        "kind": editing.kind.value,
        "is_change": is_change,
        "draft": draft,
        "opened": opened,
        "focus": focus,
        "is_overtaken": is_overtaken,
        "now": editing.now,
        "is_posted": editing.request.method == "POST",
        "running": None if is_change else running_plan_of(editing.patient),
        **typed.view(),
    }
    return render(editing.request, "tracker/plans/form.html", context)
