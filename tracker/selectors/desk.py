"""A clinician at the desk: where they work, whose list it is, and one patient beside the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.access import clinics_of
from accounts.domain.capacities import Capacity
from accounts.domain.zones import local_date
from accounts.models import CareLink, Clinic, Membership, Patient, User
from tracker.domain.alerts import AlertEventKind
from tracker.models import AlertEvent, PlanVersion
from tracker.selectors.matters import Matter, told_name
from tracker.selectors.patient_facts import CallNumber, RiskContext, factors_noted, risk_words
from tracker.selectors.worklist import WorklistRow, age_at, patients_with_nothing_open

NEWEST_TURNS = 8

TURNS: Mapping[str, Promise] = {
    AlertEventKind.TOLD: gettext_lazy("Told."),
    AlertEventKind.BOUNCED: gettext_lazy("The message came back."),
    AlertEventKind.ACKNOWLEDGED: gettext_lazy("Said “I have it”."),
    AlertEventKind.PASSED_ON: gettext_lazy("Passed on."),
}


@dataclass(frozen=True, slots=True)
class ClinicianDesk:
    """The clinics whose list this is; `capacities` is for navigation only."""

    clinics: tuple[Clinic, ...]
    capacities: frozenset[Capacity]
    nothing_open_count: int

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the list is read: that of the first clinic by name."""
        return self.clinics[0].zone_info


@dataclass(frozen=True, slots=True)
class TurnLine:
    """When somebody was last told about this patient's open alerts, or last answered."""

    who: str
    at: datetime
    words: str
    kind: str


@dataclass(frozen=True, slots=True)
class Peek:
    """One patient beside the list."""

    patient: Patient
    age: int | None
    route: str
    matters: tuple[Matter, ...]
    numbers: tuple[CallNumber, ...]
    context: RiskContext
    turns: tuple[TurnLine, ...]  # newest first

    @property
    def alert_to_take(self) -> UUID | None:
        """The alert of the first matter, when nobody has it for whom the clinic would wait."""
        first = self.matters[0] if self.matters else None
        return first.alert_id if first is not None and first.is_open_to_clinic else None


def desk_of(user: User, now: datetime) -> ClinicianDesk | None:
    """Return where this person works as a clinician; None for everybody else. One query."""
    work = Membership.objects.current(now).filter(user=user)
    rows = list(
        clinics_of(user, Capacity.CLINICIAN, now).annotate(
            holds_patient=Exists(Patient.objects.filter(user=user)),
            holds_caregiver=Exists(CareLink.objects.current(now).filter(caregiver=user)),
            holds_administrator=Exists(work.administering()),
            nothing_open_count=_nothing_open_count(),
        )
    )
    if not rows:
        return None
    marks = {
        Capacity.PATIENT: rows[0].holds_patient,
        Capacity.CAREGIVER: rows[0].holds_caregiver,
        Capacity.ADMINISTRATOR: rows[0].holds_administrator,
    }
    held = {capacity for capacity, is_held in marks.items() if is_held}
    return ClinicianDesk(
        clinics=tuple(rows),
        capacities=frozenset(held | {Capacity.CLINICIAN}),
        nothing_open_count=sum(row.nothing_open_count for row in rows),
    )


def peek(
    patients: QuerySet[Patient], patient_id: UUID, rows: Sequence[WorklistRow], now: datetime
) -> Peek | None:
    """Return one of these patients for the pane beside the list; None when not among them."""
    current = CareLink.objects.current(now).filter(patient=OuterRef("pk"))
    links = current.order_by("invited_at", "name")
    versions = PlanVersion.objects.filter(plan__patient=OuterRef("pk")).order_by("-signed_at")
    patient = (
        patients.filter(pk=patient_id)
        .annotate(
            helpers=ArraySubquery(
                links.values(
                    line=JSONObject(name="name", relation="relation", phone="caregiver__phone")
                )
            ),
            risks_noted=factors_noted(),
            newest=ArraySubquery(
                versions.values(
                    line=JSONObject(factors="risk_factors", note="risk_note", route="plan__route")
                )[:1]
            ),
        )
        .first()
    )
    if patient is None:
        return None
    row = next((row for row in rows if row.patient_id == patient_id), None)
    matters = row.matters if row is not None else ()
    newest = next(iter(patient.newest), {"factors": [], "note": "", "route": ""})
    return Peek(
        patient=patient,
        age=age_at(patient.born_on, local_date(now, patient.zone_info)),
        route=str(newest["route"]),
        matters=matters,
        numbers=_numbers(patient, patient.helpers),
        context=risk_words((*newest["factors"], *patient.risks_noted), str(newest["note"])),
        turns=_turns(matters),
    )


def _nothing_open_count() -> Coalesce:
    rows = (
        patients_with_nothing_open(Patient.objects.filter(clinic=OuterRef("pk")))
        .order_by()
        .values("clinic")
        .annotate(count=Count("pk"))
        .values("count")
    )
    return Coalesce(Subquery(rows, output_field=IntegerField()), 0)


def _numbers(patient: Patient, helpers: Sequence[Mapping[str, str]]) -> tuple[CallNumber, ...]:
    numbers = [CallNumber(patient.name, "", patient.phone)]
    numbers += [CallNumber(row["name"], row["relation"], row["phone"] or "") for row in helpers]
    return tuple(number for number in numbers if number.phone)


def _turns(matters: Sequence[Matter]) -> tuple[TurnLine, ...]:
    alerts = [matter.alert_id for matter in matters if matter.alert_id is not None]
    if not alerts:
        return ()
    newest = (
        AlertEvent.objects.filter(alert__in=alerts, kind__in=list(TURNS))
        .select_related("person", "clinic")
        .order_by("person", "clinic", "kind", "-at", "-pk")
        .distinct("person", "clinic", "kind")
    )
    events = sorted(newest, key=lambda event: (event.at, event.pk), reverse=True)
    return tuple(
        TurnLine(told_name(event), event.at, str(TURNS[event.kind]), event.kind)
        for event in events[:NEWEST_TURNS]
    )
