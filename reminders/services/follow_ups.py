"""Follow-ups: everybody who was told of an alert is told its outcome, after its original."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, QuerySet

from accounts.models.rows import among
from reminders.domain.grouping import Line
from reminders.domain.messages import MessageState, Purpose
from reminders.domain.recipients import Recipient
from reminders.models import Message, Notification
from reminders.services.outbox import lines_queue

SENDING_PAUSE = timedelta(seconds=5)
"""After which a closed alert of which somebody is just being told is looked at again."""


def follow_ups_write(*, alerts: Collection[UUID], now: datetime) -> dict[UUID, datetime]:
    """Queue the outcomes of closed alerts for those they were sent to; drop what was not sent yet.

    The patient, who knows, gets none. Lines that are being sent at this moment get theirs when
    the sending is recorded; returns when to see that they did, for the alerts that have such.
    """
    lines = Notification.objects.filter(
        among("alert", alerts), purpose=Purpose.ALERT, dropped_at=None
    )
    lines.filter(message__state=MessageState.QUEUED).update(dropped_at=now)
    on_the_way = lines.filter(message__state__in=[MessageState.QUEUED, MessageState.SENDING])
    being_told = set(on_the_way.values_list("alert_id", flat=True))
    _tell(lines.filter(message__state=MessageState.SENT), now)
    return dict.fromkeys(being_told, now + SENDING_PAUSE)


def follow_up_after_sending(*, message: Message, now: datetime, is_known: bool = True) -> None:
    """Queue the outcome of alerts that closed while this message was being sent.

    When a sender died before it could record, nobody knows whether the message went out
    (`is_known` False): then the lines that were dropped since are followed up as well.
    """
    lines = message.lines.filter(purpose=Purpose.ALERT, alert__closed_at__isnull=False)
    _tell(lines.filter(dropped_at=None) if is_known else lines, now)


def _tell(lines: QuerySet[Notification], now: datetime) -> None:
    """Queue one follow-up for each alert and recipient of these lines who has none yet."""
    outside = lines.exclude(person__isnull=False, person=F("alert__patient__user"))
    told = {
        (line.alert_id, line.recipient): line
        for line in outside.select_related("alert").order_by("round", "rung")
    }
    followed = _followed({alert_id for alert_id, _recipient in told})
    lines_queue(
        [
            Line(
                alert_id=alert_id,
                dose_id=line.alert.dose_id,
                alert_class=line.alert.alert_class,
                rung=line.rung,
                round=line.round,
                recipient=recipient,
                purpose=Purpose.FOLLOW_UP,
            )
            for (alert_id, recipient), line in told.items()
            if (alert_id, recipient) not in followed
        ],
        now=now,
    )


def _followed(alerts: Collection[UUID]) -> set[tuple[UUID, Recipient]]:
    found = Notification.objects.filter(among("alert", alerts), purpose=Purpose.FOLLOW_UP)
    return {(line.alert_id, line.recipient) for line in found}
