"""What people type about a pump. Dates are asked for and never filled in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.domain.zones import local_date
from tracker.domain.pumps import REFILLED, PumpDateKind, PumpEventKind
from tracker.domain.schedule import due_instant
from tracker.models import Pump
from tracker.selectors.pump_wording import DATE_WORDS
from tracker.web.dose_forms import AnswerForm
from tracker.web.moment_fields import ClockField, DayField, LineField, ZonedForm

NOT_SURE = "not_sure"


class PumpRecordForm(forms.Form):
    """The clinic's record of a pump."""

    model = LineField(label=_("Model"), max_length=80)
    serial = LineField(label=_("Serial number"), max_length=40, required=False)
    implanted_on = DayField(label=_("Implanted on"), required=False)
    critical_alarm = LineField(
        label=_("Critical alarm, in the maker’s words"),
        help_text=_("Patients and caregivers choose by this. Pumps differ: read it in the manual."),
        max_length=300,
    )
    non_critical_alarm = LineField(
        label=_("Non-critical alarm, in the maker’s words"), max_length=300
    )
    team_phone = LineField(label=_("Pump team’s number"), max_length=32)
    out_of_hours_phone = LineField(
        label=_("Pump team’s number out of hours"), max_length=32, required=False
    )
    oral_instruction = LineField(
        label=_("Oral baclofen on hand: what was instructed"),
        help_text=_("In your own words, for the patient to read. Leave empty if nothing was."),
        max_length=300,
        required=False,
    )
    seen_at = forms.CharField(required=False, widget=forms.HiddenInput)

    @classmethod
    def of(cls, pump: Pump | None) -> PumpRecordForm:
        """Return the form with what is on record."""
        if pump is None:
            return cls()
        initial = {name: getattr(pump, name) for name in cls.base_fields if name != "seen_at"}
        return cls(initial=initial | {"seen_at": pump.recorded_at.isoformat()})

    @property
    def terms(self) -> dict[str, Any]:
        """The record as the service takes it."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen_at"}

    @property
    def opened_at(self) -> datetime | None:
        """When the record was written that this form was opened with; None for a first one."""
        try:
            return datetime.fromisoformat(self.cleaned_data["seen_at"])
        except ValueError:
            return None


class DatesForm(forms.Form):
    """Dates of a pump: one field for each that is asked for, and where they were read."""

    read_from = LineField(
        label=_("Read from"),
        help_text=_("A programmer printout, a letter, an implant card, a call."),
        max_length=120,
    )

    def __init__(
        self,
        *args: Any,
        kinds: Iterable[PumpDateKind],
        needed: Iterable[PumpDateKind] = (),
        is_source_asked: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        needed = set(needed)
        asked = {
            kind.value: DayField(label=DATE_WORDS[kind], required=kind in needed) for kind in kinds
        }
        source = self.fields.pop("read_from")
        self.fields |= asked
        if is_source_asked:
            self.fields["read_from"] = source

    @property
    def dates(self) -> dict[PumpDateKind, date]:
        """The dates that were typed."""
        return {
            kind: self.cleaned_data[kind.value]
            for kind in PumpDateKind
            if self.cleaned_data.get(kind.value) is not None
        }

    @property
    def source(self) -> str:
        """What they were read from; "" where it was not asked."""
        return str(self.cleaned_data.get("read_from", ""))


class MomentForm(AnswerForm):
    """When something happened, on the clock of one zone."""

    on = DayField(
        label=_("Day"),
        error_messages={
            "invalid": _("Type a date such as 2026-11-30."),
            "required": _("On which day?"),
        },
    )
    at = forms.TimeField(
        label=_("Time"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("Type a time such as 14:05."), "required": _("At what time?")},
    )

    def __init__(self, *args: Any, zone: ZoneInfo, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.zone = zone
        self.fields["on"].widget.attrs["max"] = local_date(now, zone).isoformat()

    @property
    def moment(self) -> datetime | None:
        """The instant that was typed; None where nothing was."""
        day, wall_time = self.cleaned_data.get("on"), self.cleaned_data.get("at")
        return due_instant(day, wall_time, self.zone) if day and wall_time else None


class RefillForm(MomentForm):
    """A refill as a clinician records it from the programmer's printout."""

    field_order = ("client_id", "on", "at", "done_by", "refill", "low_reservoir", "read_from")

    done_by = LineField(label=_("By"), help_text=_("Name and place."), max_length=120)
    refill = DayField(label=_("Next refill date"))
    low_reservoir = DayField(label=_("Low-reservoir alarm date"))
    read_from = LineField(
        label=_("Read from"), help_text=_("Printout, letter, call."), max_length=120
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["on"].label = _("Refill done on")
        self.fields["at"].label = _("At")

    @property
    def dates(self) -> dict[PumpDateKind, date]:
        """What the printout says comes next."""
        return {kind: self.cleaned_data[kind.value] for kind in PumpDateKind if kind in REFILLED}


class DeskEventForm(AnswerForm, ZonedForm):
    """What a clinician was told, or found: an alarm, a problem, oral baclofen on hand."""

    kind = forms.ChoiceField(
        label=_("What happened"),
        choices=[
            (PumpEventKind.ALARM_CRITICAL.value, _("Critical alarm heard")),
            (PumpEventKind.ALARM_NON_CRITICAL.value, _("Non-critical alarm heard")),
            (PumpEventKind.CATHETER_PROBLEM.value, _("Catheter problem")),
            (PumpEventKind.PROGRAMMING_PROBLEM.value, _("Programming problem")),
            (PumpEventKind.ORAL_ON_HAND.value, _("Oral baclofen on hand")),
            (PumpEventKind.NO_ORAL_ON_HAND.value, _("No oral baclofen on hand")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what happened.")},
    )
    found_on = DayField(
        label=_("When, day"),
        help_text=_("Leave both empty if it is now."),
        required=False,
    )
    found_time = ClockField(label=_("When, time"), required=False)
    expires_on = DayField(
        label=_("Oral baclofen can be used until"),
        help_text=_("The date on the pack, where there is some on hand."),
        required=False,
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )

    def clean(self) -> dict[str, Any]:
        """Turn the day and the clock time into an instant; what is still ahead is refused."""
        cleaned = super().clean() or self.cleaned_data
        cleaned["at"] = self.read("found")
        if cleaned["at"] is not None and cleaned["at"] > self.now:
            self.add_error("found_time", gettext("That is still ahead."))
        return cleaned


class DenyForm(forms.Form):
    """Why something that somebody said is not so."""

    note = LineField(label=_("Why this is not so"), max_length=500, required=False)


class AlarmForm(AnswerForm):
    """Which alarm a patient or caregiver heard, in the maker's words; "not sure" is critical."""

    alarm = forms.ChoiceField(
        label=_("Which one"),
        choices=[
            (PumpEventKind.ALARM_CRITICAL.value, ""),
            (PumpEventKind.ALARM_NON_CRITICAL.value, ""),
            (NOT_SURE, ""),
        ],
        error_messages={
            "required": _("Choose which one. If you are not sure, choose “I am not sure”.")
        },
    )
    note = forms.CharField(
        label=_("Anything to add"),
        help_text=_("In your own words. Your clinic can read it; nobody may see it at once."),
        required=False,
        max_length=480,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )

    @property
    def kind(self) -> PumpEventKind:
        """The alarm as it counts."""
        alarm = self.cleaned_data["alarm"]
        return PumpEventKind.ALARM_CRITICAL if alarm == NOT_SURE else PumpEventKind(alarm)

    @property
    def words(self) -> str:
        """What was added, and that the person was not sure."""
        note = str(self.cleaned_data["note"]).strip()
        is_unsure = self.cleaned_data["alarm"] == NOT_SURE
        return " ".join(part for part in (gettext("Not sure which.") * is_unsure, note) if part)


class RefillDoneForm(MomentForm):
    """A refill as a patient or caregiver reports it; the clinic types its dates."""

    done_by = LineField(
        label=_("Who did it, and where"),
        help_text=_("If you know."),
        required=False,
        max_length=120,
    )


class OralForm(AnswerForm):
    """Whether oral baclofen is on hand, and until when it can be used."""

    is_on_hand = forms.ChoiceField(
        label=_("Is there baclofen to swallow at hand?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose yes or no.")},
    )
    expires_on = DayField(
        label=_("It can be used until"),
        help_text=_("The date on the pack."),
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        """Ask for the date where there is some on hand."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("is_on_hand") == "yes" and "expires_on" not in self.errors:
            if cleaned.get("expires_on") is None:
                self.add_error("expires_on", gettext("Type the date that stands on the pack."))
        elif "expires_on" in cleaned:
            cleaned["expires_on"] = None
        return cleaned

    @property
    def kind(self) -> PumpEventKind:
        """What was said."""
        is_on_hand = self.cleaned_data["is_on_hand"] == "yes"
        return PumpEventKind.ORAL_ON_HAND if is_on_hand else PumpEventKind.NO_ORAL_ON_HAND
