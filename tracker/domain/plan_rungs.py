"""The lines that say who is told when a dose has no log, as typed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from accounts.domain.audiences import LONGEST_CLIMB, MOST_REPEATS, Audience
from accounts.domain.problems import Problem
from tracker.domain.ladder import LadderRung
from tracker.domain.plan_input import RawReader, minutes_from, minutes_text, whole_number_from

ONE_SECOND = timedelta(seconds=1)
MOST_RUNGS = 20
RUNG_FIELDS = ("delay", "audience", "repeat_delay", "repeat_times")
"""What one line holds, each a text as typed."""

# What a field that could not be read holds until its problem is raised.
NO_AUDIENCE = Audience.PATIENT


def rungs_read(reader: RawReader) -> tuple[tuple[LadderRung, ...], list[Problem]]:
    """Return the rungs in the order typed, and what is wrong with each and with the whole."""
    rungs: list[LadderRung] = []
    problems: list[Problem] = []
    typed = reader.rows("rungs")
    for number, raw in enumerate(typed, 1):
        row = RawReader(raw, row=number, called="Who is told, line")
        delay = row.read("delay", _rung_delay_from, timedelta())
        if rungs and not row.problems and delay < rungs[-1].delay:
            row.add("delay", f"“{minutes_text(delay)}” is earlier than the line above it.")
        audience = row.read("audience", _audience_from, NO_AUDIENCE)
        rungs.append(LadderRung(number, delay, audience, *_repeats_read(row, delay)))
        problems += row.problems
    if not typed and not reader.has_problem_with("rungs"):
        problems.append(Problem("rungs", "Say who is told when a dose has no log."))
    if len(typed) > MOST_RUNGS:
        problems.append(Problem("rungs", f"{MOST_RUNGS} lines at most say who is told."))
    return tuple(rungs), problems


def raw_rung(rung: LadderRung) -> Mapping[str, str]:
    """Return a rung as `rungs_read` reads it; empty texts where nobody is told again."""
    return {
        "delay": minutes_text(rung.delay),
        "audience": rung.audience.value,
        "repeat_delay": minutes_text(rung.repeat_delay) if rung.repeat_times else "",
        "repeat_times": str(rung.repeat_times) if rung.repeat_times else "",
    }


def _repeats_read(row: RawReader, delay: timedelta) -> tuple[timedelta, int]:
    """Return after how long, and how often, a rung is told again; neither where both are empty."""
    is_timed = bool(row.typed("repeat_delay").strip())
    is_counted = bool(row.typed("repeat_times").strip())
    if row.has_problem_with("repeat_delay") or row.has_problem_with("repeat_times"):
        return timedelta(), 0
    if is_timed and not is_counted:
        row.add("repeat_times", "say how often they are told again.")
    if is_counted and not is_timed:
        row.add("repeat_delay", "say after how many minutes they are told again.")
    if not is_timed or not is_counted:
        return timedelta(), 0
    repeat_delay = row.read("repeat_delay", _repeat_delay_from, timedelta())
    repeat_times = row.read("repeat_times", _repeat_times_from, 0)
    if delay + repeat_delay * repeat_times > LONGEST_CLIMB:
        row.add("repeat_times", "the last time they are told again is more than 7 days on.")
    return repeat_delay, repeat_times


def _audience_from(text: str) -> Audience:
    if text not in set(Audience):
        raise ValueError("choose who is told.")
    return Audience(text)


def _rung_delay_from(text: str) -> timedelta:
    return minutes_from(text, least=timedelta(), most=LONGEST_CLIMB)


def _repeat_delay_from(text: str) -> timedelta:
    return minutes_from(text, least=ONE_SECOND, most=LONGEST_CLIMB)


def _repeat_times_from(text: str) -> int:
    return whole_number_from(text, least=1, most=MOST_REPEATS)
