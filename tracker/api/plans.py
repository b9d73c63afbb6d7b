"""Plans: listed, read with all their versions, and typed as drafts that nobody has signed yet."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import may, require
from accounts.api.doors import Door, ListDoor, at_one_address, one_of, parse
from accounts.api.fields import Instant, PersonOutput
from accounts.domain.capacities import Verb
from tracker.api.plan_shapes import (
    DraftOutput,
    MoveOutput,
    PlanContentShape,
    VersionOutput,
    draft_shape,
    move_shape,
    version_shape,
)
from tracker.domain.plan_content import plan_content_from
from tracker.domain.plan_states import PlanState, Route
from tracker.models import Plan
from tracker.selectors.plan_records import moves_of, plans_shown_to, versions_of
from tracker.selectors.plans import choices_for, draft_behind
from tracker.services.plan_drafts import plan_draft_save


class PlanOutput(serializers.Serializer[Any]):
    """A plan with what waits for a signature, and every version that was signed."""

    id = serializers.UUIDField()
    patient = serializers.UUIDField()
    route = serializers.ChoiceField(choices=list(Route))
    state = serializers.ChoiceField(choices=list(PlanState))
    created_at = serializers.DateTimeField()
    created_by = PersonOutput()
    draft = DraftOutput(allow_null=True)
    versions = VersionOutput(many=True)
    moves = MoveOutput(many=True)


def plan_answer(
    plan: Plan, *, is_full: bool = True, has_draft: bool = True, status: int = 200
) -> Response:
    """Answer a plan with everything it holds; the risk context only where `is_full`.

    What nobody has wholly signed is answered to the clinic alone, where `has_draft`.
    """
    draft = draft_behind(plan) if has_draft else None
    shown = {
        "id": plan.pk,
        "patient": plan.patient_id,
        "route": plan.route,
        "state": plan.state,
        "created_at": plan.created_at,
        "created_by": plan.created_by,
        "draft": draft and draft_shape(draft),
        "versions": [version_shape(version, is_full=is_full) for version in versions_of(plan)],
        "moves": [move_shape(move) for move in moves_of(plan)],
    }
    return Response(PlanOutput(shown).data, status=status)


class PlanListApi(ListDoor):
    """The plans of one patient."""

    ordering = ("-created_at", "id")

    class Output(serializers.Serializer[Any]):
        id = serializers.UUIDField()
        route = serializers.ChoiceField(choices=list(Route))
        state = serializers.ChoiceField(choices=list(PlanState))
        version_number = serializers.IntegerField(
            allow_null=True, help_text="Of the newest signed version; null before a signature."
        )
        created_at = serializers.DateTimeField()
        created_by = PersonOutput()

    @extend_schema(operation_id="plans", responses=Output(many=True))
    def get(self, _request: Request, patient_id: UUID) -> Response:
        """List a patient's plans, newest first; unsigned drafts to the clinic only."""
        patient = self.opened(patient_id, "plans")
        rows = plans_shown_to(self.person, self.now).filter(patient=patient)
        return self.listed(rows, PlanListApi.Output)


class PlanDraftSaveApi(Door):
    """A clinician types a plan."""

    class Input(PlanContentShape):
        pass

    @extend_schema(operation_id="plan_draft_save", request=Input, responses={201: PlanOutput})
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Keep a plan as a draft. Refused with every problem, each with its row and field."""
        patient = require(self.person, Verb.PLAN, patient_id, self.now)
        content = plan_content_from(
            parse(PlanDraftSaveApi.Input, request), choices_for(patient, self.now)
        )
        plan = plan_draft_save(patient=patient, by=self.person, content=content, now=self.now)
        return plan_answer(plan, status=201)


class PlanApi(Door):
    """One plan."""

    @extend_schema(operation_id="plan", responses=PlanOutput)
    def get(self, _request: Request, plan_id: UUID) -> Response:
        """Open one plan with every version; the look is recorded."""
        plan = one_of(plans_shown_to(self.person, self.now), plan_id)
        patient = self.opened(plan.patient_id, "plan")
        may_plan = may(self.person, Verb.PLAN, patient, self.now)
        return plan_answer(plan, is_full=self.reads_all(patient), has_draft=may_plan)


class PlanDraftReplaceApi(Door):
    """A clinician changes a draft."""

    class Input(PlanContentShape):
        opened_at = Instant(help_text="The draft's saved_at when you read it.")

    @extend_schema(operation_id="plan_draft_replace", request=Input, responses=PlanOutput)
    def put(self, request: Request, plan_id: UUID) -> Response:
        """Replace a draft; a conflict when somebody saved it after you read it."""
        plan = one_of(plans_shown_to(self.person, self.now), plan_id)
        patient = require(self.person, Verb.PLAN, plan.patient_id, self.now)
        said = parse(PlanDraftReplaceApi.Input, request)
        opened_at = said.pop("opened_at")
        saved = plan_draft_save(
            patient=patient,
            by=self.person,
            content=plan_content_from(said, choices_for(patient, self.now)),
            now=self.now,
            plan=plan,
            opened_at=opened_at,
        )
        return plan_answer(saved)


plans = at_one_address(PlanListApi, PlanDraftSaveApi)
plan = at_one_address(PlanApi, PlanDraftReplaceApi)
