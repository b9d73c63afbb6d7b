"""Risk factors on file, put there and taken off by a clinician: context, never counted."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.problems import Problem, Refusal
from accounts.models import Patient, User
from accounts.services.audit import audit_record
from tracker.models import RiskRecord, RiskRemoval
from tracker.selectors.medicine import baclofen
from tracker.services.requests import patient_lock

LONGEST_TEXT = 200


@transaction.atomic
def risk_record(*, patient: Patient, by: User, factor: str, note: str, now: datetime) -> RiskRecord:
    """Put a documented risk factor on file. Refused when it is not documented, or stands there."""
    patient_lock(patient)
    if factor not in {each.id for each in baclofen().risk_factors}:
        raise Refusal(Problem("factor", _("Choose one of the documented risk factors.")))
    if patient.risks.standing().filter(factor=factor).exists():
        raise Refusal(Problem("factor", _("This is on file already.")))
    _refuse_long("note", note)
    risk = RiskRecord(
        patient=patient, factor=factor, note=note.strip(), recorded_at=now, recorded_by=by
    )
    risk.save()
    audit_record(
        actor=by, action="risk.recorded", target=risk, patient=patient, now=now, factor=factor
    )
    return risk


@transaction.atomic
def risk_take_off(*, risk: RiskRecord, by: User, reason: str, now: datetime) -> RiskRemoval:
    """Take a risk factor off file, with a reason; that it stood there stays readable."""
    patient_lock(risk.patient)
    if RiskRemoval.objects.filter(risk=risk).exists():
        raise Refusal(Problem("risk", _("This was taken off file already.")))
    if not reason.strip():
        raise Refusal(Problem("reason", _("Say why it is taken off file.")))
    _refuse_long("reason", reason)
    removal = RiskRemoval(risk=risk, by=by, at=now, reason=reason.strip())
    removal.save()
    audit_record(
        actor=by,
        action="risk.taken_off",
        target=risk,
        patient=risk.patient,
        now=now,
        factor=risk.factor,
    )
    return removal


def _refuse_long(field: str, text: str) -> None:
    if len(text.strip()) > LONGEST_TEXT:
        problem = _("Write at most %(most)d characters.") % {"most": LONGEST_TEXT}
        raise Refusal(Problem(field, problem))
