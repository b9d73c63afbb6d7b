"""The outbox: decided lines become rows, grouped into messages, before anything is sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from reminders.domain.grouping import GroupKey, Line, group_key
from reminders.domain.messages import MessageState, urgency_of
from reminders.models import Message, Notification


def lines_queue(lines: Iterable[Line], *, now: datetime) -> list[Notification]:
    """Queue lines in the caller's transaction; a line decided twice raises IntegrityError."""
    groups: defaultdict[GroupKey, list[Line]] = defaultdict(list)
    for line in lines:
        groups[group_key(line, now)].append(line)
    rows = [
        _row(line, message)
        for key, members in groups.items()
        for message in [_open_message(key) or _new_message(key, now)]
        for line in members
    ]
    return Notification.objects.bulk_create(rows)


def _open_message(key: GroupKey) -> Message | None:
    """Return the queued, never tried message of the same group, unless a sender holds it."""
    if key.alone is not None:
        return None
    found = Message.objects.filter(
        person=key.recipient.person_id,
        clinic=key.recipient.clinic_id,
        duty=key.recipient.duty,
        purpose=key.purpose,
        message_class=key.message_class,
        expires_at=key.expires_at,
        contact_turn=key.turn,
        decided_at__gte=key.minute,
        state=MessageState.QUEUED,
        attempts=0,
    )
    return found.select_for_update(skip_locked=True, of=("self",)).first()


def _new_message(key: GroupKey, now: datetime) -> Message:
    return Message.objects.create(
        person_id=key.recipient.person_id,
        clinic_id=key.recipient.clinic_id,
        duty=key.recipient.duty,
        purpose=key.purpose,
        message_class=key.message_class,
        urgency=urgency_of(key.message_class, key.purpose),
        decided_at=now,
        next_try_at=now,
        expires_at=key.expires_at,
        contact_turn=key.turn,
    )


def _row(line: Line, message: Message) -> Notification:
    return Notification(
        message=message,
        alert_id=line.alert_id,
        dose_id=line.dose_id,
        rung=line.rung,
        round=line.round,
        person_id=line.recipient.person_id,
        clinic_id=line.recipient.clinic_id,
        duty=line.recipient.duty,
        purpose=line.purpose,
    )
