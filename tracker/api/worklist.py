"""Whom to call first: the clinic's patients with something open, in the order of the rule."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from accounts.access import NotVisible
from accounts.api.doors import Door, parse_filters
from accounts.api.fields import Body, Text
from tracker.domain.flags import FlagClass
from tracker.domain.plan_states import Route
from tracker.selectors.worklist import (
    Show,
    WorklistRow,
    clinicians_patients,
    clinics_worked_at,
    worklist_rows,
    worklist_shown,
)

PAGE_SIZE = 100


class HolderOutput(serializers.Serializer[Any]):
    """Who said "I have it", and until when the ladder waits."""

    person = serializers.UUIDField(source="person_id")
    name = serializers.CharField()
    since_at = serializers.DateTimeField(allow_null=True)
    until_at = serializers.DateTimeField()


class ToldOutput(serializers.Serializer[Any]):
    """Whom a message has reached last."""

    name = serializers.CharField()
    at = serializers.DateTimeField()


class MatterOutput(serializers.Serializer[Any]):
    """One open flag with its alert, or one open alert about a dose."""

    flag_class = serializers.ChoiceField(choices=list(FlagClass))
    headline = serializers.CharField()
    detail = serializers.CharField()
    basis = serializers.CharField()
    since_at = serializers.DateTimeField()
    flag = serializers.UUIDField(source="flag_id", allow_null=True)
    alert = serializers.UUIDField(source="alert_id", allow_null=True)
    held_by = HolderOutput(source="holder", allow_null=True)
    told = ToldOutput(allow_null=True)


class RowOutput(serializers.Serializer[Any]):
    """One patient; the first matter is the one to call about."""

    patient = serializers.UUIDField(source="patient_id")
    name = serializers.CharField()
    age = serializers.IntegerField(allow_null=True)
    route = serializers.ChoiceField(choices=["", *Route])
    matters = MatterOutput(many=True)


class WorklistApi(Door):
    """The worklist of the clinics where somebody is a clinician."""

    class Filters(Body):
        show = serializers.ChoiceField(
            choices=[show.value for show in Show if show is not Show.NOTHING_OPEN],
            required=False,
            default=Show.ALL.value,
        )
        cursor = Text(required=False, max_length=100, help_text="From next.")

    class Output(serializers.Serializer[Any]):
        next = serializers.URLField(allow_null=True)
        results = RowOutput(many=True)

    @extend_schema(operation_id="worklist", parameters=[Filters], responses=Output)
    def get(self, request: Request) -> Response:
        """List whom to call, first call first. Not a look at any one record."""
        clinics = clinics_worked_at(self.person, self.now)
        if not clinics:
            raise NotVisible
        asked = parse_filters(WorklistApi.Filters, request)
        rows = worklist_rows(clinicians_patients(self.person, clinics, self.now), now=self.now)
        listed = worklist_shown(
            rows, show=Show(asked["show"]), user=self.person, nothing_open_count=0
        ).rows
        rest = _after(listed, request.query_params.get("cursor"))
        shown = rest[:PAGE_SIZE]
        address = None
        if len(rest) > PAGE_SIZE:
            cursor = urlsafe_b64encode(shown[-1].patient_id.bytes).decode()
            address = replace_query_param(request.build_absolute_uri(), "cursor", cursor)
        return Response(WorklistApi.Output({"next": address, "results": shown}).data)


def _after(rows: Sequence[WorklistRow], cursor: str | None) -> Sequence[WorklistRow]:
    """Return the rows after the patient that the cursor names; NotFound when they have left."""
    if cursor is None:
        return rows
    try:
        last = UUID(bytes=urlsafe_b64decode(cursor))
    except ValueError as error:
        raise NotFound("Invalid cursor") from error
    places = [place for place, row in enumerate(rows) if row.patient_id == last]
    if not places:
        raise NotFound("Invalid cursor")
    return rows[places[0] + 1 :]


worklist = WorklistApi.as_view()
