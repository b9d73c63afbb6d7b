"""Alerts: facts that somebody must know, their threads, and "I have it"."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import capacities_of, require
from accounts.api.doors import Door, ListDoor, one_of, parse, parse_filters
from accounts.api.fields import Body, PersonOutput, Text
from accounts.domain.capacities import Verb
from tracker.api.flags import OpenFilter
from tracker.domain.alerts import AlertKind, CloseReason
from tracker.models import Alert
from tracker.selectors.scope import alerts_visible_to
from tracker.selectors.thread import alert_thread, thread_zone
from tracker.selectors.wording import alert_headline, alert_outcome
from tracker.services.alerts import alert_acknowledge, alert_pass_on


class AlertOutput(serializers.Serializer[Any]):
    """One episode of one fact. "No log" says that nobody said anything, not that it was missed."""

    id = serializers.UUIDField()
    patient = serializers.UUIDField(source="patient_id")
    kind = serializers.ChoiceField(choices=list(AlertKind))
    alert_class = serializers.CharField(help_text="E, D, W, or empty before the last rung.")
    headline = serializers.SerializerMethodField()
    dose = serializers.UUIDField(source="dose_id", allow_null=True)
    flag = serializers.UUIDField(source="flag_id", allow_null=True)
    episode = serializers.IntegerField()
    rung = serializers.IntegerField(help_text="The last one decided; 0 before the first.")
    opened_at = serializers.DateTimeField()
    listed_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when it is on the clinic's worklist."
    )
    held_by = serializers.SerializerMethodField()
    held_until_at = serializers.SerializerMethodField()
    closed_at = serializers.DateTimeField(allow_null=True)
    close_reason = serializers.ChoiceField(choices=["", *CloseReason])
    outcome = serializers.SerializerMethodField()

    def get_headline(self, alert: Alert) -> str:
        """Return the fact in one line."""
        return alert_headline(alert)

    @extend_schema_field(PersonOutput(allow_null=True))
    def get_held_by(self, alert: Alert) -> Any:
        """Return who said "I have it"; null when nobody has it now."""
        return PersonOutput(alert.held_by).data if self._is_held(alert) else None

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_held_until_at(self, alert: Alert) -> Any:
        """Return until when the ladder waits; null when nobody has it now."""
        if alert.held_until_at is None or not self._is_held(alert):
            return None
        return serializers.DateTimeField().to_representation(alert.held_until_at)

    def get_outcome(self, alert: Alert) -> str:
        """Return why it closed, as a fact with its time; empty while it stands."""
        if alert.closed_at is None:
            return ""
        return alert_outcome(alert, thread_zone(alert))

    def _is_held(self, alert: Alert) -> bool:
        until = alert.held_until_at
        return alert.held_by is not None and until is not None and until > self.context["now"]


class TurnOutput(serializers.Serializer[Any]):
    """What became of a message, and by which channel."""

    at = serializers.DateTimeField()
    way = serializers.CharField(
        help_text="email, sms, push, worklist; empty where it left by none."
    )
    about = serializers.CharField(help_text="What it was about: no medicine and no amount.")
    words = serializers.CharField()
    detail = serializers.CharField()


class AnswerOutput(serializers.Serializer[Any]):
    """What somebody said who had been told."""

    at = serializers.DateTimeField()
    words = serializers.CharField()
    quote = serializers.CharField()


class MessageOutput(serializers.Serializer[Any]):
    """One recipient of one rung."""

    decided_at = serializers.DateTimeField()
    who = serializers.CharField()
    relation = serializers.CharField()
    turns = TurnOutput(many=True)
    standing = serializers.CharField(help_text="Without turns: how it stands; else empty.")
    standing_detail = serializers.CharField()
    answer = AnswerOutput(allow_null=True)


class ThreadRungOutput(serializers.Serializer[Any]):
    """The messages of one rung in one round, or the follow-ups."""

    heading = serializers.CharField()
    messages = MessageOutput(many=True, source="lines")


class ActOutput(serializers.Serializer[Any]):
    """What somebody did, or what became of the alert."""

    at = serializers.DateTimeField()
    fact = serializers.CharField()
    quote = serializers.CharField()


class AlertListApi(ListDoor):
    """The alerts of one patient."""

    ordering = ("-opened_at", "id")

    @extend_schema(operation_id="alerts", parameters=[OpenFilter], responses=AlertOutput(many=True))
    def get(self, request: Request, patient_id: UUID) -> Response:
        """List alerts, newest first; the look is recorded."""
        patient = self.opened(patient_id, "alerts")
        rows = alerts_visible_to(self.person, self.now).filter(patient=patient)
        rows = rows.select_related("dose__standing_entry")
        if parse_filters(OpenFilter, request)["open"]:
            rows = rows.filter(closed_at=None)
        return self.listed(rows, AlertOutput, now=self.now)


class AlertDoor(Door):
    """An operation on one alert."""

    def alert(self, alert_id: UUID, verb: Verb) -> Alert:
        """Return the alert if this person may do this about it, else NotVisible."""
        alert = one_of(alerts_visible_to(self.person, self.now), alert_id)
        require(self.person, verb, alert.patient_id, self.now)
        return alert

    def answer(self, alert_id: UUID) -> Response:
        """Answer the alert as it stands now."""
        alert = self.alert(alert_id, Verb.SEE)
        return Response(AlertOutput(alert, context={"now": self.now}).data)


class AlertThreadApi(AlertDoor):
    """One alert from its first moment to its last."""

    class Output(serializers.Serializer[Any]):
        alert = AlertOutput()
        zone = serializers.CharField(source="zone.key")
        headline = serializers.CharField()
        detail = serializers.CharField()
        basis = serializers.CharField()
        amount = serializers.CharField(help_text="Of the dose, exactly as entered; or empty.")
        rungs = ThreadRungOutput(many=True)
        acts = ActOutput(many=True)
        closed_until = serializers.CharField(
            help_text="That nobody at the clinic sees it before it opens; else empty."
        )

    @extend_schema(operation_id="alert", responses=Output)
    def get(self, _request: Request, alert_id: UUID) -> Response:
        """Open an alert with everything that was decided, told and answered."""
        alert = self.alert(alert_id, Verb.SEE)
        self.opened(alert.patient_id, "alert")
        thread = alert_thread(alert, self.now, capacities_of(self.person, alert.patient, self.now))
        return Response(AlertThreadApi.Output(thread, context={"now": self.now}).data)


class AlertAcknowledgeApi(AlertDoor):
    """Somebody says "I have it"."""

    @extend_schema(operation_id="alert_acknowledge", request=None, responses=AlertOutput)
    def post(self, _request: Request, alert_id: UUID) -> Response:
        """Hold the alert's ladder for the plan's follow-up minutes, under one's own name."""
        alert = self.alert(alert_id, Verb.ACKNOWLEDGE)
        alert_acknowledge(alert=alert, by=self.person, now=self.now)
        return self.answer(alert_id)


class AlertPassOnApi(AlertDoor):
    """Somebody cannot see to it."""

    class Input(Body):
        note = Text(max_length=500, required=False, allow_blank=True, default="")

    @extend_schema(operation_id="alert_pass_on", request=Input, responses=AlertOutput)
    def post(self, request: Request, alert_id: UUID) -> Response:
        """Say that one cannot see to it; others are asked."""
        alert = self.alert(alert_id, Verb.ACKNOWLEDGE)
        said = parse(AlertPassOnApi.Input, request)
        alert_pass_on(alert=alert, by=self.person, note=said["note"], now=self.now)
        return self.answer(alert_id)


alerts = AlertListApi.as_view()
alert_thread_view = AlertThreadApi.as_view()
alert_acknowledge_view = AlertAcknowledgeApi.as_view()
alert_pass_on_view = AlertPassOnApi.as_view()
