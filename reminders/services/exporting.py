"""Everything about one person as one file, made for that person alone."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from io import TextIOWrapper
from tempfile import SpooledTemporaryFile
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.domain.capacities import Capacity
from accounts.domain.problems import Problem, Refusal
from accounts.models import AuditRow, Patient, User
from accounts.services.audit import audit_record, look_record
from reminders.selectors.export_parts import PARTS
from reminders.selectors.export_rows import rows_of
from tracker.domain.csv_tables import BYTE_ORDER_MARK, csv_write
from tracker.selectors.record_about import GUARDED
from tracker.selectors.record_tables import ALWAYS, CHECK_INS, DOSES, ENTRIES, Table, iso
from tracker.services.record_files import zip_member

FILE_NAME = "stepdown-record.zip"
"""It names nobody: it stands in the list of downloads of a phone that others may see."""
ACTION = "record.exported"
MOST_AN_HOUR = 6
HOUR = timedelta(hours=1)
IN_MEMORY = 2 * 1024 * 1024
"""Bytes of a file that are kept in memory; a longer one goes to a file without a name."""
TABLES = (DOSES, ENTRIES, CHECK_INS)


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
        for table in TABLES:
            _write_table(archive, table, patient, now)
    made.seek(0)
    return made


def _rate_check(patient: Patient, by: User, now: datetime) -> None:
    lately = AuditRow.objects.filter(actor=by, patient=patient, action=ACTION, at__gt=now - HOUR)
    if lately.count() >= MOST_AN_HOUR:
        text = _("You have downloaded your record six times in the last hour. Try again later.")
        raise Refusal(Problem("", text))


def _write_readme(archive: ZipFile, patient: Patient, now: datetime) -> None:
    shown = {"patient": patient, "made_at": iso(now, patient.zone_info)}
    text = render_to_string("reminders/export_readme.txt", shown)
    with zip_member(archive, "README.txt", now) as file:
        file.write((BYTE_ORDER_MARK + text).encode())


def _write_record(archive: ZipFile, patient: Patient, now: datetime) -> None:
    """Write every part as a list of its rows, a row at a time."""
    head = {"made_at": iso(now, patient.zone_info), "zone": patient.zone}
    with zip_member(archive, "record.json", now) as file, TextIOWrapper(file, "utf-8") as out:
        out.write(json.dumps(head, ensure_ascii=False)[:-1])
        for part in PARTS:
            out.write(f',\n"{part.name}": [')
            for number, row in enumerate(rows_of(part, patient)):
                out.write(",\n" if number else "\n")
                out.write(json.dumps(row, ensure_ascii=False))
            out.write("]")
        out.write("}\n")


def _write_table(archive: ZipFile, table: Table, patient: Patient, now: datetime) -> None:
    rows = table.rows(patient, ALWAYS, now)
    with (
        zip_member(archive, f"{table.name}.csv", now) as file,
        TextIOWrapper(file, "utf-8", newline="") as out,
    ):
        for _row in csv_write(out, table.head, rows, guarded_name=str(GUARDED)):
            pass
