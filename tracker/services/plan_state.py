"""What every change of a plan shares: its row is locked, and each move along the table is kept."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext as _

from accounts.domain.problems import Conflict, Problem
from accounts.models import User
from tracker.domain.plan_states import PlanState, may_move
from tracker.models import Plan, PlanMove


def plan_locked(plan: Plan) -> Plan:
    """Return the plan as it stands now, its row held to the commit."""
    locked = Plan.objects.select_for_update(no_key=True, of=("self",))
    return locked.select_related("patient__clinic").get(pk=plan.pk)


def plan_move(
    plan: Plan,
    to_state: PlanState,
    *,
    by: User | None,
    now: datetime,
    reason: str = "",
    review_on: date | None = None,
) -> None:
    """Move a locked plan, with its row in the list of moves; Conflict where the table has none."""
    if not may_move(PlanState(plan.state), to_state):
        text = _("This plan cannot make that move any more. Open it again to see where it stands.")
        raise Conflict(Problem("plan", text))
    move = PlanMove(
        plan=plan,
        at=now,
        by=by,
        from_state=plan.state,
        to_state=to_state,
        reason=reason,
        review_on=review_on,
    )
    move.save()
    plan.state = to_state
    plan.next_look_at = now
    plan.save(update_fields=["state", "next_look_at"])
