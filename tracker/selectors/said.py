"""What people said about a patient beside doses: check-ins and reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q, QuerySet

from accounts.models import Patient, User
from tracker.domain.flags import FlagClass, Rule
from tracker.models import Alert, CheckIn, Report, ReportKind
from tracker.selectors.medicine import baclofen
from tracker.selectors.wording import flag_headline


@dataclass(frozen=True, slots=True)
class CheckInLine:
    """What somebody said about the documented signs; no names means "none of these"."""

    at: datetime
    by: str
    is_mine: bool
    signs: tuple[str, ...]  # the names of the content file
    note: str


@dataclass(frozen=True, slots=True)
class OpenSign:
    """One open fact: what was said or seen, as one line without full stop, when, who has it."""

    headline: str
    opened_at: datetime
    held_by: str  # "" while nobody has said "I have it"


@dataclass(frozen=True, slots=True)
class OpenSigns:
    """What nobody has closed about one patient, newest first."""

    emergencies: tuple[OpenSign, ...] = ()
    same_day: tuple[OpenSign, ...] = ()


def open_signs_of(patient: Patient, now: datetime) -> OpenSigns:
    """Return the emergencies, and the signs of the same-day class, that are open."""
    is_emergency = Q(alert_class=FlagClass.EMERGENCY, flag__isnull=False)
    rows = Alert.objects.open().filter(
        is_emergency | Q(flag__rule=Rule.SAME_DAY_SIGN), patient=patient
    )
    found: dict[bool, list[OpenSign]] = {True: [], False: []}
    for row in rows.select_related("flag", "held_by").order_by("-opened_at", "pk"):
        if row.flag is not None:
            line = OpenSign(flag_headline(row.flag), row.opened_at, _holder(row, now))
            found[row.alert_class == FlagClass.EMERGENCY].append(line)
    return OpenSigns(emergencies=tuple(found[True]), same_day=tuple(found[False]))


def _holder(alert: Alert, now: datetime) -> str:
    is_held = alert.held_until_at is not None and alert.held_until_at > now
    return alert.held_by.name if is_held and alert.held_by is not None else ""


def last_check_in_of(patient: Patient, *, reader: User) -> CheckInLine | None:
    """Return the newest check-in about this patient, whoever made it; None before the first."""
    newest = _lines(CheckIn.objects.filter(patient=patient).order_by("-at")[:1], reader)
    return newest[0][1] if newest else None


def check_in_lines(patient: Patient, *, reader: User, since: datetime) -> list[CheckInLine]:
    """Return the check-ins since an instant, oldest first."""
    return [line for _, line in check_ins_of([patient.pk], reader=reader, since=since)]


def check_ins_of(
    patients: Sequence[UUID], *, reader: User, since: datetime
) -> list[tuple[UUID, CheckInLine]]:
    """Return the check-ins about these patients since an instant, each with whose it is."""
    rows = CheckIn.objects.filter(patient__in=patients, at__gte=since)
    return _lines(rows.order_by("at"), reader)


def supply_said_since(patient: Patient, since: datetime) -> date | None:
    """Return the date on which the supply was last said to run out, if said since an instant."""
    rows = Report.objects.filter(
        patient=patient, kind=ReportKind.SUPPLY, void=None, received_at__gte=since
    ).order_by("received_at")
    return rows.values_list("runs_out_on", flat=True).last()


def names_of(signs: Sequence[str]) -> tuple[str, ...]:
    """Return the names of what was ticked, in the order of the content file.

    An id that the content no longer has stays as it is.
    """
    facts = baclofen()
    names = {sign.id: sign.name for sign in facts.signs}
    names |= {alike.id: alike.plain.rstrip(".") for alike in facts.look_alikes}
    known = list(names)
    order = sorted(signs, key=lambda sign: known.index(sign) if sign in names else len(known))
    return tuple(names.get(sign, sign) for sign in order)


def _lines(rows: QuerySet[CheckIn], reader: User) -> list[tuple[UUID, CheckInLine]]:
    ticked = ArrayAgg("signs__sign", filter=Q(signs__isnull=False))
    return [
        (
            row.patient_id,
            CheckInLine(
                at=row.at,
                by=row.by.name,
                is_mine=row.by_id == reader.pk,
                signs=names_of(row.ticked or ()),
                note=row.note,
            ),
        )
        for row in rows.select_related("by").annotate(ticked=ticked)
    ]
