"""What makes a plan's content a change: the moment from which it counts, and why.

A change counts from a typed local date and time, in the future. It never reaches into the past.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from accounts.domain.problems import Problem, Refusal
from accounts.domain.zones import date_exists, local_date, zone_named
from tracker.domain.plan_input import (
    Raw,
    RawReader,
    clock_time_from,
    date_from,
    date_text,
    one_line_from,
)
from tracker.domain.plan_states import VersionKind
from tracker.domain.schedule import StepSpec, due_instant

BEGIN_DATE = "counts_from_on"
BEGIN_TIME = "counts_from_time"
REASON = "change_reason"
MOST_REASON = 200

_RESTARTING = frozenset({VersionKind.RESUME, VersionKind.STEP_BACK})
_TAKING_OVER = frozenset({VersionKind.AMEND, VersionKind.STEP_BACK})


def begin_read(reader: RawReader, zone: ZoneInfo) -> datetime | None:
    """Return the instant from which a change counts; None when neither date nor time is typed.

    The wall time is local to `zone`: one that is skipped means the instant after the gap, one that
    happens twice the first.
    """
    if not reader.typed(BEGIN_DATE).strip() and not reader.typed(BEGIN_TIME).strip():
        return None
    on = reader.read(BEGIN_DATE, lambda text: _date_in(text, zone), date.min)
    at = reader.read(BEGIN_TIME, clock_time_from, time.min)
    return None if reader.has_problem_with(BEGIN_DATE) else due_instant(on, at, zone)


def reason_read(reader: RawReader) -> str:
    """Return why the plan is changed, as typed; empty when nothing is."""
    return reader.read(REASON, lambda text: one_line_from(text, most=MOST_REASON), "")


def begin_typed(raw: Raw) -> datetime | None:
    """Return from when an unfinished change would count; None while that cannot be read."""
    reader = RawReader(raw)
    try:
        zone = zone_named(reader.typed("zone").strip())
    except Refusal:
        return None
    begins_at = begin_read(reader, ZoneInfo(zone.key))
    return None if reader.problems else begins_at


def change_problems(
    kind: VersionKind,
    *,
    counts_from_at: datetime | None,
    reason: str,
    steps: Sequence[StepSpec],
    zone: ZoneInfo,
    now: datetime,
) -> list[Problem]:
    """Return what keeps this content from being a version of this kind; empty when nothing does."""
    if kind is VersionKind.FIRST:
        return _first_problems(counts_from_at, reason)
    problems = []
    if not reason:
        problems.append(Problem(REASON, "Write why the plan is changed."))
    if counts_from_at is None:
        text = "Type the date and the time from which the change counts."
        return [*problems, Problem(BEGIN_DATE, text)]
    if counts_from_at <= now:
        text = (
            "A change counts from a moment that is still ahead: what is past never changes. Type a "
            "later one."
        )
        problems.append(Problem(BEGIN_DATE, text))
    begins_on = local_date(counts_from_at, zone)
    if kind in _RESTARTING:
        problems += _carried_over(steps, begins_on)
    if kind in _TAKING_OVER and steps[0].begins_on > begins_on:
        text = (
            f"Step 1 begins on {date_text(steps[0].begins_on)}, but the change counts from "
            f"{date_text(begins_on)}: between them no dose would be expected. Let both be one day."
        )
        problems.append(Problem("begins_on", text, row=1))
    return problems


def _first_problems(counts_from_at: datetime | None, reason: str) -> list[Problem]:
    typed = {BEGIN_DATE: counts_from_at is not None, REASON: bool(reason)}
    text = "Only a change of a signed plan has this. A first plan counts from its signature."
    return [Problem(name, text) for name, is_typed in typed.items() if is_typed]


def _carried_over(steps: Sequence[StepSpec], begins_on: date) -> list[Problem]:
    """Return the steps whose begin lies before the change: nothing is carried over."""
    return [
        Problem(
            "begins_on",
            f"Step {step.number} begins on {date_text(step.begins_on)}, before the change counts. "
            "Type the date on which it begins now, or remove it.",
            row=step.number,
        )
        for step in steps
        if step.begins_on < begins_on
    ]


def _date_in(text: str, zone: ZoneInfo) -> date:
    on = date_from(text)
    if not date_exists(on, zone):
        raise ValueError(f"{date_text(on)} does not exist in {zone.key}. Type another date.")
    return on
