"""Doors of the clinic to a pump: its page, its record, its dates, and what a second person says."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import NotVisible
from accounts.clock import database_now
from accounts.domain.capacities import Verb
from accounts.domain.problems import Refusal
from accounts.models import Patient, User
from accounts.services.audit import patient_open
from accounts.web.answers import form_door, person_of, problems_put
from tracker.domain.pumps import ORAL, PumpDateKind, PumpEventKind
from tracker.models import Pump, PumpDate, PumpEvent
from tracker.selectors.pump_page import PumpPage, is_waiting, pump_page
from tracker.selectors.pump_timeline import pump_timeline
from tracker.selectors.pumps import (
    date_visible_to,
    dates_of,
    event_visible_to,
    needed_dates,
    pump_clock,
    pump_of,
)
from tracker.services.pump_events import pump_event_add, pump_event_confirm
from tracker.services.pumps import pump_date_confirm, pump_dates_type, pump_record
from tracker.web.pump_forms import DatesForm, DenyForm, DeskEventForm, PumpRecordForm, RefillForm
from tracker.web.pump_line import pump_line

SHORT_TIMELINE = 14


@require_safe
def pump(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Show one patient's pump to a clinician of their clinic; the look is recorded."""
    now, user = database_now(), person_of(request)
    patient = _opened(user, patient_id, now)
    return pump_shown(request, patient, now)


def pump_shown(
    request: HttpRequest, patient: Patient, now: datetime, form: RefillForm | None = None
) -> HttpResponse:
    """Return the pump's page at `now`, with a refill form that was refused if there is one."""
    page = pump_page(patient, now=now)
    is_whole = "whole" in request.GET
    lines = _timeline(page)
    context = {
        "here": "patients",
        "page": page,
        "line": pump_line(page),
        "timeline": lines if is_whole else lines[:SHORT_TIMELINE],
        "is_timeline_cut": not is_whole and len(lines) > SHORT_TIMELINE,
        "line_count": len(lines),
        "form": form or RefillForm.fresh(zone=page.zone, now=now),
        "reader": person_of(request),
        "oral": next((event for event in page.events if event.kind in ORAL), None),
        "chart": page,  # the patient's line above the strip reads it from there
    }
    return render(request, "tracker/pump/desk.html", context)


@form_door
def record(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Put a pump on record or correct its record."""
    now, user = database_now(), person_of(request)
    patient = _opened(user, patient_id, now)
    form = PumpRecordForm.of(pump_of(patient))
    if request.method == "POST":
        form = PumpRecordForm(request.POST)
        if form.is_valid():
            try:
                pump_record(patient=patient, by=user, now=now, seen_at=form.opened_at, **form.terms)
            except Refusal as refusal:
                problems_put(form, refusal)
            else:
                messages.success(request, _("The pump is on record as you typed it."))
                return redirect("patient-pump", patient.pk)
    return _form_page(request, "tracker/pump/record.html", patient, form)


@form_door
def dates(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Type dates of a pump outside a refill: the first ones, a correction, a replacement date."""
    now, user = database_now(), person_of(request)
    patient = _opened(user, patient_id, now)
    found = _pump(patient)
    form = DatesForm(request.POST if request.method == "POST" else None, kinds=PumpDateKind)
    if form.is_bound and form.is_valid():
        try:
            pump_dates_type(pump=found, by=user, dates=form.dates, read_from=form.source, now=now)
        except Refusal as refusal:
            problems_put(form, refusal)
        else:
            messages.success(request, _("Kept as typed. A second person types them again."))
            return redirect("patient-pump", patient.pk)
    return _form_page(request, "tracker/pump/dates.html", patient, form)


@require_POST
def refill(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Record a refill with what its printout says; it waits for a second person."""
    now, user = database_now(), person_of(request)
    patient = _opened(user, patient_id, now)
    found, page = _pump(patient), pump_page(patient, now=now)
    form = RefillForm(request.POST, zone=page.zone, now=now)
    if form.is_valid():
        said = form.cleaned_data
        try:
            pump_event_add(
                pump=found,
                by=user,
                client_id=form.request_id,
                now=now,
                kind=PumpEventKind.REFILL_DONE,
                at=form.moment,
                done_by=said["done_by"],
                dates=form.dates,
                read_from=said["read_from"],
            )
        except Refusal as refusal:
            problems_put(form, refusal)
        else:
            messages.success(request, _("Recorded. A second person confirms it now."))
            return redirect("patient-pump", patient.pk)
    return pump_shown(request, patient, now, form)


@form_door
def told(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Record an alarm that was heard, a problem that was found, or what is on hand."""
    now, user = database_now(), person_of(request)
    patient = _opened(user, patient_id, now)
    found = _pump(patient)
    zone, _today = pump_clock(patient, now)
    form = DeskEventForm.fresh(zone=zone, now=now)
    if request.method == "POST":
        form = DeskEventForm(request.POST, zone=zone, now=now)
        if form.is_valid():
            said = form.cleaned_data
            try:
                pump_event_add(
                    pump=found,
                    by=user,
                    client_id=form.request_id,
                    now=now,
                    kind=PumpEventKind(said["kind"]),
                    at=said["at"],
                    expires_on=said["expires_on"],
                    note=said["note"],
                )
            except Refusal as refusal:
                problems_put(form, refusal)
            else:
                messages.success(request, _("Recorded under your name."))
                return redirect("patient-pump", patient.pk)
    return _form_page(request, "tracker/pump/told.html", patient, form, pump=found)


@form_door
def confirm_event(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """Let a second person type a refill's dates again, or say with a note that it was none."""
    now, user = database_now(), person_of(request)
    event = event_visible_to(user, event_id, now)
    if event is None:
        raise NotVisible
    patient = _opened(user, event.pump.patient_id, now)
    if not is_waiting(event):
        return redirect("patient-pump", patient.pk)
    form, deny = _event_forms(request, event)
    is_denied = "deny" in request.POST
    answer: forms.Form = deny if is_denied else form
    if answer.is_bound and answer.is_valid():
        try:
            pump_event_confirm(
                event=event,
                by=user,
                is_confirmed=not is_denied,
                dates={} if is_denied else form.dates,
                read_from="" if is_denied else form.source,
                note=deny.cleaned_data["note"] if is_denied else "",
                now=now,
            )
        except Refusal as refusal:
            problems_put(answer, refusal)
        else:
            messages.success(request, _event_answered(is_denied=is_denied))
            return redirect("patient-pump", patient.pk)
    context = {
        "event": event,
        "deny": deny,
        "is_own": event.by_id == user.pk,
        "is_denied": is_denied,
    }
    return _form_page(request, "tracker/pump/confirm_event.html", patient, form, **context)


@form_door
def confirm_date(request: HttpRequest, date_id: UUID) -> HttpResponse:
    """Let a second person type one date again."""
    now, user = database_now(), person_of(request)
    row = date_visible_to(user, date_id, now)
    if row is None:
        raise NotVisible
    patient = _opened(user, row.pump.patient_id, now)
    kind = PumpDateKind(row.kind)
    form = DatesForm(
        request.POST if request.method == "POST" else None,
        kinds=[kind],
        needed=[kind],
        is_source_asked=False,
    )
    if form.is_bound and form.is_valid():
        try:
            pump_date_confirm(pump_date=row, by=user, falls_on=form.dates[kind], now=now)
        except Refusal as refusal:
            problems_put(form, refusal)
        else:
            messages.success(request, _("The same date. It is confirmed."))
            return redirect("patient-pump", patient.pk)
    context = {"row": row, "is_own": row.typed_by_id == user.pk}
    return _form_page(request, "tracker/pump/confirm_date.html", patient, form, **context)


def _opened(user: User, patient_id: UUID, now: datetime) -> Patient:
    return patient_open(actor=user, verb=Verb.PLAN, patient_id=patient_id, page="pump", now=now)


def _pump(patient: Patient) -> Pump:
    found = pump_of(patient)
    if found is None:
        raise NotVisible
    return found


def _event_forms(request: HttpRequest, event: PumpEvent) -> tuple[DatesForm, DenyForm]:
    """Return the two answers, bound to what was sent for the one that was pressed."""
    typed = {PumpDateKind(row.kind) for row in event.dates.all()}
    needed = typed or needed_dates(event.pump)
    sent = request.POST if request.method == "POST" else None
    is_denied = "deny" in request.POST
    form = DatesForm(
        None if is_denied else sent,
        kinds=[kind for kind in PumpDateKind if kind in needed],
        needed=needed,
        is_source_asked=not typed,
    )
    return form, DenyForm(sent if is_denied else None)


def _event_answered(*, is_denied: bool) -> str:
    if is_denied:
        return _("Kept with your note. It moves no date.")
    return _("Confirmed. What this refill closes is closed.")


def _timeline(page: PumpPage) -> tuple[Any, ...]:
    rows: list[PumpDate] = list(dates_of(page.pump)) if page.pump is not None else []
    return pump_timeline(page.patient, page.events, rows, page.zone)


def _form_page(
    request: HttpRequest, template: str, patient: Patient, form: forms.Form, **more: Any
) -> HttpResponse:
    context = {"here": "patients", "patient": patient, "form": form} | more
    return render(request, template, context)
