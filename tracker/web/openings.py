"""Importing openings of a bottle or cap: choose the file, say what it means, look, import."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from accounts.access import NotVisible
from accounts.clock import database_now
from accounts.domain.capacities import Verb
from accounts.domain.problems import Refusal
from accounts.models import Patient, User
from accounts.services.audit import patient_open
from accounts.web.answers import form_door, person_of, problems_put, problems_tell
from tracker.domain.openings_placing import Place
from tracker.models import OpeningsFile
from tracker.selectors.openings import (
    mapping_from,
    openings_dry_run,
    openings_file_of,
    openings_files_of,
    remembered_mapping,
    report_lines,
)
from tracker.selectors.openings_words import PLACE_NAMES
from tracker.services.openings import (
    MOST_BYTES,
    Progress,
    openings_file_give,
    openings_file_map,
    openings_take_in,
)
from tracker.web.openings_forms import (
    MappingForm,
    OneFileInMemory,
    OpeningsFileForm,
    mapping_initial,
)

LINES_A_PAGE = 200
CUT = "<!-- the lines of progress -->"


@csrf_exempt  # no earlier than it knows who asks: `_given` checks, once a file may be read at all
@form_door
def openings(request: HttpRequest, patient_id: UUID) -> HttpResponseBase:
    """Show the files given for a patient and take another; only here is a file read."""
    now, user = database_now(), person_of(request)
    patient = _patient(user, patient_id, now)
    request.upload_handlers = [OneFileInMemory(request)]
    return _given(request, patient, user, now)


@csrf_protect
def _given(request: HttpRequest, patient: Patient, user: User, now: datetime) -> HttpResponseBase:
    form = OpeningsFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        content = given.read(MOST_BYTES + 1)
        try:
            file = openings_file_give(
                patient=patient, by=user, name=given.name, content=content, now=now
            )
        except Refusal as refusal:
            problems_put(form, refusal)
        else:
            return redirect("openings-file", patient.pk, file.pk)
    context = {"form": form, "files": openings_files_of(patient)}
    return render(request, "tracker/openings/choose.html", _page(patient) | context)


@form_door
def openings_file(request: HttpRequest, patient_id: UUID, file_id: UUID) -> HttpResponseBase:
    """Show what the columns of a file mean and what the file would come to, row by row."""
    now, user = database_now(), person_of(request)
    patient = _patient(user, patient_id, now)
    file = _file(patient, file_id)
    form = _mapping_form(request, file)
    if request.method == "POST" and form.is_valid():
        try:
            openings_file_map(file=file, by=user, mapping=form.mapping, now=now)
        except Refusal as refusal:
            problems_put(form, refusal)
        else:
            return redirect(f"{request.path}#report-title")
    context = {"form": form, "file": file, "report": _report(request, file, now)}
    return render(request, "tracker/openings/file.html", _page(patient) | context)


@require_POST
def take_in(request: HttpRequest, patient_id: UUID, file_id: UUID) -> HttpResponseBase:
    """Import a file, all or nothing; the page grows as the import goes on, without a script."""
    now, user = database_now(), person_of(request)
    patient = _patient(user, patient_id, now)
    file = _file(patient, file_id)
    steps = openings_take_in(file=file, by=user, now=now)
    try:
        first = next(steps)
    except Refusal as refusal:
        problems_tell(request, refusal)
        return redirect("openings-file", patient.pk, file.pk)
    context = _page(patient) | {"file": file, "cut": CUT, "of": first.of}
    page = render_to_string("tracker/openings/taking_in.html", context, request)
    answer = StreamingHttpResponse(_growing(page, chain([first], steps), context))
    answer.headers["X-Accel-Buffering"] = "no"  # a proxy that waits would hide the progress
    return answer


def _growing(page: str, steps: Iterator[Progress], context: dict[str, object]) -> Iterator[str]:
    """Yield the page up to its cut, a line for each step as it is done, then the rest."""
    before, _cut, after = page.partition(CUT)
    yield before
    for step in steps:
        yield render_to_string("tracker/openings/_progress.html", {"step": step})
    yield render_to_string("tracker/openings/_taken_in.html", context)
    yield after


def _mapping_form(request: HttpRequest, file: OpeningsFile) -> MappingForm:
    kept = mapping_from(file.mapping) if file.mapping else None
    shown = kept or remembered_mapping(file.patient.clinic, file.columns)
    return MappingForm(
        request.POST or None,
        columns=file.columns,
        initial=mapping_initial(shown) if shown is not None else {},
    )


def _report(request: HttpRequest, file: OpeningsFile, now: datetime) -> dict[str, object] | None:
    if not file.mapping or file.taken_in_at is not None or not bytes(file.packed):
        return None
    found = openings_dry_run(file, now=now)
    kind = request.GET.get("show", "")
    lines = Paginator(report_lines(found, kind=kind), LINES_A_PAGE)
    named = [(place.value, str(PLACE_NAMES[place]), found.counts[place]) for place in Place]
    named += [
        ("passed_over", _("no opening, as the file says"), len(found.passed_over)),
        ("unread", _("cannot be read"), len(found.unread)),
    ]
    return {
        "kinds": [each for each in named if each[2]],
        "show": kind,
        "lines": lines.get_page(request.GET.get("page")),
        "unread": len(found.unread),
        "may_take_in": not found.unread and found.has_new,
        "new": sum(count for place, count in found.counts.items() if place not in _NOT_NEW),
        "zone": found.zone.key,
    }


_NOT_NEW = frozenset({Place.ALREADY, Place.BEFORE})


def _patient(user: User, patient_id: UUID, now: datetime) -> Patient:
    return patient_open(actor=user, verb=Verb.PLAN, patient_id=patient_id, page="openings", now=now)


def _file(patient: Patient, file_id: UUID) -> OpeningsFile:
    file = openings_file_of(patient, file_id)
    if file is None:
        raise NotVisible
    return file


def _page(patient: Patient) -> dict[str, object]:
    return {"here": "patients", "patient": patient}
