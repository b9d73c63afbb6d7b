"""What a person may say about a dose. Amounts are never asked for, only a note in own words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.domain.zones import local_date
from tracker.domain.doses import Outcome
from tracker.domain.schedule import due_instant
from tracker.models import Entry
from tracker.selectors.reasons import SKIPPED_BECAUSE

AHEAD_AT_MOST = timedelta(minutes=10)
"""How far ahead a typed time may lie: two clocks are never quite equal."""

NONE_LEFT = "none"
OTHER = "other"
SKIP_REASONS = (
    *((code, _(words)) for code, words in SKIPPED_BECAUSE.items()),
    (OTHER, _("Another reason")),
)


class AnswerForm(forms.Form):
    """Carries the id by which the server knows the same answer when it comes twice."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)

    @classmethod
    def fresh(cls, **options: Any) -> Self:
        """Return an empty form with an id of its own."""
        return cls(initial={"client_id": uuid4()}, **options)

    @property
    def request_id(self) -> UUID:
        """The id of this answer."""
        found: UUID = self.cleaned_data["client_id"]
        return found


class TimedForm(AnswerForm):
    """A date and a wall-clock time in the plan's zone, or one of the shortcut buttons.

    `taken_at` is the instant; None means the moment at which the answer arrives.
    """

    taken_on = forms.DateField(
        label=_("Day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    taken_time = forms.TimeField(
        label=_("Time"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("Type a time such as 14:05.")},
    )
    quick = forms.ChoiceField(
        choices=[("", ""), ("dose", ""), ("now", "")], required=False, widget=forms.HiddenInput
    )

    def __init__(
        self,
        *args: Any,
        zone: ZoneInfo,
        now: datetime,
        due_at: datetime | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.zone, self.now, self.due_at = zone, now, due_at
        today = local_date(now, zone)
        self.fields["taken_on"].widget.attrs["max"] = today.isoformat()
        self.fields["taken_on"].initial = local_date(due_at, zone) if due_at else today

    def clean(self) -> dict[str, Any]:
        """Turn the wall time into an instant; a time that is still ahead is refused."""
        cleaned = super().clean() or self.cleaned_data
        cleaned["taken_at"] = self._taken_at(cleaned)
        return cleaned

    def _taken_at(self, cleaned: dict[str, Any]) -> datetime | None:
        quick = cleaned.get("quick")
        if quick == "now" or not self.is_time_wanted(cleaned):
            return None
        if quick == "dose" and self.due_at is not None:
            return self._not_ahead(self.due_at)
        day, wall_time = cleaned.get("taken_on"), cleaned.get("taken_time")
        if day is None or wall_time is None:
            self._say_what_is_missing(cleaned)
            return None
        return self._not_ahead(due_instant(day, wall_time, self.zone))

    def is_time_wanted(self, cleaned: dict[str, Any]) -> bool:  # noqa: ARG002 - for subclasses
        """Say whether the answer needs a time."""
        return True

    def _say_what_is_missing(self, cleaned: dict[str, Any]) -> None:
        texts = {"taken_on": gettext("Which day was it?"), "taken_time": gettext("At what time?")}
        for name, text in texts.items():
            if cleaned.get(name) is None and name not in self.errors:
                self.add_error(name, text)

    def _not_ahead(self, at: datetime) -> datetime:
        if at > self.now + AHEAD_AT_MOST:
            self.add_error("taken_time", gettext("That is still ahead. Log it once it has been."))
        return at


class TakenForm(TimedForm):
    """A dose was taken: when, and whether the amount differed."""

    is_amount_different = forms.BooleanField(
        label=_("The amount differed"),
        help_text=_("From what the clinic entered. It goes on the clinic’s list."),
        required=False,
    )
    amount_note = forms.CharField(
        label=_("What was different, in your own words"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        """A note about a difference says that there was one."""
        cleaned = super().clean()
        cleaned["is_amount_different"] = bool(
            cleaned.get("is_amount_different") or cleaned.get("amount_note")
        )
        return cleaned


class ExtraForm(TimedForm):
    """A dose was taken beside the plan: when, and what in the person's own words."""

    amount_note = forms.CharField(
        label=_("What was taken, in your own words"),
        help_text=_("You may leave this empty."),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )


class KeptReasons(forms.RadioSelect):
    """Reasons to choose from, each with the words under which it is kept: a phone without a
    network keeps those."""

    def create_option(self, *args: Any, **options: Any) -> dict[str, Any]:
        """Return one reason with its kept words beside it."""
        option = super().create_option(*args, **options)
        option["attrs"]["data-kept"] = SKIPPED_BECAUSE.get(option["value"], "")
        return option


class SkipForm(AnswerForm):
    """A dose was skipped, for one reason."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=SKIP_REASONS,
        widget=KeptReasons,
        error_messages={"required": _("Choose one reason.")},
    )
    own_words = forms.CharField(
        label=_("In your own words"),
        help_text=_("Needed for “Another reason” only."),
        required=False,
        max_length=160,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        """Another reason needs words."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("reason") == OTHER and not cleaned.get("own_words", "").strip():
            self.add_error("own_words", gettext("Say in a few words why."))
        return cleaned

    @property
    def reason_text(self) -> str:
        """The reason in words, as it is kept: `tracker.selectors.reasons` says how."""
        chosen: str = self.cleaned_data["reason"]
        words: str = self.cleaned_data["own_words"].strip()
        if chosen == OTHER:
            return words
        label = SKIPPED_BECAUSE[chosen]
        return f"{label}: {words}" if words else label

    @property
    def is_none_left(self) -> bool:
        """Whether the supply has run out."""
        return bool(self.cleaned_data["reason"] == NONE_LEFT)


class MissedForm(AnswerForm):
    """Somebody says that a past dose was missed."""

    reason = forms.CharField(
        label=_("Anything to add"),
        help_text=_("You may leave this empty."),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )


class CorrectForm(TakenForm):
    """What really happened, in place of an entry that was wrong."""

    outcome = forms.ChoiceField(
        label=_("What happened?"),
        choices=[
            (Outcome.TAKEN.value, _("Taken")),
            (Outcome.SKIPPED.value, _("Skipped")),
            (Outcome.MISSED.value, _("Missed")),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Why it was skipped or missed"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    field_order = [
        "client_id",
        "outcome",
        "taken_on",
        "taken_time",
        "is_amount_different",
        "amount_note",
        "reason",
    ]

    @classmethod
    def standing(cls, entry: Entry, *, zone: ZoneInfo, **options: Any) -> Self:
        """Return the form with what the entry says, but for words about an amount."""
        form = cls.fresh(zone=zone, **options)
        form.initial["outcome"] = entry.outcome
        if entry.taken_at is not None:
            local = entry.taken_at.astimezone(zone)
            form.initial.update(taken_on=local.date(), taken_time=local.time())
        return form

    def is_time_wanted(self, cleaned: dict[str, Any]) -> bool:
        """Only a dose that was taken has a time."""
        return cleaned.get("outcome") == Outcome.TAKEN.value

    def clean(self) -> dict[str, Any]:
        """Keep of the answer what belongs to its outcome."""
        cleaned = super().clean()
        if self.is_time_wanted(cleaned):
            cleaned["reason"] = ""
        else:
            cleaned["is_amount_different"], cleaned["amount_note"] = False, ""
        return cleaned


class KeepForm(forms.Form):
    """Which of two entries for one dose is right, or that there were two doses."""

    keep = forms.UUIDField(required=False)
    two = forms.UUIDField(required=False)

    def clean(self) -> dict[str, Any]:
        """One answer is needed."""
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("keep") and not cleaned.get("two"):
            raise forms.ValidationError(gettext("Choose one of the answers."))
        return cleaned
