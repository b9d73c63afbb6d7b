"""When nobody was asked to log: stays of the patient, holds of the plan."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.domain.dose_record import Absence
from tracker.domain.plan_states import PlanState
from tracker.models import PlanMove, Stay
from tracker.selectors.chart_timeline import STAY_WORDS
from tracker.selectors.chart_words import hold_words


def absences_from(stays: Iterable[Stay], moves: Iterable[PlanMove]) -> tuple[Absence, ...]:
    """Return the stays and the holds with their reasons in words; `moves` oldest first."""
    reasons = {kind: str(word) for kind, word in STAY_WORDS.items()}
    absent = [Absence(stay.from_at, stay.until_at, reasons[stay.kind]) for stay in stays]
    return (*absent, *_holds(moves))


def _holds(moves: Iterable[PlanMove]) -> list[Absence]:
    """Return the stretches between a move to "on hold" and the next move away from it."""
    holds: list[Absence] = []
    for move in moves:
        if move.to_state == PlanState.ON_HOLD:
            holds.append(Absence(move.at, None, hold_words()))
        elif move.from_state == PlanState.ON_HOLD and holds and holds[-1].until_at is None:
            holds[-1] = Absence(holds[-1].from_at, move.at, holds[-1].reason)
    return holds
