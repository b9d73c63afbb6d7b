"""What the plan's pages show, put into words and shapes that their templates only print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.domain.audiences import Audience
from accounts.domain.problems import Problem, Refusal
from accounts.models import Patient, User
from tracker.domain.plan_content import plan_content_from
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
from tracker.web.plan_forms import (
    MOST_RUNG_ROWS,
    PlanForm,
    initial_of,
    rung_rows_for,
    typed_fields,
)
from tracker.web.plan_grid import Grid


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the summary of what is wrong; `target` is the id of its field, or empty."""

    target: str
    text: str


@dataclass(slots=True)
class TypedPlan:
    """A plan's whole form as it stands: the grid, the other fields, and what is said of them."""

    grid: Grid
    form: PlanForm
    raw: dict[str, object]
    rung_numbers: list[int]
    said: list[Said]
    problems: dict[str, list[str]]
    warnings: dict[str, list[str]]

    @classmethod
    def from_post(cls, typed: QueryDict, clinicians: Sequence[User]) -> TypedPlan:
        """Return what the browser sent, as typed."""
        grid = Grid.from_post(typed)
        rungs = _typed_rungs(typed)
        form = PlanForm(
            typed,
            clinicians=clinicians,
            rung_rows=rung_rows_for(max((row for row, *_typed in rungs), default=0)),
            shown_zone=typed.get("zone", ""),
        )
        raw = {
            **typed_fields(typed),
            "risk_factors": typed.getlist("risk_factors"),
            "rungs": [{"delay": delay, "audience": audience} for _row, delay, audience in rungs],
            "steps": grid.raw_steps(),
        }
        return cls(grid, form, raw, [row for row, _delay, _audience in rungs], [], {}, {})

    @classmethod
    def from_raw(cls, raw: Mapping[str, Any], clinicians: Sequence[User]) -> TypedPlan:
        """Return a kept draft, or a new plan's template in which no step is typed."""
        steps = raw.get("steps")
        form = PlanForm(
            initial=initial_of(raw),
            clinicians=clinicians,
            rung_rows=rung_rows_for(len(raw.get("rungs", ()))),
            shown_zone=str(raw.get("zone", "")),
        )
        grid = Grid.from_steps(steps) if steps else Grid.blank()
        typed = cls(grid, form, dict(raw), [], [], {}, {})
        if steps:
            typed.warn()
        return typed

    def warn(self) -> None:
        """Note what is kept as typed and deserves a second look, where everything can be read."""
        try:
            warnings = plan_content_from(self.raw).warnings
        except Refusal:
            return
        for warning in warnings:
            cell = self.grid.cell_of(warning)
            if cell is not None:
                self.warnings.setdefault(cell, []).append(warning.text)

    def complain(self, refusal: Refusal) -> None:
        """Put every problem at its field and into the summary."""
        for problem in refusal.problems:
            text = _(str(problem.text))
            target = self._target_of(problem, text)
            if Said(target, text) not in self.said:
                self.said.append(Said(target, text))

    def view(self) -> dict[str, object]:
        """Return what the form's template prints."""
        head, rows = self.grid.view(self.problems, self.warnings)
        warned = [cell for row in rows for cell in row.amounts if cell.warnings]
        return {
            "form": self.form,
            "head": head,
            "rows": rows,
            "columns": len(self.grid.times),
            "said": self.said,
            "warned": warned,
        }

    def _target_of(self, problem: Problem, text: str) -> str:
        name = self._field_of(problem)
        if name is not None:
            self.form.add_error(name, text)
            bound = self.form[name]
            return bound.id_for_label or bound.auto_id
        cell = self.grid.cell_of(problem)
        if cell is not None:
            self.problems.setdefault(cell, []).append(text)
        return cell or ""

    def _field_of(self, problem: Problem) -> str | None:
        if problem.field in {"delay", "audience"} and problem.row:
            return f"rung_{problem.field}_{self.rung_numbers[problem.row - 1]}"
        if problem.field == "rungs":
            return "rung_delay_1"
        return problem.field if problem.field in self.form.fields else None


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
        names = ", ".join(line.name for line in rung.lines)
        return names or _("Caregivers: there is none to tell")
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


def _typed_rungs(typed: QueryDict) -> list[tuple[int, str, str]]:
    """Return the lines of the ladder in which something is typed, with their numbers."""
    found = []
    for row in range(1, MOST_RUNG_ROWS + 1):
        delay, audience = typed.get(f"rung_delay_{row}", ""), typed.get(f"rung_audience_{row}", "")
        if delay.strip() or audience:
            found.append((row, delay, audience))
    return found
