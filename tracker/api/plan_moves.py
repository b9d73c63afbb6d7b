"""The moves of a signed plan: held, stopped, completed. The documented warning comes first."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.doors import parse
from accounts.api.fields import Body, Day, Flag, Text
from accounts.domain.problems import Problem, Refusal
from tracker.api.plans import PlanOutput, plan_answer
from tracker.api.signing import PlanDoor
from tracker.domain.plan_change import MOST_REASON
from tracker.selectors.medicine import baclofen
from tracker.services.plan_moves import plan_complete, plan_hold, plan_stop

WARNING = "never_stop_suddenly"


class PlanHoldApi(PlanDoor):
    """A clinician puts a plan on hold."""

    class Input(Body):
        reason = Text(max_length=MOST_REASON)
        review_on = Day(help_text="When the hold is reviewed: after today. There is no default.")
        has_read_warning = Flag(help_text=f'The caution "{WARNING}" has been read.')

    @extend_schema(operation_id="plan_hold", request=Input, responses=PlanOutput)
    def post(self, request: Request, plan_id: UUID) -> Response:
        """Put a plan on hold. Its doses ahead are cancelled; a flag stays until it is resumed."""
        plan = self.planned(plan_id)
        said = _warned(parse(PlanHoldApi.Input, request))
        plan_hold(
            plan=plan,
            by=self.person,
            reason=said["reason"],
            review_on=said["review_on"],
            now=self.now,
        )
        return plan_answer(self.planned(plan_id))


class PlanStopApi(PlanDoor):
    """A clinician ends a plan."""

    class Input(Body):
        reason = Text(max_length=MOST_REASON)
        has_read_warning = Flag(help_text=f'The caution "{WARNING}" has been read.')

    @extend_schema(operation_id="plan_stop", request=Input, responses=PlanOutput)
    def post(self, request: Request, plan_id: UUID) -> Response:
        """Stop a plan. No flag closes; its doses ahead are cancelled. The warning comes first."""
        plan = self.planned(plan_id)
        said = _warned(parse(PlanStopApi.Input, request))
        plan_stop(plan=plan, by=self.person, reason=said["reason"], now=self.now)
        return plan_answer(self.planned(plan_id))


class PlanCompleteApi(PlanDoor):
    """A clinician ends a plan as it was meant to end."""

    @extend_schema(operation_id="plan_complete", request=None, responses=PlanOutput)
    def post(self, _request: Request, plan_id: UUID) -> Response:
        """Complete a plan whose last step has begun; check-ins go on for the observation days."""
        plan = self.planned(plan_id)
        plan_complete(plan=plan, by=self.person, now=self.now)
        return plan_answer(self.planned(plan_id))


def _warned(said: dict[str, Any]) -> dict[str, Any]:
    """Return what was said, or refuse with the documented warning that was not read."""
    if not said["has_read_warning"]:
        cautions = {caution.id: caution.plain for caution in baclofen().cautions}
        raise Refusal(Problem("has_read_warning", cautions[WARNING]))
    return said


plan_hold_view = PlanHoldApi.as_view()
plan_stop_view = PlanStopApi.as_view()
plan_complete_view = PlanCompleteApi.as_view()
