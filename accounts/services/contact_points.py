"""Addresses: added unproved, proved by a link sent there, switched off when they bounce."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accounts.domain.problems import Conflict, Problem, Refusal
from accounts.domain.telephones import e164_of
from accounts.domain.texts import is_sendable_domain
from accounts.domain.tokens import fingerprint
from accounts.models import Clinic, ContactPoint, ContactVerification, User
from accounts.models.contact_points import EMAIL, SMS
from accounts.selectors.contact_points import countries_of, verification_behind
from accounts.services.audit import audit_record
from accounts.services.checks import problems_in, row_check
from accounts.services.links import LINK_WINDOW, LinkGone, token_new
from accounts.services.mail_limits import address_rest_check, day_limit_check

ASK_AGAIN_DELAY = timedelta(minutes=5)


@transaction.atomic
def contact_point_add(
    *,
    address: str,
    now: datetime,
    person: User | None = None,
    clinic: Clinic | None = None,
    duty: str = "",
    kind: str = EMAIL,
    label: str = "",
    by: User | None = None,
    job: str = "",
) -> ContactPoint:
    """Add an address of a person, or of a clinic for a duty, and ask for its verification.

    Nothing but the verification link is sent to it before it is verified. A telephone number is
    kept in its international form; without "+" it is read in the owner's country, where that is
    known. Raises Refusal (field "address") when it is no address, or when `by` has had too many
    links sent; Conflict when it is there already.
    """
    address = _address_read(kind, address.strip(), person=person, clinic=clinic, now=now)
    if by is not None:
        day_limit_check(by=by, field="address", now=now)
    row = _row_new(
        {"person": person, "clinic": clinic, "duty": duty}, address=address, kind=kind, now=now
    )
    row.label = label.strip()
    row_check(row)
    if by is not None:
        address_rest_check(address=address, field="address", now=now)
    row.save()
    contact_point_audit(row, "contact_point.added", now=now, by=by, job=job)
    return row


def _row_new(owner: dict[str, Any], *, address: str, kind: str, now: datetime) -> ContactPoint:
    """Return the next row of this owner, not saved; Conflict when the address is there already."""
    owner_lock(owner["person"], owner["clinic"])
    kept = ContactPoint.objects.kept().filter(**owner)
    if kept.annotate(lower=Lower("address")).filter(lower=address.lower(), kind=kind).exists():
        raise Conflict(Problem("address", _("This address is on the list already.")))
    last = kept.aggregate(last=Max("position"))["last"] or 0
    row = ContactPoint(
        **owner,
        kind=kind,
        address=address,
        position=last + 1,
        added_at=now,
        verification_wanted_at=now,
    )
    row_check(row)
    return row


def _address_read(
    kind: str, typed: str, *, person: User | None, clinic: Clinic | None, now: datetime
) -> str:
    """Return the address as it is kept; Refusal when this kind of message cannot go there."""
    if kind not in settings.CONTACT_KINDS or kind not in {EMAIL, SMS}:
        raise Refusal(Problem("kind", _("No messages of this kind are sent from here.")))
    if kind == EMAIL:
        address_check(typed)
        return typed
    countries = [clinic.country] if clinic is not None else countries_of(person, now)
    number = e164_of(typed, countries[0] if len(countries) == 1 else "")
    if not number:
        text = _("Write the telephone number with its country code, as +44 7700 900412.")
        raise Refusal(Problem("address", text))
    return number


def address_check(address: str, *, field: str = "address") -> None:
    """Raise Refusal at `field` when this is not an e-mail address that mail can be sent to."""
    address = address.strip()
    try:
        validate_email(address)
    except ValidationError as error:
        raise Refusal(*problems_in(error, field=field)) from error
    if not is_sendable_domain(address.rpartition("@")[2]):
        raise Refusal(Problem(field, _("No mail can be sent to this address. Check its end.")))


@transaction.atomic
def contact_point_settle(*, person: User, address: str, is_proved: bool, now: datetime) -> None:
    """Make sure somebody who has just joined can be reached at the address they were invited at.

    A mailed link has proved the address; a handed one has not, and asks for the proof by mail.
    """
    owner_lock(person, None)
    kept = ContactPoint.objects.kept().filter(person=person, kind=EMAIL)
    row = kept.annotate(lower=Lower("address")).filter(lower=address.lower()).first()
    if row is None:
        owner = {"person": person, "clinic": None, "duty": ""}
        row = _row_new(owner, address=address.strip(), kind=EMAIL, now=now)
        row.save()
        contact_point_audit(row, "contact_point.settled", now=now, by=person)
    if is_proved and row.verified_at is None:
        _verify(row, now=now, by=person)


@transaction.atomic
def contact_point_mint_token(*, contact_point: ContactPoint, now: datetime) -> str:
    """Return a new verification token, good for 72 hours; called by whoever mails it.

    Earlier links stay good for their own time, so that a repeated mail does no harm.
    """
    token = token_new()
    ContactVerification.objects.create(
        contact_point=contact_point,
        token_sha256=fingerprint(token),
        created_at=now,
        expires_at=now + LINK_WINDOW,
    )
    return token


@transaction.atomic
def contact_point_mark_verification_mailed(
    *, contact_point: ContactPoint, wanted_at: datetime
) -> bool:
    """Stop asking for the mail that was wanted at `wanted_at`; False when a newer wish stands."""
    held = ContactPoint.objects.filter(pk=contact_point.pk, verification_wanted_at=wanted_at)
    return bool(held.update(verification_wanted_at=None))


@transaction.atomic
def contact_point_ask_again(*, contact_point: ContactPoint, by: User, now: datetime) -> None:
    """Ask for another verification link; Refusal within five minutes of the last one."""
    row = ContactPoint.objects.select_for_update(no_key=True).get(pk=contact_point.pk)
    last = row.verifications.aggregate(last=Max("created_at"))["last"]
    is_on_its_way = row.verification_wanted_at is not None
    if is_on_its_way or (last is not None and now < last + ASK_AGAIN_DELAY):
        text = _("A link is on its way already. Look for it, then try again in five minutes.")
        raise Refusal(Problem("", text))
    day_limit_check(by=by, field="", now=now)
    row.verification_wanted_at = now
    row.save(update_fields=["verification_wanted_at"])
    contact_point_audit(row, "contact_point.verification_asked", now=now, by=by)


@transaction.atomic
def contact_point_verify(*, token: str, now: datetime) -> ContactPoint:
    """Take the link as proof of its address, once; raises LinkGone when it no longer works.

    An address that had been switched off counts again.
    """
    found = verification_behind(token, now)
    if found is None:
        raise LinkGone
    held = ContactVerification.objects.filter(pk=found.pk, used_at=None)
    if not held.update(used_at=now):
        raise LinkGone
    row = ContactPoint.objects.select_for_update(no_key=True).get(pk=found.contact_point_id)
    _verify(row, now=now, by=row.person)
    return row


@transaction.atomic
def contact_point_disable(
    *,
    contact_point: ContactPoint,
    reason: str,
    now: datetime,
    by: User | None = None,
    job: str = "dispatch",
) -> None:
    """Stop using an address, and say why ("mailbox does not exist"); verifying it undoes this."""
    contact_point.disabled_at = now
    contact_point.disabled_reason = reason[:300]
    contact_point.save(update_fields=["disabled_at", "disabled_reason"])
    contact_point_audit(
        contact_point, "contact_point.disabled", now=now, by=by, job="" if by else job
    )


@transaction.atomic
def contact_point_remove(*, contact_point: ContactPoint, by: User, now: datetime) -> None:
    """Take an address off the list; its open links stop working and nothing more goes there."""
    contact_point.removed_at = now
    contact_point.verification_wanted_at = None
    contact_point.test_wanted_at = None
    contact_point.save(update_fields=["removed_at", "verification_wanted_at", "test_wanted_at"])
    contact_point_audit(contact_point, "contact_point.removed", now=now, by=by)


def owner_lock(person: User | None, clinic: Clinic | None) -> None:
    """Let one change of this owner's list at a time go on, until the transaction ends."""
    if person is not None:
        User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if clinic is not None:
        Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)


def _verify(row: ContactPoint, *, now: datetime, by: User | None) -> None:
    """Take the address as proved: it counts again, and what went wrong before is over."""
    row.verified_at = now
    row.disabled_at = row.last_error_at = row.verification_wanted_at = None
    row.disabled_reason = row.last_error = ""
    row.save(
        update_fields=[
            "verified_at",
            "disabled_at",
            "disabled_reason",
            "last_error",
            "last_error_at",
            "verification_wanted_at",
        ]
    )
    job = "" if by else "verification link"
    contact_point_audit(row, "contact_point.verified", now=now, by=by, job=job)


def contact_point_audit(
    row: ContactPoint, action: str, *, now: datetime, by: User | None, job: str = ""
) -> None:
    """Write down who did what to an address; the address itself is not repeated there."""
    clinic = row.clinic
    audit_record(
        actor=by, action=action, target=row, now=now, clinic=clinic, job=job, duty=row.duty
    )
