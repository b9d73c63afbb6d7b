"""Risk factors on file beside the plan: context that a clinician records, never counted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import NotVisible, require
from accounts.api.doors import Door, ListDoor, at_one_address, one_of, parse
from accounts.api.fields import Body, PersonOutput, Text
from accounts.domain.capacities import Verb
from tracker.models import RiskRecord
from tracker.selectors.patient_facts import risk_name
from tracker.selectors.risks import risks_of
from tracker.services.risks import risk_record, risk_take_off


class RiskRemovalOutput(serializers.Serializer[Any]):
    """Who took it off file, when and why."""

    at = serializers.DateTimeField()
    by = PersonOutput()
    reason = serializers.CharField()


class RiskOutput(serializers.Serializer[Any]):
    """One documented risk factor that was put on file; nothing counts or weighs it."""

    id = serializers.UUIDField()
    factor = serializers.CharField(help_text="Its id in the medicine's content.")
    name = serializers.SerializerMethodField()
    note = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    recorded_by = PersonOutput()
    removal = serializers.SerializerMethodField()

    def get_name(self, risk: RiskRecord) -> str:
        """Return its name as the content has it."""
        return risk_name(risk.factor)

    @extend_schema_field(RiskRemovalOutput(allow_null=True))
    def get_removal(self, risk: RiskRecord) -> dict[str, Any] | None:
        """Return who took it off file; null while it stands."""
        removal = getattr(risk, "removal", None)
        return RiskRemovalOutput(removal).data if removal is not None else None


class RiskListApi(ListDoor):
    """What stands on file beside the plan, and what was taken off."""

    ordering = ("-recorded_at", "id")

    @extend_schema(operation_id="risks", responses=RiskOutput(many=True))
    def get(self, _request: Request, patient_id: UUID) -> Response:
        """List risk factors, newest first, to the patient and the clinic; the look is recorded."""
        patient = require(self.person, Verb.SEE, patient_id, self.now)
        if not self.reads_all(patient):
            raise NotVisible
        return self.listed(risks_of(self.opened(patient_id, "risks")), RiskOutput)


class RiskRecordApi(Door):
    """A clinician puts a risk factor on file."""

    class Input(Body):
        factor = Text(max_length=40, help_text="An id of the medicine's risk_factors.")
        note = Text(max_length=200, required=False, allow_blank=True, default="")

    @extend_schema(operation_id="risk_record", request=Input, responses={201: RiskOutput})
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Put a documented risk factor on file."""
        patient = require(self.person, Verb.PLAN, patient_id, self.now)
        said = parse(RiskRecordApi.Input, request)
        risk = risk_record(patient=patient, by=self.person, now=self.now, **said)
        return Response(RiskOutput(risk).data, status=201)


class RiskTakeOffApi(Door):
    """A clinician takes a risk factor off file."""

    class Input(Body):
        reason = Text(max_length=200, help_text="Why it is taken off.")

    @extend_schema(operation_id="risk_take_off", request=Input, responses=RiskOutput)
    def post(self, request: Request, patient_id: UUID, risk_id: UUID) -> Response:
        """Take a risk factor off file; that it stood there stays readable."""
        patient = require(self.person, Verb.PLAN, patient_id, self.now)
        risk = one_of(risks_of(patient), risk_id)
        said = parse(RiskTakeOffApi.Input, request)
        risk_take_off(risk=risk, by=self.person, now=self.now, **said)
        return Response(RiskOutput(one_of(risks_of(patient), risk_id)).data)


risks = at_one_address(RiskListApi, RiskRecordApi)
risk_take_off_view = RiskTakeOffApi.as_view()
