"""How somebody is reached: their own addresses, read and changed by themselves only."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import NotVisible
from accounts.api.doors import Door, ListDoor, at_one_address, one_of, parse
from accounts.api.fields import Body, Text
from accounts.models import ContactPoint, User
from accounts.models.contact_points import EMAIL, KINDS, PUSH
from accounts.selectors.contact_points import contact_points_of
from accounts.selectors.people import record_of
from accounts.services.contact_choices import contact_point_ask_test
from accounts.services.contact_points import contact_point_add, contact_point_remove
from accounts.services.push_subscriptions import push_subscribe


class ContactPointOutput(serializers.Serializer[Any]):
    """One address; quiet hours are wall times in the person's zone."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=KINDS)
    address = serializers.CharField()
    name = serializers.CharField(source="label", help_text="What its owner calls it, or empty.")
    position = serializers.IntegerField()
    verified_at = serializers.DateTimeField(allow_null=True)
    disabled_at = serializers.DateTimeField(allow_null=True)
    disabled_reason = serializers.CharField()
    last_error = serializers.CharField(help_text="What came of the last delivery that failed.")
    last_error_at = serializers.DateTimeField(allow_null=True)
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


class PushKeysInput(Body):
    """The two keys of a browser's subscription, base64url, as its `toJSON()` has them."""

    p256dh = Text(max_length=100)
    auth = Text(max_length=40)


class ContactPointInput(Body):
    """An address to add. A browser's subscription needs its keys; nothing else has any."""

    kind = serializers.ChoiceField(choices=KINDS, default=EMAIL)
    address = Text(
        max_length=1000,
        help_text="An e-mail address, a telephone number, or the endpoint of a push subscription.",
    )
    name = Text(
        max_length=80, default="", allow_blank=True, help_text="What you call it: My phone."
    )
    keys = PushKeysInput(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse keys where none belong, and a subscription without them."""
        if (attrs["kind"] == PUSH) == ("keys" in attrs):
            return attrs
        raise ValidationError({"keys": [_("A browser comes with keys, and nothing else does.")]})


def add(person: User, said: dict[str, Any], now: datetime) -> ContactPoint:
    """Add what was sent: a browser is proved by this session, all else by a link sent there."""
    keys = said.get("keys")
    if keys is None:
        return contact_point_add(
            person=person,
            by=person,
            kind=said["kind"],
            address=said["address"],
            label=said["name"],
            now=now,
        )
    return push_subscribe(
        person=person,
        endpoint=said["address"],
        p256dh=keys["p256dh"],
        auth=keys["auth"],
        label=said["name"],
        now=now,
    )


class ContactPointAddApi(OwnDoor):
    """The patient adds an address."""

    @extend_schema(
        operation_id="contact_point_add",
        request=ContactPointInput,
        responses={201: ContactPointOutput},
    )
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Add an address; nothing but the link that proves it goes there before it is proved."""
        me = self.own(patient_id)
        added = add(me, parse(ContactPointInput, request), self.now)
        return Response(ContactPointOutput(added).data, status=201)


class MyContactPointListApi(ListDoor):
    """The addresses of whoever is signed in."""

    ordering = ("added_at", "id")

    @extend_schema(operation_id="my_contact_points", responses=ContactPointOutput(many=True))
    def get(self, _request: Request) -> Response:
        """List the signed-in person's addresses, proved or not."""
        return self.listed(contact_points_of(self.person), ContactPointOutput)


class MyContactPointAddApi(Door):
    """Whoever is signed in adds an address."""

    @extend_schema(
        operation_id="my_contact_point_add",
        request=ContactPointInput,
        responses={201: ContactPointOutput},
    )
    def post(self, request: Request) -> Response:
        """Add an address; the same push subscription sent again brings its keys up to date."""
        added = add(self.person, parse(ContactPointInput, request), self.now)
        return Response(ContactPointOutput(added).data, status=201)


class MyContactPointTestApi(Door):
    """A test message to one of one's own addresses."""

    @extend_schema(operation_id="my_contact_point_test", request=None, responses=ContactPointOutput)
    def post(self, _request: Request, point_id: UUID) -> Response:
        """Ask for a test message, once a minute at most; it is sent by the engine."""
        point = one_of(contact_points_of(self.person), point_id)
        contact_point_ask_test(contact_point=point, by=self.person, now=self.now)
        return Response(ContactPointOutput(point).data)


class MyContactPointRemoveApi(Door):
    """One's own address goes off the list."""

    @extend_schema(
        operation_id="my_contact_point_remove", request=None, responses=ContactPointOutput
    )
    def post(self, _request: Request, point_id: UUID) -> Response:
        """Remove an address; nothing more goes there."""
        point = one_of(contact_points_of(self.person), point_id)
        contact_point_remove(contact_point=point, by=self.person, now=self.now)
        return Response(ContactPointOutput(point).data)


contact_points = at_one_address(ContactPointListApi, ContactPointAddApi)
my_contact_points = at_one_address(MyContactPointListApi, MyContactPointAddApi)
my_contact_point_test = MyContactPointTestApi.as_view()
my_contact_point_remove = MyContactPointRemoveApi.as_view()
