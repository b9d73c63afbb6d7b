"""Doors of the clinic to files of a record: spreadsheets and documents for a period."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO
from uuid import UUID

from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.utils import translation

from accounts.access import NotVisible
from accounts.clock import database_now
from accounts.domain.capacities import Verb
from accounts.domain.zones import local_date
from accounts.models import Patient, User
from accounts.services.audit import patient_open
from accounts.web.answers import form_door, person_of
from tracker.selectors.record_about import RecordPart, record_part
from tracker.services.record_exports import (
    CONTENT_TYPES,
    DOCUMENTS,
    FileKind,
    file_name,
    record_export_note,
    record_rows_write,
)
from tracker.services.record_files import rows_count
from tracker.web.export_forms import ExportForm

COUNTED = "application/x-stepdown-counted"
"""Lines "rows written, rows in all", then one line with the file's type and name, then the file."""
LINE_EVERY = 250
BLOCK = 64 * 1024


@form_door
def export(request: HttpRequest, patient_id: UUID) -> HttpResponseBase:
    """Ask which file of this record; send it. For clinicians of the clinic; it is a look."""
    now, user = database_now(), person_of(request)
    patient = patient_open(
        actor=user, verb=Verb.PLAN, patient_id=patient_id, page="export", now=now
    )
    if request.method != "POST":
        today = local_date(now, patient.zone_info)
        return _page(request, patient, ExportForm.until(today, request.GET.get("plan", "")))
    form = ExportForm(request.POST)
    if not form.is_valid():
        return _page(request, patient, form, status=400)
    asked = form.cleaned_data
    part = record_part(
        patient,
        plan_id=asked["plan"],
        first_on=asked["first_on"],
        last_on=asked["last_on"],
        now=now,
    )
    if part is None:
        raise NotVisible
    record_export_note(part=part, by=user, kind=form.file_kind, now=now)
    if "counted" in request.POST:
        steps = _counted(part, user, form.file_kind, now)
        return StreamingHttpResponse(steps, content_type=COUNTED)
    return file_answer(part, user, form.file_kind, now)


def file_answer(part: RecordPart, by: User, kind: FileKind, now: datetime) -> FileResponse:
    """Return the whole file as a download."""
    made: IO[bytes] = TemporaryFile()  # noqa: SIM115 - the response closes it
    for _row in record_rows_write(out=made, part=part, by=by, kind=kind, now=now):
        pass
    made.seek(0)
    return FileResponse(
        made,
        as_attachment=True,
        filename=file_name(part, kind),
        content_type=CONTENT_TYPES[kind],
    )


def _counted(part: RecordPart, by: User, kind: FileKind, now: datetime) -> Iterator[bytes]:
    """Yield how far the file is while it is written, then the file."""
    total = rows_count(part) if kind not in DOCUMENTS else 0
    with translation.override(by.language), TemporaryFile() as made:
        yield _line(0, total)
        rows = record_rows_write(out=made, part=part, by=by, kind=kind, now=now)
        for done, _row in enumerate(rows, start=1):
            if done % LINE_EVERY == 0:
                yield _line(done, total)
        yield f"{CONTENT_TYPES[kind]} {file_name(part, kind)}\n".encode()
        made.seek(0)
        while block := made.read(BLOCK):
            yield block


def _line(done: int, total: int) -> bytes:
    return f"{min(done, total)} {total}\n".encode()


def _page(
    request: HttpRequest, patient: Patient, form: ExportForm, status: int = 200
) -> HttpResponse:
    shown = {"here": "patients", "patient": patient, "form": form}
    return render(request, "tracker/clinic/export.html", shown, status=status)
