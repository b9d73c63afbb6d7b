"""A signature by password: the one way in which people sign a plan, from a page or by the API."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

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


def plan_sign_with_password(
    *,
    plan: Plan,
    by: User,
    password: str,
    ticked_steps: Collection[int],
    has_confirmed_hours: bool,
    read_sha256: str,
    now: datetime,
) -> PlanVersion | None:
    """Sign as `plan_sign` does, if the password is the signer's.

    A wrong one is kept as a row of its own, which stays when the signature is refused; after five
    in five minutes not even the right one signs. Raises what `plan_sign` raises.
    """
    return plan_sign(
        plan=plan,
        by=by,
        ticked_steps=ticked_steps,
        has_confirmed_hours=has_confirmed_hours,
        read_sha256=read_sha256,
        other_problems=_password_problems(plan=plan, by=by, password=password, now=now),
        now=now,
    )


def plan_cosign_with_password(
    *,
    plan: Plan,
    by: User,
    password: str,
    ticked_steps: Collection[int],
    has_confirmed_hours: bool,
    read_sha256: str,
    now: datetime,
) -> PlanVersion:
    """Give the second signature as `plan_cosign` does, if the password is the signer's."""
    return plan_cosign(
        plan=plan,
        by=by,
        ticked_steps=ticked_steps,
        has_confirmed_hours=has_confirmed_hours,
        read_sha256=read_sha256,
        other_problems=_password_problems(plan=plan, by=by, password=password, now=now),
        now=now,
    )


@transaction.atomic
def _password_problems(*, plan: Plan, by: User, password: str, now: datetime) -> list[Problem]:
    """Return what is wrong with the password; one try of a person at a time, each counted."""
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
