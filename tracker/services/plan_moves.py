"""The moves of a signed plan: stopped."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.problems import Conflict, Problem, Refusal
from accounts.domain.texts import is_one_line
from accounts.domain.zones import local_date
from accounts.models import User
from accounts.services.audit import audit_record
from tracker.domain.alerts import CloseReason
from tracker.domain.flags import Rule
from tracker.domain.plan_states import PlanState, may_move
from tracker.models import Plan, PlanVersion
from tracker.services.alerts import alerts_close_for_plan
from tracker.services.doses import doses_cancel
from tracker.services.flags import flag_open
from tracker.services.plan_state import plan_locked, plan_move
from tracker.services.requests import patient_lock

MOST_REASON = 200


@transaction.atomic
def plan_stop(*, plan: Plan, by: User, reason: str, now: datetime) -> None:
    """End a running plan: its doses ahead are cancelled and its dose alerts closed.

    No flag closes, and F9 opens when the last entered step had not begun. With observation days
    check-ins go on. Refused without a reason; Conflict when the plan does not run.
    """
    patient_lock(plan.patient)
    plan = plan_locked(plan)
    reason = reason.strip()
    if not may_move(PlanState(plan.state), PlanState.STOPPED):
        raise Conflict(Problem("plan", _("This plan is not running, so it cannot be stopped.")))
    if not reason or len(reason) > MOST_REASON or not is_one_line(reason):
        problem_text = _("Write why the plan is stopped: one line of at most 200 characters.")
        raise Refusal(Problem("reason", problem_text))
    version = plan.versions.order_by("-number").first()
    doses_cancel(plan=plan, reason=reason, now=now)
    alerts_close_for_plan(plan=plan, reason=CloseReason.PLAN_STOPPED, now=now, by=by)
    plan_move(plan, PlanState.STOPPED, by=by, now=now, reason=reason)
    if version is not None and version.observation_days:
        plan_move(plan, PlanState.OBSERVATION, by=by, now=now)
    audit_record(actor=by, action="plan.stopped", target=plan, patient=plan.patient, now=now)
    if version is not None:
        _flag_early_stop(plan, version, by=by, now=now)


def _flag_early_stop(plan: Plan, version: PlanVersion, *, by: User, now: datetime) -> None:
    """Open F9 when the last entered step had not begun on the day of the stop."""
    last = version.steps.order_by("-number").first()
    stopped_on = local_date(now, ZoneInfo(version.zone))
    if last is None or stopped_on >= last.begins_on:
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
