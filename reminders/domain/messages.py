"""How a message may move, and its place in the queue."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from tracker.domain.flags import FlagClass


class MessageState(StrEnum):
    """The life of a message."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    CANCELLED = "cancelled"
    FAILED = "failed"
    EXPIRED = "expired"


class AttemptResult(StrEnum):
    """What came of one try to send a message."""

    SENT = "sent"
    RETRY = "retry"
    UNCLEAR = "unclear"
    PERMANENT = "permanent"
    NOWHERE = "nowhere"
    RETURNED = "returned"


class Purpose(StrEnum):
    """Why a message exists."""

    PROMPT = "prompt"
    ALERT = "alert"
    FOLLOW_UP = "follow_up"
    INVITATION = "invitation"
    VERIFICATION = "verification"
    TEST = "test"
    PLAN_CHANGED = "plan_changed"
    STEP_NOTICE = "step_notice"
    PLAN_HELD = "plan_held"
    PLAN_ENDED = "plan_ended"


ALLOWED: Mapping[MessageState, frozenset[MessageState]] = MappingProxyType(
    {
        MessageState.QUEUED: frozenset(
            {MessageState.SENDING, MessageState.CANCELLED, MessageState.EXPIRED}
        ),
        MessageState.SENDING: frozenset(
            {
                MessageState.SENT,
                MessageState.QUEUED,
                MessageState.FAILED,
                MessageState.CANCELLED,
                MessageState.EXPIRED,
            }
        ),
        # a provider may return later what it had taken: on to the next way, or given up
        MessageState.SENT: frozenset({MessageState.QUEUED, MessageState.FAILED}),
        MessageState.CANCELLED: frozenset(),
        MessageState.FAILED: frozenset(),
        MessageState.EXPIRED: frozenset(),
    }
)

_URGENCY: Mapping[str, int] = MappingProxyType(
    {FlagClass.EMERGENCY: 0, FlagClass.SAME_DAY: 1, FlagClass.WATCH: 2}
)


def urgency_of(message_class: str, purpose: Purpose) -> int:
    """Return the place in the queue, 0 first: by class, and follow-ups after what is new."""
    return _URGENCY.get(message_class, 3) + (4 if purpose is Purpose.FOLLOW_UP else 0)
