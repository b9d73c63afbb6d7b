"""When the engine counts as silent, also after the server's clock was put back."""

from collections.abc import Mapping
from datetime import datetime, timedelta

LEGS = ("sweep", "dispatch")


def is_engine_silent(beats: Mapping[str, datetime], now: datetime, limit: timedelta) -> bool:
    """Tell whether a leg has not finished a pass within `limit` of `now`, or never.

    A beat as far ahead of `now` is from before the clock was put back: it says nothing.
    """
    return any(leg not in beats or abs(now - beats[leg]) >= limit for leg in LEGS)


def beat_after(before: datetime | None, now: datetime, limit: timedelta) -> datetime:
    """Return the beat to keep when a pass finishes at `now`.

    It never goes back, so that a slow pass hides no later one; but a beat that is `limit` or
    more ahead is from before the clock was put back, and the living engine takes its place.
    """
    if before is None or before >= now + limit:
        return now
    return max(before, now)


def looks_to_bring_forward(
    before: datetime | None, now: datetime, limit: timedelta
) -> datetime | None:
    """Return until when rows are to be looked at now: the clock was put back; None: it was not.

    "At once" was written down by the clock of that time, which is still to come by this one. What
    was written since the beat `before` is at most `limit` behind it while the engine lived.
    """
    return before + limit if before is not None and before > now else None
