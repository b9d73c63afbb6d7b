"""After the server's clock was put back: what it had called due is looked at, not waited for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from reminders.domain.heartbeats import looks_to_bring_forward
from reminders.domain.messages import MessageState
from reminders.models import Heartbeat, Message
from tracker.models import Alert, ExpectedDose, Plan


@transaction.atomic
def looks_bring_forward(*, now: datetime) -> None:
    """Look at `now` at what a clock that was ahead wrote down as "at once"; else do nothing.

    A look that comes early decides nothing by itself: every row is judged by its facts. A message
    that was tried already keeps its wait. Rows that somebody holds are left to the next pass.
    """
    beat = Heartbeat.objects.filter(leg="sweep").values_list("finished_at", flat=True).first()
    limit = timedelta(seconds=settings.ENGINE_SILENT_SECONDS)
    until = looks_to_bring_forward(beat, now, limit)
    if until is None:
        return
    for rows in (ExpectedDose.objects.all(), Plan.objects.all(), Alert.objects.all()):
        _bring_forward(rows, "next_look_at", until, now)
    untried = Message.objects.filter(state=MessageState.QUEUED, attempts=0)
    _bring_forward(untried, "next_try_at", until, now)


def _bring_forward(rows: QuerySet[Any], field: str, until: datetime, now: datetime) -> None:
    ahead = rows.filter(**{f"{field}__gt": now, f"{field}__lte": until})
    free = ahead.select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True)
    rows.filter(pk__in=list(free)).update(**{field: now})
