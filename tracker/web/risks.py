"""Doors of the clinic to a patient's risk factors on file: context, and never counted."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import NotVisible
from accounts.clock import database_now
from accounts.domain.capacities import Verb
from accounts.domain.problems import Refusal
from accounts.models import Patient, User
from accounts.services.audit import patient_open
from accounts.web.answers import form_door, person_of, problems_put
from tracker.selectors.risks import factors_to_choose, risks_page
from tracker.services.risks import LONGEST_TEXT, risk_record, risk_take_off
from tracker.web.moment_fields import LineField
from tracker.web.stay_forms import ReasonForm


class RiskForm(forms.Form):
    """One documented risk factor, and what the clinic notes about it."""

    factor = forms.ChoiceField(
        label=gettext_lazy("Risk factor"),
        choices=factors_to_choose,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose which one.")},
    )
    note = LineField(
        label=gettext_lazy("Note"),
        help_text=gettext_lazy("For the clinic. You may leave it empty."),
        max_length=LONGEST_TEXT,
        required=False,
    )


@form_door
def risks(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Show what is on file as context, and put a factor on file."""
    now, user = database_now(), person_of(request)
    patient = _opened(user, patient_id, now)
    form = RiskForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        try:
            risk_record(patient=patient, by=user, factor=said["factor"], note=said["note"], now=now)
        except Refusal as refusal:
            problems_put(form, refusal)
        else:
            messages.success(request, _("It is on file. Nothing counts it."))
            return redirect("risks", patient.pk)
    return _page(request, "list", patient, form, page=risks_page(patient, now), now=now)


@form_door
def take_off(request: HttpRequest, patient_id: UUID, risk_id: UUID) -> HttpResponse:
    """Take a risk factor off file, with a reason."""
    now, user = database_now(), person_of(request)
    patient = _opened(user, patient_id, now)
    page = risks_page(patient, now)
    line = next((line for line in page.recorded if line.id == risk_id), None)
    if line is None:
        raise NotVisible
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            risk_take_off(risk=line.row, by=user, reason=reason, now=now)
        except Refusal as refusal:
            problems_put(form, refusal)
        else:
            messages.success(request, _("Taken off file. That it stood there stays readable."))
            return redirect("risks", patient.pk)
    return _page(request, "take_off", patient, form, line=line)


def _opened(user: User, patient_id: UUID, now: datetime) -> Patient:
    return patient_open(actor=user, verb=Verb.PLAN, patient_id=patient_id, page="risks", now=now)


def _page(
    request: HttpRequest, name: str, patient: Patient, form: forms.Form, **more: Any
) -> HttpResponse:
    context = {"here": "patients", "patient": patient, "form": form} | more
    return render(request, f"tracker/risks/{name}.html", context)
