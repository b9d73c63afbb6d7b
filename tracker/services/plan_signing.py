"""Signatures: a draft becomes a version that nobody changes any more, and its doses are expected."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from accounts.domain.problems import Conflict, Problem, Refusal
from accounts.models import User
from accounts.services.audit import audit_record
from tracker.domain.plan_states import PlanState
from tracker.models import Plan, PlanDraft, PlanVersion
from tracker.selectors.plan_reading import PlanReading, plan_reading
from tracker.selectors.plans import content_of, draft_behind
from tracker.services.doses import doses_extend
from tracker.services.plan_drafts import draft_locked
from tracker.services.plan_state import plan_move
from tracker.services.plan_text import plan_text, text_sha256
from tracker.services.plan_versions import version_make
from tracker.services.requests import patient_lock

UNCONFIRMED = gettext_noop("Confirm the hours in which nobody but the worklist would be told.")


@transaction.atomic
def plan_sign(
    *,
    plan: Plan,
    by: User,
    ticked_steps: Collection[int],
    has_confirmed_hours: bool,
    now: datetime,
    read_sha256: str | None = None,
    other_problems: Sequence[Problem] = (),
) -> PlanVersion:
    """Turn a draft into the plan's next version, immutable from here on, and start it.

    `ticked_steps` are the numbers of the steps that were read back, `read_sha256` the hash of the
    text that was read (None only where the caller wrote the draft in this same transaction).
    `other_problems` are what the caller found; with any, nothing is signed. Doors sign through
    `plan_sign_with_password`. Expected doses of the first 14 days are made here.
    Raises Refusal with everything that is in the way; Conflict when the draft is not there, or
    not as it was read.
    """
    patient_lock(plan.patient)
    plan = draft_locked(plan)
    draft, reading, text = _draft_read(plan, read_sha256, now)
    problems = [*reading.obstacles, *_unread_problems(reading, ticked_steps), *other_problems]
    if reading.untold_lines and not has_confirmed_hours:
        problems.append(Problem("confirmed_hours", _(UNCONFIRMED)))
    if problems:
        raise Refusal(*problems)
    version = version_make(plan, reading, text=text, by=by, now=now)
    plan_move(plan, PlanState.ACTIVE, by=by, now=now)
    doses_extend(plan=plan, now=now)
    draft.delete()
    audit_record(
        actor=by,
        action="plan.signed",
        target=plan,
        patient=plan.patient,
        now=now,
        version=version.number,
        sha256=version.signed_sha256,
    )
    return version


def _draft_read(
    plan: Plan, read_sha256: str | None, now: datetime
) -> tuple[PlanDraft, PlanReading, str]:
    """Return the draft, what is read of it at `now`, and its text; Conflict when it is another."""
    draft = draft_behind(plan)
    if draft is None:
        raise Conflict(Problem("draft", _("There is no draft to sign.")))
    reading = plan_reading(plan, content_of(draft, plan.patient, now), now)
    text = plan_text(reading, plan.patient)
    if read_sha256 is not None and read_sha256 != text_sha256(text):
        problem_text = _("The plan has changed since you read it. Read it back again.")
        raise Conflict(Problem("draft", problem_text))
    return draft, reading, text


def _unread_problems(reading: PlanReading, ticked_steps: Collection[int]) -> list[Problem]:
    """Return a problem when steps were not ticked, or when ticks are for steps it has not."""
    numbers = {step.number for step in reading.content.steps}
    missing = len(numbers - set(ticked_steps))
    if set(ticked_steps) - numbers:
        return [Problem("ticked_steps", _("A step was ticked that this plan does not have."))]
    if not missing:
        return []
    text = ngettext(
        "%(n)d step is not read back yet. Read it against the prescription and tick it.",
        "%(n)d steps are not read back yet. Read each against the prescription and tick it.",
        missing,
    )
    return [Problem("ticked_steps", text % {"n": missing})]
