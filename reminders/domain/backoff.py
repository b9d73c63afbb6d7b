"""When a message is tried again after a passing failure."""

from datetime import datetime, timedelta
from uuid import UUID

FIRST_DELAY = timedelta(seconds=10)
LONGEST_DELAY = timedelta(minutes=10)
MOST_ATTEMPTS = 12
"""Tries before a message counts as failed: with the delays here, a little over an hour."""

_JITTER_PARTS = 1000


def next_try_at(*, attempts: int, key: UUID, now: datetime) -> datetime | None:
    """Return when to try again after `attempts` failures; None when it is time to give up.

    The delay doubles up to ten minutes and is stretched by up to a quarter, always the same for
    the same message and attempt, so that messages that failed together do not return together.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    delay: timedelta = min(FIRST_DELAY * 2 ** (attempts - 1), LONGEST_DELAY)
    part = (key.int + attempts * 7919) % _JITTER_PARTS
    return now + delay + delay * part / (4 * _JITTER_PARTS)
