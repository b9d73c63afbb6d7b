"""The engine says that it is alive: one row for each leg, written when a pass has finished."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from reminders.domain.heartbeats import beat_after
from reminders.models import Heartbeat


@transaction.atomic
def heartbeat_record(*, leg: str, now: datetime) -> None:
    """Record that a pass of this leg finished ("delivery": that messages get through).

    It never goes back, unless the server's clock did: a beat from before that makes way for the
    living engine's.
    """
    limit = timedelta(seconds=settings.ENGINE_SILENT_SECONDS)
    Heartbeat.objects.get_or_create(leg=leg, defaults={"finished_at": now})
    beat = Heartbeat.objects.select_for_update(no_key=True).get(leg=leg)
    kept = beat_after(beat.finished_at, now, limit)
    if kept != beat.finished_at:
        Heartbeat.objects.filter(pk=beat.pk).update(finished_at=kept)
