"""The engine says that it is alive: one row for each leg, written when a pass has finished."""

from __future__ import annotations

from datetime import datetime

from reminders.models import Heartbeat


def heartbeat_record(*, leg: str, now: datetime) -> None:
    """Record that a pass of this leg ("sweep", "dispatch") finished; it never goes back."""
    beat, is_new = Heartbeat.objects.get_or_create(leg=leg, defaults={"finished_at": now})
    if not is_new:
        Heartbeat.objects.filter(pk=beat.pk, finished_at__lt=now).update(finished_at=now)
