"""The fields of a plan beside its grid, as typed; what may stand in them is the domain's word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.domain.audiences import Audience
from accounts.models import User
from accounts.web.zones import zone_choices
from tracker.domain.plan_rungs import RUNG_FIELDS
from tracker.domain.plan_states import Route
from tracker.domain.plan_steps import ENDING_OPEN, ENDING_STOP
from tracker.domain.thresholds import THRESHOLDS, thresholds_of
from tracker.selectors.medicine import baclofen
from tracker.selectors.plan_words import AUDIENCE_WORDS, ROUTE_WORDS, THRESHOLD_WORDS
from tracker.selectors.risks import factors_to_choose

FEWEST_RUNG_ROWS = 6
MOST_RUNG_ROWS = 21

CHANGE_FIELDS = ("counts_from_on", "counts_from_time", "change_reason")
NUMBERS = (
    "on_time_window",
    "follow_up_delay",
    "unacknowledged_delay",
    "check_in_every_days",
    "observation_days",
)

Choice = tuple[str, Any]


def _line() -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"})


def _number() -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text", "size": 6})


class TypedField(forms.CharField):
    """A text kept as it was typed, blanks included; nothing about it is checked here."""

    def __init__(self, *, widget: forms.Widget | None = None, **options: Any) -> None:
        super().__init__(required=False, strip=False, widget=widget or _line(), **options)


class PlanForm(forms.Form):
    """Everything typed about a plan but its steps."""

    ending = TypedField(
        label=_("After the last step"),
        widget=forms.RadioSelect(
            choices=[
                (ENDING_STOP, _("The plan stops after the last day typed for that step")),
                (ENDING_OPEN, _("The last step goes on until a clinician changes the plan")),
            ]
        ),
    )
    counts_from_on = TypedField(
        label=_("The change counts from, date"),
        help_text=_("Ahead of now, like 9 Dec 2026. What is expected before then stays as it is."),
    )
    counts_from_time = TypedField(
        label=_("The change counts from, time"),
        help_text=_("On the plan’s clock, like 00:00."),
    )
    change_reason = TypedField(
        label=_("Why the plan is changed"),
        help_text=_("It stays on the record with your name."),
    )
    route = TypedField(
        label=_("How baclofen is given"),
        help_text=_(
            "A plan by pump has visits and rates instead of dose times. It is signed once the "
            "pump is on record."
        ),
    )
    formulation = TypedField(label=_("Form"))
    zone = TypedField(
        label=_("Time zone of the dose times"),
        help_text=_("Filled in from the patient’s record."),
    )
    indication = TypedField(label=_("Indication"))
    off_label_reason = TypedField(
        label=_("Reason, where it is none of these"),
        help_text=_("Off-label use is recorded with its reason, never judged."),
    )
    risk_factors = forms.MultipleChoiceField(
        label=_("Risk context"),
        help_text=_("Shown to whoever reads the record. Never counted or weighed."),
        required=False,
        choices=factors_to_choose,
        widget=forms.CheckboxSelectMultiple,
    )
    risk_note = TypedField(label=_("Note on risks"))
    named_clinician = TypedField(
        label=_("Named clinician"), help_text=_("Is told beside the clinic’s desk.")
    )
    on_time_window = TypedField(
        label=_("On-time window, minutes"),
        help_text=_("Before and after each dose time. From the clinic’s settings."),
    )
    follow_up_delay = TypedField(
        label=_("Wait after “I have it”, minutes"),
        help_text=_(
            "Then the ladder goes on if the fact still stands. From the clinic’s settings."
        ),
    )
    unacknowledged_delay = TypedField(
        label=_("Flag if nobody has it after, minutes"),
        help_text=_("Counted from when somebody is told. From the clinic’s settings."),
    )
    check_in_every_days = TypedField(
        label=_("Ask for a check-in every so many days"),
        help_text=_("Empty: the patient is not asked, and can check in at any time."),
    )
    observation_days = TypedField(
        label=_("Check-ins after the last dose, days"),
        help_text=_("A number, or the word none."),
    )
    missed_dose_advice = TypedField(
        label=_("If a dose was missed"),
        help_text=_("Your own words, shown to the patient as they are. May stay empty."),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )

    def __init__(
        self,
        *args: Any,
        clinicians: Sequence[User],
        rung_rows: int = FEWEST_RUNG_ROWS,
        shown_zone: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.rung_rows = range(1, rung_rows + 1)
        for name, words in THRESHOLD_WORDS.items():
            self.fields[name] = TypedField(label=words, widget=_number())
        for row in self.rung_rows:
            about = {"row": row}
            self.fields[f"rung_delay_{row}"] = TypedField(
                label=_("Line %(row)s, minutes after the dose time") % about, widget=_number()
            )
            self.fields[f"rung_audience_{row}"] = TypedField(
                label=_("Line %(row)s, who is told") % about,
                widget=forms.Select(choices=_audiences()),
            )
            self.fields[f"rung_repeat_delay_{row}"] = TypedField(
                label=_("Line %(row)s, told again every so many minutes") % about, widget=_number()
            )
            self.fields[f"rung_repeat_times_{row}"] = TypedField(
                label=_("Line %(row)s, how often they are told again") % about, widget=_number()
            )
        for name, choices in _choices(clinicians, shown_zone).items():
            self.fields[name].widget = forms.Select(choices=choices)
        for name in NUMBERS:
            self.fields[name].widget = _number()

    def rungs(self) -> list[tuple[int, list[forms.BoundField]]]:
        """Return the lines of the ladder's table."""
        return [
            (row, [self[f"rung_{name}_{row}"] for name in RUNG_FIELDS]) for row in self.rung_rows
        ]

    def thresholds(self) -> list[forms.BoundField]:
        """Return the thresholds that a plan by this route has, and others with anything in them.

        All of them are empty until somebody types.
        """
        own = thresholds_of(route_typed(self["route"].value()))
        return [self[name] for name in THRESHOLDS if name in own or self[name].value()]

    def change(self) -> list[forms.BoundField]:
        """Return what only a change of a signed plan says: from when it counts, and why."""
        return [self[name] for name in CHANGE_FIELDS]


def route_typed(text: object) -> Route:
    """Return the route chosen; by mouth where none is."""
    return Route(text) if isinstance(text, str) and text in set(Route) else Route.ORAL


def typed_fields(typed: Mapping[str, Any]) -> dict[str, object]:
    """Return the fields of `PlanForm` but its ladder, as `plan_content_from` reads them."""
    names = [name for name in PlanForm.base_fields if name != "risk_factors"]
    return {name: typed.get(name, "") for name in (*names, *THRESHOLDS)}


def initial_of(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form shows for a kept draft or for a new plan's template."""
    rungs: dict[str, Any] = {}
    for row, rung in enumerate(raw.get("rungs", ()), 1):
        rungs |= {f"rung_{name}_{row}": rung.get(name, "") for name in RUNG_FIELDS}
    return {**raw, **rungs}


def rung_rows_for(last_row: int) -> int:
    """Return how many lines the ladder's table has, so that one more can be typed."""
    return min(max(last_row + 1, FEWEST_RUNG_ROWS), MOST_RUNG_ROWS)


def _choices(clinicians: Sequence[User], shown_zone: str) -> dict[str, list[Choice]]:
    medicine = baclofen()
    zones: list[Choice] = list(zone_choices())
    if shown_zone and not _is_offered(shown_zone, zones):
        zones.append((shown_zone, shown_zone))
    return {
        "route": [(route.value, ROUTE_WORDS[route]) for route in Route],
        "formulation": _after_none(
            (form.id, f"{form.name}, {ROUTE_WORDS[form.route]}") for form in medicine.formulations
        ),
        "zone": zones,
        "indication": [
            *_after_none((each.id, each.name) for each in medicine.indications),
            (str(_("Off-label")), [(each.id, each.name) for each in medicine.off_label_uses]),
        ],
        "named_clinician": _after_none((str(user.pk), user.name) for user in clinicians),
    }


def _is_offered(zone: str, choices: Iterable[Choice]) -> bool:
    return any(
        zone == value or (isinstance(label, list) and zone in dict(label))
        for value, label in choices
    )


def _audiences() -> list[Choice]:
    return _after_none((each.value, AUDIENCE_WORDS[each]) for each in Audience)


def _after_none(choices: Iterable[Choice]) -> list[Choice]:
    return [("", _("Choose")), *choices]
