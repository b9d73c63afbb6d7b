"""The rules under test: the very functions that the engine uses, in one place to break them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.domain.quiet_hours import quiet_until
from reminders.domain.backoff import next_try_at
from reminders.domain.discretion import names_amount
from reminders.domain.grouping import group_key
from reminders.domain.heartbeats import beat_after, is_engine_silent, looks_to_bring_forward
from reminders.domain.messages import urgency_of
from reminders.domain.standing import is_moot, place_of
from tracker.domain.dose_alerts import away, climbs_from, settle
from tracker.domain.doses import dose_state
from tracker.domain.ladder import (
    climb,
    climb_brought_forward,
    hold_taken,
    outside_rungs,
    tellings,
)
from tracker.domain.schedule import occurrences


@dataclass(frozen=True)
class Rules:
    """Every pure rule that decides something; a test puts a broken one in the place of one."""

    occurrences: Callable[..., Any] = occurrences
    dose_state: Callable[..., Any] = dose_state
    away: Callable[..., Any] = away
    settle: Callable[..., Any] = settle
    climbs_from: Callable[..., Any] = climbs_from
    climb: Callable[..., Any] = climb
    climb_brought_forward: Callable[..., Any] = climb_brought_forward
    hold_taken: Callable[..., Any] = hold_taken
    tellings: Callable[..., Any] = tellings
    outside_rungs: Callable[..., Any] = outside_rungs
    group_key: Callable[..., Any] = group_key
    urgency_of: Callable[..., Any] = urgency_of
    is_moot: Callable[..., Any] = is_moot
    place_of: Callable[..., Any] = place_of
    next_try_at: Callable[..., Any] = next_try_at
    quiet_until: Callable[..., Any] = quiet_until
    names_amount: Callable[..., Any] = names_amount
    beat_after: Callable[..., Any] = beat_after
    is_engine_silent: Callable[..., Any] = is_engine_silent
    looks_to_bring_forward: Callable[..., Any] = looks_to_bring_forward
