"""A plan's content as the API reads and answers it: the same shape both ways.

Everything is the text that was typed. An amount is never read as a number: 7.50 mg stays 7.50 mg.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.fields import Body, PersonOutput
from accounts.domain.audiences import Audience
from accounts.domain.problems import Refusal
from accounts.domain.zones import local_date
from tracker.domain.plan_content import PlanContent, plan_content_from
from tracker.domain.plan_raw import step_typed
from tracker.domain.plan_states import PlanState, Route, VersionKind
from tracker.domain.thresholds import THRESHOLDS
from tracker.models import PlanDraft, PlanMove, PlanVersion
from tracker.selectors.plan_records import content_signed

MINUTES = 'Minutes as text, "45", or with seconds, "0:20".'
THRESHOLD = "A whole number as text; null or empty means not set. There is no default."


@extend_schema_field({"type": "string", "nullable": True})
class Typed(serializers.Field[Any, Any, Any, Any]):
    """A text as typed. What may stand in it is the plan's own rule, which names row and field."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "allow_null": True} | options)

    def to_internal_value(self, data: Any) -> Any:
        """Return what was sent, untouched."""
        return data

    def to_representation(self, value: Any) -> Any:
        """Return the text, untouched."""
        return value


@extend_schema_field({"type": "boolean"})
class TypedTick(Typed):
    """Ticked or not."""


class DoseTimeShape(Body):
    time = Typed(help_text='A wall-clock time in the plan\'s zone: "08:00", "20:00:30".')
    amount = Typed(help_text="Exactly as prescribed, kept character for character.")
    weekdays = Typed(help_text='"Mon Wed Fri"; empty: every day.')


class StepShape(Body):
    begins_on = Typed(help_text="2026-12-09, or 9 Dec 2026.")
    ends_on = Typed(help_text="The last day. Null: until the day before the next step begins.")
    is_dose_free = TypedTick()
    visit_time = Typed(help_text="By pump: when the visit is that programs this step.")
    rate = Typed(help_text="By pump: the programmed rate, kept character for character.")
    note = Typed()
    doses = DoseTimeShape(many=True, required=False)


class RungShape(Body):
    delay = Typed(help_text=f"After the dose time. {MINUTES}")
    audience = Typed(help_text=", ".join(Audience))
    repeat_delay = Typed(help_text=f"Told again after. {MINUTES} Empty: told once.")
    repeat_times = Typed(help_text="How often they are told again, 1 to 10; empty: told once.")


class PlanContentShape(Body):
    """What a plan holds, all of it as typed text."""

    route = Typed(help_text=", ".join(Route))
    zone = Typed(help_text="An IANA name; dose times are wall times in it.")
    steps = StepShape(many=True, required=False)
    ending = Typed(help_text='After the last step: "open" (it goes on) or "stop".')
    formulation = Typed(help_text="An id of GET /medicines/baclofen/.")
    indication = Typed(help_text="An id of GET /medicines/baclofen/, or empty.")
    off_label_reason = Typed()
    risk_factors = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        allow_null=True,
        help_text="Ids of GET /medicines/baclofen/; null for caregivers.",
    )
    risk_note = Typed(help_text="Null for caregivers.")
    named_clinician = Typed(help_text="The id of a clinician of the patient's clinic.")
    rungs = RungShape(many=True, required=False)
    on_time_window = Typed(help_text=MINUTES)
    follow_up_delay = Typed(help_text=f'How long the ladder waits after "I have it". {MINUTES}')
    unacknowledged_delay = Typed(
        help_text=f'An alert nobody has said "I have it" to is flagged after. {MINUTES}'
    )
    missed_doses_threshold = Typed(help_text=THRESHOLD)
    hours_since_taken_threshold = Typed(help_text=THRESHOLD)
    silent_doses_threshold = Typed(help_text=THRESHOLD)
    supply_days_threshold = Typed(help_text=THRESHOLD)
    step_change_days_threshold = Typed(help_text=THRESHOLD)
    sign_hours_threshold = Typed(help_text=THRESHOLD)
    review_days_threshold = Typed(help_text=THRESHOLD)
    refill_days_threshold = Typed(help_text=THRESHOLD)
    replacement_days_threshold = Typed(help_text=THRESHOLD)
    check_in_every_days = Typed(help_text="Days between check-ins; null or empty: not asked.")
    observation_days = Typed(help_text='Days of check-ins after the last dose, or "none".')
    missed_dose_advice = Typed(help_text="The clinician's own words, shown to the patient.")
    counts_from_on = Typed(help_text="Of a change: the local date from which it counts.")
    counts_from_time = Typed(help_text="Of a change: the wall-clock time from which it counts.")
    change_reason = Typed(help_text="Why a signed plan is changed; empty for a first plan.")


class DraftOutput(serializers.Serializer[Any]):
    """What was typed and not yet wholly signed."""

    kind = serializers.ChoiceField(choices=list(VersionKind))
    content = PlanContentShape(allow_null=True, help_text="Null while it is unfinished.")
    problems = serializers.ListField(
        child=serializers.CharField(), help_text="What keeps unfinished typing from being a plan."
    )
    warnings = serializers.ListField(
        child=serializers.CharField(), help_text="Kept as typed, and worth a second look."
    )
    saved_at = serializers.DateTimeField(help_text="Send it as opened_at when you replace this.")
    saved_by = PersonOutput()
    first_signed_at = serializers.DateTimeField(allow_null=True)
    first_signed_by = PersonOutput(allow_null=True, help_text="It waits for the second signature.")


class SeenOutput(serializers.Serializer[Any]):
    """Somebody who goes by the plan confirmed having seen a version."""

    by = PersonOutput()
    at = serializers.DateTimeField()


class VersionOutput(serializers.Serializer[Any]):
    """One signed, immutable version."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=list(VersionKind))
    content = PlanContentShape()
    counts_from_at = serializers.DateTimeField()
    signed_at = serializers.DateTimeField()
    signed_by = PersonOutput()
    cosigned_at = serializers.DateTimeField(allow_null=True)
    cosigned_by = PersonOutput(allow_null=True)
    seen = SeenOutput(many=True)
    signed_text = serializers.CharField(allow_null=True, help_text="Null for caregivers.")
    signed_sha256 = serializers.CharField()


class MoveOutput(serializers.Serializer[Any]):
    """One move of a plan from state to state."""

    at = serializers.DateTimeField()
    by = PersonOutput(allow_null=True)
    from_state = serializers.ChoiceField(choices=list(PlanState))
    to_state = serializers.ChoiceField(choices=list(PlanState))
    reason = serializers.CharField()
    review_on = serializers.DateField(allow_null=True, help_text="Of a hold.")


def shape_of(content: PlanContent) -> dict[str, object]:
    """Return content in the shape it is sent in, with dates as 2026-12-09."""
    return {
        **content.as_raw(),
        **{name: _number(getattr(content, name)) for name in THRESHOLDS},
        "check_in_every_days": _number(content.check_in_every_days),
        "steps": [
            step_typed(
                step,
                begins_on=step.begins_on.isoformat(),
                ends_on=step.ends_on.isoformat() if step.ends_on is not None else None,
            )
            for step in content.steps
        ],
        "counts_from_on": content.counts_from_at
        and local_date(content.counts_from_at, content.zone_info).isoformat(),
    }


def draft_shape(draft: PlanDraft) -> dict[str, object]:
    """Return a draft with what was typed and what is odd about it, or unfinished."""
    content, problems = None, []
    try:
        content = plan_content_from(draft.content)
    except Refusal as refusal:
        problems = [str(problem.text) for problem in refusal.problems]
    return {
        "kind": draft.kind,
        "content": content and shape_of(content),
        "problems": problems,
        "warnings": [str(problem.text) for problem in content.warnings] if content else [],
        "saved_at": draft.saved_at,
        "saved_by": draft.saved_by,
        "first_signed_at": draft.first_signed_at,
        "first_signed_by": draft.first_signed_by,
    }


def version_shape(version: PlanVersion, *, is_full: bool) -> dict[str, object]:
    """Return a signed version with what it holds; the risk context only where `is_full`."""
    kept: dict[str, object] = {} if is_full else {"risk_factors": None, "risk_note": None}
    return {
        "id": version.pk,
        "number": version.number,
        "kind": version.kind,
        "content": shape_of(content_signed(version)) | kept,
        "counts_from_at": version.counts_from_at,
        "signed_at": version.signed_at,
        "signed_by": version.signed_by,
        "cosigned_at": version.cosigned_at,
        "cosigned_by": version.cosigned_by,
        "seen": list(version.seen.select_related("by").order_by("at")),
        "signed_text": version.signed_text if is_full else None,
        "signed_sha256": version.signed_sha256,
    }


def move_shape(move: PlanMove) -> dict[str, object]:
    """Return a move of a plan."""
    names = ("at", "by", "from_state", "to_state", "reason", "review_on")
    return {name: getattr(move, name) for name in names}


def _number(value: int | None) -> str | None:
    return None if value is None else str(value)
