"""Files of openings: which there are, what was remembered, and what a file would come to."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.models import Clinic, Patient
from tracker.domain.dose_record import Absence
from tracker.domain.doses import Via
from tracker.domain.openings_file import (
    ColumnMapping,
    Opening,
    RowLeft,
    RowReason,
    opening_is_ahead,
    openings_from,
)
from tracker.domain.openings_placing import Expected, Ground, Place, Placed, openings_placed
from tracker.domain.openings_time import DateOrder
from tracker.models import Entry, ExpectedDose, OpeningsFile, PlanMove, PlanVersion
from tracker.selectors.absences import absences_from
from tracker.selectors.openings_words import (
    PLACE_WORDS,
    difference_words,
    left_words,
    moment_words,
)
from tracker.selectors.versions import plan_behind_extras, zone_of


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a file would come to now: nothing is stored."""

    placed: tuple[Placed[UUID], ...]  # oldest first
    passed_over: tuple[RowLeft, ...]
    unread: tuple[RowLeft, ...]  # while there is one, nothing of the file can be taken in
    dues: Mapping[UUID, datetime]  # when each dose named is due
    zone: ZoneInfo

    @property
    def counts(self) -> Counter[Place]:
        """How many openings come to what."""
        return Counter(each.place for each in self.placed)

    @property
    def has_new(self) -> bool:
        """Whether anything would be stored."""
        return any(place not in {Place.ALREADY, Place.BEFORE} for place in self.counts)


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One row of the report."""

    row: int
    kind: str  # a Place, "unread" or "passed_over"
    moment: str  # local, with its offset; "" for a row that is no opening
    words: str


def openings_files_of(patient: Patient) -> list[OpeningsFile]:
    """Return the files given for a patient, newest first, without their bytes."""
    found = patient.openings_files.select_related("given_by", "taken_in_by").defer("packed")
    return list(found.order_by("-given_at"))


def openings_file_of(patient: Patient, file_id: UUID) -> OpeningsFile | None:
    """Return one file given for a patient; None when it is another's."""
    found = patient.openings_files.select_related("patient__clinic", "given_by", "taken_in_by")
    return found.filter(pk=file_id).first()


def openings_file_text(file: OpeningsFile) -> str:
    """Return the text of a file as it was given."""
    return zlib.decompress(bytes(file.packed)).decode()


def remembered_mapping(clinic: Clinic, columns: Iterable[str]) -> ColumnMapping | None:
    """Return what this clinic said last about files with these columns; None when it never did."""
    said = OpeningsFile.objects.filter(
        patient__clinic=clinic, columns=list(columns), mapped_at__isnull=False
    )
    newest = said.order_by("-mapped_at").values_list("mapping", flat=True).first()
    return mapping_from(newest) if newest is not None else None


def mapping_from(kept: Mapping[str, Any]) -> ColumnMapping:
    """Return a mapping as it is kept."""
    order = kept.get("date_order")
    return ColumnMapping(
        utc_column=kept.get("utc_column", ""),
        local_column=kept.get("local_column", ""),
        zone=kept.get("zone", ""),
        date_order=DateOrder(order) if order else None,
        event_column=kept.get("event_column", ""),
        opening_words=tuple(kept.get("opening_words", ())),
    )


def openings_dry_run(file: OpeningsFile, *, now: datetime) -> DryRun:
    """Return what a mapped file would come to. Raises Refusal when a column is not there."""
    read = openings_from(openings_file_text(file), mapping_from(file.mapping))
    ahead = [opening for opening in read.openings if opening_is_ahead(opening, now)]
    doses = list(_expected(file.patient))
    ground = Ground(
        doses=[_spoken_for(dose) for dose in doses],
        absences=_absences(file.patient),
        counts_from_at=_counts_from(file.patient) or now,
        taken_in=_taken_in(file.patient),
    )
    past = (opening for opening in read.openings if opening.at <= now)
    unread = [*read.unread, *(_left_ahead(opening) for opening in ahead)]
    return DryRun(
        placed=tuple(openings_placed(past, ground)),
        passed_over=read.passed_over,
        unread=tuple(sorted(unread, key=lambda left: left.row)),
        dues={dose.pk: dose.due_at for dose in doses},
        zone=_zone(file.patient, now),
    )


def report_lines(found: DryRun, *, kind: str = "") -> list[ReportLine]:
    """Return the report row by row, in the order of the file; of one kind when it is given."""
    of_places = kind not in {"unread", "passed_over"}
    lines = [
        _placed_line(each, found)
        for each in (found.placed if of_places else ())
        if kind in {"", each.place}
    ]
    lines += [_left_line(left, "unread") for left in found.unread if kind in {"", "unread"}]
    lines += [
        _left_line(left, "passed_over") for left in found.passed_over if kind in {"", "passed_over"}
    ]
    return sorted(lines, key=lambda line: line.row)


def _placed_line(placed: Placed[UUID], found: DryRun) -> ReportLine:
    due_at = found.dues[placed.dose_id] if placed.dose_id is not None else None
    names = {
        "dose": f"{due_at.astimezone(found.zone):%Y-%m-%d %H:%M}" if due_at is not None else "",
        "other": f"{placed.with_at.astimezone(found.zone):%H:%M:%S}" if placed.with_at else "",
    }
    words = str(PLACE_WORDS[placed.place]) % names
    differs = difference_words(placed.opening.differs_by)
    return ReportLine(
        row=placed.opening.row,
        kind=placed.place,
        moment=moment_words(placed.opening, found.zone),
        words=f"{words}. {differs}" if differs else words,
    )


def _left_line(left: RowLeft, kind: str) -> ReportLine:
    return ReportLine(row=left.row, kind=kind, moment="", words=left_words(left))


def _left_ahead(opening: Opening) -> RowLeft:
    return RowLeft(opening.row, RowReason.AHEAD, opening.at.isoformat(" ", "seconds"))


def _expected(patient: Patient) -> Iterable[ExpectedDose]:
    doses = ExpectedDose.objects.standing().filter(plan__patient=patient)
    named = doses.select_related("standing_entry").order_by("due_at")
    return named.only("due_at", "standing_entry__via")


def _spoken_for(dose: ExpectedDose) -> Expected[UUID]:
    via = dose.standing_entry.via if dose.standing_entry is not None else None
    return Expected(
        id=dose.pk,
        due_at=dose.due_at,
        is_said=via is not None and via != Via.DEVICE,
        is_filled=via == Via.DEVICE,
    )


def _absences(patient: Patient) -> tuple[Absence, ...]:
    """Return the stays, and the holds of every plan: plans of one patient follow each other."""
    stays = patient.stays.standing().order_by("from_at")
    absences = list(absences_from(stays, ()))
    for plan in patient.plans.filter(versions__number=1):
        moves = PlanMove.objects.filter(plan=plan).order_by("at", "pk")
        absences += absences_from((), moves)
    return tuple(absences)


def _counts_from(patient: Patient) -> datetime | None:
    first = PlanVersion.objects.filter(plan__patient=patient).order_by("counts_from_at").first()
    return first.counts_from_at if first is not None else None


def _taken_in(patient: Patient) -> list[tuple[datetime, bool]]:
    entries = Entry.objects.filter(patient=patient, via=Via.DEVICE, taken_at__isnull=False)
    return [
        (taken_at, void is None)
        for taken_at, void in entries.values_list("taken_at", "void")
        if taken_at is not None
    ]


def _zone(patient: Patient, now: datetime) -> ZoneInfo:
    plan = plan_behind_extras(patient)
    newest = plan.versions.order_by("-number").first() if plan is not None else None
    return zone_of(newest, now) if newest is not None else patient.zone_info
