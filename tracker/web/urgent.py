"""Doors of the urgent page: numbers to call, what to say, what to show.

It opens without signing in and while the database is away; then it has no numbers of a clinic.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST, require_safe

from accounts.clock import database_now
from accounts.domain.capacities import Verb
from accounts.domain.problems import Refusal
from accounts.models import User
from accounts.web.answers import person_of, problems_tell
from accounts.web.language import speak_to
from tracker.models import ReportKind
from tracker.selectors.around import patient_around, patients_helped_around
from tracker.selectors.urgent import urgent_call_of
from tracker.services.checkins import report_add
from tracker.web.dose_forms import AnswerForm
from tracker.web.standpoint import helped_around, look_as_caregiver, standpoint

TEMPLATE = "tracker/patient/urgent.html"


@login_not_required
@require_safe
def urgent(request: HttpRequest) -> HttpResponse:
    """Show the reader's own urgent page, or the public one to everybody else."""
    try:
        return render(request, TEMPLATE, _own(request))
    except (OperationalError, InterfaceError):
        return HttpResponse(render_to_string(TEMPLATE, {"is_away": True}))


@require_safe
def urgent_for(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Show a caregiver the urgent page of somebody they help."""
    user, now = person_of(request), database_now()
    around = helped_around(user, patient_id, now)
    look_as_caregiver(user, around.patient, "urgent", now)
    context = {
        "call": urgent_call_of(around, reader=user, now=now),
        "now": now,
        "around": around,
        "helped_id": patient_id,
        "client_id": uuid4(),
        "has_said_stopped": "stopped" in request.GET,
    }
    return render(request, TEMPLATE, context)


@require_POST
def stopped(request: HttpRequest, patient_id: UUID | None = None) -> HttpResponse:
    """Report that the medicine was stopped suddenly; people are told at once."""
    here = standpoint(request, patient_id, Verb.CHECK_IN)
    form = AnswerForm(request.POST)
    if form.is_valid():
        try:
            report_add(
                patient=here.patient,
                by=here.user,
                kind=ReportKind.STOPPED,
                at=None,
                client_id=form.request_id,
                now=here.now,
            )
        except Refusal as refusal:
            problems_tell(request, refusal)
    return redirect(here.place("urgent"))


def _own(request: HttpRequest) -> dict[str, Any]:
    user = request.user
    if not isinstance(user, User):
        return {}
    speak_to(user)
    now = database_now()
    around = patient_around(user, now)
    if around is None:
        return {"helped": patients_helped_around(user, now)}
    return {
        "call": urgent_call_of(around, reader=user, now=now),
        "now": now,
        "around": around,
        "client_id": uuid4(),
        "has_said_stopped": "stopped" in request.GET,
    }
