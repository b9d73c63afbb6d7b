"""Addresses: added unproved, proved by a mailed link, switched off when they bounce."""

from datetime import datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accounts.domain.problems import Conflict, Problem, Refusal
from accounts.domain.texts import is_sendable_domain
from accounts.domain.tokens import fingerprint
from accounts.models import Clinic, ContactPoint, ContactVerification, User
from accounts.models.contact_points import EMAIL
from accounts.selectors.contact_points import verification_behind
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
    by: User | None = None,
    job: str = "",
) -> ContactPoint:
    """Add an address of a person, or of a clinic for a duty, and ask for its verification.

    Nothing but the verification link is sent to it before it is verified. Raises Refusal (field
    "address") when it is no address, or when `by` has had too many mails sent; Conflict when it is
    there already.
    """
    address = address.strip()
    address_check(address)
    if by is not None:
        day_limit_check(by=by, field="address", now=now)
    row = _row_new(
        {"person": person, "clinic": clinic, "duty": duty}, address=address, kind=kind, now=now
    )
    if by is not None:
        address_rest_check(address=address, field="address", now=now)
    row.save()
    _audit(row, "contact_point.added", now=now, by=by, job=job)
    return row


def _row_new(owner: dict[str, Any], *, address: str, kind: str, now: datetime) -> ContactPoint:
    """Return the next row of this owner, not saved; Conflict when the address is there already."""
    _lock_owner(owner["person"], owner["clinic"])
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
    _lock_owner(person, None)
    kept = ContactPoint.objects.kept().filter(person=person, kind=EMAIL)
    row = kept.annotate(lower=Lower("address")).filter(lower=address.lower()).first()
    if row is None:
        owner = {"person": person, "clinic": None, "duty": ""}
        row = _row_new(owner, address=address.strip(), kind=EMAIL, now=now)
        row.save()
        _audit(row, "contact_point.settled", now=now, by=person)
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
    _audit(row, "contact_point.verification_asked", now=now, by=by)


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
    _audit(contact_point, "contact_point.disabled", now=now, by=by, job="" if by else job)


@transaction.atomic
def contact_point_remove(*, contact_point: ContactPoint, by: User, now: datetime) -> None:
    """Take an address off the list; its open links stop working and nothing more goes there."""
    contact_point.removed_at = now
    contact_point.verification_wanted_at = None
    contact_point.save(update_fields=["removed_at", "verification_wanted_at"])
    _audit(contact_point, "contact_point.removed", now=now, by=by)


@transaction.atomic
def contact_point_set_quiet_hours(
    *,
    contact_point: ContactPoint,
    quiet_from_time: time | None,
    quiet_until_time: time | None,
    by: User,
    now: datetime,
) -> None:
    """Set from when until when (the person's wall time) nothing goes here; None twice ends it.

    Emergencies ignore quiet hours. Raises Refusal when only one time is given or both are equal.
    """
    if (quiet_from_time is None) != (quiet_until_time is None):
        missing = "quiet_from_time" if quiet_from_time is None else "quiet_until_time"
        raise Refusal(Problem(missing, _("Give both times, or neither.")))
    if quiet_from_time is not None and quiet_from_time == quiet_until_time:
        raise Refusal(Problem("quiet_until_time", _("The two times are the same.")))
    contact_point.quiet_from_time = quiet_from_time
    contact_point.quiet_until_time = quiet_until_time
    contact_point.save(update_fields=["quiet_from_time", "quiet_until_time"])
    _audit(contact_point, "contact_point.quiet_hours_set", now=now, by=by)


def _lock_owner(person: User | None, clinic: Clinic | None) -> None:
    """Let one addition at a time go on for this owner."""
    if person is not None:
        User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if clinic is not None:
        Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)


def _verify(row: ContactPoint, *, now: datetime, by: User | None) -> None:
    row.verified_at = now
    row.disabled_at = None
    row.disabled_reason = ""
    row.verification_wanted_at = None
    row.save(
        update_fields=["verified_at", "disabled_at", "disabled_reason", "verification_wanted_at"]
    )
    _audit(row, "contact_point.verified", now=now, by=by, job="" if by else "verification link")


def _audit(
    row: ContactPoint, action: str, *, now: datetime, by: User | None, job: str = ""
) -> None:
    clinic = row.clinic
    audit_record(
        actor=by, action=action, target=row, now=now, clinic=clinic, job=job, duty=row.duty
    )
