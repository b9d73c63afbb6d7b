"""Which links are out, and what a link opens."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.domain.tokens import fingerprint
from accounts.models import Clinic, Invitation, InvitationToken, Membership, Patient
from accounts.models.invitations import FOR_CAREGIVER, FOR_PATIENT, FOR_STAFF, VIA_MAIL


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation that works now, and whether its link proves the address."""

    invitation: Invitation
    is_mailed: bool


def invitation_behind(token: str, now: datetime) -> OpenInvitation | None:
    """Return what this link opens at `now`; None when unknown, used, revoked or expired."""
    row = InvitationToken.objects.filter(token_sha256=fingerprint(token)).first()
    if row is None:
        return None
    invitation = invitations_that_work(now).filter(pk=row.invitation_id).first()
    if invitation is None:
        return None
    return OpenInvitation(invitation=invitation, is_mailed=row.via == VIA_MAIL)


def invitations_that_work(now: datetime) -> QuerySet[Invitation]:
    """Return the open invitations whose purpose still stands.

    A patient's stops when the record has its person, a caregiver's when the link was ended,
    a colleague's when the administrator who sent it no longer is one.
    """
    inviting = (
        Membership.objects.current(now)
        .administering()
        .filter(user=OuterRef("invited_by"), clinic=OuterRef("clinic"), user__is_active=True)
    )
    still_wanted = (
        Q(kind=FOR_PATIENT, patient__user=None)
        | Q(kind=FOR_CAREGIVER, care_link__ended_at=None)
        | Q(Exists(inviting), kind=FOR_STAFF)
        | Q(kind=FOR_STAFF, invited_by=None)
    )
    rows = Invitation.objects.open(now).filter(still_wanted)
    return rows.select_related("clinic", "patient__clinic", "care_link", "invited_by")


def invitations_unanswered(patient: Patient) -> QuerySet[Invitation]:
    """Return this patient's invitations that were neither accepted nor revoked, newest first."""
    rows = Invitation.objects.unanswered().filter(patient=patient)
    return _with_mail_state(rows).select_related("care_link").order_by("-created_at")


def staff_invitations_unanswered(clinic: Clinic) -> QuerySet[Invitation]:
    """Return the clinic's staff invitations that were neither accepted nor revoked."""
    rows = Invitation.objects.unanswered().filter(clinic=clinic, kind=FOR_STAFF)
    return _with_mail_state(rows).order_by("-created_at")


def invitations_wanting_mail(now: datetime) -> QuerySet[Invitation]:
    """Return the invitations whose link should be mailed by `now`, oldest first."""
    rows = invitations_that_work(now).filter(mail_wanted_at__lte=now)
    return rows.order_by("mail_wanted_at")


def _with_mail_state(rows: QuerySet[Invitation]) -> QuerySet[Invitation]:
    """Add `is_mailed`: whether a link has gone out by mail."""
    mailed = InvitationToken.objects.filter(invitation=OuterRef("pk"), via=VIA_MAIL)
    return rows.annotate(is_mailed=Exists(mailed))
