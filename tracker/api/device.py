"""GET /me/device/: what a patient's phone keeps, so that Today opens without a network."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import NotVisible
from accounts.api.doors import Door
from tracker.domain.doses import DoseState, Outcome
from tracker.domain.plan_states import Route
from tracker.selectors.clinic_numbers import ClinicNumbers
from tracker.selectors.device import DeviceDay, device_day_of
from tracker.web.signs_presenter import hours_in_words


class LoggedOutput(serializers.Serializer[Any]):
    """What stands about a dose, without a name: the phone asks before it logs the dose again."""

    outcome = serializers.ChoiceField(choices=list(Outcome))
    taken_at = serializers.DateTimeField(allow_null=True)
    received_at = serializers.DateTimeField()
    is_mine = serializers.BooleanField()


class DeviceDoseOutput(serializers.Serializer[Any]):
    """One expected dose of today or tomorrow."""

    id = serializers.UUIDField()
    local_date = serializers.DateField()
    wall_time = serializers.TimeField()
    due_at = serializers.DateTimeField()
    window_ends_at = serializers.DateTimeField(source="on_time_until_at")
    amount = serializers.CharField(help_text="Exactly as entered by the clinician.")
    state = serializers.ChoiceField(choices=list(DoseState), help_text="As it was at `read_at`.")
    is_away = serializers.BooleanField(help_text="In a stay: nobody is asked to log it.")
    step_number = serializers.IntegerField()
    logged = LoggedOutput(source="entry", allow_null=True)


class DeviceClinicOutput(serializers.Serializer[Any]):
    """Whom to call at the clinic, and when its desk is there."""

    name = serializers.CharField(source="clinic.name")
    slug = serializers.CharField(source="clinic.slug")
    emergency_number = serializers.CharField(source="clinic.emergency_number")
    desk_phone = serializers.CharField(source="clinic.desk_phone")
    out_of_hours_phone = serializers.CharField(source="clinic.out_of_hours_phone")
    out_of_hours_note = serializers.CharField(source="clinic.out_of_hours_note")
    hours = serializers.SerializerMethodField()

    def get_hours(self, numbers: ClinicNumbers) -> list[str]:
        """Return the opening hours in words, neighbouring days with the same hours together."""
        return hours_in_words(numbers.hours)


class PumpTeamOutput(serializers.Serializer[Any]):
    """Whom to call about the pump that is in place."""

    team_phone = serializers.CharField()
    out_of_hours_phone = serializers.CharField()


class DeviceApi(Door):
    """What a patient's phone keeps."""

    class Output(serializers.Serializer[Any]):
        person = serializers.UUIDField(source="around.patient.user_id")
        record = serializers.UUIDField(source="around.patient.pk")
        read_at = serializers.DateTimeField(
            source="now", help_text="How old it is counts from here."
        )
        zone = serializers.CharField(source="zone.key", help_text="Of the plan: an IANA name.")
        route = serializers.ChoiceField(
            choices=list(Route), help_text="Whose signs are asked about."
        )
        is_on_hold = serializers.BooleanField()
        plan_version = serializers.IntegerField(
            source="course.version.number", default=None, allow_null=True
        )
        version_from_on = serializers.DateField(allow_null=True)
        next_step_on = serializers.DateField(allow_null=True)
        next_change_at = serializers.DateTimeField(
            allow_null=True, help_text="From here on no amount is shown that was read before."
        )
        doses = DeviceDoseOutput(many=True)
        last_check_in_at = serializers.DateTimeField(allow_null=True)
        clinic = DeviceClinicOutput(source="numbers")
        pump = PumpTeamOutput(source="around.pump", allow_null=True)

    @extend_schema(operation_id="device", responses=Output)
    def get(self, _request: Request) -> Response:
        """Return the doses of today and tomorrow and the numbers to call; 404 without a record.

        It is the patient's look at their own record, like Today itself.
        """
        day: DeviceDay | None = device_day_of(self.person, self.now)
        if day is None:
            raise NotVisible
        return Response(DeviceApi.Output(day).data)


device = DeviceApi.as_view()
