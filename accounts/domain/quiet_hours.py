"""Quiet hours: wall times in a person's zone during which messages wait, emergencies excepted."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def quiet_until(
    from_time: time | None, until_time: time | None, zone: ZoneInfo, at: datetime
) -> datetime | None:
    """Return the instant (UTC) at which the quiet hours that hold at `at` end; None outside them.

    They begin at `from_time` and are over at `until_time` itself, on the next day when that is
    the earlier of the two.
    """
    if from_time is None or until_time is None:
        return None
    local = at.astimezone(zone)
    wall_time = local.time().replace(fold=0)
    is_overnight = until_time < from_time
    if is_overnight:
        is_quiet = wall_time >= from_time or wall_time < until_time
    else:
        is_quiet = from_time <= wall_time < until_time
    if not is_quiet:
        return None
    ends_next_day = is_overnight and wall_time >= from_time
    day = local.date() + timedelta(days=1 if ends_next_day else 0)
    ends_at = datetime.combine(day, until_time, tzinfo=zone).astimezone(UTC)
    return max(ends_at, at + timedelta(seconds=1))
