"""Stays: a clinician records that nobody is asked to log for a while, ends it, or takes it back."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict, Unpack

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.domain.problems import Problem, Refusal
from accounts.models import Patient, User
from accounts.services.audit import audit_record
from tracker.models import ExpectedDose, Plan, Stay, StayEvent, StayEventKind, StayKind
from tracker.services.requests import patient_lock

LONGEST_TEXT = 200


class StayTerms(TypedDict):
    """What is said of a stay; without an end it goes on until one is recorded."""

    kind: StayKind
    from_at: datetime
    until_at: datetime | None
    note: str


@transaction.atomic
def stay_record(*, patient: Patient, by: User, now: datetime, **terms: Unpack[StayTerms]) -> Stay:
    """Record a stay; its doses leave the measures and prompt nobody. Refused when it overlaps."""
    patient_lock(patient)
    stay = _recorded(patient, by, now, terms)
    _look_again(stay, now)
    audit_record(actor=by, action="stay.recorded", target=stay, patient=patient, now=now)
    return stay


@transaction.atomic
def stay_end(*, stay: Stay, by: User, until_at: datetime, now: datetime) -> Stay:
    """Record when a running stay ended; refused when it has an end already or was taken back."""
    stay = _held(stay)
    if stay.until_at is not None:
        raise Refusal(Problem("stay", _("This stay has an end already.")))
    if until_at <= stay.from_at:
        raise Refusal(Problem("until_at", _("A stay ends after it begins.")))
    stay.until_at = until_at
    stay.save(update_fields=["until_at"])
    StayEvent(stay=stay, kind=StayEventKind.ENDED, at=now, by=by).save()
    _look_again(stay, now)
    audit_record(actor=by, action="stay.ended", target=stay, patient=stay.patient, now=now)
    return stay


@transaction.atomic
def stay_take_back(*, stay: Stay, by: User, reason: str, now: datetime) -> Stay:
    """Take a stay back that was recorded by mistake; it stays readable and counts for nothing.

    Its doses are asked about and measured again. Refused without a reason, and a second time.
    """
    stay = _taken_back(stay, by, reason, now)
    audit_record(actor=by, action="stay.taken_back", target=stay, patient=stay.patient, now=now)
    return stay


@transaction.atomic
def stay_correct(
    *, stay: Stay, by: User, reason: str, now: datetime, **terms: Unpack[StayTerms]
) -> Stay:
    """Take a stay back and record it as it was, at once; both stay readable."""
    taken_back = _taken_back(stay, by, reason, now)
    corrected = _recorded(stay.patient, by, now, terms)
    _look_again(corrected, now)
    audit_record(
        actor=by,
        action="stay.corrected",
        target=corrected,
        patient=stay.patient,
        now=now,
        instead_of=str(taken_back.pk),
    )
    return corrected


def _held(stay: Stay) -> Stay:
    """Return the row for changing, with every other writer of this patient waiting."""
    patient_lock(stay.patient)
    stay = Stay.objects.select_for_update(no_key=True, of=("self",)).get(pk=stay.pk)
    if stay.taken_back_at is not None:
        raise Refusal(Problem("stay", _("This stay was taken back already.")))
    return stay


def _recorded(patient: Patient, by: User, now: datetime, terms: StayTerms) -> Stay:
    from_at, until_at, note = terms["from_at"], terms["until_at"], terms["note"].strip()
    if until_at is not None and until_at <= from_at:
        raise Refusal(Problem("until_at", _("A stay ends after it begins.")))
    _refuse_long("note", note)
    overlapping = patient.stays.standing().filter(Q(until_at=None) | Q(until_at__gt=from_at))
    if until_at is not None:
        overlapping = overlapping.filter(from_at__lt=until_at)
    if overlapping.exists():
        raise Refusal(Problem("from_at", _("Another stay covers part of this period.")))
    return Stay.objects.create(
        patient=patient,
        kind=terms["kind"],
        from_at=from_at,
        until_at=until_at,
        recorded_at=now,
        recorded_by=by,
        note=note,
    )


def _taken_back(stay: Stay, by: User, reason: str, now: datetime) -> Stay:
    stay, reason = _held(stay), reason.strip()
    if not reason:
        raise Refusal(Problem("reason", _("Say why the stay is taken back.")))
    _refuse_long("reason", reason)
    stay.taken_back_at = now
    stay.save(update_fields=["taken_back_at"])
    StayEvent(stay=stay, kind=StayEventKind.TAKEN_BACK, at=now, by=by, reason=reason).save()
    _look_again(stay, now)
    return stay


def _refuse_long(field: str, text: str) -> None:
    if len(text) > LONGEST_TEXT:
        problem = _("Write at most %(most)d characters.") % {"most": LONGEST_TEXT}
        raise Refusal(Problem(field, problem))


def _look_again(stay: Stay, now: datetime) -> None:
    """Ask the sweep to look at every dose from the stay's begin on, and at the plan's flags."""
    plans = Plan.objects.running().filter(patient=stay.patient)
    doses = ExpectedDose.objects.standing().filter(plan__in=plans, due_at__gte=stay.from_at)
    doses.filter(due_at__lte=now).update(next_look_at=now)
    plans.update(next_look_at=now)
