"""How a plan may move: one table, and nothing else decides."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Route(StrEnum):
    """The way in which baclofen is given. Never converted into one another."""

    ORAL = "oral"
    INTRATHECAL = "intrathecal"


class PlanState(StrEnum):
    """The life of a plan."""

    DRAFT = "draft"
    AWAITING = "awaiting_cosign"
    ACTIVE = "active"
    ON_HOLD = "on_hold"
    STOPPED = "stopped"
    COMPLETED = "completed"
    OBSERVATION = "observation"
    CLOSED = "closed"


class VersionKind(StrEnum):
    """Why a version was signed."""

    FIRST = "first"
    AMEND = "amend"
    RESUME = "resume"
    STEP_BACK = "step_back"


RUNNING = frozenset({PlanState.ACTIVE, PlanState.ON_HOLD})
"""States in which doses are expected, or may be expected again after a resume."""

OCCUPYING = RUNNING | {PlanState.AWAITING}
"""States that keep the one place of a patient and a route."""

WATCHED = RUNNING | {PlanState.OBSERVATION}
"""States in which a plan's people and ladder still matter."""

ENDED = frozenset({PlanState.STOPPED, PlanState.COMPLETED, PlanState.OBSERVATION, PlanState.CLOSED})
"""States after the end: nothing of the plan itself is changed any more."""

ALLOWED: Mapping[PlanState, frozenset[PlanState]] = {
    PlanState.DRAFT: frozenset({PlanState.AWAITING, PlanState.ACTIVE}),
    PlanState.AWAITING: frozenset({PlanState.ACTIVE, PlanState.DRAFT}),
    PlanState.ACTIVE: frozenset({PlanState.ON_HOLD, PlanState.STOPPED, PlanState.COMPLETED}),
    PlanState.ON_HOLD: frozenset({PlanState.ACTIVE, PlanState.STOPPED}),
    PlanState.STOPPED: frozenset({PlanState.OBSERVATION, PlanState.CLOSED}),
    PlanState.COMPLETED: frozenset({PlanState.OBSERVATION, PlanState.CLOSED}),
    PlanState.OBSERVATION: frozenset({PlanState.CLOSED}),
    PlanState.CLOSED: frozenset(),
}


def may_move(from_state: PlanState, to_state: PlanState) -> bool:
    """Tell whether a plan may go from one state to the other."""
    return to_state in ALLOWED[from_state]


KINDS: Mapping[PlanState, frozenset[VersionKind]] = {
    PlanState.DRAFT: frozenset({VersionKind.FIRST}),
    PlanState.AWAITING: frozenset({VersionKind.FIRST}),
    PlanState.ACTIVE: frozenset({VersionKind.AMEND, VersionKind.STEP_BACK}),
    PlanState.ON_HOLD: frozenset({VersionKind.RESUME}),
}
"""Which kinds of versions may be signed while a plan is in a state; none after its end."""


def may_sign(state: PlanState, kind: VersionKind) -> bool:
    """Tell whether a version of this kind may be signed for a plan in this state."""
    return kind in KINDS.get(state, frozenset())
