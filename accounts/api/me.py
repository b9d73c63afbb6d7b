"""GET /me/: who is signed in, what they are to whom, and the token that a write needs."""

from typing import Any

from django.conf import settings
from django.middleware.csrf import get_token
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import clinics_of
from accounts.api.doors import Door
from accounts.domain.capacities import CLINIC_CAPACITIES
from accounts.selectors.care_links import care_links_of
from accounts.selectors.people import record_of


class HelpedOutput(serializers.Serializer[Any]):
    """Somebody whom the signed-in person helps."""

    patient = serializers.UUIDField(source="patient_id")
    name = serializers.CharField(source="patient.name")
    is_alerted = serializers.BooleanField()
    may_log = serializers.BooleanField()


class WorkOutput(serializers.Serializer[Any]):
    """A clinic at which the signed-in person works."""

    clinic = serializers.UUIDField()
    name = serializers.CharField()
    capacity = serializers.ChoiceField(choices=sorted(CLINIC_CAPACITIES))


class MeApi(Door):
    """Who is signed in."""

    class Output(serializers.Serializer[Any]):
        id = serializers.UUIDField()
        name = serializers.CharField()
        email = serializers.EmailField()
        zone = serializers.CharField(help_text="An IANA name.")
        language = serializers.CharField()
        phone = serializers.CharField()
        csrf_token = serializers.CharField(
            help_text="Send it as X-CSRFToken with every request that writes."
        )
        push_key = serializers.CharField(
            help_text="The application server key with which a browser subscribes; "
            "empty while no push messages are sent."
        )
        own_record = serializers.UUIDField(allow_null=True)
        helps = HelpedOutput(many=True)
        works_at = WorkOutput(many=True)

    @extend_schema(operation_id="me", responses=Output)
    def get(self, request: Request) -> Response:
        """Return the signed-in person; a queue of entries asks this before it sends any."""
        me, record = self.person, record_of(self.person)
        works_at = [
            {"clinic": clinic.pk, "name": clinic.name, "capacity": capacity}
            for capacity in sorted(CLINIC_CAPACITIES)
            for clinic in clinics_of(me, capacity, self.now)
        ]
        shown = {
            "id": me.pk,
            "name": me.name,
            "email": me.email,
            "zone": me.zone,
            "language": me.language,
            "phone": me.phone,
            "csrf_token": get_token(request._request),
            "push_key": settings.VAPID_PUBLIC_KEY,
            "own_record": record.pk if record is not None else None,
            "helps": care_links_of(me, self.now),
            "works_at": works_at,
        }
        return Response(self.Output(shown).data)
