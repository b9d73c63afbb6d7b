"""The second look, just before sending: does a line still stand, and where can it go?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reminders.domain.messages import Purpose
from tracker.domain.alerts import AlertKind
from tracker.domain.doses import Outcome


class Standing(StrEnum):
    """What the second look found."""

    SEND = "send"
    WAIT = "wait"
    EXPIRED = "expired"
    MOOT = "moot"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One line as the second look sees it; `outcome` is that of the dose's standing entry."""

    purpose: Purpose
    kind: AlertKind
    has_right: bool
    is_closed: bool
    outcome: Outcome | None
    is_cancelled: bool


def is_moot(line: LineFacts) -> bool:
    """Tell whether a line has nothing to say any more.

    Whoever has no right to know any more gets nothing. A follow-up says how it ended, and so
    stands; everything else falls with its fact.
    """
    if not line.has_right:
        return True
    if line.purpose is Purpose.FOLLOW_UP:
        return False
    if line.is_closed:
        return True
    if line.kind is AlertKind.NO_LOG:
        return line.outcome is not None or line.is_cancelled
    if line.kind is AlertKind.NOT_TAKEN:
        return line.outcome is None or line.outcome is Outcome.TAKEN
    return False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message goes now: the index of a contact point, or the instant to wait for."""

    standing: Standing
    index: int | None = None
    wait_until_at: datetime | None = None


def place_of(
    quiet_until: Sequence[datetime | None], *, turn: int, is_emergency: bool, now: datetime
) -> Place:
    """Return the contact point to use, given when the quiet hours of each end (None: not quiet).

    They are in the owner's order; a repeat begins `turn` places further on, around the end. An
    emergency ignores quiet hours. With all of them quiet the message waits for the first.
    """
    if not quiet_until:
        return Place(Standing.UNREACHABLE)
    order = [(turn + step) % len(quiet_until) for step in range(len(quiet_until))]
    for index in order:
        until_at = quiet_until[index]
        if is_emergency or until_at is None or until_at <= now:
            return Place(Standing.SEND, index=index)
    return Place(Standing.WAIT, wait_until_at=min(at for at in quiet_until if at is not None))
