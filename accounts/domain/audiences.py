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


@dataclass(frozen=True, slots=True)
class RungTemplate:
    """One level of a clinic's default ladder: whom to tell, how long after the dose time."""

    delay: timedelta
    audience: Audience


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
    if rungs[0].delay < timedelta(0):
        problems.append(Problem("delay", "Nobody is told before the dose time.", 1))
    if rungs[-1].audience is not Audience.CLINIC:
        problems.append(Problem("audience", "The last rung is always the clinic.", len(rungs)))
    return problems
