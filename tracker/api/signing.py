"""From a draft to a running plan and to its end: read back, signed, stopped."""

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
from accounts.domain.problems import Conflict, Problem, Refusal
from tracker.api.plans import PlanOutput, plan_answer
from tracker.models import Plan
from tracker.selectors.medicine import baclofen
from tracker.selectors.plan_reading import PlanReading, plan_reading
from tracker.selectors.plan_records import plans_shown_to
from tracker.selectors.plans import content_of, draft_behind
from tracker.services.plan_moves import MOST_REASON, plan_stop
from tracker.services.plan_text import plan_text, text_sha256
from tracker.services.signing import plan_sign_with_password


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
        """Sign a draft: the version is immutable from here on, and its doses are expected."""
        plan = self.planned(plan_id)
        said = parse(PlanSignApi.Input, request)
        plan_sign_with_password(
            plan=plan,
            by=self.person,
            ticked_steps=said["ticked_steps"],
            has_confirmed_hours=said["has_confirmed_hours"],
            read_sha256=said["text_sha256"],
            password=said["password"],
            now=self.now,
        )
        return plan_answer(self.planned(plan_id))


class PlanStopApi(PlanDoor):
    """A clinician ends a plan."""

    class Input(Body):
        reason = Text(max_length=MOST_REASON)
        has_read_warning = Flag(help_text='The caution "never_stop_suddenly" has been read.')

    @extend_schema(operation_id="plan_stop", request=Input, responses=PlanOutput)
    def post(self, request: Request, plan_id: UUID) -> Response:
        """Stop a plan. No flag closes; its doses ahead are cancelled. The warning comes first."""
        plan = self.planned(plan_id)
        said = parse(PlanStopApi.Input, request)
        if not said["has_read_warning"]:
            cautions = {caution.id: caution.plain for caution in baclofen().cautions}
            raise Refusal(Problem("has_read_warning", cautions["never_stop_suddenly"]))
        plan_stop(plan=plan, by=self.person, reason=said["reason"], now=self.now)
        return plan_answer(self.planned(plan_id))


plan_preview = PlanPreviewApi.as_view()
plan_sign_view = PlanSignApi.as_view()
plan_stop_view = PlanStopApi.as_view()
