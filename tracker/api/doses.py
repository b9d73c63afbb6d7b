"""Expected doses, and what people say happened to them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import require
from accounts.api.doors import Door, ListDoor, one_of, parse
from accounts.api.fields import Body, Flag, Id, Instant, SaidAt, Text
from accounts.domain.capacities import Verb
from accounts.domain.problems import Problem, Refusal
from accounts.domain.zones import local_date
from accounts.models import Patient
from tracker.api.entry_shapes import EntryAnswer, EntryOutput, entry_answer
from tracker.api.periods import PeriodInput, period_asked
from tracker.domain.doses import DoseState, Outcome, Via, dose_state
from tracker.models import ExpectedDose
from tracker.selectors.dose_entries import doses_with_entries
from tracker.selectors.scope import doses_visible_to
from tracker.services.answers import dose_skip_none_left
from tracker.services.entries import EntryResult, entry_add


class DoseListApi(ListDoor):
    """The expected doses of one patient."""

    ordering = ("due_at", "local_date", "wall_time", "id")

    class Output(serializers.Serializer[Any]):
        id = serializers.UUIDField()
        plan = serializers.UUIDField(source="plan_id")
        version_number = serializers.IntegerField(source="version.number")
        step_number = serializers.IntegerField()
        local_date = serializers.DateField()
        wall_time = serializers.TimeField()
        zone = serializers.CharField()
        due_at = serializers.DateTimeField()
        amount = serializers.CharField(help_text="Exactly as entered by the clinician.")
        state = serializers.SerializerMethodField()
        is_away = serializers.BooleanField(help_text="In a stay: nobody is asked to log it.")
        cancelled_at = serializers.DateTimeField(allow_null=True)
        cancel_reason = serializers.CharField()
        standing_entry = serializers.UUIDField(source="standing_entry_id", allow_null=True)
        entries = EntryOutput(many=True)

        @extend_schema_field(serializers.ChoiceField(choices=list(DoseState)))
        def get_state(self, dose: ExpectedDose) -> str:
            """Return what is true of the dose now; nobody having said anything is not a miss."""
            entry = dose.standing_entry
            return dose_state(
                due_at=dose.due_at,
                window=dose.version.on_time_window,
                outcome=Outcome(entry.outcome) if entry is not None else None,
                is_cancelled=dose.cancelled_at is not None,
                now=self.context["now"],
            )

    @extend_schema(operation_id="doses", parameters=[PeriodInput], responses=Output(many=True))
    def get(self, request: Request, patient_id: UUID) -> Response:
        """List expected doses with all that was said about them, in due order.

        Without dates: from yesterday to a fortnight ahead.
        """
        patient = self.opened(patient_id, "doses")
        period = period_asked(request, around=local_date(self.now, patient.zone_info))
        rows = doses_with_entries(
            self.person, patient, first_on=period.first_on, last_on=period.last_on, now=self.now
        )
        return self.listed(rows, DoseListApi.Output, now=self.now)


class DoseEntryAddApi(Door):
    """Somebody says what happened to a dose."""

    class Input(Body):
        client_id = Id(help_text="Made by the sender; the same one again is the same request.")
        outcome = serializers.ChoiceField(choices=list(Outcome))
        taken_at = Instant(
            required=False, allow_null=True, default=None, help_text="Left out: now. Taken only."
        )
        device_now = Instant(
            required=False, allow_null=True, default=None, help_text="The device's own clock."
        )
        said_at = SaidAt()
        reason = Text(
            max_length=200, required=False, allow_blank=True, default="", help_text="Why skipped."
        )
        none_left = Flag(
            required=False,
            default=False,
            help_text="Skipped because none is left: the supply is reported as run out that day.",
        )
        amount_differs = Flag(required=False, default=False)
        amount_note = Text(
            max_length=200,
            required=False,
            allow_blank=True,
            default="",
            help_text="What was different, in the person's own words; kept as written.",
        )

        def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
            """Ask a skipped dose for its reason, and keep what belongs to a taken one there."""
            problems = {}
            outcome = Outcome(attrs["outcome"])
            if outcome is Outcome.SKIPPED and not attrs["reason"].strip():
                problems["reason"] = _("Say why the dose was skipped.")
            if outcome is not Outcome.SKIPPED and attrs["none_left"]:
                problems["none_left"] = _("Only a dose that was skipped has this.")
            if outcome is not Outcome.TAKEN:
                text = _("Only a dose that was taken has this.")
                sent = ("taken_at", "amount_differs", "amount_note")
                problems |= {name: text for name in sent if attrs[name]}
            if problems:
                raise serializers.ValidationError(problems)
            return attrs

    @extend_schema(
        operation_id="dose_entry_add", request=Input, responses={201: EntryAnswer, 200: EntryAnswer}
    )
    def post(self, request: Request, dose_id: UUID) -> Response:
        """Log a dose as taken, skipped or missed; 200 when the same request came before.

        Every valid entry is stored; one stands. The same client_id with another body conflicts. A
        dose taken at a time given, and cancelled before it could be sent, is kept as an extra one.
        """
        dose = one_of(doses_visible_to(self.person, self.now), dose_id)
        patient = require(self.person, Verb.LOG, dose.plan.patient_id, self.now)
        said = parse(DoseEntryAddApi.Input, request)
        outcome = Outcome(said["outcome"])
        if outcome is Outcome.MISSED and self.now < dose.due_at:
            raise Refusal(Problem("outcome", _("This dose is not due yet, so nobody missed it.")))
        if said["none_left"]:
            return entry_answer(self._none_left(patient, dose, said))
        result = entry_add(
            patient=patient,
            by=self.person,
            via=Via.API,
            outcome=outcome,
            taken_at=said["taken_at"],
            said_at=said["said_at"],
            device_at=said["device_now"],
            client_id=said["client_id"],
            now=self.now,
            dose=dose,
            reason=said["reason"],
            is_amount_different=said["amount_differs"],
            amount_note=said["amount_note"],
        )
        return entry_answer(result)

    def _none_left(self, patient: Patient, dose: ExpectedDose, said: dict[str, Any]) -> EntryResult:
        return dose_skip_none_left(
            patient=patient,
            dose=dose,
            by=self.person,
            via=Via.API,
            reason=said["reason"],
            said_at=said["said_at"],
            device_at=said["device_now"],
            client_id=said["client_id"],
            now=self.now,
        )


doses = DoseListApi.as_view()
dose_entry_add = DoseEntryAddApi.as_view()
