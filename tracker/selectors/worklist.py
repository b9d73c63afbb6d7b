"""Whom to call first: the clinic's patients with something open, in the order of the rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, QuerySet

from accounts.access import clinics_of, patients_visible_to
from accounts.domain.capacities import Capacity
from accounts.domain.zones import local_date
from accounts.models import Clinic, Patient, User
from tracker.domain.flags import FlagClass
from tracker.domain.worklist import row_key
from tracker.models import Alert, Flag
from tracker.selectors.matters import Matter, OpenMatters, open_matters


class Show(StrEnum):
    """The saved filters."""

    ALL = "all"
    NOBODY = "nobody"
    MINE = "mine"
    EMERGENCY = "emergency"
    SAME_DAY = "same-day"
    WATCH = "watch"
    INFORMATION = "information"
    NOTHING_OPEN = "no-open-flag"


CLASS_SHOWN = {
    Show.EMERGENCY: FlagClass.EMERGENCY,
    Show.SAME_DAY: FlagClass.SAME_DAY,
    Show.WATCH: FlagClass.WATCH,
    Show.INFORMATION: FlagClass.INFORMATION,
}


@dataclass(frozen=True, slots=True)
class WorklistRow:
    """One patient; everything it says about why comes from the first matter."""

    patient_id: UUID
    name: str
    age: int | None
    route: str  # "oral", "intrathecal", or "" without a plan
    zone: ZoneInfo  # the clinic's: when staff read "since"
    matters: tuple[Matter, ...]

    @property
    def first(self) -> Matter:
        """The matter to call about first."""
        return self.matters[0]

    @property
    def more_count(self) -> int:
        """How many more matters are open."""
        return len(self.matters) - 1


@dataclass(frozen=True, slots=True)
class Worklist:
    """The rows that a filter shows, in order, and how many each filter would show."""

    rows: tuple[WorklistRow, ...]
    counts: dict[Show, int]

    @property
    def emergency_count(self) -> int:
        """How many patients have an emergency open."""
        return self.counts[Show.EMERGENCY]


def clinicians_patients(user: User, clinics: Sequence[Clinic], now: datetime) -> QuerySet[Patient]:
    """Return the patients of these clinics whom this person sees as their clinician."""
    return patients_visible_to(user, now).filter(clinic__in=clinics)


def clinics_worked_at(user: User, now: datetime) -> list[Clinic]:
    """Return the clinics whose worklist this person works down; empty for everybody else."""
    return list(clinics_of(user, Capacity.CLINICIAN, now))


def worklist_rows(patients: QuerySet[Patient], *, now: datetime) -> list[WorklistRow]:
    """Return one row for each patient with an open flag or a listed alert, first call first."""
    found = open_matters(patients, now=now)
    rows = [_row(about, now) for about in found.values()]
    return sorted(
        rows,
        key=lambda row: row_key(
            (matter.rank for matter in row.matters),
            name=row.name,
            patient_id=str(row.patient_id),
        ),
    )


def worklist_shown(
    rows: Sequence[WorklistRow], *, show: Show, user: User, nothing_open_count: int
) -> Worklist:
    """Return the rows that one filter lets through, still in order, and every filter's count."""
    shown = {each: tuple(row for row in rows if _is_shown(row, each, user)) for each in Show}
    counts = {each: len(kept) for each, kept in shown.items()}
    return Worklist(rows=shown[show], counts=counts | {Show.NOTHING_OPEN: nothing_open_count})


def patients_with_nothing_open(patients: QuerySet[Patient]) -> QuerySet[Patient]:
    """Return the patients without an open flag and without a listed alert, by name."""
    flags = Flag.objects.open().filter(patient=OuterRef("pk"))
    alerts = Alert.objects.on_the_worklist().filter(patient=OuterRef("pk"))
    return patients.exclude(Exists(flags)).exclude(Exists(alerts)).order_by("name", "pk")


def age_at(born_on: date | None, today: date) -> int | None:
    """Return the completed years on a local date; None when the birth date is not known."""
    if born_on is None:
        return None
    is_before_birthday = (today.month, today.day) < (born_on.month, born_on.day)
    return today.year - born_on.year - is_before_birthday


def _row(about: OpenMatters, now: datetime) -> WorklistRow:
    patient = about.patient
    return WorklistRow(
        patient_id=patient.pk,
        name=patient.name,
        age=age_at(patient.born_on, local_date(now, patient.zone_info)),
        route=about.plan.route if about.plan is not None else "",
        zone=patient.clinic.zone_info,
        matters=about.matters,
    )


def _is_shown(row: WorklistRow, show: Show, user: User) -> bool:
    if show is Show.ALL:
        return True
    if show is Show.NOBODY:
        return row.first.is_open_to_clinic
    if show is Show.MINE:
        holders = (matter.holder for matter in row.matters)
        return any(holder is not None and holder.person_id == user.pk for holder in holders)
    return row.first.flag_class is CLASS_SHOWN.get(show)
