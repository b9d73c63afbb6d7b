"""Follow-ups: everybody who was told of an alert is told its outcome, after its original."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from reminders.domain.grouping import Line
from reminders.domain.messages import MessageState, Purpose
from reminders.domain.recipients import Recipient
from reminders.models import Message, Notification
from reminders.services.outbox import lines_queue
from tracker.models import Alert

SENDING_PAUSE = timedelta(seconds=5)
"""After which a closed alert of which somebody is just being told is looked at again."""


def follow_ups_write(*, alert: Alert, now: datetime) -> datetime | None:
    """Queue the outcome for those whose alert was sent; drop what was not sent yet.

    The patient, who knows, gets none. Lines that are being sent at this moment get theirs when
    the sending is recorded; returns when to see that they did, None when there are none.
    """
    lines = alert.notifications.filter(purpose=Purpose.ALERT, dropped_at=None)
    queued = lines.filter(message__state=MessageState.QUEUED)
    queued.update(dropped_at=now)
    is_being_told = lines.filter(message__state=MessageState.SENDING).exists()
    _tell(alert, lines.filter(message__state=MessageState.SENT), now)
    return now + SENDING_PAUSE if is_being_told else None


def follow_up_after_sending(*, message: Message, now: datetime, is_known: bool = True) -> None:
    """Queue the outcome of alerts that closed while this message was being sent.

    When a sender died before it could record, nobody knows whether the message went out
    (`is_known` False): then the lines that were dropped since are followed up as well.
    """
    lines = message.lines.filter(purpose=Purpose.ALERT, alert__closed_at__isnull=False)
    if is_known:
        lines = lines.filter(dropped_at=None)
    for line in lines.select_related("alert"):
        _tell(line.alert, lines.filter(alert=line.alert), now)


def _tell(alert: Alert, lines: QuerySet[Notification], now: datetime) -> None:
    told: dict[Recipient, Notification] = {}
    outside = lines.exclude(person__isnull=False, person=alert.patient.user_id)
    for line in outside.order_by("round", "rung"):
        told[line.recipient] = line
    followed = {line.recipient for line in alert.notifications.filter(purpose=Purpose.FOLLOW_UP)}
    lines_queue(
        [
            Line(
                alert_id=alert.pk,
                dose_id=alert.dose_id,
                alert_class=alert.alert_class,
                rung=line.rung,
                round=line.round,
                recipient=recipient,
                purpose=Purpose.FOLLOW_UP,
            )
            for recipient, line in told.items()
            if recipient not in followed
        ],
        now=now,
    )
