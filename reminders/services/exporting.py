"""Everything about one person as one file, made for that person alone."""

from __future__ import annotations

import csv
import json
from datetime import datetime, timedelta
from io import TextIOWrapper
from tempfile import SpooledTemporaryFile
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.domain.capacities import Capacity
from accounts.domain.problems import Problem, Refusal
from accounts.models import AuditRow, Patient, User
from accounts.services.audit import audit_record, look_record
from reminders.selectors.export_parts import PARTS
from reminders.selectors.export_rows import iso, rows_of
from reminders.selectors.export_tables import TABLES, Rows
from tracker.domain.csv_cells import cell_text

FILE_NAME = "stepdown-record.zip"
"""It names nobody: it stands in the list of downloads of a phone that others may see."""
ACTION = "record.exported"
MOST_AN_HOUR = 6
HOUR = timedelta(hours=1)
IN_MEMORY = 2 * 1024 * 1024
"""Bytes of a file that are kept in memory; a longer one goes to a file without a name."""
BYTE_ORDER_MARK = "\ufeff"


@transaction.atomic
def record_export(*, patient: Patient, by: User, now: datetime) -> IO[bytes]:
    """Return the patient's whole record as a ZIP file, open at its begin; the caller closes it.

    It is a look of the patient and one audit row. Raises Refusal after six in an hour.
    """
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    _rate_check(patient, by, now)
    audit_record(actor=by, action=ACTION, target=patient, now=now, patient=patient)
    look_record(actor=by, patient=patient, capacity=Capacity.PATIENT, page="export", now=now)
    made: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by the caller
    with translation.override(by.language), ZipFile(made, "w", ZIP_DEFLATED) as archive:
        _write_readme(archive, patient, now)
        _write_record(archive, patient, now)
        for name, table in TABLES.items():
            _write_table(archive, name, table(patient, now), now)
    made.seek(0)
    return made


def _rate_check(patient: Patient, by: User, now: datetime) -> None:
    lately = AuditRow.objects.filter(actor=by, patient=patient, action=ACTION, at__gt=now - HOUR)
    if lately.count() >= MOST_AN_HOUR:
        text = _("You have downloaded your record six times in the last hour. Try again later.")
        raise Refusal(Problem("", text))


def _opened(archive: ZipFile, name: str, now: datetime) -> IO[bytes]:
    entry = ZipInfo(name, date_time=now.timetuple()[:6])
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return archive.open(entry, "w", force_zip64=True)


def _write_readme(archive: ZipFile, patient: Patient, now: datetime) -> None:
    shown = {"patient": patient, "made_at": iso(now, patient.zone_info)}
    text = render_to_string("reminders/export_readme.txt", shown)
    with _opened(archive, "README.txt", now) as file:
        file.write((BYTE_ORDER_MARK + text).encode())


def _write_record(archive: ZipFile, patient: Patient, now: datetime) -> None:
    """Write every part as a list of its rows, a row at a time."""
    head = {"made_at": iso(now, patient.zone_info), "zone": patient.zone}
    with _opened(archive, "record.json", now) as file, TextIOWrapper(file, "utf-8") as out:
        out.write(json.dumps(head, ensure_ascii=False)[:-1])
        for part in PARTS:
            out.write(f',\n"{part.name}": [')
            for number, row in enumerate(rows_of(part, patient)):
                out.write(",\n" if number else "\n")
                out.write(json.dumps(row, ensure_ascii=False))
            out.write("]")
        out.write("}\n")


def _write_table(archive: ZipFile, name: str, rows: Rows, now: datetime) -> None:
    with (
        _opened(archive, name, now) as file,
        TextIOWrapper(file, "utf-8", newline="") as out,
    ):
        out.write(BYTE_ORDER_MARK)
        writer = csv.writer(out, quoting=csv.QUOTE_ALL)
        writer.writerows([cell_text(cell) for cell in row] for row in rows)
