"""Lines become messages, and people are told how it ended, as the reminders' services do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from reminders.domain.grouping import Line
from reminders.domain.messages import MessageState, Purpose
from reminders.domain.recipients import Recipient
from tests.simulation.rows import Alert, Message, Row
from tests.simulation.world import World

PAUSE = timedelta(seconds=5)


def lines_queue(world: World, lines: Iterable[tuple[Line, Alert]], now: datetime) -> None:
    """Queue lines, grouped into messages that nobody has tried yet."""
    for line, alert in lines:
        key = world.rules.group_key(line, now)
        message = world.groups.get(key)
        if message is None or message.state is not MessageState.QUEUED or message.attempts:
            message = _message(world, line, now)
            world.groups[key] = message
        row = Row(line, alert, message)
        message.lines.append(row)
        alert.lines.append(row)
        world.watch.line_decided(world, row, now)


def _message(world: World, line: Line, now: datetime) -> Message:
    message = Message(
        id=world.new_id(),
        recipient=line.recipient,
        purpose=line.purpose,
        message_class=line.alert_class,
        urgency=world.rules.urgency_of(line.alert_class, line.purpose),
        turn=line.turn,
        decided_at=now,
        next_try_at=now,
        expires_at=line.expires_at,
    )
    world.messages.append(message)
    world.waiting[message.id] = message
    return message


def follow_ups_write(world: World, alert: Alert, now: datetime) -> datetime | None:
    """Queue the outcome for those who were told; drop what was not sent yet."""
    lines = [r for r in alert.lines if r.line.purpose is Purpose.ALERT and r.dropped_at is None]
    for row in lines:
        if row.message.state is MessageState.QUEUED:
            row.dropped_at = now
    _tell(world, alert, [r for r in lines if r.message.state is MessageState.SENT], now)
    return now + PAUSE if any(r.message.state is MessageState.SENDING for r in lines) else None


def follow_up_after_sending(
    world: World, message: Message, now: datetime, *, is_known: bool = True
) -> None:
    """Queue the outcome of alerts that closed while this message was being sent."""
    for row in message.lines:
        is_closed = row.line.purpose is Purpose.ALERT and row.alert.closed_at is not None
        if is_closed and (row.dropped_at is None or not is_known):
            _tell(world, row.alert, [row], now)


def _tell(world: World, alert: Alert, rows: list[Row], now: datetime) -> None:
    own = alert.patient.person.id if alert.patient.person is not None else None
    told: dict[Recipient, Row] = {}
    for row in sorted(rows, key=lambda row: (row.line.round, row.line.rung)):
        if own is None or row.line.recipient.person_id != own:
            told[row.line.recipient] = row
    followed = {r.line.recipient for r in alert.lines if r.line.purpose is Purpose.FOLLOW_UP}
    new = [
        (
            Line(
                alert_id=alert.id,
                dose_id=row.line.dose_id,
                alert_class=alert.alert_class,
                rung=row.line.rung,
                round=row.line.round,
                recipient=recipient,
                purpose=Purpose.FOLLOW_UP,
            ),
            alert,
        )
        for recipient, row in told.items()
        if recipient not in followed
    ]
    lines_queue(world, new, now)
