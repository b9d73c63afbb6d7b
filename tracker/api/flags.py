"""Flags: stated facts that need eyes, closed by a fact or by a named person with a note."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import require
from accounts.api.doors import Door, ListDoor, one_of, parse, parse_filters
from accounts.api.fields import Body, Text
from accounts.domain.capacities import Verb
from tracker.domain.flags import FlagClass, Rule
from tracker.models import Flag
from tracker.selectors.flag_sources import flag_sources
from tracker.selectors.scope import flags_visible_to
from tracker.selectors.wording import class_word, flag_basis, flag_detail, flag_headline
from tracker.services.flags import flag_close


class FlagOutput(serializers.Serializer[Any]):
    """One flag: what happened, when, and the documented basis. No score."""

    id = serializers.UUIDField()
    patient = serializers.UUIDField(source="patient_id")
    plan = serializers.UUIDField(source="plan_id", allow_null=True)
    rule = serializers.ChoiceField(choices=list(Rule))
    flag_class = serializers.ChoiceField(choices=list(FlagClass))
    class_word = serializers.SerializerMethodField()
    headline = serializers.SerializerMethodField()
    detail = serializers.SerializerMethodField()
    basis = serializers.SerializerMethodField()
    sources = serializers.SerializerMethodField()
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)

    def get_class_word(self, flag: Flag) -> str:
        """Return the word for the class."""
        return class_word(flag.flag_class)

    def get_headline(self, flag: Flag) -> str:
        """Return the fact in one line."""
        return flag_headline(flag)

    def get_detail(self, flag: Flag) -> str:
        """Return who said it and when, or what was counted from where."""
        return flag_detail(flag, flag.patient.zone_info)

    def get_basis(self, flag: Flag) -> str:
        """Return the documented basis of the rule."""
        return flag_basis(flag)

    def get_sources(self, flag: Flag) -> list[str]:
        """Return the documents behind it; empty where the basis is our own practice."""
        found = flag_sources(Rule(flag.rule), flag.evidence.get("signs", ()))
        return [source.document for source in found]


class OpenFilter(Body):
    """Whether only what is open is asked for."""

    open = serializers.BooleanField(
        required=False, default=False, help_text="Only what nothing has closed yet."
    )


class FlagListApi(ListDoor):
    """The flags of one patient."""

    ordering = ("-opened_at", "id")

    @extend_schema(operation_id="flags", parameters=[OpenFilter], responses=FlagOutput(many=True))
    def get(self, request: Request, patient_id: UUID) -> Response:
        """List flags, newest first; the look is recorded. An empty list does not mean safe."""
        patient = self.opened(patient_id, "flags")
        rows = flags_visible_to(self.person, self.now).filter(patient=patient)
        if parse_filters(OpenFilter, request)["open"]:
            rows = rows.filter(closed_at=None)
        return self.listed(rows, FlagOutput)


class FlagCloseApi(Door):
    """A clinician closes a flag."""

    class Input(Body):
        note = Text(max_length=500, help_text="What was found or done.")

    @extend_schema(operation_id="flag_close", request=Input, responses=FlagOutput)
    def post(self, request: Request, flag_id: UUID) -> Response:
        """Close a flag by a note under one's own name; its alert closes with it."""
        flag = one_of(flags_visible_to(self.person, self.now), flag_id)
        require(self.person, Verb.CLOSE_FLAG, flag.patient_id, self.now)
        said = parse(FlagCloseApi.Input, request)
        flag_close(flag=flag, by=self.person, note=said["note"], now=self.now)
        return Response(FlagOutput(one_of(flags_visible_to(self.person, self.now), flag_id)).data)


flags = FlagListApi.as_view()
flag_close_view = FlagCloseApi.as_view()
