"""Doors of a patient and of caregivers to a pump: its dates, its numbers, three things to say."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import NotVisible
from accounts.domain.capacities import Verb
from accounts.domain.problems import Refusal
from accounts.web.answers import form_door, problems_put
from tracker.domain.pumps import ALARMS, ORAL, PumpEventKind
from tracker.models import Pump, PumpEvent
from tracker.selectors.pump_page import date_rows, is_waiting, pump_numbers
from tracker.selectors.pumps import events_of, pump_clock, pump_of
from tracker.services.pump_events import pump_event_add
from tracker.web.dose_forms import AnswerForm
from tracker.web.dose_log import page_context
from tracker.web.pump_forms import AlarmForm, OralForm, RefillDoneForm
from tracker.web.standpoint import Standpoint, standpoint


@require_safe
def pump(request: HttpRequest, patient_id: UUID | None = None) -> HttpResponse:
    """Show the dates as the clinic entered them, whom to call, and what can be said here."""
    here = standpoint(request, patient_id, Verb.CHECK_IN)
    found, (zone, today) = _pump(here), pump_clock(here.patient, here.now)
    events = list(events_of(found))
    context = _context(here, found) | {
        "zone": zone,
        "dates": [row for row in date_rows(found, zone, today) if row.is_standing],
        "alarm": next((event for event in events if event.kind in ALARMS), None),
        "refill": next((event for event in events if is_waiting(event)), None),
        "oral": next((event for event in events if event.kind in ORAL), None),
        "is_oral_out_of_date": _is_out_of_date(events, today),
    }
    return render(request, "tracker/pump/phone.html", context)


@form_door
def alarm(request: HttpRequest, patient_id: UUID | None = None) -> HttpResponse:
    """Say that an alarm was heard; a critical one, or not being sure, opens the urgent page."""
    here = standpoint(request, patient_id, Verb.CHECK_IN)
    found = _pump(here)
    form = AlarmForm(request.POST) if request.method == "POST" else AlarmForm.fresh()
    if form.is_bound and form.is_valid():
        result = _said(here, found, form, kind=form.kind, at=None, note=form.words)
        if result is not None and result.kind == PumpEventKind.ALARM_CRITICAL:
            return redirect(here.place("urgent"))
        if result is not None:
            messages.success(request, _("Your clinic is told of the alarm. Call them as well."))
            return redirect(here.place("pump"))
    return render(request, "tracker/pump/alarm.html", _context(here, found) | {"form": form})


@form_door
def refill_done(request: HttpRequest, patient_id: UUID | None = None) -> HttpResponse:
    """Say that the pump was refilled; the clinic confirms it and types the next dates."""
    here = standpoint(request, patient_id, Verb.CHECK_IN)
    found = _pump(here)
    zone, _today = pump_clock(here.patient, here.now)
    terms: dict[str, Any] = {"zone": zone, "now": here.now}
    form = RefillDoneForm.fresh(**terms)
    if request.method == "POST":
        form = RefillDoneForm(request.POST, **terms)
        if form.is_valid():
            done_by = form.cleaned_data["done_by"]
            kind = PumpEventKind.REFILL_DONE
            if _said(here, found, form, kind=kind, at=form.moment, done_by=done_by):
                messages.success(request, _("Noted. Your clinic confirms it and types the dates."))
                return redirect(here.place("pump"))
    return render(request, "tracker/pump/refill_done.html", _context(here, found) | {"form": form})


@form_door
def oral(request: HttpRequest, patient_id: UUID | None = None) -> HttpResponse:
    """Say whether oral baclofen is on hand, as the clinic instructed."""
    here = standpoint(request, patient_id, Verb.CHECK_IN)
    found = _pump(here)
    form = OralForm(request.POST) if request.method == "POST" else OralForm.fresh()
    if form.is_bound and form.is_valid():
        expires_on = form.cleaned_data["expires_on"]
        if _said(here, found, form, kind=form.kind, at=None, expires_on=expires_on):
            messages.success(request, _("Noted. Your clinic can read it."))
            return redirect(here.place("pump"))
    return render(request, "tracker/pump/oral.html", _context(here, found) | {"form": form})


def _said(here: Standpoint, found: Pump, form: AnswerForm, **said: Any) -> PumpEvent | None:
    """Keep what was said; None, with the reason at its field, when it was refused."""
    try:
        result = pump_event_add(
            pump=found, by=here.user, client_id=form.request_id, now=here.now, **said
        )
    except Refusal as refusal:
        problems_put(form, refusal)
        return None
    return result.event


def _pump(here: Standpoint) -> Pump:
    found = pump_of(here.patient)
    if found is None:
        raise NotVisible
    return found


def _context(here: Standpoint, found: Pump) -> dict[str, Any]:
    return page_context(here) | {
        "pump": found,
        "numbers": pump_numbers(found),
        "around": here.around(),
    }


def _is_out_of_date(events: list[PumpEvent], today: date) -> bool:
    last = next((event for event in events if event.kind in ORAL), None)
    until = last.expires_on if last is not None else None
    return until is not None and until < today
