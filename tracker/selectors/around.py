"""Who stands around one patient at a moment: the clinic's numbers and hours, the caregivers.

One query, because every page of a patient or a caregiver needs it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from accounts.access import patients_visible_to
from accounts.domain.capacities import Capacity
from accounts.domain.opening_hours import MIDNIGHT, OpenSpan, is_open, next_opening
from accounts.models import (
    CareLink,
    Clinic,
    ContactPoint,
    Membership,
    OpeningHours,
    Patient,
    User,
)
from accounts.models.contact_points import OUT_OF_HOURS
from tracker.models import Pump, Stay, StayKind
from tracker.selectors.patient_facts import factors_noted


@dataclass(frozen=True, slots=True)
class ClinicLine:
    """How the clinic is reached at one moment; instants are UTC, `zone` is the clinic's."""

    name: str
    slug: str
    zone: ZoneInfo
    emergency_number: str
    desk_phone: str
    out_of_hours_phone: str
    out_of_hours_note: str
    is_open: bool
    closes_at: datetime | None  # while open; None when it goes on through midnight
    opens_at: datetime | None  # while closed; None when the clinic has no hours
    is_covered: bool  # somebody answers messages outside the hours

    @property
    def is_unseen(self) -> bool:
        """Whether nobody at the clinic will see anything before it opens."""
        return not self.is_open and not self.is_covered


@dataclass(frozen=True, slots=True)
class Named:
    """One person by name; pages turn the reader's own id into "you"."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class StayLine:
    """A stay that covers the moment."""

    kind: StayKind
    from_at: datetime
    until_at: datetime | None


@dataclass(frozen=True, slots=True)
class PumpNumbers:
    """The numbers of the team behind a pump that is in place; "" where none is on record."""

    team_phone: str
    out_of_hours_phone: str


@dataclass(frozen=True, slots=True)
class Around:
    """One patient, the people around them, and what the reader is to anybody."""

    patient: Patient
    clinic: ClinicLine
    alerted: tuple[Named, ...]  # caregivers who are told
    stay: StayLine | None
    capacities: frozenset[Capacity]  # of the reader, anywhere; for navigation only
    pump: PumpNumbers | None = None  # None without a pump in place
    risks: tuple[str, ...] = ()  # ids of risk factors put on file beside the plan


def patient_around(user: User, now: datetime) -> Around | None:
    """Return the reader's own record with the people around it; None when they have none."""
    found = _with_people(patients_visible_to(user, now).filter(user=user), user, now)
    return _around(found[0], now) if found else None


def patients_helped_around(user: User, now: datetime) -> list[Around]:
    """Return the people this reader helps as a caregiver, by name."""
    helped = CareLink.objects.current(now).filter(caregiver=user).values("patient")
    visible = patients_visible_to(user, now).filter(pk__in=helped).order_by("name", "pk")
    return [_around(found, now) for found in _with_people(visible, user, now)]


def clinic_line(
    clinic: Clinic, hours: Sequence[OpenSpan], *, is_covered: bool, now: datetime
) -> ClinicLine:
    """Return how this clinic is reached at `now`."""
    zone = clinic.zone_info
    is_open_now = is_open(hours, zone, now)
    return ClinicLine(
        name=clinic.name,
        slug=clinic.slug,
        zone=zone,
        emergency_number=clinic.emergency_number,
        desk_phone=clinic.desk_phone,
        out_of_hours_phone=clinic.out_of_hours_phone,
        out_of_hours_note=clinic.out_of_hours_note,
        is_open=is_open_now,
        closes_at=closing_at(hours, zone, now) if is_open_now else None,
        opens_at=None if is_open_now else next_opening(hours, zone, now),
        is_covered=is_covered,
    )


def closing_at(hours: Sequence[OpenSpan], zone: ZoneInfo, at: datetime) -> datetime | None:
    """Return the instant (UTC) at which the desk that is there at `at` goes; None when closed.

    None too for a desk that is there through the coming midnight, as in a house that never closes.
    """
    local = at.astimezone(zone)
    wall_time = local.time().replace(fold=0)
    span = next((span for span in hours if span.covers(local.weekday(), wall_time)), None)
    if span is None or _goes_on_after_midnight(span, hours):
        return None
    day = local.date() + timedelta(days=1 if span.closes_time == MIDNIGHT else 0)
    return datetime.combine(day, span.closes_time, tzinfo=zone).astimezone(UTC)


def _goes_on_after_midnight(span: OpenSpan, hours: Sequence[OpenSpan]) -> bool:
    """Tell whether the next weekday begins open where this span ends at midnight."""
    tomorrow = (span.weekday + 1) % 7
    return span.closes_time == MIDNIGHT and any(after.covers(tomorrow, MIDNIGHT) for after in hours)


@dataclass(frozen=True, slots=True)
class _Found:
    patient: Patient
    hours: Sequence[Mapping[str, str | int]]
    alerted: Sequence[Mapping[str, str]]
    stays: Sequence[Mapping[str, str | None]]
    is_covered: bool
    held: frozenset[Capacity]
    pumps: Sequence[Mapping[str, str]]
    risks: Sequence[str]


def _with_people(patients: QuerySet[Patient], user: User, now: datetime) -> list[_Found]:
    hours = OpeningHours.objects.filter(clinic=OuterRef("clinic")).order_by("weekday", "opens_time")
    alerted = CareLink.objects.current(now).alerted().filter(patient=OuterRef("pk"))
    stays = Stay.objects.covering(now).filter(patient=OuterRef("pk")).order_by("-from_at")
    pumps = Pump.objects.filter(patient=OuterRef("pk"), removed_at=None)
    on_duty = ContactPoint.objects.usable().filter(clinic=OuterRef("clinic"), duty=OUT_OF_HOURS)
    rows = patients.annotate(
        hours=ArraySubquery(
            hours.values(
                line=JSONObject(weekday="weekday", opens="opens_time", closes="closes_time")
            )
        ),
        alerted=ArraySubquery(
            alerted.order_by("invited_at", "name").values(
                line=JSONObject(id="caregiver_id", name="caregiver__name")
            )
        ),
        stays_now=ArraySubquery(
            stays.values(line=JSONObject(kind="kind", from_at="from_at", until_at="until_at"))
        ),
        pumps_now=ArraySubquery(
            pumps.values(line=JSONObject(team="team_phone", out_of_hours="out_of_hours_phone"))
        ),
        risks_noted=factors_noted(),
        is_covered=Exists(on_duty),
        **_capacity_marks(user, now),
    )
    return [
        _Found(
            patient=row,
            hours=row.hours,
            alerted=row.alerted,
            stays=row.stays_now,
            is_covered=row.is_covered,
            held=frozenset(each for each in Capacity if getattr(row, f"holds_{each.value}")),
            pumps=row.pumps_now,
            risks=row.risks_noted,
        )
        for row in rows
    ]


def _capacity_marks(user: User, now: datetime) -> dict[str, Exists]:
    """Return one mark for each capacity that the reader holds anywhere."""
    work = Membership.objects.current(now).filter(user=user)
    return {
        "holds_patient": Exists(Patient.objects.filter(user=user)),
        "holds_caregiver": Exists(CareLink.objects.current(now).filter(caregiver=user)),
        "holds_clinician": Exists(work.clinical()),
        "holds_administrator": Exists(work.administering()),
    }


def _around(found: _Found, now: datetime) -> Around:
    spans = [
        OpenSpan(
            weekday=int(row["weekday"]),
            opens_time=time.fromisoformat(str(row["opens"])),
            closes_time=time.fromisoformat(str(row["closes"])),
        )
        for row in found.hours
    ]
    clinic = clinic_line(found.patient.clinic, spans, is_covered=found.is_covered, now=now)
    return Around(
        patient=found.patient,
        clinic=clinic,
        alerted=tuple(Named(id=UUID(row["id"]), name=row["name"]) for row in found.alerted),
        stay=_stay(found.stays),
        capacities=found.held,
        risks=tuple(found.risks),
        pump=next((PumpNumbers(row["team"], row["out_of_hours"]) for row in found.pumps), None),
    )


def _stay(rows: Sequence[Mapping[str, str | None]]) -> StayLine | None:
    if not rows:
        return None
    row = rows[0]
    until = row["until_at"]
    return StayLine(
        kind=StayKind(str(row["kind"])),
        from_at=datetime.fromisoformat(str(row["from_at"])),
        until_at=datetime.fromisoformat(until) if until else None,
    )


def covered_by_a_stay() -> Exists:
    """Return the mark of an expected dose that falls into a stay of its patient."""
    stays = Stay.objects.standing().filter(
        Q(until_at=None) | Q(until_at__gt=OuterRef("due_at")),
        patient=OuterRef("plan__patient"),
        from_at__lte=OuterRef("due_at"),
    )
    return Exists(stays)
