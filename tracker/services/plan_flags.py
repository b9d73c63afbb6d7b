"""What the rules of a plan's own life find at one moment: F10, F11, F25, F26, P1 and P2."""

from __future__ import annotations

from datetime import datetime

from accounts.domain.zones import local_date, local_midnight
from tracker.domain import plan_flags as rules
from tracker.domain.flags import NOTHING, FlagEventKind, Rule, Verdict
from tracker.domain.plan_change import begin_typed
from tracker.domain.plan_flags import StepBegin
from tracker.domain.plan_states import PlanState, VersionKind
from tracker.domain.schedule import due_instant
from tracker.models import CheckIn, Flag, FlagEvent, Plan, PlanVersion, Step
from tracker.selectors.plans import draft_behind
from tracker.selectors.versions import Span, newest_version, spans_of, version_in_force, zone_of
from tracker.services.flags import flag_open

HELD_RULES = frozenset(
    {Rule.NOT_REVIEWED, Rule.ON_HOLD, Rule.CHANGE_NOT_SIGNED, Rule.CHANGE_NOT_SEEN}
)
"""Rules of a plan's life that go on while it is on hold."""
PLAN_RULES = HELD_RULES | {Rule.STEP_CHANGE}


def held_verdicts(plan: Plan, version: PlanVersion, now: datetime) -> list[Verdict]:
    """Return what F25, F26, P1 and P2 find for a plan that runs or is on hold."""
    return [
        _not_reviewed(plan, version, now),
        _on_hold(plan, version, now),
        _change_not_signed(plan, now),
        _change_not_seen(plan, now),
    ]


def plan_verdicts(plan: Plan, version: PlanVersion, now: datetime) -> list[Verdict]:
    """Return what these rules find for a running plan."""
    standing = Flag.objects.open().filter(plan=plan, rule=Rule.STEP_CHANGE)
    near = rules.step_change_near(
        step_begins(plan),
        frozenset(standing.values_list("subject", flat=True)),
        threshold=version.step_change_days_threshold,
        zone=zone_of(version, now),
        now=now,
    )
    return [near, *held_verdicts(plan, version, now)]


def flag_sign_after_step(*, check_in: CheckIn, plan: Plan | None, now: datetime) -> None:
    """Open F11 when a reported sign came within the plan's hours after a step change."""
    version = version_in_force(plan, check_in.at) if plan is not None else None
    if plan is None or version is None:
        return
    threshold = version.sign_hours_threshold
    step = rules.sign_after_step(step_begins(plan), threshold=threshold, said_at=check_in.at)
    if step is None or threshold is None:
        return
    flag_open(
        patient=check_in.patient,
        plan=plan,
        rule=Rule.SIGN_AFTER_CHANGE,
        subject=str(check_in.pk),
        evidence={
            "signs": sorted(sign.sign for sign in check_in.signs.all()),
            "step": step.step,
            "step_began_on": step.begins_on.isoformat(),
            "said_at": check_in.at.isoformat(),
            "threshold": threshold,
        },
        now=now,
        by=check_in.by,
    )


def step_begins(plan: Plan) -> list[StepBegin]:
    """Return the steps that follow another and are in force when they begin, oldest first.

    The first step of a first version is none; the one with which a change begins is.
    """
    return [found for span in spans_of(plan) for found in _begins_in(span)]


def _begins_in(span: Span) -> list[StepBegin]:
    version = span.version
    is_first = version.kind == VersionKind.FIRST
    steps = list(version.steps.order_by("number"))
    logged = set(
        version.doses.filter(standing_entry__isnull=False).values_list("step_number", flat=True)
    )
    found = []
    for place, step in enumerate(steps):
        begins_at = _begins_at(step, version)
        if begins_at <= span.after:
            following = steps[place + 1 : place + 2]
            is_over = bool(following) and _begins_at(following[0], version) <= span.after
            begins_at = version.counts_from_at
            is_change = not is_first and not is_over
        else:
            is_change = place > 0 or not is_first
        if is_change and (span.until is None or begins_at <= span.until):
            on = local_date(begins_at, zone_of(version, begins_at))
            is_logged = step.number in logged
            found.append(StepBegin(version.number, step.number, on, begins_at, is_logged))
    return found


def _begins_at(step: Step, version: PlanVersion) -> datetime:
    zone = zone_of(version, version.counts_from_at)
    if step.visit_time is not None:
        return due_instant(step.begins_on, step.visit_time, zone)
    return local_midnight(step.begins_on, zone)


def _not_reviewed(plan: Plan, version: PlanVersion, now: datetime) -> Verdict:
    """Count from the newest signature, or from the note with which somebody closed F25 since."""
    newest = newest_version(plan) or version
    notes = FlagEvent.objects.filter(
        flag__plan=plan, flag__rule=Rule.NOT_REVIEWED, kind=FlagEventKind.CLOSED, by__isnull=False
    )
    noted_at = notes.order_by("at").values_list("at", flat=True).last()
    signed_at = newest.cosigned_at or newest.signed_at
    return rules.not_reviewed(
        max(signed_at, noted_at or signed_at),
        threshold=version.review_days_threshold,
        zone=zone_of(version, now),
        now=now,
    )


def _on_hold(plan: Plan, version: PlanVersion, now: datetime) -> Verdict:
    if plan.state != PlanState.ON_HOLD:
        return NOTHING
    holds = plan.moves.filter(to_state=PlanState.ON_HOLD).select_related("by")
    move = holds.order_by("at", "pk").last()
    if move is None:
        return NOTHING
    by = move.by.name if move.by is not None else ""
    return rules.on_hold(move.at, move.review_on, by=by, zone=zone_of(version, now), now=now)


def _change_not_signed(plan: Plan, now: datetime) -> Verdict:
    draft = draft_behind(plan)
    if draft is None:
        return NOTHING
    return rules.change_not_signed(begin_typed(draft.content), by=draft.saved_by.name, now=now)


def _change_not_seen(plan: Plan, now: datetime) -> Verdict:
    newest = newest_version(plan)
    if newest is None or newest.kind == VersionKind.FIRST:
        return NOTHING
    return rules.change_not_seen(
        newest.number, newest.counts_from_at, is_seen=newest.seen.exists(), now=now
    )
