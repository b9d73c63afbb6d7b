"""Openings of a bottle or cap: the file is given, its columns mapped, and taken in as a whole."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from accounts.domain.problems import Conflict, Problem, Refusal
from accounts.models import Patient, User
from accounts.services.audit import audit_record
from tracker.domain.doses import Outcome, Via
from tracker.domain.openings_file import (
    HEADING_WITHIN,
    ColumnMapping,
    openings_from,
    openings_headings,
)
from tracker.domain.openings_placing import KEPT_UNCOUNTED, NOT_TAKEN_IN, Place, Placed
from tracker.models import Entry, EntryVoid, ExpectedDose, OpeningsFile, Plan
from tracker.selectors.openings import openings_dry_run, openings_file_text
from tracker.selectors.openings_reasons import OPENED_BESIDE, OPENED_TWICE
from tracker.services.requests import patient_lock, request_sha256

MOST_BYTES = 32 * 1024 * 1024
MOST_ROWS = 100_000
BATCH = 2_000
"""Openings stored by one statement; progress is told after each."""

UNCOUNTED_BECAUSE = {Place.SAME: OPENED_TWICE, Place.BESIDE: OPENED_BESIDE}


@dataclass(frozen=True, slots=True)
class Progress:
    """How many openings of a file are stored so far, of all that will be."""

    stored: int
    of: int


@transaction.atomic
def openings_file_give(
    *, patient: Patient, by: User, name: str, content: bytes, now: datetime
) -> OpeningsFile:
    """Keep a maker's file until it is mapped and taken in; files that never were are emptied.

    Refused when it is too large, is not UTF-8, or has no row of column names.
    """
    patient_lock(patient)
    columns = openings_headings(_text_or_refusal(content))
    if not columns:
        raise Refusal(Problem("file", _("This file has no row with the names of its columns.")))
    waiting = OpeningsFile.objects.filter(patient=patient, taken_in_at=None)
    waiting.exclude(packed=b"").update(packed=b"")
    file = OpeningsFile(
        patient=patient,
        name=name[:200],
        sha256=hashlib.sha256(content).hexdigest(),
        packed=zlib.compress(content.removeprefix(b"\xef\xbb\xbf")),
        columns=list(columns),
        given_at=now,
        given_by=by,
    )
    file.save()
    audit_record(
        actor=by, action="openings.given", target=file, patient=patient, now=now, sha256=file.sha256
    )
    return file


@transaction.atomic
def openings_file_map(
    *, file: OpeningsFile, by: User, mapping: ColumnMapping, now: datetime
) -> OpeningsFile:
    """Say what the columns of a file mean; the clinic remembers it for files with these columns.

    Refused when a column is not in the file, local times come without a zone, or a column of
    events without the words that mean an opening.
    """
    patient_lock(file.patient)
    file = _waiting_or_conflict(file)
    problems = []
    if mapping.local_column and not mapping.utc_column and not mapping.zone:
        problems.append(Problem("zone", _("Say in which time zone the local times are.")))
    if mapping.event_column and not mapping.opening_words:
        problems.append(Problem("opening_words", _("Write which words of it mean an opening.")))
    if problems:
        raise Refusal(*problems)
    openings_from(openings_file_text(file), mapping)
    file.mapping = asdict(mapping)
    file.mapped_at = now
    file.save(update_fields=["mapping", "mapped_at"])
    audit_record(actor=by, action="openings.mapped", target=file, patient=file.patient, now=now)
    return file


def openings_take_in(*, file: OpeningsFile, by: User, now: datetime) -> Iterator[Progress]:
    """Store every opening of a mapped file, all or none, and yield how far it is.

    The transaction ends with the iteration: whoever stops before the end has stored nothing. The
    first step raises Refusal while a row cannot be read or nothing is new, Conflict when the file
    is in already.
    """
    with transaction.atomic():
        patient_lock(file.patient)
        file = _waiting_or_conflict(file)
        placed = _new_or_refusal(file, now)
        stored = 0
        yield Progress(stored, len(placed))
        for batch in _batches(placed):
            _store(file, batch, by=by, now=now)
            stored += len(batch)
            yield Progress(stored, len(placed))
        file.taken_in_at, file.taken_in_by = now, by
        file.save(update_fields=["taken_in_at", "taken_in_by"])
        Plan.objects.running().filter(patient=file.patient).update(next_look_at=now)
        audit_record(
            actor=by,
            action="openings.taken_in",
            target=file,
            patient=file.patient,
            now=now,
            openings=len(placed),
        )


def _new_or_refusal(file: OpeningsFile, now: datetime) -> list[Placed[UUID]]:
    found = openings_dry_run(file, now=now)
    if found.unread:
        text = _("Some rows cannot be read, so nothing was imported. The report names each.")
        raise Refusal(Problem("file", text, row=found.unread[0].row))
    placed = [each for each in found.placed if each.place not in NOT_TAKEN_IN]
    if not placed:
        raise Refusal(Problem("file", _("No opening of this file is new. Nothing was imported.")))
    return placed


def _store(file: OpeningsFile, batch: Sequence[Placed[UUID]], *, by: User, now: datetime) -> None:
    entries = [_entry(file, each, by=by, now=now) for each in batch]
    Entry.objects.bulk_create(entries)
    EntryVoid.objects.bulk_create(
        EntryVoid(entry=entry, by=by, at=now, reason=UNCOUNTED_BECAUSE[each.place])
        for entry, each in zip(entries, batch, strict=True)
        if each.place in KEPT_UNCOUNTED
    )
    filled = [each.dose_id for each in batch if each.dose_id and each.place is Place.DOSE]
    own = Entry.objects.filter(dose=OuterRef("pk"), via=Via.DEVICE, void=None)
    ExpectedDose.objects.filter(pk__in=filled, standing_entry=None).update(
        standing_entry=Subquery(own.order_by("taken_at").values("pk")[:1]), next_look_at=now
    )


def _entry(file: OpeningsFile, placed: Placed[UUID], *, by: User, now: datetime) -> Entry:
    at = placed.opening.at
    return Entry(
        patient=file.patient,
        dose_id=placed.dose_id,
        outcome=Outcome.TAKEN,
        taken_at=at,
        received_at=now,
        by=by,
        via=Via.DEVICE,
        client_id=uuid5(file.pk, str(placed.opening.row)),
        body_sha256=request_sha256(file.patient_id, placed.dose_id, Outcome.TAKEN, at),
    )


def _batches(placed: Iterable[Placed[UUID]]) -> Iterator[list[Placed[UUID]]]:
    left = iter(placed)
    while batch := list(islice(left, BATCH)):
        yield batch


def _text_or_refusal(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise Refusal(Problem("file", _("This file is larger than 32 MB. Split it.")))
    if content.count(b"\n") > MOST_ROWS + HEADING_WITHIN:
        raise Refusal(Problem("file", _("This file has more than 100,000 rows. Split it.")))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal(Problem("file", _("Save it as CSV in UTF-8 and choose it again."))) from None
    if "\0" in text:
        raise Refusal(Problem("file", _("Save it as CSV in UTF-8 and choose it again.")))
    return text


def _waiting_or_conflict(file: OpeningsFile) -> OpeningsFile:
    locked = OpeningsFile.objects.select_for_update(no_key=True, of=("self",))
    file = locked.select_related("patient__clinic").get(pk=file.pk)
    if file.taken_in_at is not None:
        raise Conflict(Problem("file", _("This file was imported already.")))
    if not bytes(file.packed):
        raise Conflict(Problem("file", _("Another file was chosen since. Choose this one again.")))
    return file
