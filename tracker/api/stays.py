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
from tracker.models import Stay, StayEvent, StayEventKind, StayKind
from tracker.selectors.dose_entries import stays_of
from tracker.services.stays import stay_correct, stay_end, stay_record, stay_take_back


class StayEventOutput(serializers.Serializer[Any]):
    """Who said that a stay had ended, or took it back."""

    kind = serializers.ChoiceField(choices=list(StayEventKind))
    at = serializers.DateTimeField()
    by = PersonOutput()
    reason = serializers.SerializerMethodField()

    def get_reason(self, event: StayEvent) -> str | None:
        """Return why it was taken back; null for caregivers."""
        return event.reason if self.context["is_full"] else None


class StayOutput(serializers.Serializer[Any]):
    """One stay; its doses leave the measures and prompt nobody, unless it was taken back."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=list(StayKind))
    from_at = serializers.DateTimeField()
    until_at = serializers.DateTimeField(allow_null=True, help_text="Null while it goes on.")
    recorded_at = serializers.DateTimeField()
    recorded_by = PersonOutput()
    note = serializers.SerializerMethodField()
    taken_back_at = serializers.DateTimeField(
        allow_null=True, help_text="Once set, the stay counts for nothing."
    )
    events = StayEventOutput(many=True, source="events.all")

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


class StayInput(Body):
    """What is said of a stay."""

    kind = serializers.ChoiceField(choices=list(StayKind))
    from_at = Instant()
    until_at = Instant(required=False, allow_null=True, default=None)
    note = Text(max_length=200, required=False, allow_blank=True, default="")


class StayRecordApi(Door):
    """A clinician records a stay."""

    @extend_schema(operation_id="stay_record", request=StayInput, responses={201: StayOutput})
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Record a stay; without an end it goes on until one is recorded."""
        patient = require(self.person, Verb.PLAN, patient_id, self.now)
        said = parse(StayInput, request)
        kind = StayKind(said.pop("kind"))
        stay = stay_record(patient=patient, by=self.person, kind=kind, now=self.now, **said)
        return _shown(stay, status=201)


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
        return _shown(ended)


class StayTakeBackApi(Door):
    """A clinician takes back a stay that was recorded by mistake."""

    class Input(Body):
        reason = Text(max_length=200, help_text="Why it is taken back.")

    @extend_schema(operation_id="stay_take_back", request=Input, responses=StayOutput)
    def post(self, request: Request, patient_id: UUID, stay_id: UUID) -> Response:
        """Take a stay back; it stays readable and counts for nothing."""
        patient = require(self.person, Verb.PLAN, patient_id, self.now)
        stay = one_of(stays_of(patient), stay_id)
        said = parse(StayTakeBackApi.Input, request)
        return _shown(stay_take_back(stay=stay, by=self.person, now=self.now, **said))


class StayCorrectApi(Door):
    """A clinician corrects a stay."""

    class Input(StayInput):
        reason = Text(max_length=200, help_text="Why it is corrected.")

    @extend_schema(operation_id="stay_correct", request=Input, responses={201: StayOutput})
    def post(self, request: Request, patient_id: UUID, stay_id: UUID) -> Response:
        """Take a stay back and record it as it was; the answer is the new one."""
        patient = require(self.person, Verb.PLAN, patient_id, self.now)
        stay = one_of(stays_of(patient), stay_id)
        said = parse(StayCorrectApi.Input, request)
        kind = StayKind(said.pop("kind"))
        corrected = stay_correct(stay=stay, by=self.person, kind=kind, now=self.now, **said)
        return _shown(corrected, status=201)


def _shown(stay: Stay, status: int = 200) -> Response:
    return Response(StayOutput(stay, context={"is_full": True}).data, status=status)


stays = at_one_address(StayListApi, StayRecordApi)
stay_end_view = StayEndApi.as_view()
stay_take_back_view = StayTakeBackApi.as_view()
stay_correct_view = StayCorrectApi.as_view()
