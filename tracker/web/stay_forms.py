"""What a clinician types about a stay, on the clock of one zone. Nothing is filled in for them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.domain.zones import local_date
from tracker.domain.schedule import due_instant
from tracker.models import Stay, StayKind
from tracker.services.stays import LONGEST_TEXT, StayTerms
from tracker.web.pump_forms import DayField, LineField

FAR = timedelta(days=20 * 366)
"""How far from today a stay may lie: a slip of the keyboard lies further."""


class ClockField(forms.TimeField):
    """A clock time that somebody types."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
        errors = {
            "invalid": _("Type a time such as 14:05."),
            "required": _("At what time?"),
        }
        settings: dict[str, Any] = {"widget": widget, "error_messages": errors}
        super().__init__(**(settings | options))


class ZonedForm(forms.Form):
    """Pairs of a day and a clock time, read in one zone."""

    def __init__(self, *args: Any, zone: ZoneInfo, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.zone, self.now = zone, now

    def read(self, name: str) -> datetime | None:
        """Return the instant of `name`_on and `name`_time; say what is missing or too far."""
        day = self.cleaned_data.get(f"{name}_on")
        wall_time = self.cleaned_data.get(f"{name}_time")
        if day is not None and self._is_far(day):
            text = gettext("This date is more than twenty years away. Check the year.")
            self.add_error(f"{name}_on", text)
            return None
        if day is not None and wall_time is not None:
            return due_instant(day, wall_time, self.zone)
        asked = {f"{name}_on": day, f"{name}_time": wall_time}
        if day is not None or wall_time is not None:
            texts = {"on": gettext("On which day?"), "time": gettext("At what time?")}
            for field, value in asked.items():
                if value is None and field not in self.errors:
                    self.add_error(field, texts[field.rpartition("_")[2]])
        return None

    def _is_far(self, day: date) -> bool:
        return abs(day - local_date(self.now, self.zone)) > FAR


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
