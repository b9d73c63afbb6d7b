"""Which lines go into one message: one recipient, one purpose, one minute; emergencies alone."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from reminders.domain.messages import Purpose
from reminders.domain.recipients import Recipient
from tracker.domain.flags import FlagClass


@dataclass(frozen=True, slots=True)
class Line:
    """One rung of one alert, decided for one recipient."""

    alert_id: UUID
    dose_id: UUID | None
    alert_class: str
    rung: int
    round: int
    recipient: Recipient
    purpose: Purpose
    expires_at: datetime | None = None
    turn: int = 0


@dataclass(frozen=True, slots=True)
class GroupKey:
    """What the lines of one message have in common."""

    recipient: Recipient
    purpose: Purpose
    minute: datetime
    message_class: str
    expires_at: datetime | None
    turn: int
    alone: UUID | None


def group_key(line: Line, now: datetime) -> GroupKey:
    """Return the message that a line decided at `now` belongs to."""
    is_emergency = line.alert_class == FlagClass.EMERGENCY
    return GroupKey(
        recipient=line.recipient,
        purpose=line.purpose,
        minute=now.replace(second=0, microsecond=0),
        message_class=line.alert_class,
        expires_at=line.expires_at,
        turn=line.turn,
        alone=line.alert_id if is_emergency else None,
    )
