"""From a draft to a version: read back, signed, signed by a second clinician."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import require
from accounts.api.doors import Door, one_of, parse
from accounts.api.fields import Body, Flag, Text
from accounts.domain.audiences import Audience
from accounts.domain.capacities import Verb
from accounts.domain.problems import Conflict, Problem
from tracker.api.plans import PlanOutput, plan_answer
from tracker.domain.plan_states import VersionKind
from tracker.models import Plan
from tracker.selectors.plan_reading import PlanReading, plan_reading
from tracker.selectors.plan_records import plans_shown_to
from tracker.selectors.plans import content_of, draft_behind
from tracker.services.plan_signing import plan_signature_withdraw
from tracker.services.plan_text import plan_text, text_sha256
from tracker.services.signing import (
    Signature,
    plan_cosign_with_password,
    plan_sign_with_password,
)


class ComingDoseOutput(serializers.Serializer[Any]):
    """One dose that would be expected."""

    due_at = serializers.DateTimeField()
    wall_time = serializers.TimeField()
    amount = serializers.CharField(help_text="Exactly as entered.")


class ComingDayOutput(serializers.Serializer[Any]):
    """One local date of the plan's zone."""

    on = serializers.DateField()
    step_number = serializers.IntegerField(source="step.number")
    doses = ComingDoseOutput(many=True)


class ListenerOutput(serializers.Serializer[Any]):
    """Somebody whom a rung tells, and what a message meets then."""

    name = serializers.CharField()
    words = serializers.CharField()


class RungOutput(serializers.Serializer[Any]):
    """One rung for one dose time, on the plan's clock."""

    number = serializers.IntegerField()
    clock = serializers.CharField()
    days_later = serializers.IntegerField()
    audience = serializers.ChoiceField(choices=list(Audience))
    listeners = ListenerOutput(many=True, source="lines")
    unseen_words = serializers.CharField()


class LadderOutput(serializers.Serializer[Any]):
    """Who is told, and when, if the dose at this time has no log."""

    wall_time = serializers.TimeField()
    rungs = RungOutput(many=True)


class ObstacleOutput(serializers.Serializer[Any]):
    """What keeps the draft from being signed."""

    field = serializers.CharField()
    text = serializers.CharField()


class PlanDoor(Door):
    """An operation on one plan by a clinician of the patient's clinic."""

    def planned(self, plan_id: UUID) -> Plan:
        """Return the plan if this person may change it, else NotVisible."""
        plan = one_of(plans_shown_to(self.person, self.now), plan_id)
        require(self.person, Verb.PLAN, plan.patient_id, self.now)
        return plan


class PlanPreviewApi(PlanDoor):
    """What a signature would start."""

    class Output(serializers.Serializer[Any]):
        version_number = serializers.IntegerField()
        kind = serializers.ChoiceField(choices=list(VersionKind))
        counts_from_at = serializers.DateTimeField(
            allow_null=True, help_text="Of a change; a first plan counts from its signature."
        )
        text = serializers.CharField(help_text="What is signed, character for character.")
        text_sha256 = serializers.CharField(help_text="Send it with the signature.")
        steps = serializers.ListField(child=serializers.IntegerField())
        is_open_ended = serializers.BooleanField()
        days = ComingDayOutput(many=True)
        clock_changes = serializers.ListField(child=serializers.CharField())
        ladders = LadderOutput(many=True)
        untold_hours = serializers.ListField(
            child=serializers.CharField(),
            help_text="When nobody but the worklist would be told; has to be confirmed.",
        )
        obstacles = ObstacleOutput(many=True)

    @extend_schema(operation_id="plan_preview", responses=Output)
    def get(self, _request: Request, plan_id: UUID) -> Response:
        """Read a draft back: every coming dose, and who would be told. The look is recorded."""
        plan = self.planned(plan_id)
        patient = self.opened(plan.patient_id, "plan preview", Verb.PLAN)
        draft = draft_behind(plan)
        if draft is None:
            raise Conflict(Problem("draft", _("There is no draft to read back.")))
        reading = plan_reading(plan, content_of(draft, patient, self.now), self.now)
        return Response(self.Output(self._shown(reading, plan_text(reading, patient))).data)

    def _shown(self, reading: PlanReading, text: str) -> dict[str, Any]:
        return {
            "version_number": reading.number,
            "kind": reading.kind,
            "counts_from_at": reading.content.counts_from_at,
            "text": text,
            "text_sha256": text_sha256(text),
            "steps": [step.number for step in reading.content.steps],
            "is_open_ended": reading.is_open_ended,
            "days": reading.days,
            "clock_changes": [note.text for note in reading.notes],
            "ladders": reading.ladders,
            "untold_hours": reading.untold_lines,
            "obstacles": reading.obstacles,
        }


class PlanSignApi(PlanDoor):
    """A clinician signs a draft."""

    class Input(Body):
        text_sha256 = Text(max_length=64, help_text="Of the text that was read, from the preview.")
        ticked_steps = serializers.ListField(
            child=serializers.IntegerField(min_value=1), help_text="Every step that was read back."
        )
        has_confirmed_hours = Flag(
            help_text="That in the listed hours nobody but the worklist would be told."
        )
        password = Text(max_length=1000, help_text="The signer's own.")

    @extend_schema(operation_id="plan_sign", request=Input, responses=PlanOutput)
    def post(self, request: Request, plan_id: UUID) -> Response:
        """Sign a draft: the version is immutable from here on, and its doses are expected.

        Where the clinic asks for two signatures this is the first of them.
        """
        plan = self.planned(plan_id)
        plan_sign_with_password(**_signature(self, plan, request))
        return plan_answer(self.planned(plan_id))


class PlanCosignApi(PlanDoor):
    """Another clinician gives the second signature."""

    @extend_schema(operation_id="plan_cosign", request=PlanSignApi.Input, responses=PlanOutput)
    def post(self, request: Request, plan_id: UUID) -> Response:
        """Sign what one clinician has signed already, as another; only then it counts."""
        plan = self.planned(plan_id)
        plan_cosign_with_password(**_signature(self, plan, request))
        return plan_answer(self.planned(plan_id))


class PlanWithdrawApi(PlanDoor):
    """A clinician takes back the first of two signatures."""

    @extend_schema(operation_id="plan_signature_withdraw", request=None, responses=PlanOutput)
    def post(self, _request: Request, plan_id: UUID) -> Response:
        """Withdraw a first signature, so that the draft can be changed."""
        plan = self.planned(plan_id)
        plan_signature_withdraw(plan=plan, by=self.person, now=self.now)
        return plan_answer(self.planned(plan_id))


def _signature(door: PlanDoor, plan: Plan, request: Request) -> Signature:
    said = parse(PlanSignApi.Input, request)
    return {
        "plan": plan,
        "by": door.person,
        "ticked_steps": said["ticked_steps"],
        "has_confirmed_hours": said["has_confirmed_hours"],
        "read_sha256": said["text_sha256"],
        "password": said["password"],
        "now": door.now,
    }


plan_preview = PlanPreviewApi.as_view()
plan_sign_view = PlanSignApi.as_view()
plan_cosign_view = PlanCosignApi.as_view()
plan_withdraw_view = PlanWithdrawApi.as_view()
