"""The forms of a clinic's settings."""

from collections.abc import Iterable
from datetime import time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.domain.audiences import (
    LONGEST_CLIMB,
    MOST_REPEATS,
    Audience,
    RungTemplate,
    ladder_problems,
)
from accounts.domain.capacities import Capacity
from accounts.domain.opening_hours import OpenSpan, span_problems
from accounts.domain.problems import Refusal
from accounts.models import Clinic, ClinicRung
from accounts.models.contact_points import DESK, EMAIL, OUT_OF_HOURS, SMS
from accounts.models.validators import one_line
from accounts.services.clinics import ClinicNumbers
from accounts.web.forms import MailField, NameField, PhoneField, ZoneField, time_field

MINUTE = timedelta(minutes=1)
SPANS_A_DAY = 2
RUNG_ROWS = 5
AUDIENCE_LABELS = {
    Audience.PATIENT: _("the patient"),
    Audience.CAREGIVERS: _("the caregivers"),
    Audience.CLINIC: _("the clinic"),
}


class NumbersForm(forms.Form):
    """Names, numbers and minutes of a clinic."""

    name = NameField(label=_("Name"))
    zone = ZoneField(label=_("Time zone of the opening hours"))
    emergency_number = PhoneField(
        label=_("Emergency number"), help_text=_("The one to call in an emergency, such as 999.")
    )
    desk_phone = PhoneField(label=_("Desk, in opening hours"))
    out_of_hours_phone = PhoneField(label=_("Out-of-hours line"))
    out_of_hours_note = forms.CharField(
        label=_("What to say or ask for out of hours"),
        required=False,
        max_length=300,
        validators=[one_line],
    )
    on_time_minutes = forms.IntegerField(
        label=_("Minutes in which a dose counts as on time"), min_value=1, max_value=720
    )
    follow_up_minutes = forms.IntegerField(
        label=_("Minutes that “I have it” holds the next rung"), min_value=1, max_value=720
    )

    unacknowledged_minutes = forms.IntegerField(
        label=_("Minutes after which an alert that nobody has is flagged"),
        min_value=1,
        max_value=1440,
    )
    is_cosign_required = forms.BooleanField(
        label=_("Every plan and every change needs a second clinician’s signature"),
        required=False,
    )

    @classmethod
    def showing(cls, clinic: Clinic) -> "NumbersForm":
        """Return the form as things stand."""
        names = ("name", "zone", "is_cosign_required", *ClinicNumbers.__dataclass_fields__)
        initial = {name: getattr(clinic, name) for name in names}
        initial["on_time_minutes"] = clinic.on_time_window // MINUTE
        initial["follow_up_minutes"] = clinic.follow_up_delay // MINUTE
        initial["unacknowledged_minutes"] = clinic.unacknowledged_delay // MINUTE
        return cls(initial=initial)

    def answers(self) -> dict[str, Any]:
        """Return what was typed as the service takes it."""
        typed = self.cleaned_data
        numbers = {name: typed[name] for name in ClinicNumbers.__dataclass_fields__}
        return {
            "name": typed["name"],
            "zone": typed["zone"],
            "numbers": ClinicNumbers(**numbers),
            "is_cosign_required": typed["is_cosign_required"],
            "on_time_window": MINUTE * typed["on_time_minutes"],
            "follow_up_delay": MINUTE * typed["follow_up_minutes"],
            "unacknowledged_delay": MINUTE * typed["unacknowledged_minutes"],
        }


class HoursForm(forms.Form):
    """The desk's week: up to two spans a day."""

    def __init__(self, *args: Any, spans: Iterable[OpenSpan] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored: dict[int, list[OpenSpan]] = {}
        for span in spans:
            stored.setdefault(span.weekday, []).append(span)
        for weekday, number in _slots():
            day = stored.get(weekday, [])
            span_now = day[number] if number < len(day) else None
            words = {"day": WEEKDAYS[weekday], "number": number + 1}
            opens = time_field(label=_("%(day)s, opens (%(number)s)") % words)
            closes = time_field(label=_("%(day)s, closes (%(number)s)") % words)
            opens.initial = span_now.opens_time if span_now else None
            closes.initial = span_now.closes_time if span_now else None
            self.fields[f"opens_{weekday}_{number}"] = opens
            self.fields[f"closes_{weekday}_{number}"] = closes

    def days(self) -> list[tuple[str, list[tuple[forms.BoundField, forms.BoundField]]]]:
        """Return the rows of the table: the day, and its spans as pairs of fields."""
        return [
            (
                str(WEEKDAYS[weekday]),
                [
                    (self[f"opens_{weekday}_{number}"], self[f"closes_{weekday}_{number}"])
                    for number in range(SPANS_A_DAY)
                ],
            )
            for weekday in range(7)
        ]

    def clean(self) -> dict[str, Any]:
        """Ask for the other half of a span, and say which spans cannot be."""
        for weekday, number in _slots():
            opens, closes = self._typed(weekday, number)
            if opens is None and closes is not None:
                self.add_error(f"opens_{weekday}_{number}", gettext("Give both times, or neither."))
            if closes is None and opens is not None:
                name = f"closes_{weekday}_{number}"
                self.add_error(name, gettext("Give both times, or neither."))
        if problems := span_problems(self.answers()):
            self.problems_put(Refusal(*problems))
        return self.cleaned_data

    def answers(self) -> list[OpenSpan]:
        """Return the spans that were typed, in the order of the week."""
        return [
            OpenSpan(weekday, opens, closes) for weekday, _number, opens, closes in self._full()
        ]

    def problems_put(self, refusal: Refusal) -> None:
        """Put each problem at the field of the span it names by row."""
        rows = list(self._full())
        for problem in refusal.problems:
            weekday, number, _opens, _closes = rows[(problem.row or 1) - 1]
            part = problem.field.removesuffix("_time")
            self.add_error(f"{part}_{weekday}_{number}", gettext(str(problem.text)))

    def _full(self) -> Iterable[tuple[int, int, time, time]]:
        for weekday, number in _slots():
            opens, closes = self._typed(weekday, number)
            if opens is not None and closes is not None:
                yield weekday, number, opens, closes

    def _typed(self, weekday: int, number: int) -> tuple[time | None, time | None]:
        typed = self.cleaned_data
        return typed.get(f"opens_{weekday}_{number}"), typed.get(f"closes_{weekday}_{number}")


class RungsForm(forms.Form):
    """The ladder that new plans start from; the clinic is its last rung."""

    def __init__(self, *args: Any, rungs: Iterable[ClinicRung] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = list(rungs)
        self.rung_rows = range(1, max(RUNG_ROWS, len(stored) + 1) + 1)
        for row in self.rung_rows:
            rung = stored[row - 1] if row <= len(stored) else None
            self._add_row(row, rung)

    def _add_row(self, row: int, rung: ClinicRung | None) -> None:
        words = {"row": row}
        choices = [("", "–"), *((each.value, AUDIENCE_LABELS[each]) for each in Audience)]
        repeat_delay = rung.repeat_delay if rung is not None else None
        self.fields[f"minutes_{row}"] = _whole_number(
            _("Rung %(row)s, minutes after the dose time") % words,
            least=0,
            most=LONGEST_CLIMB // MINUTE,
            initial=rung.delay // MINUTE if rung else None,
        )
        self.fields[f"audience_{row}"] = forms.ChoiceField(
            label=_("Rung %(row)s, who is told") % words,
            choices=choices,
            required=False,
            initial=rung.audience if rung else "",
        )
        self.fields[f"repeat_minutes_{row}"] = _whole_number(
            _("Rung %(row)s, told again every so many minutes") % words,
            least=1,
            most=LONGEST_CLIMB // MINUTE,
            initial=repeat_delay // MINUTE if repeat_delay else None,
        )
        self.fields[f"repeat_times_{row}"] = _whole_number(
            _("Rung %(row)s, how often they are told again") % words,
            least=1,
            most=MOST_REPEATS,
            initial=rung.repeat_times or None if rung else None,
        )

    def rows(self) -> list[tuple[int, list[forms.BoundField]]]:
        """Return the rows of the table."""
        parts = ("minutes", "audience", "repeat_minutes", "repeat_times")
        return [(row, [self[f"{part}_{row}"] for part in parts]) for row in self.rung_rows]

    def clean(self) -> dict[str, Any]:
        """Ask for the other half of a row, and say which rows cannot be."""
        for row in self.rung_rows:
            minutes, audience, repeat_minutes, repeat_times = self._typed(row)
            is_begun = audience or repeat_minutes or repeat_times
            if minutes is None and is_begun and not self.has_error(f"minutes_{row}"):
                self.add_error(f"minutes_{row}", gettext("After how many minutes?"))
            if not audience and (minutes is not None or repeat_minutes or repeat_times):
                self.add_error(f"audience_{row}", gettext("Who is told?"))
            if repeat_minutes and not repeat_times and not self.has_error(f"repeat_times_{row}"):
                self.add_error(f"repeat_times_{row}", gettext("How often?"))
            if repeat_times and not repeat_minutes and not self.has_error(f"repeat_minutes_{row}"):
                self.add_error(f"repeat_minutes_{row}", gettext("Every how many minutes?"))
        if not self.errors and (problems := ladder_problems(self.answers())):
            self.problems_put(Refusal(*problems))
        return self.cleaned_data

    def answers(self) -> list[RungTemplate]:
        """Return the rungs that were typed; empty rows are left out."""
        typed = (self._typed(row) for row in self._full())
        return [
            RungTemplate(
                MINUTE * (minutes or 0),
                Audience(audience),
                MINUTE * (repeat_minutes or 0),
                repeat_times or 0,
            )
            for minutes, audience, repeat_minutes, repeat_times in typed
        ]

    def problems_put(self, refusal: Refusal) -> None:
        """Put each problem at the field of the row it names."""
        rows = self._full()
        parts = {"delay": "minutes", "repeat_delay": "repeat_minutes"}
        for problem in refusal.problems:
            text = gettext(str(problem.text))
            if problem.row is None or problem.row > len(rows):
                self.add_error(None, text)
                continue
            part = parts.get(problem.field, problem.field)
            self.add_error(f"{part}_{rows[problem.row - 1]}", text)

    def _full(self) -> list[int]:
        """Return the rows that say when and who."""
        typed = ((row, self._typed(row)) for row in self.rung_rows)
        return [row for row, (minutes, who, *_again) in typed if minutes is not None and who]

    def _typed(self, row: int) -> tuple[int | None, str, int | None, int | None]:
        typed = self.cleaned_data
        return (
            typed.get(f"minutes_{row}"),
            typed.get(f"audience_{row}", ""),
            typed.get(f"repeat_minutes_{row}"),
            typed.get(f"repeat_times_{row}"),
        )


class DutyForm(forms.Form):
    """One more address at which the clinic itself is told."""

    duty = forms.ChoiceField(
        label=_("Answers"),
        choices=[(DESK, _("in opening hours (desk)")), (OUT_OF_HOURS, _("out of hours"))],
    )
    kind = forms.ChoiceField(label=_("By"))
    address = forms.CharField(
        label=_("Address or number"),
        max_length=254,
        help_text=_("A link goes there first. Nothing else does until it has been opened."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "duty_%s"} | kwargs)
        words = {EMAIL: _("e-mail"), SMS: _("text message")}
        kinds = [(kind, word) for kind, word in words.items() if kind in settings.CONTACT_KINDS]
        self.fields["kind"] = forms.ChoiceField(label=_("By"), choices=kinds)
        if len(kinds) == 1:
            del self.fields["kind"]


class StaffForm(forms.Form):
    """A colleague to invite."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "staff_%s"} | kwargs)

    name = NameField(label=_("Name"))
    email = MailField(label=_("E-mail"))
    capacity = forms.ChoiceField(
        label=_("Works here as"),
        choices=[
            (Capacity.CLINICIAN.value, _("clinician: sees the clinic’s patients")),
            (Capacity.ADMINISTRATOR.value, _("administrator: these settings, no patients")),
        ],
    )


def _slots() -> Iterable[tuple[int, int]]:
    return ((weekday, number) for weekday in range(7) for number in range(SPANS_A_DAY))


def _whole_number(label: str, *, least: int, most: int, initial: int | None) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=least, max_value=most, required=False, initial=initial
    )
