"""A clinician takes rows of a record out of it: one look, one act that is written down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import IO

from django.db import transaction

from accounts.domain.capacities import Capacity
from accounts.models import User
from accounts.services.audit import audit_record, look_record
from tracker.selectors.record_about import RecordPart
from tracker.services.documents import document_pdf
from tracker.services.record_files import csv_files_write, sheets_of, workbook_write

ACTION = "record.rows_exported"
PAGE = "export"


class FileKind(StrEnum):
    """The files that a record is made into: rows, or a document."""

    XLSX = "xlsx"
    CSV = "csv"
    SUMMARY = "summary"
    REPORT = "report"


DOCUMENTS = frozenset({FileKind.SUMMARY, FileKind.REPORT})
ENDINGS = {
    FileKind.XLSX: "xlsx",
    FileKind.CSV: "zip",
    FileKind.SUMMARY: "pdf",
    FileKind.REPORT: "pdf",
}
CONTENT_TYPES = {
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileKind.CSV: "application/zip",
    FileKind.SUMMARY: "application/pdf",
    FileKind.REPORT: "application/pdf",
}


@transaction.atomic
def record_export_note(*, part: RecordPart, by: User, kind: str, now: datetime) -> None:
    """Write down that a clinician takes this part of a record out of it; before any row is read."""
    audit_record(
        actor=by,
        action=ACTION,
        target=part.patient,
        patient=part.patient,
        now=now,
        kind=kind,
        first_on=part.first_on.isoformat() if part.first_on is not None else None,
        last_on=part.last_on.isoformat() if part.last_on is not None else None,
    )
    look_record(actor=by, patient=part.patient, capacity=Capacity.CLINICIAN, page=PAGE, now=now)


def record_rows_write(
    *, out: IO[bytes], part: RecordPart, by: User, kind: FileKind, now: datetime
) -> Iterator[None]:
    """Write the file to `out`, and yield after each row; the language is the one in force.

    A document is set whole and yields once.
    """
    if kind in DOCUMENTS:
        out.write(document_pdf(part, by, is_one_page=kind is FileKind.SUMMARY, now=now))
        yield
        return
    sheets = sheets_of(part, by, is_guarded=kind is FileKind.CSV, now=now)
    if kind is FileKind.CSV:
        yield from csv_files_write(out, sheets, now)
    else:
        yield from workbook_write(out, sheets, now)


def file_name(part: RecordPart, kind: FileKind) -> str:
    """Return a name that names nobody: it stands in a list of downloads."""
    days = [day.isoformat() for day in (part.first_on, part.last_on) if day is not None]
    named = [str(kind)] if kind in DOCUMENTS else []
    return "-".join(["stepdown", *named, *days]) + f".{ENDINGS[kind]}"
