"""Changes of a signed plan, kept as a draft until they are signed; and that one was seen."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import NotVisible, capacities_of, require
from accounts.api.doors import Door, one_of, parse
from accounts.api.fields import Body, Instant
from accounts.domain.capacities import CLINIC_CAPACITIES, Verb
from accounts.domain.problems import Problem, Refusal
from tracker.api.plan_shapes import PlanContentShape, SeenOutput
from tracker.api.plans import PlanOutput, plan_answer
from tracker.api.signing import PlanDoor
from tracker.domain.plan_content import plan_content_from
from tracker.domain.plan_states import KINDS, PlanState, VersionKind
from tracker.models import Plan
from tracker.selectors.plan_records import plans_shown_to, versions_of
from tracker.selectors.plans import choices_for
from tracker.services.plan_drafts import plan_draft_discard, plan_draft_save
from tracker.services.plan_seen import version_seen

OPENED = "The draft's saved_at when you read it; without a draft the newest version's signed_at."


class ChangeDoor(PlanDoor):
    """An operation that keeps a change of a signed plan."""

    def kept(self, plan: Plan, said: dict[str, Any], kind: VersionKind) -> Response:
        """Keep what was sent as a draft of this kind and answer the plan."""
        opened_at = said.pop("opened_at")
        saved = plan_draft_save(
            patient=plan.patient,
            by=self.person,
            content=plan_content_from(said, choices_for(plan.patient, self.now)),
            now=self.now,
            plan=plan,
            opened_at=opened_at,
            kind=kind,
        )
        return plan_answer(saved, status=201)


class PlanAmendApi(ChangeDoor):
    """A clinician changes a running plan."""

    class Input(PlanContentShape):
        opened_at = Instant(help_text=OPENED)
        kind = serializers.ChoiceField(choices=sorted(KINDS[PlanState.ACTIVE]))

    @extend_schema(operation_id="plan_amend", request=Input, responses={201: PlanOutput})
    def post(self, request: Request, plan_id: UUID) -> Response:
        """Keep a change as a draft; it counts only when it is signed, from its begin on.

        A conflict when somebody changed or signed the plan after you read it.
        """
        plan = self.planned(plan_id)
        said = parse(PlanAmendApi.Input, request)
        kind = VersionKind(said.pop("kind"))
        return self.kept(plan, said, kind)


class PlanResumeApi(ChangeDoor):
    """A clinician resumes a held plan."""

    class Input(PlanContentShape):
        opened_at = Instant(help_text=OPENED)

    @extend_schema(operation_id="plan_resume", request=Input, responses={201: PlanOutput})
    def post(self, request: Request, plan_id: UUID) -> Response:
        """Keep what resumes a plan as a draft: every remaining step with its begin entered."""
        plan = self.planned(plan_id)
        return self.kept(plan, parse(PlanResumeApi.Input, request), VersionKind.RESUME)


class PlanDiscardApi(PlanDoor):
    """A clinician throws a draft away."""

    @extend_schema(operation_id="plan_draft_discard", request=None, responses={204: None})
    def post(self, _request: Request, plan_id: UUID) -> Response:
        """Throw away what was typed and not signed; what runs goes on."""
        plan = self.planned(plan_id)
        plan_draft_discard(plan=plan, by=self.person, now=self.now)
        return Response(status=204)


class PlanSeenApi(Door):
    """Whoever goes by a plan confirms having seen its newest version."""

    class Input(Body):
        version_number = serializers.IntegerField(min_value=1)

    @extend_schema(operation_id="plan_seen", request=Input, responses=SeenOutput)
    def post(self, request: Request, plan_id: UUID) -> Response:
        """Confirm having seen a version; said again, the same answer comes back."""
        plan = one_of(plans_shown_to(self.person, self.now), plan_id)
        patient = require(self.person, Verb.LOG, plan.patient_id, self.now)
        if not capacities_of(self.person, patient, self.now) - CLINIC_CAPACITIES:
            raise NotVisible
        said = parse(PlanSeenApi.Input, request)
        version = versions_of(plan).filter(number=said["version_number"]).first()
        if version is None:
            raise Refusal(Problem("version_number", _("This plan has no such version.")))
        seen = version_seen(version=version, by=self.person, now=self.now)
        return Response(SeenOutput(seen).data)


plan_amend_view = PlanAmendApi.as_view()
plan_resume_view = PlanResumeApi.as_view()
plan_discard_view = PlanDiscardApi.as_view()
plan_seen_view = PlanSeenApi.as_view()
