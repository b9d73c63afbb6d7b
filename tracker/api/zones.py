"""Travel: where the dose times stand, what a device in another zone means, and its answer."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import require
from accounts.api.doors import Door, at_one_address, parse, parse_filters
from accounts.api.fields import Body, PersonOutput, Text
from accounts.domain.capacities import Verb
from accounts.domain.zones import zone_named
from tracker.domain.zone_moves import ZoneAnswer
from tracker.selectors.zones import (
    Travel,
    is_zone_asked,
    travel_of,
    zone_changes_of,
    zone_question,
)
from tracker.services.zones import nothing_to_answer, zone_answer_keep, zone_answer_move


class ZoneChangeOutput(serializers.Serializer[Any]):
    """One answer; a move counts from a local midnight of the new zone."""

    id = serializers.UUIDField()
    answer = serializers.ChoiceField(choices=list(ZoneAnswer))
    from_zone = serializers.CharField()
    to_zone = serializers.CharField()
    at = serializers.DateTimeField()
    by = PersonOutput()
    counts_from_at = serializers.DateTimeField(allow_null=True)


class ComparedOutput(serializers.Serializer[Any]):
    """One coming dose: its date and wall time, and when it is due with either answer."""

    local_date = serializers.DateField()
    wall_time = serializers.TimeField()
    kept_at = serializers.DateTimeField()
    moved_at = serializers.DateTimeField()


class ZoneQuestionOutput(serializers.Serializer[Any]):
    """What keeping and moving would each mean for a device; the next three days, dose by dose."""

    zone = serializers.CharField()
    is_asked = serializers.BooleanField(help_text="False where this person has said “keep”.")
    begins_on = serializers.DateField()
    counts_from_at = serializers.DateTimeField()
    doses = ComparedOutput(many=True)
    reasons = serializers.ListField(
        child=serializers.CharField(), help_text="Why a move is refused; empty when it may be made."
    )


class ZoneOutput(serializers.Serializer[Any]):
    """Where the dose times stand, the question of a device, and every answer, newest first."""

    zone = serializers.CharField(allow_null=True, help_text="Null: no active plan has dose times.")
    ahead = ZoneChangeOutput(allow_null=True, help_text="A move that has not begun.")
    question = ZoneQuestionOutput(
        allow_null=True, help_text="Null where there is nothing to answer for this device."
    )
    answers = ZoneChangeOutput(many=True)


class ZoneApi(Door):
    """The zone in which a patient's doses are made."""

    class Filters(Body):
        device = Text(required=False, default="", max_length=64)

    @extend_schema(
        operation_id="zone",
        parameters=[
            OpenApiParameter("device", str, description="The zone that a device says it is in.")
        ],
        responses=ZoneOutput,
    )
    def get(self, request: Request, patient_id: UUID) -> Response:
        """Answer where the dose times stand, and what a device elsewhere would mean."""
        patient = self.opened(patient_id, "zone")
        device = parse_filters(ZoneApi.Filters, request)["device"]
        zone = zone_named(device) if device else None
        travel = travel_of(patient, self.now)
        shown = {
            "zone": travel.zone.key if travel is not None else None,
            "ahead": travel.ahead if travel is not None else None,
            "question": self._question(travel, zone),
            "answers": zone_changes_of(patient),
        }
        return Response(ZoneOutput(shown).data)

    def _question(self, travel: Travel | None, device: ZoneInfo | None) -> dict[str, Any] | None:
        if travel is None or device is None or not travel.is_apart(device, self.now):
            return None
        found = zone_question(travel, device, self.now)
        return {
            "zone": device.key,
            "is_asked": is_zone_asked(travel, self.person, device, self.now),
            "begins_on": found.move.begins_on,
            "counts_from_at": found.move.counts_from_at,
            "doses": found.doses,
            "reasons": found.reasons,
        }


class ZoneAnswerApi(Door):
    """The patient, or a caregiver who may log, answers for a device in another zone."""

    class Input(Body):
        zone = Text(max_length=64)
        answer = serializers.ChoiceField(choices=list(ZoneAnswer))

    @extend_schema(operation_id="zone_answer", request=Input, responses={201: ZoneChangeOutput})
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Keep the dose times or move them; the same answer again is the same row."""
        patient = require(self.person, Verb.TRAVEL, patient_id, self.now)
        said = parse(ZoneAnswerApi.Input, request)
        travel = travel_of(patient, self.now)
        if travel is None:
            raise nothing_to_answer()
        is_move = said["answer"] == ZoneAnswer.MOVE
        service = zone_answer_move if is_move else zone_answer_keep
        change = service(plan=travel.plan, by=self.person, device_zone=said["zone"], now=self.now)
        return Response(ZoneChangeOutput(change).data, status=201)


zone = at_one_address(ZoneApi, ZoneAnswerApi)
