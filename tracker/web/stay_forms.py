"""What a clinician types about a stay, on the clock of one zone. Nothing is filled in for them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from tracker.models import Stay, StayKind
from tracker.services.stays import LONGEST_TEXT, StayTerms
from tracker.web.moment_fields import ClockField, DayField, LineField, ZonedForm


class StayForm(ZonedForm):
    """A stay in hospital, or a period in which nobody is asked to log."""

    kind = forms.ChoiceField(
        label=_("What it is"),
        choices=[
            (StayKind.HOSPITAL.value, _("In hospital")),
            (StayKind.NOT_MONITORED.value, _("Not monitored here")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose which it is.")},
    )
    from_on = DayField(
        label=_("From, day"),
        error_messages={
            "invalid": _("Type a date such as 2026-11-30."),
            "required": _("On which day?"),
        },
    )
    from_time = ClockField(label=_("From, time"))
    until_on = DayField(
        label=_("Until, day"),
        help_text=_("Leave the end empty while it goes on."),
        required=False,
    )
    until_time = ClockField(label=_("Until, time"), required=False)
    note = LineField(
        label=_("Note"),
        help_text=_("For the clinic: the ward, or why nobody is asked. You may leave it empty."),
        max_length=LONGEST_TEXT,
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        """Turn days and clock times into instants."""
        cleaned = super().clean() or self.cleaned_data
        cleaned["from_at"], cleaned["until_at"] = self.read("from"), self.read("until")
        return cleaned

    @property
    def terms(self) -> StayTerms:
        """What was typed, as the service takes it."""
        said = self.cleaned_data
        return {
            "kind": StayKind(said["kind"]),
            "from_at": said["from_at"],
            "until_at": said["until_at"],
            "note": said["note"],
        }


class StayCorrectForm(StayForm):
    """A stay as it was recorded, to be corrected, and why."""

    reason = LineField(
        label=_("Why it is corrected"),
        help_text=_("It stays on the record with your name."),
        max_length=LONGEST_TEXT,
        required=False,
    )

    @classmethod
    def of(cls, stay: Stay, *, zone: ZoneInfo, now: datetime) -> StayCorrectForm:
        """Return the form with what was recorded."""
        initial: dict[str, Any] = {"kind": stay.kind, "note": stay.note}
        for name, at in (("from", stay.from_at), ("until", stay.until_at)):
            if at is not None:
                local = at.astimezone(zone)
                initial |= {f"{name}_on": local.date(), f"{name}_time": local.time()}
        return cls(initial=initial, zone=zone, now=now)


class StayEndForm(ZonedForm):
    """When a stay ended."""

    until_on = DayField(
        label=_("Ended on"),
        error_messages={
            "invalid": _("Type a date such as 2026-11-30."),
            "required": _("On which day?"),
        },
    )
    until_time = ClockField(label=_("At"))

    def clean(self) -> dict[str, Any]:
        """Turn the day and the clock time into an instant."""
        cleaned = super().clean() or self.cleaned_data
        cleaned["until_at"] = self.read("until")
        return cleaned


class ReasonForm(forms.Form):
    """Why something that was recorded is taken back."""

    reason = LineField(
        label=_("Why"),
        help_text=_("It stays on the record with your name."),
        max_length=LONGEST_TEXT,
        required=False,
    )
