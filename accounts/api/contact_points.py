"""How a patient is reached: their own addresses, read and added by themselves only."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import NotVisible
from accounts.api.doors import Door, ListDoor, at_one_address, parse
from accounts.api.fields import Body, Text
from accounts.models import User
from accounts.selectors.contact_points import contact_points_of
from accounts.selectors.people import record_of
from accounts.services.contact_points import contact_point_add


class ContactPointOutput(serializers.Serializer[Any]):
    """One address; quiet hours are wall times in the person's zone."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    address = serializers.CharField()
    position = serializers.IntegerField()
    verified_at = serializers.DateTimeField(allow_null=True)
    disabled_at = serializers.DateTimeField(allow_null=True)
    disabled_reason = serializers.CharField()
    quiet_from_time = serializers.TimeField(allow_null=True)
    quiet_until_time = serializers.TimeField(allow_null=True)
    is_discreet = serializers.BooleanField()


class OwnDoor(Door):
    """An operation that only the patient of the record may do."""

    def own(self, patient_id: UUID) -> User:
        """Return the signed-in person if the record is theirs, else NotVisible."""
        record = record_of(self.person)
        if record is None or record.pk != patient_id:
            raise NotVisible
        return self.person


class ContactPointListApi(OwnDoor, ListDoor):
    """The patient's own addresses."""

    ordering = ("added_at", "id")

    @extend_schema(operation_id="contact_points", responses=ContactPointOutput(many=True))
    def get(self, _request: Request, patient_id: UUID) -> Response:
        """List the addresses of the signed-in patient, proved or not."""
        return self.listed(contact_points_of(self.own(patient_id)), ContactPointOutput)


class ContactPointAddApi(OwnDoor):
    """The patient adds an address."""

    class Input(Body):
        address = Text(max_length=254, help_text="An e-mail address.")

    @extend_schema(
        operation_id="contact_point_add", request=Input, responses={201: ContactPointOutput}
    )
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Add an address; nothing but the link that proves it goes there before it is proved."""
        me = self.own(patient_id)
        said = parse(ContactPointAddApi.Input, request)
        added = contact_point_add(person=me, by=me, now=self.now, **said)
        return Response(ContactPointOutput(added).data, status=201)


contact_points = at_one_address(ContactPointListApi, ContactPointAddApi)
