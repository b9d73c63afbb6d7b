"""Check-ins about the documented signs, and reports: stopped suddenly, the supply runs out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import require
from accounts.api.doors import Door, ListDoor, at_one_address, parse
from accounts.api.fields import Body, Day, Flag, Id, Instant, PersonOutput, SaidAt, Text
from accounts.domain.capacities import Verb
from tracker.domain.medicine import Urgency
from tracker.models import ReportKind
from tracker.selectors.dose_entries import check_ins_of
from tracker.services.answers import SignsAnswer, signs_answer
from tracker.services.checkins import check_in_add, report_add


class TickedSignOutput(serializers.Serializer[Any]):
    """One ticked sign, with the urgency it had for the plan's route then."""

    sign = serializers.CharField()
    urgency = serializers.ChoiceField(choices=list(Urgency))


class CheckInOutput(serializers.Serializer[Any]):
    """One answer about the documented signs; no signs means "none of these"."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    by = PersonOutput()
    signs = TickedSignOutput(many=True)
    note = serializers.CharField()


class CheckInListApi(ListDoor):
    """The check-ins of one patient."""

    ordering = ("-received_at", "id")

    @extend_schema(operation_id="check_ins", responses=CheckInOutput(many=True))
    def get(self, _request: Request, patient_id: UUID) -> Response:
        """List check-ins, newest first; the look is recorded."""
        return self.listed(check_ins_of(self.opened(patient_id, "check-ins")), CheckInOutput)


class CheckInAddApi(Door):
    """Somebody says which signs are present."""

    class Input(Body):
        client_id = Id(help_text="Made by the sender; the same one again is the same request.")
        signs = serializers.ListField(
            child=Text(max_length=40),
            max_length=100,
            help_text='Ids of GET /medicines/baclofen/; [] means "none of these".',
        )
        note = Text(max_length=500, required=False, allow_blank=True, default="")
        at = Instant(required=False, allow_null=True, default=None, help_text="Left out: now.")

    class Output(serializers.Serializer[Any]):
        check_in = CheckInOutput()
        is_urgent = serializers.BooleanField(
            help_text="A sign that needs help now: open the urgent page at once."
        )

    @extend_schema(operation_id="check_in_add", request=Input, responses={201: Output, 200: Output})
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Store a check-in; people are told at once. 200 when the same request came before."""
        patient = require(self.person, Verb.CHECK_IN, patient_id, self.now)
        said = parse(CheckInAddApi.Input, request)
        result = check_in_add(patient=patient, by=self.person, now=self.now, **said)
        shown = CheckInAddApi.Output(
            {"check_in": result.check_in, "is_urgent": result.is_urgent}
        ).data
        return Response(shown, status=200 if result.is_repeat_of_request else 201)


class SignsAnswerAddApi(Door):
    """Somebody answers the whole check-in at once: signs, a sudden stop, the supply."""

    class Input(Body):
        client_id = Id(help_text="Made by the sender; the same one again is the same request.")
        signs = serializers.ListField(
            child=Text(max_length=40),
            max_length=100,
            default=list,
            help_text="Ids of GET /medicines/baclofen/.",
        )
        is_none = Flag(default=False, help_text='"None of these": an answer of its own.')
        has_stopped = Flag(default=False, help_text="The medicine was stopped suddenly.")
        runs_out_on = Day(
            required=False, allow_null=True, default=None, help_text="When the supply runs out."
        )
        note = Text(max_length=500, required=False, allow_blank=True, default="")
        said_at = SaidAt()

        def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
            """Refuse "none of these" beside a sign: the person decides which is true."""
            if attrs["is_none"] and (attrs["signs"] or attrs["has_stopped"]):
                text = _("“None of these” was sent with something ticked.")
                raise serializers.ValidationError({"is_none": text})
            return attrs

    class Output(serializers.Serializer[Any]):
        is_urgent = serializers.BooleanField(
            help_text="Help is needed now: open the urgent page at once."
        )

    @extend_schema(operation_id="signs_answer_add", request=Input, responses={201: Output})
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Store all of an answer or nothing; the same request again stores nothing more."""
        patient = require(self.person, Verb.CHECK_IN, patient_id, self.now)
        said = parse(SignsAnswerAddApi.Input, request)
        is_urgent = signs_answer(
            patient=patient,
            by=self.person,
            answer=SignsAnswer(
                signs=tuple(said["signs"]),
                is_none=said["is_none"],
                has_stopped=said["has_stopped"],
                runs_out_on=said["runs_out_on"],
                note=said["note"],
            ),
            client_id=said["client_id"],
            said_at=said["said_at"],
            now=self.now,
        )
        shown = SignsAnswerAddApi.Output({"is_urgent": is_urgent}).data
        return Response(shown, status=201)


class ReportAddApi(Door):
    """Somebody reports more than a sign."""

    class Input(Body):
        client_id = Id(help_text="Made by the sender; the same one again is the same request.")
        kind = serializers.ChoiceField(choices=list(ReportKind))
        runs_out_on = Day(
            required=False, allow_null=True, default=None, help_text="For a supply report."
        )
        note = Text(max_length=500, required=False, allow_blank=True, default="")
        at = Instant(required=False, allow_null=True, default=None, help_text="Left out: now.")

    class Output(serializers.Serializer[Any]):
        id = serializers.UUIDField()
        kind = serializers.ChoiceField(choices=list(ReportKind))
        at = serializers.DateTimeField()
        received_at = serializers.DateTimeField()
        by = PersonOutput()
        runs_out_on = serializers.DateField(allow_null=True)
        note = serializers.CharField()
        is_urgent = serializers.SerializerMethodField()

        def get_is_urgent(self, report: Any) -> bool:
            """Return whether help is needed now: baclofen was stopped suddenly."""
            return bool(report.kind == ReportKind.STOPPED)

    @extend_schema(operation_id="report_add", request=Input, responses={201: Output, 200: Output})
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Report that baclofen was stopped suddenly, or when the supply runs out."""
        patient = require(self.person, Verb.CHECK_IN, patient_id, self.now)
        said = parse(ReportAddApi.Input, request)
        kind = ReportKind(said.pop("kind"))
        report = report_add(patient=patient, by=self.person, kind=kind, now=self.now, **said)
        is_new = report.received_at == self.now
        return Response(ReportAddApi.Output(report).data, status=201 if is_new else 200)


check_ins = at_one_address(CheckInListApi, CheckInAddApi)
signs_answer_add = SignsAnswerAddApi.as_view()
report_add_view = ReportAddApi.as_view()
