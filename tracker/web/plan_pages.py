"""What the plan's pages show, put into words and shapes that their templates only print."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.domain.audiences import Audience
from accounts.domain.problems import Refusal
from accounts.models import Patient
from tracker.domain.schedule import StepSpec
from tracker.selectors.plan_reading import PlanReading, RungView
from tracker.selectors.plan_words import (
    delay_text,
    formulation_text,
    observation_text,
    reason_text,
    risk_lines,
    step_dates,
    threshold_lines,
)


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the summary of what is wrong; `target` is the id of its field, or empty."""

    target: str
    text: str


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step to be read against the prescription and ticked."""

    step: StepSpec
    dates: str
    warnings: tuple[str, ...]
    is_ticked: bool


def step_lines(reading: PlanReading, ticked: Iterable[int]) -> list[StepLine]:
    """Return the steps in order, with the amounts that have no unit pointed out."""
    warnings: dict[int, list[str]] = {}
    for warning in reading.content.warnings:
        warnings.setdefault(warning.row or 0, []).append(warning.text)
    return [
        StepLine(
            step=step,
            dates=step_dates(step),
            warnings=tuple(warnings.get(step.number, ())),
            is_ticked=step.number in set(ticked),
        )
        for step in reading.content.steps
    ]


def rung_title(rung: RungView, patient: Patient) -> str:
    """Return whom a rung tells, in a few words."""
    if rung.audience is Audience.CAREGIVERS:
        name = ", ".join(line.name for line in rung.lines)
        if not name:
            return _("Caregivers: there is none to tell")
    else:
        name = patient.name if rung.audience is Audience.PATIENT else patient.clinic.name
    return _("%(name)s again") % {"name": name} if rung.is_again else name


def ladders(reading: PlanReading, patient: Patient) -> list[dict[str, object]]:
    """Return the ladder of each dose time, its last rung with the worklist behind it."""
    return [
        {
            "time": ladder.wall_time,
            "rungs": [
                {
                    "rung": rung,
                    "title": rung_title(rung, patient),
                    "shows_names": rung.audience is not Audience.PATIENT,
                    "is_last": rung is ladder.rungs[-1],
                }
                for rung in ladder.rungs
            ],
        }
        for ladder in reading.ladders
    ]


def facts_of(reading: PlanReading) -> dict[str, object]:
    """Return the plan's other facts in words."""
    content = reading.content
    return {
        "formulation": formulation_text(content),
        "reason": reason_text(content),
        "risks": risk_lines(content),
        "on_time_window": delay_text(content.on_time_window),
        "follow_up_delay": delay_text(content.follow_up_delay),
        "unacknowledged_delay": delay_text(content.unacknowledged_delay),
        "observation": observation_text(content.observation_days),
    }


def refused_lines(refusal: Refusal | None) -> list[Said]:
    """Return why a plan was not signed, each line with the field it is about."""
    fields = {"ticked_steps", "confirmed_hours", "password"}
    problems = refusal.problems if refusal is not None else ()
    return [
        Said(problem.field if problem.field in fields else "", _(str(problem.text)))
        for problem in problems
    ]


def thresholds(reading: PlanReading) -> list[tuple[str, int | None]]:
    """Return each threshold with its number; None is said to be not set."""
    return threshold_lines(reading.content)
