"""What delivery learned, written down: told, bounced, given up, to be tried again.

The caller holds the message's row by its claim. Everything here moves a message along its table.
"""

from __future__ import annotations

from datetime import datetime

from accounts.models import ContactPoint
from accounts.selectors.contact_points import usable_contact_points
from accounts.services.contact_points import contact_point_disable
from reminders.channels.base import DeliveryError
from reminders.domain.backoff import next_try_at
from reminders.domain.grouping import Line
from reminders.domain.messages import ALLOWED, AttemptResult, MessageState, Purpose
from reminders.domain.standing import Standing
from reminders.models import Attempt, Message, Notification
from reminders.services.climbing import undelivered_flag
from reminders.services.follow_ups import follow_up_after_sending
from reminders.services.outbox import lines_queue
from tracker.domain.alerts import AlertEventKind
from tracker.services.alerts import alert_event, alert_skip_ahead


def sent_record(*, message: Message, point: ContactPoint, now: datetime) -> None:
    """Record that the provider took the message: each alert's thread says who was told."""
    is_known = not _has_a_sender_died(message)
    _attempt(message, point, AttemptResult.SENT, "", now)
    _move(message, MessageState.SENT, now)
    _thread(message, AlertEventKind.TOLD, now)
    follow_up_after_sending(message=message, now=now, is_known=is_known)


def failure_record(
    *, message: Message, point: ContactPoint, error: DeliveryError, now: datetime
) -> None:
    """Record a try that failed: again later, at once on the next contact point, or given up."""
    result = AttemptResult.PERMANENT if error.is_permanent else AttemptResult.RETRY
    _attempt(message, point, result, error.detail, now)
    if not error.is_permanent:
        at = next_try_at(attempts=message.attempts, key=message.pk, now=now)
        if at is not None:
            message_requeue(message=message, at=at, counts=True)
            return
    elif not point._state.adding:
        contact_point_disable(contact_point=point, reason=error.detail, now=now)
        if _has_another_way(message):
            _thread(message, AlertEventKind.BOUNCED, now, said=error.detail)
            _flag(message, now)
            message_requeue(message=message, at=now, counts=False)
            return
    undelivered_record(message=message, point=point, now=now, detail=error.detail)


def undelivered_record(
    *, message: Message, point: ContactPoint | None, now: datetime, detail: str = ""
) -> None:
    """Give a message up: the threads say so, F23 opens, and the next rungs are due at once."""
    if point is None:
        _attempt(message, None, AttemptResult.NOWHERE, "", now)
    _move(message, MessageState.FAILED, now)
    _thread(message, AlertEventKind.BOUNCED, now, said=detail)
    _flag(message, now)
    for line in _open_lines(message):
        alert_skip_ahead(alert=line.alert, rung=line.rung, now=now)


def message_requeue(*, message: Message, at: datetime, counts: bool) -> None:
    """Give a message back to the queue until `at`; a try that was none does not count."""
    message.next_try_at = at
    if not counts:
        message.attempts -= 1
    _move(message, MessageState.QUEUED, None)


def message_end(*, message: Message, standing: Standing, now: datetime) -> None:
    """End a message that is moot or has expired.

    A prompt that expired is followed by the question what happened; nothing stale is prompted.
    """
    if standing is Standing.MOOT:
        _move(message, MessageState.CANCELLED, now)
        if _has_a_sender_died(message):
            follow_up_after_sending(message=message, now=now, is_known=False)
        return
    _move(message, MessageState.EXPIRED, now)
    lines_queue(
        [
            Line(
                alert_id=line.alert_id,
                dose_id=line.dose_id,
                alert_class=line.alert.alert_class,
                rung=line.rung,
                round=line.round,
                recipient=message.recipient,
                purpose=Purpose.ALERT,
            )
            for line in _open_lines(message)
        ],
        now=now,
    )


def _move(message: Message, to_state: MessageState, ended_at: datetime | None) -> None:
    if to_state not in ALLOWED[MessageState(message.state)]:
        raise ValueError(f"a message cannot go from {message.state} to {to_state}")
    message.state = to_state
    message.claim = None
    message.lease_until_at = None
    message.ended_at = ended_at
    message.save()


def _has_a_sender_died(message: Message) -> bool:
    """Tell whether an earlier claim left no attempt: it may have sent the message, or not."""
    earlier_claims = message.attempts - 1
    return message.tries.count() < earlier_claims


def _attempt(
    message: Message, point: ContactPoint | None, result: AttemptResult, detail: str, now: datetime
) -> None:
    Attempt(
        message=message,
        contact_point=None if point is None or point._state.adding else point,
        at=now,
        number=message.attempts,
        result=result,
        detail=detail,
    ).save()


def _open_lines(message: Message) -> list[Notification]:
    lines = message.lines.filter(dropped_at=None)
    return list(lines.select_related("alert__patient__clinic", "alert__dose__plan"))


def _thread(message: Message, kind: AlertEventKind, now: datetime, *, said: str = "") -> None:
    """Write the same line into the thread of every alert that the message is about."""
    for line in _open_lines(message):
        event = alert_event(line.alert, kind, now, note=said, purpose=message.purpose)
        event.rung, event.round = line.rung, line.round
        event.person_id = message.person_id
        event.clinic_id = message.clinic_id
        event.duty = message.duty
        event.save()


def _flag(message: Message, now: datetime) -> None:
    for line in _open_lines(message):
        who = message.person.name if message.person is not None else _clinic_name(message)
        subject = str(message.person_id) if message.person_id else message.duty
        undelivered_flag(alert=line.alert, subject=subject, who=who, now=now)


def _clinic_name(message: Message) -> str:
    return message.clinic.name if message.clinic is not None else ""


def _has_another_way(message: Message) -> bool:
    return usable_contact_points(
        person=message.person, clinic=message.clinic, duty=message.duty
    ).exists()
