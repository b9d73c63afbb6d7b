"""Invitations: a single-use link for 72 hours, mailed or handed over."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.capacities import Capacity
from accounts.domain.problems import Problem, Refusal
from accounts.domain.tokens import fingerprint
from accounts.models import (
    CareLink,
    Clinic,
    ContactPoint,
    Invitation,
    InvitationToken,
    Patient,
    User,
)
from accounts.models.invitations import FOR_PATIENT, FOR_STAFF, VIA_HAND, VIA_MAIL
from accounts.selectors.invitations import invitations_that_work
from accounts.services.audit import audit_record
from accounts.services.checks import name_check, row_check
from accounts.services.contact_points import address_check
from accounts.services.links import LINK_WINDOW, MAIL_ONLY, token_new
from accounts.services.mail_limits import address_rest_check, day_limit_check


@transaction.atomic
def invitation_create(
    *,
    kind: str,
    clinic: Clinic,
    email: str,
    name: str,
    now: datetime,
    by: User | None = None,
    job: str = "",
    patient: Patient | None = None,
    care_link: CareLink | None = None,
    capacity: Capacity | None = None,
) -> Invitation:
    """Ask somebody in and have the engine mail the link; the answer is the same for every address.

    Raises Refusal at "email" when that is no address, the inviter's own one for work at the
    clinic, or one too many; at "name" when that would read as a link in the mail.
    """
    email = email.strip().lower()
    address_check(email, field="email")
    if kind == FOR_STAFF and by is not None:
        _not_oneself_check(by, email)
    name_check(name)
    if by is not None:
        _limits_check(kind=kind, patient=patient, by=by, email=email, now=now)
    invitation = Invitation(
        kind=kind,
        clinic=clinic,
        patient=patient,
        care_link=care_link,
        capacity=capacity.value if capacity else "",
        email=email,
        name=name.strip(),
        invited_by=by,
        created_at=now,
        expires_at=now + LINK_WINDOW,
        mail_wanted_at=now,
    )
    row_check(invitation)
    invitation.save()
    _audit(invitation, "invitation.created", by=by, job=job, now=now)
    return invitation


@transaction.atomic
def invitation_hand_over(*, invitation: Invitation, by: User, now: datetime) -> str:
    """Return a token to show as a code or to print; it opens the invitation, proves no address.

    Raises Refusal when the invitation no longer works, or when only its mailed link may open it.
    """
    _open_check(invitation, now)
    if invitation.is_mail_only:
        raise Refusal(Problem("", _(MAIL_ONLY)))
    token = _mint(invitation, via=VIA_HAND, now=now)
    _audit(invitation, "invitation.handed_over", by=by, now=now)
    return token


@transaction.atomic
def invitation_mint_mail_token(*, invitation: Invitation, now: datetime) -> str:
    """Return a token to put into the mail to the invited address; called by whoever mails it.

    Raises Refusal when the invitation no longer works. Earlier links of the same invitation stay
    good, so that a repeated mail does no harm; using one of them uses up all.
    """
    _open_check(invitation, now)
    return _mint(invitation, via=VIA_MAIL, now=now)


@transaction.atomic
def invitation_mark_mailed(*, invitation: Invitation, wanted_at: datetime) -> bool:
    """Stop asking for the mail that was wanted at `wanted_at`; False when a newer wish stands."""
    held = Invitation.objects.filter(pk=invitation.pk, mail_wanted_at=wanted_at)
    return bool(held.update(mail_wanted_at=None))


@transaction.atomic
def invitation_revoke(
    *, invitation: Invitation, now: datetime, by: User | None = None, job: str = ""
) -> None:
    """Make every link of this invitation stop working at once; safe to repeat."""
    held = Invitation.objects.unanswered().filter(pk=invitation.pk)
    if held.update(revoked_at=now, mail_wanted_at=None):
        _audit(invitation, "invitation.revoked", by=by, job=job, now=now)


@transaction.atomic
def invitation_send_again(*, invitation: Invitation, by: User, now: datetime) -> Invitation:
    """Replace an unanswered invitation by a fresh one; links mailed or printed before stop working.

    Raises Refusal when it was answered or revoked meanwhile.
    """
    rows = Invitation.objects.unanswered().select_for_update(of=("self",), no_key=True)
    old = rows.filter(pk=invitation.pk).first()
    if old is None:
        raise Refusal(Problem("", _("This invitation has been answered or withdrawn.")))
    invitation_revoke(invitation=old, by=by, now=now)
    return invitation_create(
        kind=old.kind,
        clinic=old.clinic,
        email=old.email,
        name=old.name,
        patient=old.patient,
        care_link=old.care_link,
        capacity=Capacity(old.capacity) if old.capacity else None,
        by=by,
        now=now,
    )


def _limits_check(
    *, kind: str, patient: Patient | None, by: User, email: str, now: datetime
) -> None:
    """Count everything but the first invitation of a patient, who has just been taken in."""
    earlier = Invitation.objects.filter(kind=FOR_PATIENT, patient=patient)
    if kind == FOR_PATIENT and not earlier.exists():
        return
    day_limit_check(by=by, field="email", now=now)
    address_rest_check(address=email, field="email", now=now)


def _not_oneself_check(by: User, email: str) -> None:
    """Refuse an address of the inviter: nobody gives themselves a right at a clinic."""
    own = ContactPoint.objects.filter(person=by, address__iexact=email)
    if by.email == email or own.exists():
        text = _("This is your own address. Nobody invites themselves to work at a clinic.")
        raise Refusal(Problem("email", text))


def _mint(invitation: Invitation, *, via: str, now: datetime) -> str:
    token = token_new()
    InvitationToken.objects.create(
        invitation=invitation, token_sha256=fingerprint(token), via=via, created_at=now
    )
    return token


def _open_check(invitation: Invitation, now: datetime) -> None:
    if not invitations_that_work(now).filter(pk=invitation.pk).exists():
        raise Refusal(Problem("", _("This invitation no longer works. Send it again.")))


def _audit(
    invitation: Invitation, action: str, *, by: User | None, now: datetime, job: str = ""
) -> None:
    audit_record(
        actor=by,
        action=action,
        target=invitation,
        now=now,
        patient=invitation.patient,
        clinic=invitation.clinic,
        job=job,
        kind=invitation.kind,
    )
