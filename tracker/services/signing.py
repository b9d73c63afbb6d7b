"""A signature by password: the one way in which people sign a plan, from a page or by the API."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.problems import Problem
from accounts.models import AuditRow, User
from accounts.services.audit import audit_record
from tracker.models import Plan, PlanVersion
from tracker.services.plan_signing import plan_cosign, plan_sign

WRONG_TRY = "plan.signature_refused"
MOST_WRONG = 5
WRONG_WINDOW = timedelta(minutes=5)


class Signature(TypedDict):
    """Who signs which plan, what was read and ticked, and the password that proves it."""

    plan: Plan
    by: User
    password: str
    ticked_steps: Collection[int]
    has_confirmed_hours: bool
    read_sha256: str
    now: datetime


def plan_sign_with_password(**said: Unpack[Signature]) -> PlanVersion | None:
    """Sign as `plan_sign` does, if the password is the signer's.

    A wrong one is kept as a row of its own, which stays when the signature is refused; after five
    in five minutes not even the right one signs. Raises what `plan_sign` raises.
    """
    return plan_sign(
        plan=said["plan"],
        by=said["by"],
        ticked_steps=said["ticked_steps"],
        has_confirmed_hours=said["has_confirmed_hours"],
        read_sha256=said["read_sha256"],
        other_problems=_password_problems(said),
        now=said["now"],
    )


def plan_cosign_with_password(**said: Unpack[Signature]) -> PlanVersion:
    """Give the second signature as `plan_cosign` does, if the password is the signer's."""
    return plan_cosign(
        plan=said["plan"],
        by=said["by"],
        ticked_steps=said["ticked_steps"],
        has_confirmed_hours=said["has_confirmed_hours"],
        read_sha256=said["read_sha256"],
        other_problems=_password_problems(said),
        now=said["now"],
    )


@transaction.atomic
def _password_problems(said: Signature) -> list[Problem]:
    """Return what is wrong with the password; one try of a person at a time, each counted."""
    plan, by, password, now = said["plan"], said["by"], said["password"], said["now"]
    if not password:
        return [Problem("password", _("Type your password."))]
    signer = User.objects.select_for_update(no_key=True).get(pk=by.pk)
    wrong = AuditRow.objects.filter(actor=by, action=WRONG_TRY, at__gt=now - WRONG_WINDOW)
    if wrong.count() >= MOST_WRONG:
        return [Problem("password", _("Too many wrong passwords. Wait five minutes, then sign."))]
    # Compare only: to renew an old hash here would end the signer's own session.
    if check_password(password, signer.password):
        return []
    audit_record(actor=by, action=WRONG_TRY, target=plan, patient=plan.patient, now=now)
    return [Problem("password", _("This is not your password."))]
