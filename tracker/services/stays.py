"""Stays: a clinician records that nobody is asked to log for a while, and when that ended."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.domain.problems import Problem, Refusal
from accounts.models import Patient, User
from accounts.services.audit import audit_record
from tracker.models import ExpectedDose, Plan, Stay, StayKind
from tracker.services.requests import patient_lock


@transaction.atomic
def stay_record(
    *,
    patient: Patient,
    by: User,
    kind: StayKind,
    from_at: datetime,
    until_at: datetime | None,
    note: str,
    now: datetime,
) -> Stay:
    """Record a stay; its doses leave the measures and prompt nobody. Refused when it overlaps."""
    patient_lock(patient)
    if until_at is not None and until_at <= from_at:
        raise Refusal(Problem("until_at", _("A stay ends after it begins.")))
    overlapping = patient.stays.filter(Q(until_at=None) | Q(until_at__gt=from_at))
    if until_at is not None:
        overlapping = overlapping.filter(from_at__lt=until_at)
    if overlapping.exists():
        raise Refusal(Problem("from_at", _("Another stay covers part of this period.")))
    stay = Stay.objects.create(
        patient=patient,
        kind=kind,
        from_at=from_at,
        until_at=until_at,
        recorded_at=now,
        recorded_by=by,
        note=note.strip(),
    )
    _look_again(stay, now)
    audit_record(actor=by, action="stay.recorded", target=stay, patient=patient, now=now)
    return stay


@transaction.atomic
def stay_end(*, stay: Stay, by: User, until_at: datetime, now: datetime) -> Stay:
    """Record when a running stay ended; refused when it has an end already."""
    stay = Stay.objects.select_for_update(no_key=True, of=("self",)).get(pk=stay.pk)
    if stay.until_at is not None:
        raise Refusal(Problem("stay", _("This stay has an end already.")))
    if until_at <= stay.from_at:
        raise Refusal(Problem("until_at", _("A stay ends after it begins.")))
    stay.until_at = until_at
    stay.save(update_fields=["until_at"])
    _look_again(stay, now)
    audit_record(actor=by, action="stay.ended", target=stay, patient=stay.patient, now=now)
    return stay


def _look_again(stay: Stay, now: datetime) -> None:
    """Ask the sweep to look at every dose from the stay's begin on, and at the plan's flags."""
    plans = Plan.objects.running().filter(patient=stay.patient)
    doses = ExpectedDose.objects.standing().filter(plan__in=plans, due_at__gte=stay.from_at)
    doses.filter(due_at__lte=now).update(next_look_at=now)
    plans.update(next_look_at=now)
