"""What a clinician typed as a plan, read into its parts; everything wrong with it at once.

The same shape comes from the form's grid, from the API and from a kept draft. Nothing is guessed
and no amount is read as a number: an amount is one text from the keyboard to the signature.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.domain.problems import Problem, Refusal
from accounts.domain.zones import ONE_DAY, zone_named
from tracker.domain.amounts import amount_warning
from tracker.domain.ladder import LadderRung
from tracker.domain.plan_change import begin_read, reason_read
from tracker.domain.plan_input import (
    NONE,
    Raw,
    RawReader,
    clock_text,
    date_text,
    lines_from,
    minutes_from,
    minutes_text,
    one_line_from,
    whole_number_from,
)
from tracker.domain.plan_raw import raw_step
from tracker.domain.plan_rungs import raw_rung, rungs_read
from tracker.domain.plan_states import Route
from tracker.domain.plan_steps import ENDING_OPEN, ENDING_STOP, steps_read
from tracker.domain.schedule import StepSpec, dose_field, dose_name
from tracker.domain.thresholds import THRESHOLDS, thresholds_of

ONE_SECOND = timedelta(seconds=1)
LONGEST_OBSERVATION_DAYS = 730
MOST_CHECK_IN_DAYS = 90
UNACKNOWLEDGED = "60"
"""Minutes of a text that does not speak of them: one that was kept before it could."""

# What a field that could not be read holds until its problem is raised.
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Choices:
    """The codes that a plan of one patient may name: of the content file, and of the clinic."""

    formulations: Mapping[str, Route]
    indications: frozenset[str]
    off_label_uses: frozenset[str]
    risk_factors: frozenset[str]
    clinicians: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class PlanContent:
    """Everything that one version of a plan holds, typed and without problems."""

    route: Route
    zone: str
    steps: tuple[StepSpec, ...]
    formulation: str
    indication: str
    off_label_reason: str
    risk_factors: tuple[str, ...]
    risk_note: str
    named_clinician: UUID
    rungs: tuple[LadderRung, ...]
    on_time_window: timedelta
    follow_up_delay: timedelta
    unacknowledged_delay: timedelta
    missed_doses_threshold: int | None
    hours_since_taken_threshold: int | None
    silent_doses_threshold: int | None
    supply_days_threshold: int | None
    step_change_days_threshold: int | None
    sign_hours_threshold: int | None
    review_days_threshold: int | None
    refill_days_threshold: int | None
    replacement_days_threshold: int | None
    check_in_every_days: int | None
    observation_days: int
    missed_dose_advice: str
    counts_from_at: datetime | None = None  # of a change; None for a first plan
    change_reason: str = ""

    @property
    def zone_info(self) -> ZoneInfo:
        """The plan's zone."""
        return ZoneInfo(self.zone)

    @property
    def thresholds(self) -> dict[str, int | None]:
        """The thresholds that a plan by this route has, by name; None where nothing is typed."""
        return {name: getattr(self, name) for name in thresholds_of(self.route)}

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is kept as typed and still deserves a second look: an amount without a unit."""
        return tuple(
            Problem(field, f"Step {step.number}, {name}: {text}", step.number)
            for step in self.steps
            for field, name, amount in _quoted(step)
            if (text := amount_warning(amount))
        )

    def as_raw(self) -> dict[str, object]:
        """Return the same content as JSON in the shape that `plan_content_from` reads."""
        thresholds = {name: _number_text(getattr(self, name)) for name in THRESHOLDS}
        return {
            "route": self.route.value,
            "zone": self.zone,
            "steps": [raw_step(*each) for each in zip_longest(self.steps, self.steps[1:])],
            "ending": ENDING_OPEN if self.steps[-1].ends_on is None else ENDING_STOP,
            "formulation": self.formulation,
            "indication": self.indication,
            "off_label_reason": self.off_label_reason,
            "risk_factors": list(self.risk_factors),
            "risk_note": self.risk_note,
            "named_clinician": str(self.named_clinician),
            "rungs": [raw_rung(rung) for rung in self.rungs],
            "on_time_window": minutes_text(self.on_time_window),
            "follow_up_delay": minutes_text(self.follow_up_delay),
            "unacknowledged_delay": minutes_text(self.unacknowledged_delay),
            "check_in_every_days": _number_text(self.check_in_every_days),
            "observation_days": str(self.observation_days or NONE),
            "missed_dose_advice": self.missed_dose_advice,
            **thresholds,
            **self._raw_change(),
        }

    def _raw_change(self) -> dict[str, object]:
        """Return from when a change counts, on the plan's clock, and why; empty texts for none."""
        begins = self.counts_from_at and self.counts_from_at.astimezone(self.zone_info)
        return {
            "counts_from_on": date_text(begins.date()) if begins else "",
            "counts_from_time": clock_text(begins.time()) if begins else "",
            "change_reason": self.change_reason,
        }


def plan_content_from(raw: Raw, choices: Choices | None = None) -> PlanContent:
    """Return what was typed as a plan, or raise Refusal with every problem, in form order.

    `raw` holds texts as typed: route, zone, formulation, indication, off_label_reason,
    risk_factors (list), risk_note, named_clinician (id), on_time_window, follow_up_delay and
    unacknowledged_delay ("45", "0:20"), the thresholds ("" means not set), check_in_every_days (a
    number, or "" when nobody is asked), observation_days (a number or "none"), missed_dose_advice,
    rungs [{delay, audience, repeat_delay, repeat_times}] and steps [{begins_on, ends_on,
    is_dose_free, note, doses: [{time, amount, weekdays}]}], or of a plan by pump [{begins_on,
    visit_time, rate, note}]. Weekdays are "Mon Wed Fri", or empty for every day. An amount of "no
    dose" or "-" says that a step has none then. Without ends_on a step runs until the day before
    the next. With `ending` ("open", "stop") the form says what the last step does; without it an
    empty ends_on there is open. A change of a signed plan has counts_from_on, counts_from_time (on
    the plan's clock) and change_reason as well.

    A problem of a step or of a rung names its row, counted from 1. Codes are compared with
    `choices` where they are given.
    """
    reader = RawReader({"unacknowledged_delay": UNACKNOWLEDGED, **raw})
    zone = reader.read("zone", _zone_from, "")
    steps, problems = steps_read(raw, ZoneInfo(zone or "UTC"))
    rungs, rung_problems = rungs_read(reader)
    content = PlanContent(
        zone=zone,
        steps=steps,
        route=reader.read("route", _route_from, Route.ORAL),
        formulation=reader.read("formulation", _formulation_from, ""),
        indication=reader.read("indication", _code_from, ""),
        off_label_reason=reader.read("off_label_reason", _line_from(200), ""),
        risk_factors=_risk_factors_read(reader, raw),
        risk_note=reader.read("risk_note", _line_from(500), ""),
        rungs=rungs,
        on_time_window=reader.read("on_time_window", _window_from, ONE_SECOND),
        follow_up_delay=reader.read("follow_up_delay", _window_from, ONE_SECOND),
        unacknowledged_delay=reader.read("unacknowledged_delay", _window_from, ONE_SECOND),
        named_clinician=reader.read("named_clinician", _clinician_from, NOBODY),
        **{name: reader.read(name, _threshold_from(name), None) for name in THRESHOLDS},
        check_in_every_days=reader.read("check_in_every_days", _number_of_days_from, None),
        observation_days=reader.read("observation_days", _observation_days_from, 0),
        missed_dose_advice=reader.read("missed_dose_advice", _advice_from, ""),
        counts_from_at=begin_read(reader, ZoneInfo(zone or "UTC")),
        change_reason=reason_read(reader),
    )
    problems += reader.problems + rung_problems + _reason_problems(reader, content)
    problems += _route_problems(content)
    if choices is not None:
        problems += _code_problems(reader, content, choices)
    if problems:
        raise Refusal(*problems)
    return content


def _quoted(step: StepSpec) -> list[tuple[str, str, str]]:
    """Return each amount of a step with its field and what it is called; a pump's is its rate."""
    rates = [("rate", "rate", step.rate)] if step.rate else []
    return [*((dose_field(dose), dose_name(dose), dose.amount) for dose in step.doses), *rates]


def _risk_factors_read(reader: RawReader, raw: Raw) -> tuple[str, ...]:
    """Return the ticked codes, each once; anything but a list of texts is a problem."""
    value = raw.get("risk_factors")
    if value is None:
        return ()
    if isinstance(value, list | tuple) and all(isinstance(code, str) for code in value):
        return tuple(dict.fromkeys(value))
    reader.add("risk_factors", "Send this as a list of codes.")
    return ()


def _reason_problems(reader: RawReader, content: PlanContent) -> list[Problem]:
    """Return a problem when nothing was typed that says why the medicine is given."""
    names = ("indication", "off_label_reason")
    if content.indication or content.off_label_reason:
        return []
    if any(reader.has_problem_with(name) for name in names):
        return []
    return [Problem("indication", "Choose the indication, or type the reason for treatment.")]


def _route_problems(content: PlanContent) -> list[Problem]:
    """Return the thresholds that were typed for a plan by the other route."""
    others = [name for name in THRESHOLDS if name not in content.thresholds]
    text = "Plans by this route do not have this threshold. Leave it empty."
    return [Problem(name, text) for name in others if getattr(content, name) is not None]


def _code_problems(reader: RawReader, content: PlanContent, choices: Choices) -> list[Problem]:
    """Return the codes that are not among those this plan may name."""
    problems = []
    if not reader.has_problem_with("formulation"):
        problems += _formulation_problems(content, choices.formulations)
    known = choices.indications | choices.off_label_uses
    if content.indication and content.indication not in known:
        problems.append(Problem("indication", "Choose an indication from the list."))
    elif content.indication in choices.indications and content.off_label_reason:
        text = "Give either a documented indication or an off-label reason, not both."
        problems.append(Problem("off_label_reason", text))
    if not set(content.risk_factors) <= choices.risk_factors:
        problems.append(Problem("risk_factors", "Choose risk factors from the list."))
    is_known = content.named_clinician in choices.clinicians
    if not is_known and not reader.has_problem_with("named_clinician"):
        text = "Choose a clinician who works at this clinic now."
        problems.append(Problem("named_clinician", text))
    return problems


def _formulation_problems(content: PlanContent, known: Mapping[str, Route]) -> list[Problem]:
    if content.formulation not in known:
        return [Problem("formulation", "Choose a form from the list.")]
    if known[content.formulation] is not content.route:
        return [Problem("formulation", "This form is not given by the route chosen.")]
    return []


def _zone_from(text: str) -> str:
    try:
        return zone_named(text.strip()).key
    except Refusal as refusal:
        raise ValueError(str(refusal)) from None


def _route_from(text: str) -> Route:
    if text not in set(Route):
        raise ValueError("Choose how baclofen is given.")
    return Route(text)


def _formulation_from(text: str) -> str:
    if not text:
        raise ValueError("Choose the form in which baclofen is given.")
    return _code_from(text)


def _code_from(text: str) -> str:
    return one_line_from(text, most=40)


def _line_from(most: int) -> Callable[[str], str]:
    return lambda text: one_line_from(text, most=most)


def _advice_from(text: str) -> str:
    return lines_from(text, most=500)


def _clinician_from(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ValueError("Choose the clinician who answers for this plan.") from None


def _window_from(text: str) -> timedelta:
    return minutes_from(text, least=ONE_SECOND, most=ONE_DAY)


def _threshold_from(name: str) -> Callable[[str], int | None]:
    def parse(text: str) -> int | None:
        return (
            whole_number_from(text, least=1, most=THRESHOLDS[name].most) if text.strip() else None
        )

    return parse


def _number_of_days_from(text: str) -> int | None:
    return whole_number_from(text, least=1, most=MOST_CHECK_IN_DAYS) if text.strip() else None


def _observation_days_from(text: str) -> int:
    if text.strip().casefold() == NONE:
        return 0
    if not text.strip():
        raise ValueError("Type for how many days check-ins go on after the last dose, or “none”.")
    return whole_number_from(text, least=1, most=LONGEST_OBSERVATION_DAYS)


def _number_text(number: int | None) -> str:
    return "" if number is None else str(number)
