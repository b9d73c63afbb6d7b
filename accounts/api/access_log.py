"""Who looked at a record; for the person whose record it is."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import require
from accounts.api.doors import ListDoor
from accounts.api.fields import PersonOutput
from accounts.domain.capacities import Capacity, Verb
from accounts.selectors.looks import looks_of


class AccessLogApi(ListDoor):
    """Who opened the record."""

    ordering = ("-at", "id")

    class Output(serializers.Serializer[Any]):
        at = serializers.DateTimeField(help_text="The first look of a quarter of an hour.")
        by = PersonOutput(source="actor")
        capacity = serializers.ChoiceField(choices=sorted(Capacity))
        page = serializers.CharField()

    @extend_schema(operation_id="access_log", responses=Output(many=True))
    def get(self, _request: Request, patient_id: UUID) -> Response:
        """List who opened the record, newest first; the patient's own looks are left out."""
        patient = require(self.person, Verb.READ_LOOKS, patient_id, self.now)
        return self.listed(looks_of(patient), AccessLogApi.Output)


access_log = AccessLogApi.as_view()
