"""People: made once, changed by themselves, switched off by others."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.domain.problems import Refusal
from accounts.models import User
from accounts.services.audit import audit_record
from accounts.services.checks import name_check, problems_in, row_check


@transaction.atomic
def user_create(
    *,
    email: str,
    name: str,
    password: str,
    zone: str,
    now: datetime,
    language: str = "en",
    phone: str = "",
    by: User | None = None,
    job: str = "",
) -> User:
    """Make a person who can sign in; without `by` and `job` the person is their own actor.

    Raises Refusal for a weak password (field "password"), an unknown zone or a bad name.
    """
    user = User(
        email=email.strip().lower(),
        name=name.strip(),
        zone=zone,
        language=language,
        phone=phone.strip(),
        created_at=now,
    )
    password_check(password=password, user=user)
    user.set_password(password)
    name_check(user.name)
    row_check(user)
    user.save()
    audit_record(
        actor=by or (None if job else user), action="user.created", target=user, now=now, job=job
    )
    return user


def password_check(*, password: str, user: User) -> None:
    """Raise Refusal (field "password") when Django's validators will not have this password."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refusal(*problems_in(error, field="password")) from error


@transaction.atomic
def user_update(
    *, user: User, name: str, zone: str, language: str, phone: str, now: datetime
) -> User:
    """Change how somebody is called and in which zone and language they are written to.

    The zone counts for quiet hours and for times in messages; it moves no dose.
    """
    user.name = name.strip()
    user.zone = zone
    user.language = language
    user.phone = phone.strip()
    name_check(user.name)
    row_check(user)
    user.save(update_fields=["name", "zone", "language", "phone"])
    audit_record(actor=user, action="user.updated", target=user, now=now)
    return user


@transaction.atomic
def user_deactivate(*, user: User, now: datetime, by: User | None = None, job: str = "") -> None:
    """Take away the sign-in at once, open sessions included; rows that name the person stay."""
    user.is_active = False
    user.save(update_fields=["is_active"])
    audit_record(actor=by, action="user.deactivated", target=user, now=now, job=job)
