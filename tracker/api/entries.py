"""Extra doses, and entries looked at again: taken back, or counted as a dose of their own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import NotVisible, require, verbs_of
from accounts.api.doors import Door, ListDoor, at_one_address, one_of, parse
from accounts.api.fields import Body, Id, Instant, SaidAt, Text
from accounts.domain.capacities import Verb
from tracker.api.entry_shapes import EntryAnswer, EntryOutput, entry_answer
from tracker.domain.doses import Outcome, Via
from tracker.models import Entry
from tracker.selectors.dose_entries import extras_of
from tracker.selectors.scope import entries_visible_to
from tracker.services.entries import entry_add, entry_count_as_extra, entry_void


class ExtraEntryListApi(ListDoor):
    """The extra doses of one patient."""

    ordering = ("-received_at", "id")

    @extend_schema(operation_id="extra_entries", responses=EntryOutput(many=True))
    def get(self, _request: Request, patient_id: UUID) -> Response:
        """List the doses taken beside the plan, newest first; those taken back say so."""
        return self.listed(extras_of(self.opened(patient_id, "extra doses")), EntryOutput)


class ExtraEntryAddApi(Door):
    """Somebody says that a dose was taken beside the plan."""

    class Input(Body):
        client_id = Id(help_text="Made by the sender; the same one again is the same request.")
        taken_at = Instant(
            required=False, allow_null=True, default=None, help_text="Left out: now."
        )
        device_now = Instant(
            required=False, allow_null=True, default=None, help_text="The device's own clock."
        )
        said_at = SaidAt()
        amount_note = Text(
            max_length=200,
            required=False,
            allow_blank=True,
            default="",
            help_text="What was taken, in the person's own words; kept as written.",
        )

    @extend_schema(
        operation_id="extra_entry_add",
        request=Input,
        responses={201: EntryAnswer, 200: EntryAnswer},
    )
    def post(self, request: Request, patient_id: UUID) -> Response:
        """Log an extra dose; the clinic is told. 200 when the same request came before."""
        patient = require(self.person, Verb.LOG, patient_id, self.now)
        said = parse(ExtraEntryAddApi.Input, request)
        result = entry_add(
            patient=patient,
            by=self.person,
            via=Via.API,
            outcome=Outcome.TAKEN,
            taken_at=said["taken_at"],
            said_at=said["said_at"],
            device_at=said["device_now"],
            client_id=said["client_id"],
            now=self.now,
            amount_note=said["amount_note"],
        )
        return entry_answer(result)


class EntryDoor(Door):
    """An operation on one entry."""

    def settled(self, entry_id: UUID) -> Entry:
        """Return an entry that this person may take back, else NotVisible.

        The patient may take back every entry of their record, and so may the clinic; a caregiver
        who may log takes back their own.
        """
        entry = one_of(entries_visible_to(self.person, self.now), entry_id)
        patient = require(self.person, Verb.LOG, entry.patient_id, self.now)
        is_own = self.person.pk in {patient.user_id, entry.by_id}
        if not is_own and Verb.PLAN not in verbs_of(self.person, patient, self.now):
            raise NotVisible
        return entry


class EntryVoidApi(EntryDoor):
    """Somebody takes an entry back."""

    class Input(Body):
        reason = Text(max_length=200)

    @extend_schema(operation_id="entry_void", request=Input, responses={201: EntryOutput})
    def post(self, request: Request, entry_id: UUID) -> Response:
        """Take an entry back, with the reason. It stays readable; nothing is erased."""
        entry = self.settled(entry_id)
        said: dict[str, Any] = parse(EntryVoidApi.Input, request)
        entry_void(entry=entry, by=self.person, reason=said["reason"], now=self.now)
        return Response(EntryOutput(self.settled(entry_id)).data, status=201)


class EntryCountAsExtraApi(EntryDoor):
    """The answer "two" to "one dose or two?"."""

    @extend_schema(operation_id="entry_count_as_extra", request=None, responses={201: EntryOutput})
    def post(self, _request: Request, entry_id: UUID) -> Response:
        """Take a repeated entry back and keep it as an extra dose; the clinic is told."""
        entry = self.settled(entry_id)
        extra = entry_count_as_extra(entry=entry, by=self.person, now=self.now)
        return Response(EntryOutput(extra).data, status=201)


extra_entries = at_one_address(ExtraEntryListApi, ExtraEntryAddApi)
entry_void_view = EntryVoidApi.as_view()
entry_count_as_extra_view = EntryCountAsExtraApi.as_view()
