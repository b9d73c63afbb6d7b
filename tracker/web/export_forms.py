"""Which part of a record a clinician takes out of it, and as what file."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tracker.services.record_exports import FileKind
from tracker.web.moment_fields import DayField

FOUR_WEEKS = timedelta(days=27)


class ExportForm(forms.Form):
    """A file and its days. Both days are local dates of the plan's zone, and included."""

    kind = forms.ChoiceField(
        label=_("File"),
        choices=(
            (FileKind.XLSX.value, _("Spreadsheet (XLSX): every cell as it is stored")),
            (FileKind.CSV.value, _("Tables (CSV in a ZIP file), for other programs")),
            (FileKind.SUMMARY.value, _("Summary on one page (PDF)")),
            (FileKind.REPORT.value, _("Full report (PDF)")),
        ),
        widget=forms.RadioSelect,
        initial=FileKind.XLSX.value,
        error_messages={"required": _("Choose a file."), "invalid_choice": _("Choose a file.")},
    )
    first_on = DayField(label=_("First day"), required=False)
    last_on = DayField(
        label=_("Last day"),
        required=False,
        help_text=_("Both days are included. Leave a day empty for no bound on that side."),
    )
    plan = forms.UUIDField(required=False, widget=forms.HiddenInput)

    @classmethod
    def until(cls, today: date, plan: str) -> ExportForm:
        """Return the form with the last four weeks, as the chart shows them."""
        return cls(initial={"first_on": today - FOUR_WEEKS, "last_on": today, "plan": plan})

    def clean(self) -> dict[str, Any]:
        """Refuse days that run backwards."""
        cleaned: dict[str, Any] = super().clean() or {}
        first_on, last_on = cleaned.get("first_on"), cleaned.get("last_on")
        if first_on is not None and last_on is not None and last_on < first_on:
            self.add_error("last_on", gettext("This day is before the first."))
        return cleaned

    @property
    def file_kind(self) -> FileKind:
        """The file that was chosen."""
        return FileKind(self.cleaned_data["kind"])
