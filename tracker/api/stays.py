"""Stays: periods in hospital or not monitored, recorded by a clinician."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import require
from accounts.api.doors import Door, ListDoor, at_one_address, one_of, parse
from accounts.api.fields import Body, Instant, PersonOutput, Text
from accounts.domain.capacities import Verb
from tracker.models import Stay, StayKind
from tracker.selectors.dose_entries import stays_of
from tracker.services.stays import stay_end, stay_record


class StayOutput(serializers.Serializer[Any]):
    """One stay; its doses leave the measures and prompt nobody."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=list(StayKind))
    from_at = serializers.DateTimeField()
    until_at = serializers.DateTimeField(allow_null=True, help_text="Null while it goes on.")
    recorded_at = serializers.DateTimeField()
    recorded_by = PersonOutput()
    note = serializers.SerializerMethodField()

    def get_note(self, stay: Stay) -> str | None:
        """Return what the clinician noted; null for caregivers."""
        return stay.note if self.context["is_full"] else None


class StayListApi(ListDoor):
    """The stays of one patient."""

    ordering = ("-from_at", "id")

    @extend_schema(operation_id="stays", responses=StayOutput(many=True))
    def get(self, _request: Request, patient_id: UUID) -> Response:
        """List stays, newest first; the look is recorded."""
        patient = self.opened(patient_id, "stays")
        return self.listed(stays_of(patient), StayOutput, is_full=self.reads_all(patient))


class StayRecordApi(Door):
    """A clinician records a stay."""

    class Input(Body):
        kind = serializers.ChoiceField(choices=list(StayKind))
        from_at = Instant()
        until_at = Instant(required=False, allow_null=True, default=None)
        note = Text(max_length=200, required=False, allow_blank=True, default="")

    @extend_schema(operation_id="stay_record", request=Input, responses={201: StayOutput})
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Record a stay; without an end it goes on until one is recorded."""
        patient = require(self.person, Verb.PLAN, patient_id, self.now)
        said = parse(StayRecordApi.Input, request)
        kind = StayKind(said.pop("kind"))
        stay = stay_record(patient=patient, by=self.person, kind=kind, now=self.now, **said)
        return Response(StayOutput(stay, context={"is_full": True}).data, status=201)


class StayEndApi(Door):
    """A clinician records that a stay ended."""

    class Input(Body):
        until_at = Instant()

    @extend_schema(operation_id="stay_end", request=Input, responses=StayOutput)
    def post(self, request: Request, patient_id: UUID, stay_id: UUID) -> Response:
        """Record when a stay ended; from then on doses are asked about again."""
        patient = require(self.person, Verb.PLAN, patient_id, self.now)
        stay = one_of(stays_of(patient), stay_id)
        said = parse(StayEndApi.Input, request)
        ended = stay_end(stay=stay, by=self.person, until_at=said["until_at"], now=self.now)
        return Response(StayOutput(ended, context={"is_full": True}).data)


stays = at_one_address(StayListApi, StayRecordApi)
stay_end_view = StayEndApi.as_view()
