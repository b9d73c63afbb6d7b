"""One patient in a minute."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import NotVisible
from accounts.clock import database_now
from accounts.domain.capacities import Capacity, Verb
from accounts.services.audit import patient_open
from accounts.web.answers import person_of
from tracker.selectors.chart import Chart, patient_chart
from tracker.web.calendar import calendar_of
from tracker.web.plot import Plot
from tracker.web.staircase import staircase

SHORT_TIMELINE = 25


@require_safe
def chart(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Show the chart of one patient to a clinician of their clinic; the look is recorded."""
    now, user = database_now(), person_of(request)
    patient = patient_open(actor=user, verb=Verb.PLAN, patient_id=patient_id, page="chart", now=now)
    shown = patient_chart(patient, plan_id=_plan_id(request.GET.get("plan", "")), now=now)
    if shown is None:
        raise NotVisible
    is_whole = "whole" in request.GET
    context = {
        "here": "patients",
        "chart": shown,
        "plot": plot_of(shown),
        "calendar": calendar_of(shown.picture) if shown.picture is not None else None,
        "timeline": shown.timeline if is_whole else shown.timeline[:SHORT_TIMELINE],
        "is_timeline_cut": not is_whole and len(shown.timeline) > SHORT_TIMELINE,
        "reader": user,
        "looks_as": Capacity.CLINICIAN,
        "patient": patient,
    }
    return render(request, "tracker/clinic/chart.html", context)


def plot_of(shown: Chart) -> Plot | None:
    """Return the drawing of a chart; None while nothing is signed."""
    if shown.picture is None:
        return None
    return staircase(shown.picture, check_ins=shown.check_ins, extras=shown.extras)


def _plan_id(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise NotVisible from error
