"""Signatures: a draft becomes a version that nobody changes any more; its doses are expected."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from accounts.domain.problems import Conflict, Problem, Refusal
from accounts.models import User
from accounts.services.audit import audit_record
from tracker.domain.plan_states import PlanState, VersionKind
from tracker.models import Plan, PlanDraft, PlanVersion
from tracker.selectors.plan_reading import PlanReading, plan_reading
from tracker.selectors.plans import clinicians_for, content_of, draft_behind
from tracker.services.doses import doses_extend, doses_replace
from tracker.services.plan_drafts import kind_or_conflict
from tracker.services.plan_state import plan_locked, plan_move
from tracker.services.plan_text import plan_text, text_sha256
from tracker.services.plan_versions import Signatures, version_make
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
) -> PlanVersion | None:
    """Turn a draft into the plan's next version, immutable from here on.

    A first plan starts and a held one runs again; a change counts from its begin, and what was
    expected from then on is cancelled. Expected doses of the next 14 days are made here. Where the
    clinic asks for two signatures, the first is kept and None returned: `plan_cosign` goes on.

    `ticked_steps` are the numbers of the steps that were read back, `read_sha256` the hash of the
    text that was read (None only where the caller wrote the draft in this same transaction).
    `other_problems` are what the caller found; with any, nothing is signed. Doors sign through
    `plan_sign_with_password`. Raises Refusal with everything that is in the way; Conflict when the
    draft is not there, not as it was read, or signed by one person already.
    """
    patient_lock(plan.patient)
    read = _read_or_conflict(plan, read_sha256, now)
    plan, draft = read.plan, read.draft
    if draft.first_signed_by is not None:
        text = _("%(name)s signed this already. It waits for another clinician's signature.")
        raise Conflict(Problem("draft", text % {"name": draft.first_signed_by.name}))
    _refuse_unread(read.reading, ticked_steps, has_confirmed_hours, other_problems)
    if plan.patient.clinic.is_cosign_required:
        _first_signature_keep(read, by=by, now=now)
        return None
    return _version_start(read, Signatures(by, now), by=by, now=now)


@transaction.atomic
def plan_cosign(
    *,
    plan: Plan,
    by: User,
    ticked_steps: Collection[int],
    has_confirmed_hours: bool,
    now: datetime,
    read_sha256: str | None = None,
    other_problems: Sequence[Problem] = (),
) -> PlanVersion:
    """Give the second signature to the same text, as another clinician: the version is made.

    Raises as `plan_sign`; Conflict without a first signature, when whoever gave it is no clinician
    of the clinic any more, or when the plan reads differently than it did then.
    """
    patient_lock(plan.patient)
    read = _read_or_conflict(plan, read_sha256, now)
    first_by, first_at = read.draft.first_signed_by, read.draft.first_signed_at
    if first_by is None or first_at is None:
        raise Conflict(Problem("draft", _("Nobody has signed this first.")))
    if first_by == by:
        text = _("You signed this first. The second signature is another clinician's.")
        raise Refusal(Problem("by", text))
    if first_by not in clinicians_for(plan.patient, now):
        text = _(
            "%(name)s signed this first and is not a clinician of this clinic any more. Withdraw "
            "that signature and read it back again."
        )
        raise Conflict(Problem("draft", text % {"name": first_by.name}))
    if read.draft.first_signed_sha256 != text_sha256(read.text):
        text = _(
            "This reads differently now than when %(name)s signed it. Withdraw that signature and "
            "read it back again."
        )
        raise Conflict(Problem("draft", text % {"name": first_by.name}))
    _refuse_unread(read.reading, ticked_steps, has_confirmed_hours, other_problems)
    return _version_start(read, Signatures(first_by, first_at, by, now), by=by, now=now)


@transaction.atomic
def plan_signature_withdraw(*, plan: Plan, by: User, now: datetime) -> None:
    """Take back the first of two signatures: the draft can be changed again. Conflict when none."""
    patient_lock(plan.patient)
    plan = plan_locked(plan)
    draft = draft_behind(plan)
    if draft is None or draft.first_signed_by is None:
        text = _("There is no first signature to withdraw.")
        raise Conflict(Problem("draft", text))
    draft.first_signed_by, draft.first_signed_at, draft.first_signed_sha256 = None, None, ""
    draft.save(update_fields=["first_signed_by", "first_signed_at", "first_signed_sha256"])
    if plan.state == PlanState.AWAITING:
        plan_move(plan, PlanState.DRAFT, by=by, now=now)
    audit_record(
        actor=by, action="plan.signature_withdrawn", target=plan, patient=plan.patient, now=now
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """A locked plan with its draft, and what is read of that at one moment."""

    plan: Plan
    draft: PlanDraft
    reading: PlanReading
    text: str


def _read_or_conflict(plan: Plan, read_sha256: str | None, now: datetime) -> _Read:
    """Return what would be signed; Conflict when it is not there or is not what was read."""
    plan = plan_locked(plan)
    draft = draft_behind(plan)
    if draft is None:
        raise Conflict(Problem("draft", _("There is no draft to sign.")))
    kind_or_conflict(plan, VersionKind(draft.kind))
    reading = plan_reading(plan, content_of(draft, plan.patient, now), now)
    text = plan_text(reading, plan.patient)
    if read_sha256 is not None and read_sha256 != text_sha256(text):
        problem_text = _("The plan has changed since you read it. Read it back again.")
        raise Conflict(Problem("draft", problem_text))
    return _Read(plan, draft, reading, text)


def _refuse_unread(
    reading: PlanReading,
    ticked_steps: Collection[int],
    has_confirmed_hours: bool,
    other_problems: Sequence[Problem],
) -> None:
    problems = [*reading.obstacles, *_unread_problems(reading, ticked_steps), *other_problems]
    if reading.untold_lines and not has_confirmed_hours:
        problems.append(Problem("confirmed_hours", _(UNCONFIRMED)))
    if problems:
        raise Refusal(*problems)


def _first_signature_keep(read: _Read, *, by: User, now: datetime) -> None:
    draft, sha256 = read.draft, text_sha256(read.text)
    draft.first_signed_by, draft.first_signed_at, draft.first_signed_sha256 = by, now, sha256
    draft.save(update_fields=["first_signed_by", "first_signed_at", "first_signed_sha256"])
    if draft.kind == VersionKind.FIRST:
        plan_move(read.plan, PlanState.AWAITING, by=by, now=now)
    audit_record(
        actor=by,
        action="plan.signed_first",
        target=read.plan,
        patient=read.plan.patient,
        now=now,
        version=read.reading.number,
        sha256=sha256,
    )


def _version_start(read: _Read, signed: Signatures, *, by: User, now: datetime) -> PlanVersion:
    """Make the version, let the plan run by it from its begin on, and forget the draft."""
    plan = read.plan
    version = version_make(plan, read.reading, text=read.text, signed=signed, now=now)
    if plan.state != PlanState.ACTIVE:
        plan_move(plan, PlanState.ACTIVE, by=by, now=now, reason=version.change_reason)
    if version.kind != VersionKind.FIRST:
        doses_replace(version=version, now=now)
    doses_extend(plan=plan, now=now)
    read.draft.delete()
    Plan.objects.filter(pk=plan.pk).update(next_look_at=now)
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
