"""The patients somebody sees, one patient's record, and taking a patient in."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import (
    NotVisible,
    capacities_of,
    clinics_of,
    patients_visible_to,
    verbs_of,
)
from accounts.api.doors import Door, ListDoor, at_one_address, parse
from accounts.api.fields import Body, Day, Id, PersonOutput, Text
from accounts.domain.capacities import Capacity, Verb
from accounts.domain.problems import Problem, Refusal
from accounts.models import Patient
from accounts.services.intake import patient_take_in


class PatientListApi(ListDoor):
    """Whom somebody may see: themselves, the people they help, the patients of their clinics."""

    ordering = ("-taken_in_at", "id")

    class Output(serializers.Serializer[Any]):
        id = serializers.UUIDField()
        name = serializers.CharField()
        clinic = PersonOutput()
        zone = serializers.CharField(help_text="An IANA name.")
        taken_in_at = serializers.DateTimeField()

    @extend_schema(operation_id="patients", responses=Output(many=True))
    def get(self, _request: Request) -> Response:
        """List the patients whom the signed-in person sees, those taken in last first."""
        return self.listed(patients_visible_to(self.person, self.now), PatientListApi.Output)


class PatientTakeInApi(Door):
    """A clinician takes a patient in; the engine mails the link that lets the person in."""

    class Input(Body):
        clinic = Id()
        name = Text(max_length=120)
        born_on = Day(required=False, allow_null=True, default=None)
        clinic_number = Text(max_length=40, required=False, allow_blank=True, default="")
        zone = Text(max_length=64, help_text="Where the patient lives; dose times follow it.")
        language = Text(max_length=12)
        phone = Text(max_length=32, required=False, allow_blank=True, default="")
        email = Text(max_length=254)

    class Output(serializers.Serializer[Any]):
        id = serializers.UUIDField()

    @extend_schema(operation_id="patient_take_in", request=Input, responses={201: Output})
    def post(self, request: Request) -> Response:
        """Take a patient in at a clinic where the signed-in person is a clinician."""
        clinics = {each.pk: each for each in clinics_of(self.person, Capacity.CLINICIAN, self.now)}
        if not clinics:
            raise NotVisible
        said = parse(PatientTakeInApi.Input, request)
        clinic = clinics.get(said.pop("clinic"))
        if clinic is None:
            raise Refusal(Problem("clinic", _("Choose a clinic at which you are a clinician.")))
        patient = patient_take_in(clinic=clinic, by=self.person, now=self.now, **said)
        return Response(PatientTakeInApi.Output(patient).data, status=201)


class PatientApi(Door):
    """One person's record."""

    class Output(serializers.Serializer[Any]):
        id = serializers.UUIDField()
        name = serializers.CharField()
        clinic = PersonOutput()
        born_on = serializers.DateField(
            allow_null=True, help_text="For the patient and the clinic; null for caregivers."
        )
        clinic_number = serializers.CharField(
            allow_null=True, help_text="For the patient and the clinic; null for caregivers."
        )
        zone = serializers.CharField(help_text="An IANA name.")
        language = serializers.CharField()
        phone = serializers.CharField()
        taken_in_at = serializers.DateTimeField()
        has_joined = serializers.BooleanField()
        capacities = serializers.ListField(
            child=serializers.ChoiceField(choices=sorted(Capacity)),
            help_text="What the signed-in person is to this patient.",
        )
        may = serializers.ListField(
            child=serializers.ChoiceField(choices=sorted(Verb)),
            help_text="What the signed-in person may do here.",
        )

    @extend_schema(operation_id="patient", responses=Output)
    def get(self, _request: Request, patient_id: UUID) -> Response:
        """Open one person's record; the look is recorded."""
        return Response(self.Output(self._shown(self.opened(patient_id, "record"))).data)

    def _shown(self, patient: Patient) -> dict[str, Any]:
        """Return the record as far as this person's capacities let them read it."""
        is_full = self.reads_all(patient)
        return {
            "id": patient.pk,
            "name": patient.name,
            "clinic": patient.clinic,
            "born_on": patient.born_on if is_full else None,
            "clinic_number": patient.clinic_number if is_full else None,
            "zone": patient.zone,
            "language": patient.language,
            "phone": patient.phone,
            "taken_in_at": patient.taken_in_at,
            "has_joined": patient.user_id is not None,
            "capacities": sorted(capacities_of(self.person, patient, self.now)),
            "may": sorted(verbs_of(self.person, patient, self.now)),
        }


patients = at_one_address(PatientListApi, PatientTakeInApi)
patient = PatientApi.as_view()
