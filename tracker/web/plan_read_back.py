"""The door of reading back and signing: everything a signature would start, then the signature."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.clock import database_now
from accounts.domain.problems import Refusal
from accounts.models import User
from accounts.web.answers import form_door, person_of, problems_tell
from tracker.domain.ladder import tellings
from tracker.domain.plan_content import PlanContent
from tracker.domain.plan_states import PlanState, VersionKind, may_sign
from tracker.models import Plan, PlanDraft
from tracker.selectors.plan_difference import Difference, difference_between
from tracker.selectors.plan_picture import plan_picture
from tracker.selectors.plan_reading import PlanReading, plan_reading
from tracker.selectors.plan_records import content_signed, versions_of
from tracker.selectors.plan_words import AUDIENCE_WORDS, rung_delay_text
from tracker.selectors.plans import content_of, draft_behind
from tracker.selectors.versions import zone_of
from tracker.services.plan_signing import plan_signature_withdraw
from tracker.services.plan_text import plan_text, text_sha256
from tracker.services.signing import plan_cosign_with_password, plan_sign_with_password
from tracker.web.plan_changes import plan_to_change
from tracker.web.plan_grid import small_number
from tracker.web.plan_pages import facts_of, ladders, refused_lines, step_lines, thresholds
from tracker.web.staircase import staircase

EDITORS = {
    VersionKind.AMEND: "plan-change",
    VersionKind.RESUME: "plan-resume",
    VersionKind.STEP_BACK: "plan-step-back",
}
"""Where the draft of each kind is typed; a first plan's belongs to its patient."""


@form_door
def read_back(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Show everything a signature would start, and sign it, first or second."""
    now, user = database_now(), person_of(request)
    plan = plan_to_change(user, plan_id, "read-back", now)
    draft = draft_behind(plan)
    if draft is None:
        return redirect("chart", plan.patient_id)
    if not may_sign(PlanState(plan.state), VersionKind(draft.kind)):
        return redirect(editor_of(plan, draft))  # which says why
    ticked: set[int] = set()
    said: Refusal | None = None
    if request.method == "POST":
        ticked = {small_number(number) or 0 for number in request.POST.getlist("read")}
        try:
            return _signed(request, plan, draft, ticked, now)
        except Refusal as refusal:
            said = refusal
    try:
        content = content_of(draft, plan.patient, now)
    except Refusal as refusal:
        problems_tell(request, refusal)
        return redirect(editor_of(plan, draft))
    reading = plan_reading(plan, content, now)
    text = plan_text(reading, plan.patient)
    sha256 = text_sha256(text)
    if request.POST.get("text_sha256", sha256) != sha256:
        ticked = set()
    context = _about(plan, draft, user) | {
        "difference": _difference(plan, content, reading.named, now),
        "text": text,
        "text_sha256": sha256,
        "steps": step_lines(reading, ticked),
        "said": refused_lines(said),
        "has_confirmed_hours": "confirmed_hours" in request.POST and bool(ticked),
    }
    context |= _read(reading, plan, now)
    return render(request, "tracker/plans/read_back.html", context)


def _read(reading: PlanReading, plan: Plan, now: datetime) -> dict[str, object]:
    """Return what is read before the lines that are ticked; `plot` is None where none is drawn."""
    picture = plan_picture(reading, now)
    return {
        "reading": reading,
        "picture": picture,
        "plot": staircase(picture) if picture is not None else None,
        "facts": facts_of(reading),
        "ladders": ladders(reading, plan.patient),
        "rungs": [
            (rung_delay_text(rung.delay, reading.content.route), AUDIENCE_WORDS[rung.audience])
            for rung in tellings(reading.content.rungs)
        ],
        "thresholds": thresholds(reading),
    }


def _about(plan: Plan, draft: PlanDraft, user: User) -> dict[str, object]:
    """Return what the page says of the draft itself: where it is typed, who signed it first."""
    return {
        "here": "patients",
        "patient": plan.patient,
        "plan": plan,
        "draft": draft,
        "editor": editor_of(plan, draft),
        "is_resume": draft.kind == VersionKind.RESUME,
        "is_second": draft.first_signed_by is not None,
        "is_own_first": draft.first_signed_by == user,
    }


@require_POST
def withdraw(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    """Take back the first of two signatures, so that the draft can be changed."""
    now, user = database_now(), person_of(request)
    plan = plan_to_change(user, plan_id, "read-back", now)
    try:
        plan_signature_withdraw(plan=plan, by=user, now=now)
    except Refusal as refusal:
        problems_tell(request, refusal)
    else:
        messages.success(request, _("The signature is withdrawn. The draft can be changed again."))
    return redirect("plan-read-back", plan.pk)


def editor_of(plan: Plan, draft: PlanDraft) -> str:
    """Return the address at which this draft is typed."""
    name = EDITORS.get(VersionKind(draft.kind))
    if name is None:
        return reverse("plan-form", args=[plan.patient_id])
    return reverse(name, args=[plan.pk])


def _difference(plan: Plan, content: PlanContent, named: User, now: datetime) -> Difference | None:
    """Return what this would change of the newest signed version; None for a first plan."""
    newest = versions_of(plan).last()
    if newest is None:
        return None
    names = (newest.named_clinician.name, named.name)
    runs = replace(content_signed(newest), zone=zone_of(newest, content.counts_from_at or now).key)
    return difference_between(runs, content, clinicians=names)


def _signed(
    request: HttpRequest, plan: Plan, draft: PlanDraft, ticked: set[int], now: datetime
) -> HttpResponse:
    is_second = draft.first_signed_by is not None
    sign = plan_cosign_with_password if is_second else plan_sign_with_password
    version = sign(
        plan=plan,
        by=person_of(request),
        ticked_steps=ticked,
        has_confirmed_hours="confirmed_hours" in request.POST,
        read_sha256=request.POST.get("text_sha256", ""),
        password=request.POST.get("password", ""),
        now=now,
    )
    if version is None:
        messages.success(request, _("Signed. It counts once another clinician has signed it too."))
    elif version.counts_from_at > now:
        text = _("Version %(number)d is signed. Until it begins the version before it runs.")
        if version.kind == VersionKind.RESUME:
            text = _("Version %(number)d is signed. Until it begins no dose is expected.")
        messages.success(request, text % {"number": version.number})
    else:
        text = _("Version %(number)d is signed. Doses due from now on are expected.")
        messages.success(request, text % {"number": version.number})
    return redirect("chart", plan.patient_id)
