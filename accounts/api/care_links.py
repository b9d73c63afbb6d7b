"""The people who help a patient: listed, invited, agreed to, ended."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import NotVisible, require
from accounts.api.doors import Door, ListDoor, at_one_address, one_of, parse
from accounts.api.fields import Body, Flag, Text
from accounts.domain.capacities import Verb
from accounts.models import CareLink
from accounts.selectors.care_links import care_links_of, caregivers_of
from accounts.services.care_links import (
    care_link_consent,
    care_link_end,
    care_link_invite,
    care_link_set_scope,
)


class CareLinkOutput(serializers.Serializer[Any]):
    """One caregiver; a right only once the patient has consented and the caregiver accepted."""

    id = serializers.UUIDField()
    name = serializers.SerializerMethodField()
    relation = serializers.CharField()
    is_alerted = serializers.BooleanField()
    may_log = serializers.BooleanField()
    invited_at = serializers.DateTimeField()
    consented_at = serializers.DateTimeField(allow_null=True)
    accepted_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)

    def get_name(self, link: CareLink) -> str:
        """Return the name the caregiver chose, or the one they were invited under."""
        return link.caregiver.name if link.caregiver is not None else link.name


class CareLinkListApi(ListDoor):
    """Everybody who helps or was asked to, and whom nobody has ended."""

    ordering = ("invited_at", "id")

    @extend_schema(operation_id="care_links", responses=CareLinkOutput(many=True))
    def get(self, _request: Request, patient_id: UUID) -> Response:
        """List the caregivers, to the patient and to the clinic; the look is recorded."""
        patient = self.opened(patient_id, "care links", Verb.INVITE_CAREGIVER)
        return self.listed(caregivers_of(patient, self.now), CareLinkOutput)


class CareLinkInviteApi(Door):
    """Somebody is asked to help."""

    class Input(Body):
        email = Text(max_length=254)
        name = Text(max_length=120)
        relation = Text(max_length=80, required=False, allow_blank=True, default="")
        is_alerted = Flag()
        may_log = Flag()

    @extend_schema(operation_id="care_link_invite", request=Input, responses={201: CareLinkOutput})
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Invite a caregiver; by the patient it is agreed to at once, by a clinician it is not."""
        patient = require(self.person, Verb.INVITE_CAREGIVER, patient_id, self.now)
        said = parse(CareLinkInviteApi.Input, request)
        link = care_link_invite(patient=patient, by=self.person, now=self.now, **said)
        return Response(CareLinkOutput(link).data, status=201)


class CareLinkConsentApi(Door):
    """The patient agrees to a caregiver whom the clinic invited."""

    @extend_schema(operation_id="care_link_consent", request=None, responses=CareLinkOutput)
    def post(self, _request: Request, patient_id: UUID, link_id: UUID) -> Response:
        """Agree; only the patient can. Safe to repeat."""
        patient = require(self.person, Verb.CONSENT, patient_id, self.now)
        link = one_of(caregivers_of(patient, self.now), link_id)
        agreed = care_link_consent(care_link=link, by=self.person, now=self.now)
        return Response(CareLinkOutput(agreed).data)


class CareLinkScopeApi(Door):
    """How far a caregiver may go beside seeing."""

    class Input(Body):
        is_alerted = Flag()
        may_log = Flag()

    @extend_schema(operation_id="care_link_set_scope", request=Input, responses=CareLinkOutput)
    def post(self, request: Request, patient_id: UUID, link_id: UUID) -> Response:
        """Change it, from now on; only the patient can. Safe to repeat."""
        patient = require(self.person, Verb.CONSENT, patient_id, self.now)
        link = one_of(caregivers_of(patient, self.now), link_id)
        said = parse(CareLinkScopeApi.Input, request)
        changed = care_link_set_scope(care_link=link, by=self.person, now=self.now, **said)
        return Response(CareLinkOutput(changed).data)


class CareLinkEndApi(Door):
    """Somebody stops being a caregiver, at once."""

    @extend_schema(operation_id="care_link_end", request=None, responses=CareLinkOutput)
    def post(self, _request: Request, patient_id: UUID, link_id: UUID) -> Response:
        """End a caregiver's rights: by the patient, the clinic or the caregiver."""
        ended = care_link_end(
            care_link=self._link(patient_id, link_id), by=self.person, now=self.now
        )
        return Response(CareLinkOutput(ended).data)

    def _link(self, patient_id: UUID, link_id: UUID) -> CareLink:
        own = care_links_of(self.person, self.now).filter(patient=patient_id, pk=link_id).first()
        if own is not None:
            return own
        patient = require(self.person, Verb.END_CAREGIVER, patient_id, self.now)
        link = caregivers_of(patient, self.now).filter(pk=link_id).first()
        if link is None:
            raise NotVisible
        return link


care_links = at_one_address(CareLinkListApi, CareLinkInviteApi)
care_link_consent_view = CareLinkConsentApi.as_view()
care_link_scope_view = CareLinkScopeApi.as_view()
care_link_end_view = CareLinkEndApi.as_view()
