"""Doors of logging: taken, skipped, missed, extra. By the patient, or by a caregiver who may."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from accounts.domain.capacities import Capacity, Verb
from accounts.domain.problems import Refusal
from accounts.domain.zones import local_date
from accounts.web.answers import form_door, problems_put, problems_tell
from tracker.domain.doses import DoseState, Outcome, Via
from tracker.models import ExpectedDose
from tracker.selectors.course import course_of
from tracker.selectors.dose_lines import DoseLine, lines_of, marked
from tracker.selectors.medicine import baclofen
from tracker.selectors.scope import doses_visible_to
from tracker.selectors.today import card_of
from tracker.services.answers import dose_skip_none_left
from tracker.services.entries import EntryResult, entry_add
from tracker.web.dose_forms import (
    AnswerForm,
    ExtraForm,
    MissedForm,
    SkipForm,
    TakenForm,
)
from tracker.web.standpoint import Standpoint, own_around, standpoint


@require_POST
def take(request: HttpRequest, dose_id: UUID) -> HttpResponse:
    """Log a dose as taken now, with one tap. The same form sent twice is one entry."""
    here = standpoint(request, None, Verb.LOG)
    dose = here.dose(dose_id)
    form = AnswerForm(request.POST)
    if not form.is_valid() or not _is_one_tap_enough(here, dose):
        return go(request, here.place("dose-taken", dose_id=dose.pk), is_elsewhere=True)
    try:
        result = _add(here, dose, form, Outcome.TAKEN)
    except Refusal as refusal:
        problems_tell(request, refusal)
        return go(request, here.home)
    return after(request, here, result, dose)


@require_safe
def what_happened(
    request: HttpRequest, dose_id: UUID, patient_id: UUID | None = None
) -> HttpResponse:
    """Ask what happened to a dose; nothing is written here."""
    here = standpoint(request, patient_id, Verb.LOG)
    dose = here.dose(dose_id)
    return _guard(request, here, dose) or render(
        request, "tracker/patient/what_happened.html", dose_context(here, dose)
    )


@form_door
def taken(request: HttpRequest, dose_id: UUID, patient_id: UUID | None = None) -> HttpResponse:
    """Log a dose as taken at another time, or with a different amount."""
    here = standpoint(request, patient_id, Verb.LOG)
    dose = here.dose(dose_id)
    options: dict[str, Any] = {"zone": dose.zone_info, "now": here.now, "due_at": dose.due_at}
    if request.method != "POST":
        form = TakenForm.fresh(**options)
        context = dose_context(here, dose) | {"form": form}
        return _guard(request, here, dose) or render(request, "tracker/patient/taken.html", context)
    form = TakenForm(request.POST, **options)
    if form.is_valid():
        try:
            result = _add(
                here,
                dose,
                form,
                Outcome.TAKEN,
                taken_at=form.cleaned_data["taken_at"],
                is_amount_different=form.cleaned_data["is_amount_different"],
                amount_note=form.cleaned_data["amount_note"],
            )
            return after(request, here, result, dose)
        except Refusal as refusal:
            problems_put(form, refusal)
    context = dose_context(here, dose) | {"form": form}
    return render(request, "tracker/patient/taken.html", context)


@form_door
def skip(request: HttpRequest, dose_id: UUID, patient_id: UUID | None = None) -> HttpResponse:
    """Log a dose as skipped, with a reason; "none left" reports the supply too."""
    here = standpoint(request, patient_id, Verb.LOG)
    dose = here.dose(dose_id)
    if request.method != "POST":
        context = dose_context(here, dose) | {"form": SkipForm.fresh()}
        return _guard(request, here, dose) or render(request, "tracker/patient/skip.html", context)
    form = SkipForm(request.POST)
    if form.is_valid():
        try:
            return _skipped(request, here, dose, form)
        except Refusal as refusal:
            problems_put(form, refusal)
    context = dose_context(here, dose) | {"form": form}
    return render(request, "tracker/patient/skip.html", context)


@form_door
def missed(request: HttpRequest, dose_id: UUID, patient_id: UUID | None = None) -> HttpResponse:
    """Log that a past dose was missed: an answer that only a person can give."""
    here = standpoint(request, patient_id, Verb.LOG)
    dose = here.dose(dose_id)
    line = dose_line(here, dose)
    if line.state in {DoseState.UPCOMING, DoseState.DUE}:
        messages.info(request, _("This dose can still be taken or skipped."))
        return redirect(here.place("dose", dose_id=dose.pk))
    if request.method != "POST":
        context = dose_context(here, dose) | {"form": MissedForm.fresh()}
        return _guard(request, here, dose) or render(
            request, "tracker/patient/missed.html", context
        )
    form = MissedForm(request.POST)
    if form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            return after(request, here, _add(here, dose, form, Outcome.MISSED, reason=reason), dose)
        except Refusal as refusal:
            problems_put(form, refusal)
    context = dose_context(here, dose) | {"form": form}
    return render(request, "tracker/patient/missed.html", context)


@form_door
def extra(request: HttpRequest, patient_id: UUID | None = None) -> HttpResponse:
    """Log a dose that was taken beside the plan, then ask about the documented signs."""
    here = standpoint(request, patient_id, Verb.LOG)
    course = course_of(here.patient, here.now)
    zone = course.zone if course is not None else here.patient.zone_info
    options: dict[str, Any] = {"zone": zone, "now": here.now}
    form = ExtraForm(request.POST, **options) if request.POST else ExtraForm.fresh(**options)
    if request.method == "POST" and form.is_valid():
        try:
            result = _add(
                here,
                None,
                form,
                Outcome.TAKEN,
                taken_at=form.cleaned_data["taken_at"],
                amount_note=form.cleaned_data["amount_note"],
            )
            return redirect(here.place("entry-alike", entry_id=result.entry.pk))
        except Refusal as refusal:
            problems_put(form, refusal)
    context = page_context(here) | {
        "form": form,
        "zone": zone,
        "look_alikes": baclofen().look_alikes,
    }
    return render(request, "tracker/patient/extra.html", context)


def after(
    request: HttpRequest, here: Standpoint, result: EntryResult, dose: ExpectedDose
) -> HttpResponse:
    """Go where an entry leads: to a question it raises, to the signs, or back."""
    if result.question:
        return go(request, here.place("dose-settle", dose_id=dose.pk), is_elsewhere=True)
    if result.entry.is_amount_different:
        address = here.place("entry-alike", entry_id=result.entry.pk)
        return go(request, address, is_elsewhere=True)
    return go(request, f"{here.home}?logged={result.entry.pk}")


def go(request: HttpRequest, address: str, *, is_elsewhere: bool = False) -> HttpResponse:
    """Redirect; a card that HTMX swaps must leave the page when the answer is another page."""
    if is_elsewhere and request.headers.get("HX-Request") == "true":
        return HttpResponseClientRedirect(address)
    return redirect(address)


def page_context(here: Standpoint) -> dict[str, Any]:
    """Return what every page of a standpoint shows."""
    return {
        "here_is": here,
        "patient": here.patient,
        "helped_id": None if here.is_own else here.patient.pk,
        "is_own": here.is_own,
        "looks_as": Capacity.PATIENT if here.is_own else Capacity.CAREGIVER,
        "home": here.home,
        "now": here.now,
        "zone": here.patient.zone_info,
        "dock": "patient" if here.is_own else "caregiver",
        "here": "today" if here.is_own else "feed",
    }


def dose_context(here: Standpoint, dose: ExpectedDose) -> dict[str, Any]:
    """Return what every page about one dose shows."""
    zone = dose.zone_info
    today = local_date(here.now, zone)
    return page_context(here) | {
        "dose": dose_line(here, dose),
        "zone": zone,
        "is_today": dose.local_date == today,
        "look_alikes": baclofen().look_alikes,
    }


def dose_line(here: Standpoint, dose: ExpectedDose) -> DoseLine:
    """Return one dose as a line."""
    rows = doses_visible_to(here.user, here.now).filter(pk=dose.pk)
    return lines_of(marked(rows), reader=here.user, zone=dose.zone_info, now=here.now)[0]


def _is_one_tap_enough(here: Standpoint, dose: ExpectedDose) -> bool:
    """Say whether "now" can be the time: a page left open must not log an old dose as just taken.

    A dose that is logged already goes on: a second tap is the same answer, or asks its question.
    """
    if dose.standing_entry is not None:
        return True
    around = own_around(here.user, here.now)
    card = card_of(around, reader=here.user, now=here.now)
    return card is not None and card.dose.id == dose.pk and not card.dose.is_upcoming


def _guard(request: HttpRequest, here: Standpoint, dose: ExpectedDose) -> HttpResponse | None:
    """Show what was logged already, before anybody logs the dose a second time."""
    if dose.standing_entry is None:
        return None
    return render(request, "tracker/patient/guard.html", dose_context(here, dose))


def _add(
    here: Standpoint,
    dose: ExpectedDose | None,
    form: AnswerForm,
    outcome: Outcome,
    **said: Any,
) -> EntryResult:
    return entry_add(
        patient=here.patient,
        by=here.user,
        via=Via.PAGE,
        outcome=outcome,
        taken_at=said.pop("taken_at", None),
        device_at=None,
        client_id=form.request_id,
        now=here.now,
        dose=dose,
        **said,
    )


def _skipped(
    request: HttpRequest, here: Standpoint, dose: ExpectedDose, form: SkipForm
) -> HttpResponse:
    if not form.is_none_left:
        result = _add(here, dose, form, Outcome.SKIPPED, reason=form.reason_text)
        return after(request, here, result, dose)
    dose_skip_none_left(
        patient=here.patient,
        dose=dose,
        by=here.user,
        via=Via.PAGE,
        reason=form.reason_text,
        client_id=form.request_id,
        now=here.now,
    )
    return redirect(here.place("supply"))
