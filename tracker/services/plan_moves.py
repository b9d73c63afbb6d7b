"""The moves of a signed plan: held, stopped, completed, and closed after its observation."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.problems import Conflict, Problem, Refusal
from accounts.domain.texts import is_one_line
from accounts.domain.zones import local_date, local_midnight
from accounts.models import User
from accounts.services.audit import audit_record
from tracker.domain.alerts import CloseReason
from tracker.domain.flags import Rule
from tracker.domain.plan_change import MOST_REASON
from tracker.domain.plan_states import ENDED, PlanState, may_move
from tracker.models import Flag, Plan, PlanDraft, PlanVersion
from tracker.selectors.reasons import PLAN_COMPLETED
from tracker.selectors.versions import has_last_step_begun, newest_version, zone_of
from tracker.services.alerts import alerts_close_for_plan
from tracker.services.doses import doses_cancel
from tracker.services.flag_rules import flags_evaluate
from tracker.services.flags import flag_close_by_fact, flag_open
from tracker.services.plan_state import plan_locked, plan_move
from tracker.services.requests import patient_lock

MOST_AHEAD = timedelta(days=20 * 366)
"""How far ahead a hold's review may lie: a slip of the keyboard lies further."""


@transaction.atomic
def plan_hold(*, plan: Plan, by: User, reason: str, review_on: date, now: datetime) -> None:
    """Put a running plan on hold until it is resumed or stopped: its doses ahead are cancelled.

    Open dose alerts close, no flag does, and F26 opens at once; check-ins go on. `review_on` is a
    local date of the plan's zone after today. Refused without a reason or with another date;
    Conflict when the plan is held already or does not run.
    """
    patient_lock(plan.patient)
    plan = plan_locked(plan)
    if plan.state == PlanState.ON_HOLD:
        raise Conflict(Problem("plan", _("This plan is on hold already.")))
    version = _running_or_conflict(
        plan, PlanState.ON_HOLD, _("This plan is not running, so it cannot be put on hold.")
    )
    # A request that waited its turn read the clock before it, and ends what was signed meanwhile.
    now = max(now, version.cosigned_at or version.signed_at)
    problems = []
    if not _is_a_reason(reason):
        text = _("Write why the plan is put on hold: one line of at most 200 characters.")
        problems.append(Problem("reason", text))
    today = local_date(now, zone_of(version, now))
    if review_on <= today:
        text = _("Type the date on which the hold is reviewed. It must be after today.")
        problems.append(Problem("review_on", text))
    elif review_on - today > MOST_AHEAD:
        text = _("This date is more than twenty years away. Check the year.")
        problems.append(Problem("review_on", text))
    if problems:
        raise Refusal(*problems)
    reason = reason.strip()
    doses_cancel(plan=plan, reason=reason, now=now)
    alerts_close_for_plan(plan=plan, reason=CloseReason.PLAN_HELD, now=now, by=by)
    plan_move(plan, PlanState.ON_HOLD, by=by, now=now, reason=reason, review_on=review_on)
    audit_record(
        actor=by,
        action="plan.held",
        target=plan,
        patient=plan.patient,
        now=now,
        review_on=review_on.isoformat(),
    )
    flags_evaluate(plan=plan, now=now)


@transaction.atomic
def plan_stop(*, plan: Plan, by: User, reason: str, now: datetime) -> None:
    """End a running or held plan: its doses ahead are cancelled and its dose alerts closed.

    No flag closes but F26, and F9 opens when the last entered step had not begun. With observation
    days check-ins go on. Refused without a reason; Conflict when the plan does not run.
    """
    patient_lock(plan.patient)
    plan = plan_locked(plan)
    version = _running_or_conflict(
        plan, PlanState.STOPPED, _("This plan is not running, so it cannot be stopped.")
    )
    if not _is_a_reason(reason):
        problem_text = _("Write why the plan is stopped: one line of at most 200 characters.")
        raise Refusal(Problem("reason", problem_text))
    _plan_end(plan, PlanState.STOPPED, version, by=by, reason=reason.strip(), now=now)
    audit_record(actor=by, action="plan.stopped", target=plan, patient=plan.patient, now=now)
    _flag_early_stop(plan, version, by=by, now=now)


@transaction.atomic
def plan_complete(*, plan: Plan, by: User, now: datetime) -> None:
    """End a plan as it was meant to: as `plan_stop`, but nothing is flagged.

    Refused before the last step of the newest version has begun; Conflict when the plan does not
    run, or is on hold.
    """
    patient_lock(plan.patient)
    plan = plan_locked(plan)
    if plan.state == PlanState.ON_HOLD:
        text = _("This plan is on hold, so it cannot be completed. Resume it, or stop it.")
        raise Conflict(Problem("plan", text))
    version = _running_or_conflict(
        plan, PlanState.COMPLETED, _("This plan is not running, so it cannot be completed.")
    )
    if not has_last_step_begun(version, now):
        text = _("The last step has not begun yet. Until then a plan is stopped, not completed.")
        raise Refusal(Problem("plan", text))
    _plan_end(plan, PlanState.COMPLETED, version, by=by, reason=PLAN_COMPLETED, now=now)
    audit_record(actor=by, action="plan.completed", target=plan, patient=plan.patient, now=now)


def observed_until(plan: Plan) -> datetime | None:
    """Return when the observation days of a plan are over: a local midnight of its zone.

    The day of the end is followed by as many whole days as its newest version has. None when the
    plan is not under observation.
    """
    began = plan.moves.filter(to_state=PlanState.OBSERVATION).order_by("at").last()
    version = newest_version(plan)
    if plan.state != PlanState.OBSERVATION or began is None or version is None:
        return None
    zone = zone_of(version, began.at)
    days = timedelta(days=version.observation_days + 1)
    return local_midnight(local_date(began.at, zone) + days, zone)


@transaction.atomic
def plan_close_observed(*, plan: Plan, now: datetime) -> datetime | None:
    """Close a plan whose observation days are over; until then look at its check-ins.

    Returns when to look again, or None once it is closed. The caller holds the plan's row: no
    person's request moves a plan out of this state, so none is waited for.
    """
    until = observed_until(plan)
    if until is None:
        return None
    asked = flags_evaluate(plan=plan, now=now)
    if now < until:
        return min(until, asked) if asked is not None else until
    plan_move(plan, PlanState.CLOSED, by=None, now=now)
    audit_record(
        actor=None, job="sweep", action="plan.closed", target=plan, patient=plan.patient, now=now
    )
    return None


def _running_or_conflict(plan: Plan, to_state: PlanState, otherwise: str) -> PlanVersion:
    """Return the newest version of a plan that may make this move; Conflict in words if not."""
    version = newest_version(plan)
    if version is not None and may_move(PlanState(plan.state), to_state):
        return version
    if plan.state in ENDED:
        otherwise = _("%(words)s It has ended.") % {"words": otherwise}
    raise Conflict(Problem("plan", otherwise))


def _is_a_reason(reason: str) -> bool:
    typed = reason.strip()
    return bool(typed) and len(typed) <= MOST_REASON and is_one_line(typed)


def _plan_end(
    plan: Plan, state: PlanState, version: PlanVersion, *, by: User, reason: str, now: datetime
) -> None:
    """Cancel, close and move as every end of a plan does; a change that waited is dropped."""
    doses_cancel(plan=plan, reason=reason, now=now)
    alerts_close_for_plan(plan=plan, reason=CloseReason.PLAN_STOPPED, now=now, by=by)
    PlanDraft.objects.filter(plan=plan).delete()
    plan_move(plan, state, by=by, now=now, reason=reason)
    if version.observation_days:
        plan_move(plan, PlanState.OBSERVATION, by=by, now=now)
    for flag in Flag.objects.open().filter(plan=plan, rule=Rule.ON_HOLD):
        flag_close_by_fact(flag=flag, fact={"ended_at": now.isoformat()}, now=now)


def _flag_early_stop(plan: Plan, version: PlanVersion, *, by: User, now: datetime) -> None:
    """Open F9 when the last entered step had not begun on the day of the stop."""
    last = version.steps.order_by("-number").first()
    stopped_on = local_date(now, zone_of(version, now))
    if last is None or has_last_step_begun(version, now):
        return
    flag_open(
        patient=plan.patient,
        plan=plan,
        rule=Rule.STOPPED_EARLY,
        subject="plan",
        evidence={
            "stopped_on": stopped_on.isoformat(),
            "last_step": last.number,
            "last_step_begins_on": last.begins_on.isoformat(),
        },
        now=now,
        by=by,
    )
