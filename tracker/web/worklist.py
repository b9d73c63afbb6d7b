"""The clinician's first page, and the list in which a patient is found."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from accounts.access import NotVisible
from accounts.clock import database_now
from accounts.domain.capacities import Capacity
from accounts.models import User
from accounts.services.audit import look_record
from accounts.web.answers import person_of
from tracker.selectors.desk import ClinicianDesk, Peek, desk_of, peek
from tracker.selectors.patient_list import patient_rows, patients_found
from tracker.selectors.worklist import (
    Show,
    clinicians_patients,
    patients_with_nothing_open,
    worklist_rows,
    worklist_shown,
)
from tracker.web.worklist_filters import filter_groups

PAGE_SIZE = 100
LIST_ID = "worklist"


@require_safe
def worklist(request: HttpRequest) -> HttpResponse:
    """Show whom to call first, and one patient beside the list when one was chosen.

    The list alone is answered to its own refresh; a refresh is not a look at anybody.
    """
    now, user = database_now(), person_of(request)
    desk = _desk(user, now)
    patients = clinicians_patients(user, desk.clinics, now)
    show = _show(request.GET.get("show", ""))
    chosen = _chosen(request.GET.get("patient", ""))
    rows = worklist_rows(patients, now=now)
    listed = worklist_shown(rows, show=show, user=user, nothing_open_count=desk.nothing_open_count)
    is_nothing_open = show is Show.NOTHING_OPEN
    shown = patients_with_nothing_open(patients) if is_nothing_open else listed.rows
    page = Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "now": now,
        "zone": desk.zone,
        "show": show,
        "is_nothing_open": is_nothing_open,
        "open_count": listed.counts[Show.ALL],
        "has_patients": bool(rows) or desk.nothing_open_count > 0,
        "page": page,
        "chosen": chosen,
        "query": urlencode({"show": show.value}) + "&",
        "address": _address(show, chosen, page),
    }
    if _is_refresh(request):
        return render(request, "tracker/clinic/_worklist.html", context)
    context |= {
        "here": "worklist",
        "capacities": desk.capacities,
        "emergencies": listed.emergency_count,
        "groups": filter_groups(show, listed.counts),
    }
    if chosen is not None:
        found = peek(patients, chosen, rows, now)
        context["peek"] = _looked_at(found, user, now)
    return render(request, "tracker/clinic/worklist.html", context)


@require_safe
def patients(request: HttpRequest) -> HttpResponse:
    """List the patients of the clinics where the reader works, or those that match words."""
    now, user = database_now(), person_of(request)
    desk = _desk(user, now)
    words = request.GET.get("find", "").strip()[:120]
    found = patients_found(clinicians_patients(user, desk.clinics, now), words)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "here": "patients",
        "capacities": desk.capacities,
        "now": now,
        "zone": desk.zone,
        "find": words,
        "page": page,
        "rows": patient_rows(list(page)),
        "query": urlencode({"find": words}) + "&" if words else "",
    }
    return render(request, "tracker/clinic/patients.html", context)


def _desk(user: User, now: datetime) -> ClinicianDesk:
    """Return the desk of somebody who works at a clinic; for anybody else there is no such page."""
    desk = desk_of(user, now)
    if desk is None:
        raise NotVisible
    return desk


def _looked_at(found: Peek | None, user: User, now: datetime) -> Peek:
    if found is None:
        raise NotVisible
    look_record(
        actor=user, patient=found.patient, capacity=Capacity.CLINICIAN, page="worklist", now=now
    )
    return found


def _show(name: str) -> Show:
    """Return the filter of this name; an unknown one shows everything."""
    return Show(name) if name in set(Show) else Show.ALL


def _chosen(text: str) -> UUID | None:
    """Return the patient that the address names; NotVisible when it names nobody's id."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise NotVisible from error


def _address(show: Show, chosen: UUID | None, page: Page[object]) -> str:
    """Return the query string of exactly this list, for its refresh and for the way back."""
    parts: dict[str, str | int] = {"show": show.value}
    if page.number > 1:
        parts["page"] = page.number
    if chosen is not None:
        parts["patient"] = str(chosen)
    return urlencode(parts)


def _is_refresh(request: HttpRequest) -> bool:
    """Say whether the list on the page asks for itself again."""
    htmx = getattr(request, "htmx", None)
    return isinstance(htmx, HtmxDetails) and bool(htmx) and htmx.target == LIST_ID
