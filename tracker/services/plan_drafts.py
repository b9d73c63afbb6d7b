"""What a clinician types as a plan or as a change of one: drafts that nobody has wholly signed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.problems import Conflict, Problem, Refusal
from accounts.models import Patient, User
from accounts.services.audit import audit_record
from tracker.domain.plan_change import change_problems
from tracker.domain.plan_content import PlanContent, plan_content_from
from tracker.domain.plan_states import ENDED, PlanState, Route, VersionKind, may_sign
from tracker.models import Plan, PlanDraft
from tracker.selectors.plan_obstacles import route_problems
from tracker.selectors.plans import choices_for, draft_behind, seen_as
from tracker.services.plan_state import plan_locked
from tracker.services.requests import patient_lock

MOST_BYTES = 2_000_000
"""How large a kept draft may be."""


@transaction.atomic
def plan_draft_save(
    *,
    patient: Patient,
    by: User,
    content: PlanContent,
    now: datetime,
    plan: Plan | None = None,
    opened_at: datetime | None = None,
    kind: VersionKind = VersionKind.FIRST,
) -> Plan:
    """Keep a plan as a draft that nobody has signed, or a change of a running plan.

    Refused, with nothing saved, when it names what this patient's plan cannot name, and when a
    change reaches into the past, says no reason, or carries steps over where each has to be
    entered. Conflict when there is another draft by this route, when the plan's state allows no
    version of this kind, or when somebody saved or signed after `opened_at` (see `seen_as`).
    """
    patient_lock(patient)
    content = plan_content_from(content.as_raw(), choices_for(patient, now))
    problems = _change_problems(content, kind, plan, now)
    plan = _plan_for(patient, by, content.route, kind, plan=plan, opened_at=opened_at, now=now)
    if problems:
        raise Refusal(*problems)
    _draft_put(plan, content.as_raw(), kind, by=by, now=now)
    audit_record(
        actor=by, action="plan.draft_saved", target=plan, patient=patient, now=now, kind=kind
    )
    return plan


@transaction.atomic
def plan_draft_keep(
    *,
    patient: Patient,
    by: User,
    raw: Mapping[str, object],
    now: datetime,
    plan: Plan | None = None,
    opened_at: datetime | None = None,
    kind: VersionKind = VersionKind.FIRST,
) -> Plan:
    """Keep unfinished typing exactly as it is; what is wrong with it is not looked at.

    Refused when it is larger than 2 MB or no mapping of JSON. Conflict as `plan_draft_save`.
    """
    patient_lock(patient)
    kept = _kept_or_refused(raw)
    typed = kept.get("route")
    is_route = isinstance(typed, str) and typed in set(Route)
    route = Route(str(typed)) if is_route else Route(plan.route if plan else Route.ORAL)
    plan = _plan_for(patient, by, route, kind, plan=plan, opened_at=opened_at, now=now)
    _draft_put(plan, kept, kind, by=by, now=now)
    audit_record(
        actor=by, action="plan.draft_kept", target=plan, patient=patient, now=now, kind=kind
    )
    return plan


@transaction.atomic
def plan_draft_discard(*, plan: Plan, by: User, now: datetime) -> None:
    """Throw away what was typed and not signed. Conflict when there is nothing, or half a
    signature: that is withdrawn first."""
    patient_lock(plan.patient)
    plan = plan_locked(plan)
    draft = draft_behind(plan)
    if draft is None:
        raise Conflict(Problem("draft", _("There is no draft to throw away.")))
    _refuse_half_signed(draft)
    draft.delete()
    Plan.objects.filter(pk=plan.pk).update(next_look_at=now)
    audit_record(
        actor=by,
        action="plan.draft_discarded",
        target=plan,
        patient=plan.patient,
        now=now,
        kind=draft.kind,
    )


def kind_or_conflict(plan: Plan, kind: VersionKind) -> None:
    """Raise Conflict, in words, when the plan's state allows no version of this kind."""
    state = PlanState(plan.state)
    if may_sign(state, kind):
        return
    if state in ENDED:
        text = _("This plan has ended: nothing of it is changed any more. Enter a new plan.")
    elif kind is VersionKind.FIRST:
        text = _("This plan is signed already. A draft it is no more.")
    elif state in {PlanState.DRAFT, PlanState.AWAITING}:
        text = _("This plan has no signed version yet, so there is nothing to change or resume.")
    elif kind is VersionKind.RESUME:
        text = _("This plan is not on hold, so it cannot be resumed. Amend it instead.")
    else:
        text = _("This plan is on hold. Resume it; each remaining step's begin is entered anew.")
    raise Conflict(Problem("plan", text))


def _change_problems(
    content: PlanContent, kind: VersionKind, plan: Plan | None, now: datetime
) -> list[Problem]:
    problems = change_problems(
        kind,
        counts_from_at=content.counts_from_at,
        reason=content.change_reason,
        steps=content.steps,
        zone=content.zone_info,
        now=now,
    )
    return problems + (route_problems(plan, kind, content) if plan is not None else [])


def _plan_for(
    patient: Patient,
    by: User,
    route: Route,
    kind: VersionKind,
    *,
    plan: Plan | None,
    opened_at: datetime | None,
    now: datetime,
) -> Plan:
    """Return the locked plan whose draft may be kept now, a new one when there is none yet."""
    if plan is None:
        if kind is not VersionKind.FIRST:
            text = _("There is no signed plan that could be changed or resumed.")
            raise Conflict(Problem("plan", text))
        return _plan_new(patient, by, route, now)
    plan = plan_locked(plan)
    kind_or_conflict(plan, kind)
    draft = draft_behind(plan)
    if draft is not None:
        _refuse_half_signed(draft)
    _seen_or_conflict(plan, draft, kind, opened_at)
    if kind is VersionKind.FIRST and plan.route != route:
        plan.route = route
        plan.save(update_fields=["route"])
    return plan


def _plan_new(patient: Patient, by: User, route: Route, now: datetime) -> Plan:
    """Return a new plan, or the one whose draft was thrown away."""
    drafts = patient.plans.filter(route=route, state=PlanState.DRAFT)
    if drafts.filter(draft__isnull=False).exists():
        text = _("Another draft of a plan by this route is waiting. Open it and change it there.")
        raise Conflict(Problem("plan", text))
    empty = drafts.first()
    if empty is not None:
        return plan_locked(empty)
    plan = Plan(patient=patient, route=route, created_at=now, created_by=by)
    plan.save()
    return plan


def _draft_put(
    plan: Plan, content: Mapping[str, object], kind: VersionKind, *, by: User, now: datetime
) -> None:
    PlanDraft.objects.update_or_create(
        plan=plan,
        defaults={"kind": kind, "content": dict(content), "saved_at": now, "saved_by": by},
    )
    if kind is not VersionKind.FIRST:
        Plan.objects.filter(pk=plan.pk).update(next_look_at=now)


def _kept_or_refused(raw: Mapping[str, object]) -> dict[str, object]:
    try:
        written = json.dumps(dict(raw), allow_nan=False, ensure_ascii=False)
        size = len(written.encode())
    except (TypeError, ValueError, RecursionError):
        raise Refusal(Problem("content", _("This cannot be kept as it is."))) from None
    if size > MOST_BYTES or "\\u0000" in written:
        text = _("This is too much to be kept as a draft, or holds what cannot be kept.")
        raise Refusal(Problem("content", text))
    kept: dict[str, object] = json.loads(written)
    return kept


def _refuse_half_signed(draft: PlanDraft) -> None:
    if draft.first_signed_by is None:
        return
    text = _("%(name)s signed this, and it waits for a second signature. Withdraw that first.")
    raise Conflict(Problem("draft", text % {"name": draft.first_signed_by.name}))


def _seen_or_conflict(
    plan: Plan, draft: PlanDraft | None, kind: VersionKind, opened_at: datetime | None
) -> None:
    """Raise Conflict, naming who, when what was opened is not what stands now.

    Without `opened_at` a first draft is not looked at, and a change may not stand over another.
    """
    if opened_at is None and (draft is None or kind is VersionKind.FIRST):
        return
    seen = seen_as(plan, draft)
    if seen is None or seen.at == opened_at:
        return
    if draft is not None:
        text = _("%(name)s changed this draft after you opened it. Nothing of yours was saved.")
        if kind is not VersionKind.FIRST:
            text = _(
                "%(name)s is changing this plan and saved after you opened it. Nothing of yours "
                "was saved. Open it again to see that change."
            )
    else:
        text = _(
            "%(name)s signed this plan anew, or threw the draft away, after you opened it. Nothing "
            "of yours was saved. Open it again."
        )
    raise Conflict(Problem("draft", text % {"name": seen.by.name}))
