"""One alert's thread, and what people may do about alerts and flags."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.access import NotVisible, capacities_of, looking_as, verbs_of
from accounts.clock import database_now
from accounts.domain.capacities import Capacity, Verb
from accounts.domain.problems import Refusal
from accounts.models import Patient, User
from accounts.services.audit import look_record
from accounts.web.answers import form_door, person_of, problems_put, problems_tell
from tracker.models import Alert
from tracker.selectors.scope import flags_visible_to
from tracker.selectors.thread import alert_thread, alert_visible_to
from tracker.selectors.wording import alert_headline, flag_headline
from tracker.services.alerts import alert_acknowledge, alert_close_with_note, alert_pass_on
from tracker.services.flags import flag_close

SHELLS = {
    Capacity.CLINICIAN: {"shell": "desk.html", "here": "patients"},
    Capacity.CAREGIVER: {"shell": "phone.html", "dock": "caregiver", "here": "feed"},
    Capacity.PATIENT: {"shell": "phone.html", "dock": "patient"},
}


class PassOnForm(forms.Form):
    """Why somebody cannot see to it; may stay empty."""

    note = forms.CharField(max_length=500, required=False)


class ClosingNoteForm(forms.Form):
    """What was found or done; an open matter closes by nothing less."""

    note = forms.CharField(
        label=gettext_lazy("What was found or done"),
        help_text=gettext_lazy("It stays on the record with your name."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        error_messages={"required": gettext_lazy("Write what was found or done.")},
    )


@require_safe
def alert(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Show everything that was decided, told and answered about one alert."""
    now, user = database_now(), person_of(request)
    found = _alert(user, alert_id, Verb.SEE, now)
    capacity = looking_as(user, found.patient, now)
    look_record(actor=user, patient=found.patient, capacity=capacity, page="alert", now=now)
    verbs = verbs_of(user, found.patient, now)
    is_open = found.closed_at is None
    context = {
        "thread": alert_thread(found, now, capacities_of(user, found.patient, now)),
        "now": now,
        "looks_as": capacity,
        "patient": found.patient,
        "is_desk": capacity is Capacity.CLINICIAN,
        "may_acknowledge": is_open and Verb.ACKNOWLEDGE in verbs,
        "may_close": is_open and Verb.CLOSE_FLAG in verbs,
        "is_mine": found.held_by_id == user.pk,
    }
    return render(request, "tracker/clinic/thread.html", context | SHELLS[capacity])


@require_POST
def acknowledge(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Record "I have it" and go back to where the button was."""
    now, user = database_now(), person_of(request)
    found = _alert(user, alert_id, Verb.ACKNOWLEDGE, now)
    try:
        alert_acknowledge(alert=found, by=user, now=now)
    except Refusal as refusal:
        problems_tell(request, refusal)
    return redirect(_way_back(request, reverse("alert", args=[found.pk])))


@require_POST
def pass_on(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Record that somebody cannot see to it, with their words if they gave any."""
    now, user = database_now(), person_of(request)
    found = _alert(user, alert_id, Verb.ACKNOWLEDGE, now)
    form = PassOnForm(request.POST)
    try:
        if form.is_valid():
            alert_pass_on(alert=found, by=user, note=form.cleaned_data["note"], now=now)
            messages.success(request, _("Passed on. Others are asked."))
        else:
            messages.error(request, _("Write at most 500 characters."))
    except Refusal as refusal:
        problems_tell(request, refusal)
    return redirect(_way_back(request, reverse("alert", args=[found.pk])))


@form_door
def close_alert(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Close an alert about a dose with a note; an alert about a flag leads to the flag."""
    now, user = database_now(), person_of(request)
    found = _alert(user, alert_id, Verb.CLOSE_FLAG, now)
    if found.flag_id is not None:
        return redirect("flag-close", found.flag_id)
    form = ClosingNoteForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            alert_close_with_note(alert=found, by=user, note=form.cleaned_data["note"], now=now)
        except Refusal as refusal:
            problems_put(form, refusal)
        else:
            messages.success(request, _("Closed with your note."))
            return redirect(_way_back(request, reverse("chart", args=[found.patient_id])))
    return _closing_page(request, form, found.patient, alert_headline(found), now)


@form_door
def close_flag(request: HttpRequest, flag_id: UUID) -> HttpResponse:
    """Close a flag with a note; without one it stays open and what was typed stays typed."""
    now, user = database_now(), person_of(request)
    flag = flags_visible_to(user, now).filter(pk=flag_id).first()
    if flag is None or Verb.CLOSE_FLAG not in verbs_of(user, flag.patient, now):
        raise NotVisible
    form = ClosingNoteForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            flag_close(flag=flag, by=user, note=form.cleaned_data["note"], now=now)
        except Refusal as refusal:
            problems_put(form, refusal)
        else:
            messages.success(request, _("Flag closed with your note."))
            return redirect(_way_back(request, reverse("chart", args=[flag.patient_id])))
    return _closing_page(request, form, flag.patient, flag_headline(flag), now)


def _alert(user: User, alert_id: UUID, verb: Verb, now: datetime) -> Alert:
    """Return an alert about which this person may do this; NotVisible otherwise."""
    found = alert_visible_to(user, alert_id, now)
    if found is None or verb not in verbs_of(user, found.patient, now):
        raise NotVisible
    return found


def _closing_page(
    request: HttpRequest, form: ClosingNoteForm, patient: Patient, headline: str, now: datetime
) -> HttpResponse:
    """Ask for the note; the page shows one patient, so it is a look."""
    look_record(
        actor=person_of(request),
        patient=patient,
        capacity=Capacity.CLINICIAN,
        page="close",
        now=now,
    )
    context = {
        "here": "patients",
        "form": form,
        "patient": patient,
        "headline": headline,
        "next": _way_back(request, ""),
        "back": reverse("chart", args=[patient.pk]),
    }
    return render(request, "tracker/clinic/close.html", context)


def _way_back(request: HttpRequest, fallback: str) -> str:
    """Return the page that the button came from, when it is one of ours; else `fallback`."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    is_path = address.startswith("/") and address.isprintable()
    is_ours = is_path and url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if is_ours else fallback
