"""Who a rung of a ladder tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise

from accounts.domain.problems import Problem


class Audience(StrEnum):
    """The people that one rung reaches; the clinic is always the last."""

    PATIENT = "patient"
    CAREGIVERS = "caregivers"
    CLINIC = "clinic"


LONGEST_CLIMB = timedelta(days=7)
"""After this long nobody is told of a dose for the first time, or once more."""
MOST_REPEATS = 10


@dataclass(frozen=True, slots=True)
class RungTemplate:
    """One level of a clinic's default ladder: whom to tell, how long after the dose time.

    They are told again `repeat_times` times, each `repeat_delay` after the one before.
    """

    delay: timedelta
    audience: Audience
    repeat_delay: timedelta = timedelta()
    repeat_times: int = 0


DEFAULT_LADDER = (
    RungTemplate(timedelta(0), Audience.PATIENT),
    RungTemplate(timedelta(minutes=45), Audience.PATIENT),
    RungTemplate(timedelta(minutes=90), Audience.CAREGIVERS),
    RungTemplate(timedelta(minutes=180), Audience.CLINIC),
)


def ladder_problems(rungs: Sequence[RungTemplate]) -> list[Problem]:
    """Return what is wrong with a ladder, by row; an empty list when nothing is."""
    if not rungs:
        return [Problem("audience", "A ladder needs at least the clinic.")]
    problems = [
        Problem("delay", "Each rung comes later than the one before it.", row)
        for row, (before, rung) in enumerate(pairwise(rungs), start=2)
        if rung.delay <= before.delay
    ]
    for row, rung in enumerate(rungs, start=1):
        problems += _repeat_problems(rung, row)
    if rungs[0].delay < timedelta(0):
        problems.append(Problem("delay", "Nobody is told before the dose time.", 1))
    if rungs[-1].audience is not Audience.CLINIC:
        problems.append(Problem("audience", "The last rung is always the clinic.", len(rungs)))
    return problems


def _repeat_problems(rung: RungTemplate, row: int) -> list[Problem]:
    if not rung.repeat_times and not rung.repeat_delay:
        return []
    if rung.repeat_times and rung.repeat_delay <= timedelta(0):
        return [Problem("repeat_delay", "Say after how many minutes they are told again.", row)]
    if not 1 <= rung.repeat_times <= MOST_REPEATS:
        text = f"Say how often they are told again: 1 to {MOST_REPEATS} times."
        return [Problem("repeat_times", text, row)]
    if rung.delay + rung.repeat_delay * rung.repeat_times > LONGEST_CLIMB:
        text = "The last time they are told again is more than 7 days on."
        return [Problem("repeat_times", text, row)]
    return []
