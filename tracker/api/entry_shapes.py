"""An entry as the API answers it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.fields import PersonOutput
from tracker.domain.doses import Outcome, Timing, Via, minutes_from_due, timing
from tracker.models import Entry, EntryVoid
from tracker.services.entries import EntryResult

QUESTIONS = ["", "one_or_two", "two_people", "clock"]


class VoidOutput(serializers.Serializer[Any]):
    """Who took an entry back, when and why. The entry stays readable."""

    at = serializers.DateTimeField()
    by = PersonOutput()
    reason = serializers.CharField()


class EntryOutput(serializers.Serializer[Any]):
    """What somebody said happened to a dose; without a dose it is an extra one."""

    id = serializers.UUIDField()
    dose = serializers.UUIDField(source="dose_id", allow_null=True)
    outcome = serializers.ChoiceField(choices=list(Outcome))
    taken_at = serializers.DateTimeField(allow_null=True)
    timing = serializers.SerializerMethodField()
    minutes_from_due = serializers.SerializerMethodField()
    device_at = serializers.DateTimeField(allow_null=True, help_text="The device's own clock.")
    received_at = serializers.DateTimeField()
    by = PersonOutput()
    via = serializers.ChoiceField(choices=list(Via))
    reason = serializers.CharField()
    amount_differs = serializers.BooleanField(source="is_amount_different")
    amount_note = serializers.CharField()
    is_clock_wrong = serializers.BooleanField()
    void = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(choices=list(Timing), allow_null=True))
    def get_timing(self, entry: Entry) -> str | None:
        """Return where it lies around the plan's window; null when not taken, or extra."""
        if entry.dose is None or entry.taken_at is None:
            return None
        return timing(
            taken_at=entry.taken_at,
            due_at=entry.dose.due_at,
            window=entry.dose.version.on_time_window,
        )

    def get_minutes_from_due(self, entry: Entry) -> int | None:
        """Return the whole minutes after due, negative before; null when not taken, or extra."""
        if entry.dose is None or entry.taken_at is None:
            return None
        return minutes_from_due(entry.taken_at, entry.dose.due_at)

    @extend_schema_field(VoidOutput(allow_null=True))
    def get_void(self, entry: Entry) -> Any:
        """Return the row that takes it back; null while it counts."""
        void: EntryVoid | None = getattr(entry, "void", None)
        return VoidOutput(void).data if void is not None else None


class EntryAnswer(serializers.Serializer[Any]):
    """The stored entry and what the person has to be asked about it."""

    entry = EntryOutput()
    standing_entry = serializers.UUIDField(
        allow_null=True, help_text="The one entry that counts for the dose; null for an extra."
    )
    question = serializers.ChoiceField(
        choices=QUESTIONS,
        help_text=(
            'Empty; or "one_or_two": the same person logged this dose before; "two_people": '
            'somebody else did; "clock": the time given is ahead of now.'
        ),
    )


def entry_answer(result: EntryResult) -> Response:
    """Answer 201 for a new entry, and 200 with the same body when the request came before."""
    shown = {
        "entry": result.entry,
        "standing_entry": result.standing.pk if result.standing is not None else None,
        "question": result.question,
    }
    status = 200 if result.is_repeat_of_request else 201
    return Response(EntryAnswer(shown).data, status=status)
