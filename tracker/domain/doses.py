"""What can be true of one expected dose, and how far from due it was taken.

Times are aware datetimes in any zone and are compared as instants; one without a zone raises
ValueError.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from accounts.domain.zones import instant


class Outcome(StrEnum):
    """What a person said happened to a dose. Silence is none of these."""

    TAKEN = "taken"
    SKIPPED = "skipped"
    MISSED = "missed"


class Via(StrEnum):
    """How an entry came in."""

    PAGE = "page"
    LINK = "link"
    API = "api"
    DEVICE = "device"


class DoseState(StrEnum):
    """Where one expected dose stands at a moment. Derived, never stored."""

    UPCOMING = "upcoming"
    DUE = "due"
    NOT_LOGGED = "not_logged"
    TAKEN = "taken"
    SKIPPED = "skipped"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Timing(StrEnum):
    """When a dose was taken, around the plan's window; shown with the minutes, never judged."""

    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"


def dose_state(
    *,
    due_at: datetime,
    window: timedelta,
    outcome: Outcome | None,
    is_cancelled: bool,
    now: datetime,
) -> DoseState:
    """Return the state of one dose at `now`.

    A recorded outcome always wins, also over a cancellation: what a person did stays visible.
    Without one, a dose is due from its instant until `window` later, and then not logged.
    """
    if outcome is not None:
        return DoseState(outcome)
    if is_cancelled:
        return DoseState.CANCELLED
    if instant(now) < instant(due_at):
        return DoseState.UPCOMING
    return DoseState.DUE if instant(now) < on_time_until(due_at, window) else DoseState.NOT_LOGGED


def timing(*, taken_at: datetime, due_at: datetime, window: timedelta) -> Timing:
    """Return early before -window, on time within [-window, +window), late from +window on."""
    late_by = instant(taken_at) - instant(due_at)
    if late_by < -window:
        return Timing.EARLY
    return Timing.ON_TIME if late_by < window else Timing.LATE


def minutes_from_due(taken_at: datetime, due_at: datetime) -> int:
    """Return the whole minutes between due and taken: negative when early, 0 within a minute."""
    late_by = instant(taken_at) - instant(due_at)
    minutes = abs(late_by) // timedelta(minutes=1)
    return -minutes if late_by < timedelta() else minutes


def on_time_until(due_at: datetime, window: timedelta) -> datetime:
    """Return the UTC instant from which the dose is no longer on time (itself already late)."""
    return instant(due_at) + window
