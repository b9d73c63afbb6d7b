"""The steps of a plan, from typed rows to the schedule's own shape; every problem at its cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from enum import Enum
from zoneinfo import ZoneInfo

from accounts.domain.problems import Problem
from tracker.domain.amounts import amount_problems
from tracker.domain.plan_input import (
    Raw,
    RawReader,
    clock_time_from,
    date_from,
    date_text,
    one_line_from,
    says_no_dose,
    weekdays_from,
)
from tracker.domain.plan_states import Route
from tracker.domain.schedule import (
    DoseTimeSpec,
    StepRow,
    StepSpec,
    dose_field,
    dose_name,
    schedule_problems,
    steps_from,
)

ENDING_OPEN = "open"
ENDING_STOP = "stop"
MOST_STEPS = 2000
MOST_NOTE = 200
LONGEST_PLAN_DAYS = 3660

# Stands for a date that could not be read: out of every plan's range, so that the schedule's rules
# compare no neighbour with it.
_UNREAD = date.min


@dataclass(frozen=True, slots=True)
class _TypedStep:
    """One row as read so far, with its own problems."""

    row: StepRow
    problems: tuple[Problem, ...]
    has_unread_date: bool
    has_unread_dose: bool
    has_end_typed: bool


def steps_read(raw: Raw, zone: ZoneInfo) -> tuple[tuple[StepSpec, ...], list[Problem]]:
    """Return the steps under "steps" and everything that is wrong with them.

    The mapping's "route" says whether they are doses by mouth or visits of a pump. With problems
    the steps are empty. "ending" ("open" or "stop"), where the mapping has it,
    must say what the last step does.
    """
    reader = RawReader(raw)
    read = _visit_read if raw.get("route") == Route.INTRATHECAL else _step_read
    typed = [read(row, number) for number, row in enumerate(reader.rows("steps"), 1)]
    if len(typed) > MOST_STEPS:
        reader.add("steps", f"A plan may have {MOST_STEPS} steps at most.")
        return (), reader.problems
    problems = [problem for step in typed for problem in step.problems]
    found = schedule_problems([step.row for step in typed], zone)
    problems += [problem for problem in found if not _is_already_said(problem, typed)]
    problems += _length_problems(typed)
    problems.sort(key=lambda problem: problem.row or len(typed) + 1)
    problems += reader.problems
    if "ending" in raw and typed and read is _step_read:
        problems += _ending_problems(reader.typed("ending"), typed[-1].has_end_typed, len(typed))
    return (() if problems else steps_from([step.row for step in typed])), problems


class _Cell(Enum):
    """What a cell can say other than an amount."""

    NO_DOSE = "no dose"
    UNREAD = "unread"


def _step_read(raw: Raw, number: int) -> _TypedStep:
    reader = RawReader(raw, row=number, called="Step")
    begins_on = reader.read("begins_on", date_from, _UNREAD)
    has_end_typed = bool(reader.typed("ends_on").strip())
    ends_on = reader.read("ends_on", _end_from, None)
    note = reader.read("note", lambda text: one_line_from(text, most=MOST_NOTE), "")
    is_marked_free = _flag_read(raw, reader)
    for name in ("visit_time", "rate"):
        if reader.typed(name).strip():
            reader.add(name, "only a plan by pump has this. Leave it empty.")
    cells = [_cell_read(cell, reader) for cell in reader.rows("doses")]
    has_only_no_dose = bool(cells) and all(cell is _Cell.NO_DOSE for cell in cells)
    return _TypedStep(
        row=StepRow(
            begins_on=begins_on,
            ends_on=ends_on,
            doses=tuple(cell for cell in cells if isinstance(cell, DoseTimeSpec)),
            is_dose_free=is_marked_free or has_only_no_dose,
            note=note,
        ),
        problems=tuple(reader.problems),
        has_unread_date=reader.has_problem_with("begins_on"),
        has_unread_dose=_Cell.UNREAD in cells or reader.has_problem_with("doses"),
        has_end_typed=has_end_typed,
    )


def _visit_read(raw: Raw, number: int) -> _TypedStep:
    """Read one visit of a plan by pump: when the pump is programmed, and its rate, verbatim."""
    reader = RawReader(raw, row=number, called="Step")
    begins_on = reader.read("begins_on", date_from, _UNREAD)
    visit_time = reader.read("visit_time", _visit_time_from, None)
    if reader.typed("ends_on").strip():
        reader.add("ends_on", "a rate goes on until the next visit. Leave the last day empty.")
    return _TypedStep(
        row=StepRow(
            begins_on=begins_on,
            note=reader.read("note", lambda text: one_line_from(text, most=MOST_NOTE), ""),
            is_visit=True,
            rate=reader.typed("rate"),
            visit_time=visit_time,
            doses=tuple(
                cell
                for cell in (_cell_read(each, reader) for each in reader.rows("doses"))
                if isinstance(cell, DoseTimeSpec)
            ),
        ),
        problems=tuple(reader.problems),
        has_unread_date=reader.has_problem_with("begins_on"),
        has_unread_dose=False,
        has_end_typed=False,
    )


def _visit_time_from(text: str) -> time | None:
    return clock_time_from(text) if text.strip() else None


def _end_from(text: str) -> date | None:
    return date_from(text) if text.strip() else None


def _cell_read(raw: Raw, reader: RawReader) -> DoseTimeSpec | _Cell:
    """Return the dose of one cell; or that there is none, in words; or that it is unreadable.

    The amount's own rules are the schedule's; here they are asked only where its time is unread.
    """
    amount = raw.get("amount")
    typed = RawReader(raw)
    typed_time, typed_weekdays = typed.typed("time").strip(), typed.typed("weekdays")
    wall_time = weekdays = None
    try:
        wall_time = clock_time_from(typed_time)
    except ValueError as error:
        reader.add(f"time {typed_time}", str(error))
    try:
        if typed.has_problem_with("weekdays"):
            raise ValueError("Send weekdays as text: Mon Wed Fri; empty: every day.")
        weekdays = weekdays_from(typed_weekdays)
    except ValueError as error:
        reader.add(f"weekdays {_name(typed_time, typed_weekdays)}", str(error))
    if wall_time is not None and weekdays is not None:
        field = dose_field(DoseTimeSpec(wall_time, "", weekdays))
    else:
        field = f"dose {_name(typed_time, typed_weekdays)}"
    if not isinstance(amount, str):
        reader.add(field, "send the amount as text, exactly as prescribed.")
        return _Cell.UNREAD
    if says_no_dose(amount):
        return _Cell.NO_DOSE
    if wall_time is None or weekdays is None:
        for text in amount_problems(amount):
            reader.add(field, text)
        return _Cell.UNREAD
    return DoseTimeSpec(wall_time=wall_time, amount=amount, weekdays=weekdays)


def column_name(time: str, weekdays: str) -> str:
    """Return how problems call the column of this clock time and these weekdays, as typed."""
    try:
        return dose_name(DoseTimeSpec(clock_time_from(time), "", weekdays_from(weekdays)))
    except ValueError:
        return _name(time, weekdays)


def _name(time: str, weekdays: str) -> str:
    return " ".join(f"{time} {weekdays}".split())


def _flag_read(raw: Raw, reader: RawReader) -> bool:
    value = raw.get("is_dose_free")
    if value in (None, "", False, "false"):
        return False
    if value not in (True, "true"):
        reader.add("is_dose_free", "say true or false.")
    return True


def _is_already_said(problem: Problem, typed: Sequence[_TypedStep]) -> bool:
    """Return whether a problem only follows from a cell that could not be read."""
    if problem.row is None:
        return False
    step = typed[problem.row - 1]
    if problem.field in {"begins_on", "ends_on"}:
        return step.has_unread_date and "not between" in problem.text
    if problem.field == "visit_time":
        return any(each.field == "visit_time" for each in step.problems)
    return problem.field == "doses" and step.has_unread_dose


def _length_problems(typed: Sequence[_TypedStep]) -> list[Problem]:
    """Return the dates that lie too far from the first step to be meant."""
    read = [step.row.begins_on for step in typed if not step.has_unread_date]
    if not read:
        return []
    problems = []
    for number, step in enumerate(typed, 1):
        dates = {"begins_on": step.row.begins_on, "ends_on": step.row.ends_on}
        problems += [
            Problem(
                field=field,
                text=f"Step {number}: {date_text(on)} is more than ten years after the first "
                "step. Check the year.",
                row=number,
            )
            for field, on in dates.items()
            if on is not None and (on - read[0]).days > LONGEST_PLAN_DAYS
        ]
    return problems


def _ending_problems(ending: str, has_end_typed: bool, last: int) -> list[Problem]:
    """Return what is contradictory or unsaid about the end of the last step."""
    if ending == ENDING_OPEN and has_end_typed:
        text = f"Step {last} has a last day, but “goes on” is chosen. Only one can be meant."
        return [Problem(field="ends_on", text=text, row=last)]
    if ending == ENDING_STOP and not has_end_typed:
        text = f"Step {last}: type its last day, or choose that it goes on."
        return [Problem(field="ends_on", text=text, row=last)]
    if ending not in {ENDING_OPEN, ENDING_STOP} and not (ending == "" and has_end_typed):
        text = "Say what happens after the last step: it goes on, or it stops."
        return [Problem(field="ending", text=text)]
    return []
