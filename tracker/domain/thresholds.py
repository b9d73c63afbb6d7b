"""The thresholds that a clinician may type for a plan: none has a default, an empty one is off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tracker.domain.plan_states import Route

BOTH = frozenset(Route)
BY_MOUTH = frozenset({Route.ORAL})
BY_PUMP = frozenset({Route.INTRATHECAL})


@dataclass(frozen=True, slots=True)
class Threshold:
    """The largest whole number that a threshold takes, and the routes whose plans have it."""

    most: int
    routes: frozenset[Route]


THRESHOLDS: Mapping[str, Threshold] = MappingProxyType(
    {
        "missed_doses_threshold": Threshold(1000, BY_MOUTH),  # F5
        "hours_since_taken_threshold": Threshold(2000, BY_MOUTH),  # F6
        "silent_doses_threshold": Threshold(1000, BY_MOUTH),  # F7
        "supply_days_threshold": Threshold(365, BY_MOUTH),  # F13
        "step_change_days_threshold": Threshold(365, BOTH),  # F10
        "sign_hours_threshold": Threshold(2000, BOTH),  # F11
        "review_days_threshold": Threshold(3650, BOTH),  # F25
        "refill_days_threshold": Threshold(365, BY_PUMP),  # F14
        "replacement_days_threshold": Threshold(3650, BY_PUMP),  # F19
    }
)
"""By name, in the order in which pages and texts list them."""


def thresholds_of(route: Route) -> tuple[str, ...]:
    """Return the names of the thresholds that a plan by this route has."""
    return tuple(name for name, each in THRESHOLDS.items() if route in each.routes)
