"""Quiet hours: wall times in a person's zone during which messages wait, emergencies excepted."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from accounts.domain.zones import ONE_DAY, instant, local_date


def quiet_until(
    from_time: time | None, until_time: time | None, zone: ZoneInfo, at: datetime
) -> datetime | None:
    """Return the instant (UTC) at which the quiet hours that hold at `at` end; None outside them.

    They begin at `from_time` and are over at `until_time` itself, on the next day when that is
    the earlier of the two. A wall time that a clock change skips means the instant after the gap
    by the same amount, one that happens twice means the first.
    """
    if from_time is None or until_time is None:
        return None
    today = local_date(at, zone)
    for day in (today - ONE_DAY, today):
        last_day = day if from_time <= until_time else day + ONE_DAY
        begins_at = instant(datetime.combine(day, from_time, tzinfo=zone))
        ends_at = instant(datetime.combine(last_day, until_time, tzinfo=zone))
        if begins_at <= instant(at) < ends_at:
            return ends_at
    return None
