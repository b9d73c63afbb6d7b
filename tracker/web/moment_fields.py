"""Fields for a day, a clock time and one line of text, and how pairs of them are read in a zone.

Nothing is filled in: a date that stands there by itself is soon a date that nobody typed.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.domain.zones import local_date
from tracker.domain.schedule import due_instant

FAR = timedelta(days=20 * 366)
"""How far from today a day may lie: a slip of the keyboard lies further."""


class DayField(forms.DateField):
    """A date that somebody types; nothing is filled in."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date", "autocomplete": "off"}, format="%Y-%m-%d")
        errors = {
            "invalid": _("Type a date such as 2026-11-30."),
            "required": _("Type this date from the printout."),
        }
        settings: dict[str, Any] = {"widget": widget, "error_messages": errors}
        super().__init__(**(settings | options))


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


class LineField(forms.CharField):
    """One line of text, kept as typed."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"})
        settings: dict[str, Any] = {"widget": widget}
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
