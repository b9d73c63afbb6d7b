"""Doors of the clinic to a patient's stays: record one, end it, correct it or take it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.access import NotVisible
from accounts.clock import database_now
from accounts.domain.capacities import Verb
from accounts.domain.problems import Refusal
from accounts.models import Patient, User
from accounts.services.audit import patient_open
from accounts.web.answers import form_door, person_of, problems_put
from tracker.models import Stay
from tracker.selectors.dose_entries import stays_of
from tracker.selectors.stays import stay_lines
from tracker.selectors.versions import plan_zone_of
from tracker.services.stays import stay_correct, stay_end, stay_record, stay_take_back
from tracker.web.stay_forms import ReasonForm, StayCorrectForm, StayEndForm, StayForm


@form_door
def stays(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Show a patient's stays, and record one."""
    now, user = database_now(), person_of(request)
    patient = _opened(user, patient_id, now)
    zone = plan_zone_of(patient, now)
    form = StayForm(request.POST if request.method == "POST" else None, zone=zone, now=now)
    if form.is_bound and form.is_valid():
        try:
            stay_record(patient=patient, by=user, now=now, **form.terms)
        except Refusal as refusal:
            problems_put(form, refusal)
        else:
            messages.success(request, _("Recorded. Nobody is asked to log what falls into it."))
            return redirect("stays", patient.pk)
    lines = stay_lines(patient, zone=zone, now=now)
    return _page(request, "list", patient, form, zone=zone, now=now, stays=lines)


@form_door
def end(request: HttpRequest, patient_id: UUID, stay_id: UUID) -> HttpResponse:
    """Record when a stay ended."""
    now, user = database_now(), person_of(request)
    patient = _opened(user, patient_id, now)
    stay, zone = _stay(patient, stay_id), plan_zone_of(patient, now)
    form = StayEndForm(request.POST if request.method == "POST" else None, zone=zone, now=now)
    if form.is_bound and form.is_valid():
        try:
            stay_end(stay=stay, by=user, until_at=form.cleaned_data["until_at"], now=now)
        except Refusal as refusal:
            problems_put(form, refusal)
        else:
            messages.success(request, _("Its end is recorded. Doses due after it are asked about."))
            return redirect("stays", patient.pk)
    return _page(request, "end", patient, form, zone=zone, now=now, stay=stay)


@form_door
def correct(request: HttpRequest, patient_id: UUID, stay_id: UUID) -> HttpResponse:
    """Correct a stay: what was recorded is taken back, what is typed is recorded instead."""
    now, user = database_now(), person_of(request)
    patient = _opened(user, patient_id, now)
    stay, zone = _stay(patient, stay_id), plan_zone_of(patient, now)
    form = StayCorrectForm.of(stay, zone=zone, now=now)
    if request.method == "POST":
        form = StayCorrectForm(request.POST, zone=zone, now=now)
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            try:
                stay_correct(stay=stay, by=user, reason=reason, now=now, **form.terms)
            except Refusal as refusal:
                problems_put(form, refusal)
            else:
                messages.success(request, _("Corrected. What stood there before stays readable."))
                return redirect("stays", patient.pk)
    return _page(request, "correct", patient, form, zone=zone, now=now, stay=stay)


@form_door
def take_back(request: HttpRequest, patient_id: UUID, stay_id: UUID) -> HttpResponse:
    """Take a stay back that was recorded by mistake."""
    now, user = database_now(), person_of(request)
    patient = _opened(user, patient_id, now)
    stay, zone = _stay(patient, stay_id), plan_zone_of(patient, now)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            stay_take_back(stay=stay, by=user, reason=form.cleaned_data["reason"], now=now)
        except Refusal as refusal:
            problems_put(form, refusal)
        else:
            messages.success(request, _("Taken back. It stays readable and counts for nothing."))
            return redirect("stays", patient.pk)
    return _page(request, "take_back", patient, form, zone=zone, now=now, stay=stay)


def _opened(user: User, patient_id: UUID, now: datetime) -> Patient:
    return patient_open(actor=user, verb=Verb.PLAN, patient_id=patient_id, page="stays", now=now)


def _stay(patient: Patient, stay_id: UUID) -> Stay:
    found = stays_of(patient).filter(pk=stay_id).first()
    if found is None:
        raise NotVisible
    return found


def _page(
    request: HttpRequest, name: str, patient: Patient, form: forms.Form, **more: Any
) -> HttpResponse:
    context = {"here": "patients", "patient": patient, "form": form} | more
    return render(request, f"tracker/stays/{name}.html", context)
