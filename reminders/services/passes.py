"""One pass of the dispatch: claim, prepare, hand over, record, until nothing is waiting.

A pass ends by itself well before its task is ended: what it then holds goes back to the queue, and
what a hung provider has kept is left to its lease.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from time import monotonic, sleep
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from reminders.models import Message
from reminders.services.dispatch import (
    claims_release,
    dispatch_reap,
    letters_prepare,
    messages_claim,
)
from reminders.services.recording import Claimed, Delivery, deliveries_record
from reminders.services.sending import LOW, Lanes

RECORD_SECONDS = 1.0
"""The longest that a result is held before it is written: a crash repeats no more than that."""
PAUSES = (0.2, 0.8, 2.0)
"""Between the tries to write results down, in seconds; each one lost is a message repeated."""

Clock = Callable[[], datetime]


def dispatch_run(*, clock: Clock) -> bool:
    """Send what is waiting; `clock` is the database's, and is asked before every step.

    Returns whether messages get through: one did, or none that was tried is waiting. Between a
    claim and the second look nothing is asked: what breaks there gives the claim back.
    """
    dispatch_reap(now=clock())
    with Lanes() as lanes:
        one_pass = Pass(lanes, clock)
        one_pass.run()
    return one_pass.has_delivered or not Message.objects.tried_and_waiting().exists()


class Pass:
    """What one pass of the dispatch holds and when it has to end (monotonic seconds)."""

    def __init__(self, lanes: Lanes, clock: Clock) -> None:
        """It claims for a third of the time that its task has, and waits for most of the rest."""
        self._lanes = lanes
        self._clock = clock
        self._seen: set[UUID] = set()
        self.has_delivered = False
        self._claims_until = monotonic() + settings.CELERY_TASK_SOFT_TIME_LIMIT / 3
        self._waits_until = monotonic() + settings.CELERY_TASK_SOFT_TIME_LIMIT * 0.9

    def run(self) -> None:
        """Claim and send until nothing is waiting and everything has come back.

        Also when it fails, it writes down what has been sent by then.
        """
        try:
            while self._step():
                pass
        finally:
            not_begun = self._lanes.stale(fresh_seconds=0)
            self._record(self._lanes.results(seconds=RECORD_SECONDS))
            self._give_back(not_begun)

    def _step(self) -> bool:
        """Take one batch, and record what has come back since; tell whether there is more to do."""
        now = monotonic()
        at = self._clock()
        claimed = messages_claim(now=at) if now < self._claims_until else []
        if not claimed and not self._lanes.is_busy:
            return False
        if now >= self._waits_until:
            return False
        if claimed:
            letters = letters_prepare(claimed=claimed, now=at)
            self._give_back(self._lanes.put(letters))
        has_news = not self._seen.issuperset(each.message_id for each in claimed)
        self._seen.update(each.message_id for each in claimed)
        low = LOW if has_news else -1
        self._record(self._lanes.results(seconds=RECORD_SECONDS, low=low))
        self._lanes.raise_faults()
        self._give_back(self._lanes.stale())
        return True

    def _give_back(self, claimed: Sequence[Claimed]) -> None:
        if claimed:
            claims_release(claimed=claimed, now=self._clock())

    def _record(self, deliveries: Sequence[Delivery]) -> None:
        """Write results down; a broken connection or a deadlock is no reason to lose them."""
        if not deliveries:
            return
        self.has_delivered |= any(each.error is None for each in deliveries)
        for pause in PAUSES:
            try:
                deliveries_record(deliveries=deliveries, now=self._clock())
            except (OperationalError, InterfaceError):
                connection.close_if_unusable_or_obsolete()
                sleep(pause)
            else:
                return
        deliveries_record(deliveries=deliveries, now=self._clock())
