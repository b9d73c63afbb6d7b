"""Accepting an invitation: the one way in which somebody gets an account or a new right."""

from datetime import datetime
from functools import partial

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.domain.capacities import Capacity
from accounts.domain.problems import Conflict, Problem, Refusal
from accounts.models import CareLink, Invitation, Patient, User
from accounts.selectors.invitations import invitation_behind
from accounts.selectors.people import user_with_email
from accounts.services.audit import audit_record
from accounts.services.clinics import membership_add
from accounts.services.contact_points import contact_point_settle
from accounts.services.links import MAIL_ONLY, LinkGone
from accounts.services.people import user_create


class SignInFirst(Conflict):
    """The invited address has an account: its owner must be signed in to accept."""


@transaction.atomic
def invitation_accept(
    *, token: str, now: datetime, user: User | None = None, name: str = "", password: str = ""
) -> User:
    """Take up an invitation, once, and return the person it made or found.

    `user` is who is signed in, if anybody; otherwise `name` and `password` make the account.
    Raises LinkGone when the link no longer works, SignInFirst when the invited address has an
    account and somebody else (or nobody) is signed in, Refusal at "password" or "name", and when
    a handed link would give sight of a clinic's patients.
    """
    found = invitation_behind(token, now)
    if found is None:
        raise LinkGone
    if found.invitation.is_mail_only and not found.is_mailed:
        raise Refusal(Problem("", _(MAIL_ONLY)))
    _wanted_check(found.invitation)
    invitation = _lock(found.invitation, now)
    person = _person(invitation, user=user, name=name, password=password, now=now)
    _give(invitation, person, now)
    contact_point_settle(
        person=person, address=invitation.email, is_proved=found.is_mailed, now=now
    )
    invitation.accepted_at = now
    invitation.accepted_by = person
    invitation.mail_wanted_at = None
    invitation.save(update_fields=["accepted_at", "accepted_by", "mail_wanted_at"])
    audit_record(
        actor=person,
        action="invitation.accepted",
        target=invitation,
        now=now,
        patient=invitation.patient,
        clinic=invitation.clinic,
        kind=invitation.kind,
        is_mailed=found.is_mailed,
    )
    return person


def _lock(invitation: Invitation, now: datetime) -> Invitation:
    """Hold the row so that of two parallel acceptances one comes second and finds it used."""
    rows = Invitation.objects.open(now).select_for_update(of=("self",), no_key=True)
    held = rows.select_related("clinic").filter(pk=invitation.pk).first()
    if held is None:
        raise LinkGone
    return held


def _wanted_check(invitation: Invitation) -> None:
    """Hold what the invitation is about, and raise LinkGone when it is settled or ended."""
    if invitation.care_link is not None:
        links = CareLink.objects.select_for_update(of=("self",), no_key=True)
        link = links.get(pk=invitation.care_link.pk)
        is_wanted = link.ended_at is None and link.accepted_at is None
    elif invitation.patient is not None:
        records = Patient.objects.select_for_update(of=("self",), no_key=True)
        is_wanted = records.get(pk=invitation.patient.pk).user_id is None
    else:
        is_wanted = True
    if not is_wanted:
        raise LinkGone


def _person(
    invitation: Invitation, *, user: User | None, name: str, password: str, now: datetime
) -> User:
    """Return who accepts: the signed-in owner of the address, or a new account for it."""
    if user is not None:
        if user.email != invitation.email:
            text = _("This link was made for another address than the one you are signed in with.")
            raise SignInFirst(Problem("", text))
        return user
    if user_with_email(invitation.email) is not None:
        raise _sign_in_first()
    patient = invitation.patient
    create = partial(user_create, email=invitation.email, password=password, now=now)
    try:
        with transaction.atomic():
            return create(
                name=name or invitation.name,
                zone=patient.zone if patient else invitation.clinic.zone,
                language=patient.language if patient else "en",
                phone=patient.phone if patient and not invitation.care_link else "",
            )
    except IntegrityError as error:  # the same address joined through another link just now
        raise _sign_in_first() from error


def _sign_in_first() -> SignInFirst:
    text = _("There is an account for the invited address. Sign in with it, then open this again.")
    return SignInFirst(Problem("", text))


def _give(invitation: Invitation, person: User, now: datetime) -> None:
    """Give what the invitation promises, and no more; one thing at a time to one person."""
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if invitation.care_link is not None:
        _give_care_link(invitation.care_link, person, now)
    elif invitation.patient is not None:
        _give_record(invitation.patient, person)
    else:
        if invitation.invited_by_id == person.pk:
            raise Refusal(Problem("", _("You cannot accept an invitation that you sent yourself.")))
        membership_add(
            user=person,
            clinic=invitation.clinic,
            capacity=Capacity(invitation.capacity),
            by=person,
            now=now,
        )


def _give_record(patient: Patient, person: User) -> None:
    if Patient.objects.filter(user=person).exists():
        text = _("This account has a record already. Call the clinic that invited you.")
        raise Refusal(Problem("", text))
    Patient.objects.filter(pk=patient.pk).update(user=person)


def _give_care_link(link: CareLink, person: User, now: datetime) -> None:
    if link.patient.user_id == person.pk:
        raise Refusal(Problem("", _("This is your own record. You cannot be your own caregiver.")))
    same = CareLink.objects.not_ended(now).filter(patient=link.patient, caregiver=person)
    if same.exclude(pk=link.pk).exists():
        raise Conflict(Problem("", _("You are a caregiver of this person already.")))
    CareLink.objects.filter(pk=link.pk).update(caregiver=person, accepted_at=now)
