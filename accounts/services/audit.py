"""Every write leaves one row here; every look at a record leaves one too."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import models, transaction

from accounts.access import Person, looking_as, require
from accounts.domain.capacities import Capacity, Verb
from accounts.models import AuditRow, Clinic, Look, Patient, User

LOOK_WINDOW = timedelta(minutes=15)


def audit_record(
    *,
    actor: User | None,
    action: str,
    target: models.Model,
    now: datetime,
    patient: Patient | None = None,
    clinic: Clinic | None = None,
    job: str = "",
    **detail: object,
) -> AuditRow:
    """Add one row: who (a person, or the engine's job by name) did what to which row.

    Services call it inside their own transaction. `detail` holds JSON values only
    and never a secret, a contact address or an amount.
    """
    row = AuditRow(
        at=now,
        actor=actor,
        job=job,
        action=action,
        target_type=target._meta.label_lower,
        target_id=str(target.pk),
        patient=patient,
        clinic=clinic or (patient.clinic if patient else None),
        detail=detail,
    )
    row.save()
    return row


def look_window_start(now: datetime) -> datetime:
    """Return the start of the 15-minute window (from the full hour, UTC) that holds `now`."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour + LOOK_WINDOW * ((now - hour) // LOOK_WINDOW)


@transaction.atomic
def look_record(
    *, actor: User, patient: Patient, capacity: Capacity, page: str, now: datetime
) -> None:
    """Record that `actor` opened this person's page; once per 15 minutes, safe to repeat."""
    look = Look(
        at=now,
        actor=actor,
        patient=patient,
        capacity=capacity.value,
        page=page,
        window_start=look_window_start(now),
    )
    Look.objects.bulk_create([look], ignore_conflicts=True)


@transaction.atomic
def patient_open(
    *, actor: Person, verb: Verb, patient_id: UUID, page: str, now: datetime
) -> Patient:
    """Return the patient whose page `actor` opens, with the look recorded.

    Doors that open one person's page call this and nothing else. Raises
    `accounts.access.NotVisible` (answered as "not found") without a live reason.
    """
    patient = require(actor, verb, patient_id, now)
    if isinstance(actor, User):
        capacity = looking_as(actor, patient, now)
        look_record(actor=actor, patient=patient, capacity=capacity, page=page, now=now)
    return patient
