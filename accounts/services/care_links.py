"""Caregivers: invited, agreed to by the patient, ended at once by either."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.problems import Conflict, Problem
from accounts.models import CareLink, Invitation, Patient, User
from accounts.models.invitations import FOR_CAREGIVER
from accounts.services.audit import audit_record
from accounts.services.checks import row_check
from accounts.services.invitations import invitation_create, invitation_revoke


@transaction.atomic
def care_link_invite(
    *,
    patient: Patient,
    by: User,
    email: str,
    name: str,
    relation: str,
    is_alerted: bool,
    may_log: bool,
    now: datetime,
) -> CareLink:
    """Invite a caregiver. Invited by the patient it is agreed to at once; by a clinician it is not.

    Raises Refusal at "email" or "name", Conflict when this address is invited already.
    """
    Patient.objects.select_for_update(of=("self",), no_key=True).get(pk=patient.pk)
    address = email.strip().lower()
    _invited_once_check(patient, address, now)
    link = CareLink(
        patient=patient,
        name=name.strip(),
        relation=relation.strip(),
        is_alerted=is_alerted,
        may_log=may_log,
        invited_by=by,
        invited_at=now,
        consented_at=now if by.pk == patient.user_id else None,
    )
    row_check(link)
    link.save()
    invitation_create(
        kind=FOR_CAREGIVER,
        clinic=patient.clinic,
        patient=patient,
        care_link=link,
        email=address,
        name=name,
        by=by,
        now=now,
    )
    _audit(link, "care_link.invited", by=by, now=now)
    return link


@transaction.atomic
def care_link_consent(*, care_link: CareLink, by: User, now: datetime) -> CareLink:
    """Record that the patient agrees to this caregiver; safe to repeat.

    Raises Conflict when it was ended meanwhile.
    """
    link = _held(care_link)
    if link.ended_at is not None:
        raise Conflict(Problem("", _("This has been ended already.")))
    if link.consented_at is None:
        link.consented_at = now
        link.save(update_fields=["consented_at"])
        _audit(link, "care_link.consented", by=by, now=now)
    return link


@transaction.atomic
def care_link_set_scope(
    *, care_link: CareLink, by: User, is_alerted: bool, may_log: bool, now: datetime
) -> CareLink:
    """Change how far a caregiver may go, from this instant; safe to repeat.

    Raises Conflict when it was ended meanwhile.
    """
    link = _held(care_link)
    if link.ended_at is not None:
        raise Conflict(Problem("", _("This has been ended already.")))
    if (link.is_alerted, link.may_log) == (is_alerted, may_log):
        return link
    link.is_alerted, link.may_log = is_alerted, may_log
    link.save(update_fields=["is_alerted", "may_log"])
    audit_record(
        actor=by,
        action="care_link.scope_set",
        target=link,
        now=now,
        patient=link.patient,
        is_alerted=is_alerted,
        may_log=may_log,
    )
    return link


@transaction.atomic
def care_link_end(*, care_link: CareLink, by: User, now: datetime) -> CareLink:
    """End a caregiver's rights from this instant, open links included; safe to repeat."""
    link = _held(care_link)
    if link.ended_at is not None:
        return link
    link.ended_at = now
    link.ended_by = by
    link.save(update_fields=["ended_at", "ended_by"])
    for invitation in link.invitations.unanswered():
        invitation_revoke(invitation=invitation, by=by, now=now)
    _audit(link, "care_link.ended", by=by, now=now)
    return link


def _invited_once_check(patient: Patient, address: str, now: datetime) -> None:
    asked = Invitation.objects.open(now).filter(patient=patient, kind=FOR_CAREGIVER, email=address)
    helping = CareLink.objects.not_ended(now).filter(patient=patient, caregiver__email=address)
    if asked.exists() or helping.exists():
        raise Conflict(Problem("email", _("This address has been invited already.")))


def _held(care_link: CareLink) -> CareLink:
    rows = CareLink.objects.select_for_update(of=("self",), no_key=True).select_related(
        "patient__clinic"
    )
    return rows.get(pk=care_link.pk)


def _audit(link: CareLink, action: str, *, by: User, now: datetime) -> None:
    audit_record(actor=by, action=action, target=link, now=now, patient=link.patient)
