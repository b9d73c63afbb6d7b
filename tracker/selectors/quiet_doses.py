"""Dose times at which quiet hours keep a patient's own reminder away."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.domain.quiet_hours import quiet_until
from accounts.models import ContactPoint
from tracker.domain.plan_input import clock_text
from tracker.models import ExpectedDose


def dose_times_in_quiet_hours(point: ContactPoint, now: datetime) -> list[str]:
    """Return the clock times of the owner's coming doses that lie in this point's quiet hours.

    In the order of the day, each once; none for somebody who is no patient. The time is that of
    the plan's zone, the quiet hours are read in the person's. No query without quiet hours.
    """
    if point.person is None or point.quiet_from_time is None:
        return []
    coming = ExpectedDose.objects.standing().filter(
        plan__patient__user=point.person, due_at__gt=now, standing_entry=None
    )
    zone = ZoneInfo(point.person.zone)
    covered = {
        dose.wall_time
        for dose in coming.only("wall_time", "due_at")
        if quiet_until(point.quiet_from_time, point.quiet_until_time, zone, dose.due_at)
    }
    return [clock_text(wall_time) for wall_time in sorted(covered)]
