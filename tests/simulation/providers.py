"""Providers that take, refuse, hang, bounce, take twice or give back later, as the case says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from reminders.domain.messages import AttemptResult
from tests.simulation.rows import Delivery, Message, Point
from tests.simulation.world import World

if TYPE_CHECKING:
    from tests.simulation.sending import Prepared

OWN_KINDS = ("fail", "hang", "twice", "bounce", "slow")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, after how many seconds."""

    result: AttemptResult
    seconds: float = 0.0


class Providers:
    """One provider for each kind of contact point, and everything they took."""

    def __init__(self) -> None:
        self.broken_until: dict[tuple[str, str], datetime] = {}
        self.last: dict[str, tuple[Message, Point]] = {}
        self._hangs = 0

    def break_down(self, world: World, kind: str, what: str, minutes: int) -> None:
        """Let the provider of one kind of contact point misbehave for a while."""
        self.broken_until[kind, what] = world.true_at + timedelta(minutes=minutes)

    def send(self, world: World, message: Message, prepared: Prepared) -> Answer:
        """Take a message, or not."""
        point = prepared.point
        if not self.broken_until:
            return self._take(world, message, prepared)
        if self._is(world, "bounce", point.kind):
            del self.broken_until["bounce", point.kind]
            return Answer(AttemptResult.PERMANENT)
        if self._is(world, "fail", point.kind):
            return Answer(AttemptResult.RETRY)
        if self._is(world, "hang", point.kind):
            self._hangs += 1
            if self._hangs % 2:  # it took the message and then said nothing
                self._take(world, message, prepared, is_known=False)
            return Answer(AttemptResult.RETRY, 10.0)
        if self._is(world, "twice", point.kind):
            self._take(world, message, prepared)
        seconds = 25.0 if self._is(world, "slow", point.kind) else 0.0
        self._take(world, message, prepared)
        return Answer(AttemptResult.SENT, seconds)

    def _is(self, world: World, kind: str, what: str) -> bool:
        until = self.broken_until.get((kind, what))
        return until is not None and world.true_at < until

    def _take(
        self, world: World, message: Message, prepared: Prepared, *, is_known: bool = True
    ) -> Answer:
        point = prepared.point
        names_amount = world.rules.names_amount(message.purpose, is_discreet=point.is_discreet)
        self.last[point.kind] = message, point
        delivery = Delivery(
            message.id, message, prepared.rows, prepared.looked_at, names_amount, point, is_known
        )
        world.watch.delivered(world, delivery)
        return Answer(AttemptResult.SENT)
