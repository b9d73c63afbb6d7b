"""The outbox: decided lines become rows, grouped into messages, before anything is sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID, uuid4

from accounts.models.rows import Row, among, rows_insert
from reminders.domain.grouping import GroupKey, Line, group_key
from reminders.domain.messages import MessageState, Purpose, urgency_of
from reminders.models import Message, Notification

MESSAGE = (
    "pk",
    "person",
    "clinic",
    "duty",
    "purpose",
    "message_class",
    "urgency",
    "expires_at",
    "contact_turn",
    "state",
    "attempts",
    "decided_at",
    "next_try_at",
)
LINE = ("message", "alert", "dose", "rung", "round", "person", "clinic", "duty", "purpose")


def lines_queue(lines: Iterable[Line], *, now: datetime) -> None:
    """Queue lines in the caller's transaction; a line decided twice raises IntegrityError."""
    groups: defaultdict[GroupKey, list[Line]] = defaultdict(list)
    for line in lines:
        groups[group_key(line, now)].append(line)
    queued = _open_messages(groups)
    new: list[tuple[UUID, GroupKey]] = []
    rows: list[Row] = []
    for key, members in groups.items():
        message_id = queued.get(key)
        if message_id is None:
            message_id = uuid4()
            new.append((message_id, key))
        rows += [_line(line, message_id) for line in members]
    _messages_insert(new, now)
    rows_insert(Notification, LINE, rows)


def _open_messages(keys: Collection[GroupKey]) -> dict[GroupKey, UUID]:
    """Return the queued, never tried message of each group, unless a sender holds it."""
    shared = [key for key in keys if key.alone is None]
    if not shared:
        return {}
    recipients = {key.recipient for key in shared}
    people = [each.person_id for each in recipients if each.person_id is not None]
    clinics = {each.clinic_id for each in recipients if each.clinic_id is not None}
    queued = Message.objects.filter(
        among("person", people) | among("clinic", clinics),
        purpose__in={key.purpose for key in shared},
        decided_at__gte=shared[0].minute,
        state=MessageState.QUEUED,
        attempts=0,
    )
    held = queued.select_for_update(skip_locked=True, of=("self",))
    return {_key_of(message, shared[0].minute): message.pk for message in held}


def _key_of(message: Message, minute: datetime) -> GroupKey:
    """Return the group that a queued message of this minute takes lines of."""
    return GroupKey(
        recipient=message.recipient,
        purpose=Purpose(message.purpose),
        minute=minute,
        message_class=message.message_class,
        expires_at=message.expires_at,
        turn=message.contact_turn,
        alone=None,
    )


def _messages_insert(new: Iterable[tuple[UUID, GroupKey]], now: datetime) -> None:
    rows = [
        (
            pk,
            key.recipient.person_id,
            key.recipient.clinic_id,
            key.recipient.duty,
            key.purpose.value,
            key.message_class,
            urgency_of(key.message_class, key.purpose),
            key.expires_at,
            key.turn,
            MessageState.QUEUED.value,
            0,
            now,
            now,
        )
        for pk, key in new
    ]
    rows_insert(Message, MESSAGE, rows)


def _line(line: Line, message_id: UUID) -> Row:
    return (
        message_id,
        line.alert_id,
        line.dose_id,
        line.rung,
        line.round,
        line.recipient.person_id,
        line.recipient.clinic_id,
        line.recipient.duty,
        line.purpose.value,
    )
