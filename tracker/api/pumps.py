"""Pumps: the clinic's record, dates typed by one person and another, and what people say."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import require
from accounts.api.doors import Door, ListDoor, at_one_address, one_of, parse
from accounts.api.fields import Body, Day, Flag, Id, Instant, PersonOutput, Text
from accounts.domain.capacities import Verb
from tracker.domain.pumps import PROBLEMS, PumpDateKind, PumpEventKind
from tracker.models import Pump, PumpEvent
from tracker.selectors.pump_page import DateRow, date_rows
from tracker.selectors.pumps import dates_of, events_of, pump_clock, pumps_of, pumps_visible_to
from tracker.services.pump_events import pump_event_add, pump_event_confirm
from tracker.services.pumps import pump_date_confirm, pump_dates_type, pump_record

HIDDEN = "Null while it waits for a second person to read it from the source and type it again."


class PumpOutput(serializers.Serializer[Any]):
    """The clinic's record of one pump; texts and numbers as typed."""

    id = serializers.UUIDField()
    patient = serializers.UUIDField(source="patient_id")
    model = serializers.CharField()
    serial = serializers.CharField()
    implanted_on = serializers.DateField(allow_null=True)
    critical_alarm = serializers.CharField(help_text="The maker's words for its sound.")
    non_critical_alarm = serializers.CharField(help_text="The maker's words for its sound.")
    team_phone = serializers.CharField()
    out_of_hours_phone = serializers.CharField()
    oral_instruction = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    recorded_by = PersonOutput()


class PumpDateOutput(serializers.Serializer[Any]):
    """One date exactly as typed. None is ever worked out."""

    id = serializers.UUIDField(source="row.pk")
    kind = serializers.ChoiceField(choices=list(PumpDateKind))
    falls_on = serializers.SerializerMethodField(help_text=HIDDEN)
    read_from = serializers.CharField(source="row.read_from")
    typed_at = serializers.DateTimeField(source="row.typed_at")
    typed_by = PersonOutput(source="row.typed_by")
    confirmed_at = serializers.SerializerMethodField()
    is_in_force = serializers.BooleanField(source="is_standing")

    def get_falls_on(self, row: DateRow) -> date | None:
        """Return the local date; None from everybody but who typed it while it waits."""
        if row.row is None:
            return None
        is_open = row.is_standing or not row.is_waiting
        is_own = row.row.typed_by_id == self.context["reader"].pk
        return row.row.falls_on if is_open or is_own else None

    def get_confirmed_at(self, row: DateRow) -> str | None:
        """Return when a second person typed the same date; null while nobody has."""
        said = getattr(row.row, "confirmation", None)
        return said.at.isoformat() if said is not None else None


class PumpStatementOutput(serializers.Serializer[Any]):
    """What one person says happened to a pump."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=list(PumpEventKind))
    at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    by = PersonOutput()
    done_by = serializers.CharField()
    expires_on = serializers.DateField(allow_null=True)
    note = serializers.SerializerMethodField(help_text="Null for caregivers if the clinic's own.")
    is_confirmed = serializers.SerializerMethodField()

    def get_note(self, event: PumpEvent) -> str | None:
        """Return the words as typed; what the clinic notes of a problem is kept from caregivers."""
        is_kept = event.kind in PROBLEMS and not self.context["is_full"]
        return None if is_kept else event.note

    def get_is_confirmed(self, event: PumpEvent) -> bool | None:
        """Return a second person's word; null while there is none."""
        said = getattr(event, "confirmation", None)
        return said.is_confirmed if said is not None else None


class DatesInput(Body):
    """Dates as read from one source."""

    refill = Day(required=False, allow_null=True, default=None)
    low_reservoir = Day(required=False, allow_null=True, default=None)
    replacement = Day(required=False, allow_null=True, default=None)

    @staticmethod
    def kinds(said: dict[str, Any]) -> dict[PumpDateKind, date]:
        """Take the dates out of what was sent, by kind."""
        typed = {kind: said.pop(kind.value, None) for kind in PumpDateKind}
        return {kind: day for kind, day in typed.items() if day is not None}


class PumpDoor(Door):
    """An operation on one pump that this person may see."""

    def pump(self, pump_id: UUID, verb: Verb) -> Pump:
        """Return the pump if this person may do this to its patient's record; not found else."""
        pump = one_of(pumps_visible_to(self.person, self.now), pump_id)
        require(self.person, verb, pump.patient_id, self.now)
        return pump

    def shown(self, pump: Pump, status: int = 200) -> Response:
        """Answer the record with every date as it may be read here."""
        zone, today = pump_clock(pump.patient, self.now)
        rows = [row for row in date_rows(pump, zone, today) if row.row is not None]
        context = {"reader": self.person}
        dates = PumpDateOutput(rows, many=True, context=context).data
        return Response({"pump": PumpOutput(pump).data, "dates": dates}, status=status)


class PumpWithDates(serializers.Serializer[Any]):
    """A pump and its dates, those in force first."""

    pump = PumpOutput()
    dates = PumpDateOutput(many=True)


class PumpListApi(ListDoor):
    """The pumps of one patient."""

    ordering = ("-recorded_at", "id")

    @extend_schema(operation_id="pumps", responses=PumpOutput(many=True))
    def get(self, _request: Request, patient_id: UUID) -> Response:
        """List pumps on record; the look is recorded."""
        return self.listed(pumps_of(self.opened(patient_id, "pumps")), PumpOutput)


class PumpRecordApi(Door):
    """The clinic puts a pump on record, or corrects its record."""

    class Input(Body):
        model = Text(max_length=80)
        serial = Text(max_length=40, required=False, allow_blank=True, default="")
        implanted_on = Day(required=False, allow_null=True, default=None)
        critical_alarm = Text(max_length=300)
        non_critical_alarm = Text(max_length=300)
        team_phone = Text(max_length=32)
        out_of_hours_phone = Text(max_length=32, required=False, allow_blank=True, default="")
        oral_instruction = Text(max_length=300, required=False, allow_blank=True, default="")
        seen_at = Instant(
            required=False,
            allow_null=True,
            default=None,
            help_text="The `recorded_at` of the record that is corrected.",
        )

    @extend_schema(operation_id="pump_record", request=Input, responses={201: PumpOutput})
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Record the pump; 409 when somebody else recorded it after `seen_at`."""
        patient = require(self.person, Verb.PLAN, patient_id, self.now)
        said: Any = parse(PumpRecordApi.Input, request)
        pump = pump_record(patient=patient, by=self.person, now=self.now, **said)
        return Response(PumpOutput(pump).data, status=201)


class PumpApi(PumpDoor):
    """One pump."""

    @extend_schema(operation_id="pump", responses=PumpWithDates)
    def get(self, _request: Request, pump_id: UUID) -> Response:
        """Return a pump's record and its dates; the look is recorded."""
        pump = self.pump(pump_id, Verb.SEE)
        self.opened(pump.patient_id, "pump")
        return self.shown(pump)


class PumpDatesApi(PumpDoor):
    """A clinician types dates outside a refill."""

    class Input(DatesInput):
        read_from = Text(max_length=120)

    @extend_schema(operation_id="pump_dates", request=Input, responses={201: PumpWithDates})
    def post(self, request: Request, pump_id: UUID) -> Response:
        """Keep dates as typed; each waits for a second person."""
        pump = self.pump(pump_id, Verb.PLAN)
        said = parse(PumpDatesApi.Input, request)
        dates = DatesInput.kinds(said)
        pump_dates_type(
            pump=pump, by=self.person, dates=dates, read_from=said["read_from"], now=self.now
        )
        return self.shown(pump, status=201)


class PumpDateConfirmApi(PumpDoor):
    """A second person types one date again."""

    class Input(Body):
        falls_on = Day(help_text="As read from the source by the second person.")

    @extend_schema(operation_id="pump_date_confirm", request=Input, responses=PumpWithDates)
    def post(self, request: Request, pump_id: UUID, date_id: UUID) -> Response:
        """Confirm a date by typing the same one; 400, in words, when it differs."""
        pump = self.pump(pump_id, Verb.PLAN)
        row = one_of(dates_of(pump), date_id)
        said = parse(PumpDateConfirmApi.Input, request)
        pump_date_confirm(pump_date=row, by=self.person, falls_on=said["falls_on"], now=self.now)
        return self.shown(pump)


class PumpEventListApi(ListDoor, PumpDoor):
    """What people said happened to one pump."""

    ordering = ("-received_at", "id")

    @extend_schema(operation_id="pump_events", responses=PumpStatementOutput(many=True))
    def get(self, _request: Request, pump_id: UUID) -> Response:
        """List events, newest first; the look is recorded."""
        pump = self.pump(pump_id, Verb.SEE)
        patient = self.opened(pump.patient_id, "pump events")
        is_full = self.reads_all(patient)
        return self.listed(events_of(pump), PumpStatementOutput, is_full=is_full)


class PumpEventAddApi(PumpDoor):
    """Somebody says what happened to a pump."""

    class Input(DatesInput):
        client_id = Id(help_text="Made by the sender; the same one again is the same request.")
        kind = serializers.ChoiceField(choices=list(PumpEventKind))
        at = Instant(required=False, allow_null=True, default=None, help_text="Left out: now.")
        done_by = Text(max_length=120, required=False, allow_blank=True, default="")
        expires_on = Day(
            required=False, allow_null=True, default=None, help_text="Of oral baclofen on hand."
        )
        note = Text(max_length=500, required=False, allow_blank=True, default="")
        read_from = Text(
            max_length=120,
            required=False,
            allow_blank=True,
            default="",
            help_text="Of a refill that the clinic records, with the dates it brings.",
        )

    class Output(serializers.Serializer[Any]):
        event = PumpStatementOutput()
        is_urgent = serializers.BooleanField(
            help_text="Help is needed now: open the urgent page at once."
        )

    @extend_schema(
        operation_id="pump_event_add", request=Input, responses={201: Output, 200: Output}
    )
    def post(self, request: Request, pump_id: UUID) -> Response:
        """Tell of an alarm, a refill or oral baclofen on hand; a problem is for the clinic."""
        pump = self.pump(pump_id, Verb.CHECK_IN)
        said: Any = parse(PumpEventAddApi.Input, request)
        dates = DatesInput.kinds(said)
        kind = PumpEventKind(said.pop("kind"))
        result = pump_event_add(
            pump=pump, by=self.person, kind=kind, dates=dates, now=self.now, **said
        )
        said = {"event": result.event, "is_urgent": result.is_urgent}
        shown = PumpEventAddApi.Output(said, context={"is_full": True}).data
        return Response(shown, status=200 if result.is_repeat_of_request else 201)


class PumpEventConfirmApi(PumpDoor):
    """A second person of the clinic says whether an event is so."""

    class Input(DatesInput):
        is_confirmed = Flag(help_text="False needs a note.")
        note = Text(max_length=500, required=False, allow_blank=True, default="")
        read_from = Text(max_length=120, required=False, allow_blank=True, default="")

    @extend_schema(operation_id="pump_event_confirm", request=Input, responses=PumpStatementOutput)
    def post(self, request: Request, pump_id: UUID, event_id: UUID) -> Response:
        """Confirm a refill by typing its dates again, each the same, or deny it with a note."""
        pump = self.pump(pump_id, Verb.PLAN)
        event = one_of(events_of(pump).select_related("pump__patient__clinic"), event_id)
        said: Any = parse(PumpEventConfirmApi.Input, request)
        dates = DatesInput.kinds(said)
        pump_event_confirm(event=event, by=self.person, dates=dates, now=self.now, **said)
        answered = one_of(events_of(pump), event_id)
        return Response(PumpStatementOutput(answered, context={"is_full": True}).data)


pumps = at_one_address(PumpListApi, PumpRecordApi)
pump_view = PumpApi.as_view()
pump_dates = PumpDatesApi.as_view()
pump_date_confirm_view = PumpDateConfirmApi.as_view()
pump_events = at_one_address(PumpEventListApi, PumpEventAddApi)
pump_event_confirm_view = PumpEventConfirmApi.as_view()
