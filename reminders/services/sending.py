"""The senders: a few threads for each channel, so that a slow provider holds up no other.

Only letters cross over to the threads; rows are read and written by the pass itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from threading import Condition
from time import monotonic
from types import TracebackType
from typing import Self

from reminders.channels.base import Channel, DeliveryError
from reminders.channels.registry import CHANNELS
from reminders.services.dispatch import BATCH, Prepared
from reminders.services.recording import Claimed, Delivery

SENDERS = 4
"""Connections to one provider at the same time."""
FRESH_SECONDS = 2.0
"""How long a letter may wait for a sender; after that its facts are looked at again."""
LOW = BATCH // 4
"""With this few letters left to begin, the next batch is prepared."""


class Lane:
    """The letters of one channel on their way to its provider, most urgent first."""

    def __init__(self, channel: Channel, results: SimpleQueue[Delivery]) -> None:
        """Deliveries are put into `results` as they end."""
        self._channel = channel
        self._results = results
        self._letters: deque[tuple[float, Prepared]] = deque()
        self._changed = Condition()
        self._is_closed = False
        self._idle = 0
        self._threads = ThreadPoolExecutor(SENDERS)
        self._shifts: list[Future[None]] = []
        self._opened_at = monotonic()
        self._delivered = 0
        self.is_slow = False

    def __len__(self) -> int:
        """How many letters no sender has begun with."""
        return len(self._letters)

    @property
    def room(self) -> int:
        """How many more letters it can take: a slow one no more than it sends while fresh."""
        if not self.is_slow:
            return BATCH + LOW - len(self)
        pace = self._delivered / max(monotonic() - self._opened_at, FRESH_SECONDS)
        return max(2 * SENDERS, int(pace * FRESH_SECONDS)) - len(self)

    def put(self, prepared: Prepared) -> None:
        """Hand a letter over to the senders."""
        with self._changed:
            self._letters.append((monotonic(), prepared))
            is_short = len(self._letters) > self._idle and len(self._shifts) < SENDERS
            self._changed.notify()
        if is_short:
            self._shifts.append(self._threads.submit(self._shift))

    def stale(self, *, fresh_seconds: float = FRESH_SECONDS) -> list[Prepared]:
        """Take back the letters that have waited too long for a sender; the lane is then slow."""
        before = monotonic() - fresh_seconds
        with self._changed:
            taken = []
            while self._letters and self._letters[0][0] <= before:
                taken.append(self._letters.popleft()[1])
        self.is_slow = self.is_slow or bool(taken)
        return taken

    def raise_faults(self) -> None:
        """Raise what ended a sender that should not have ended."""
        for shift in self._shifts:
            if shift.done():
                shift.result()

    def close(self) -> None:
        """Let every sender end after the letter that it is busy with; nobody waits for that."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._threads.shutdown(wait=False)

    def _shift(self) -> None:
        """Send letters on one connection until the lane is closed."""
        with self._channel.session() as channel:
            while (prepared := self._next()) is not None:
                delivery = _delivered(channel, prepared)
                self._delivered += 1
                self._results.put(delivery)

    def _next(self) -> Prepared | None:
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: bool(self._letters) or self._is_closed)
            self._idle -= 1
            return self._letters.popleft()[1] if self._letters else None


class Lanes:
    """All channels in use during one pass."""

    def __init__(self) -> None:
        """Each channel's lane is opened by its first letter."""
        self._lanes: dict[str, Lane] = {}
        self._results: SimpleQueue[Delivery] = SimpleQueue()
        self._out: set[Claimed] = set()

    def __enter__(self) -> Self:
        """Return the lanes, all of them closed."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close every lane."""
        for lane in self._lanes.values():
            lane.close()

    @property
    def is_busy(self) -> bool:
        """Whether any letter has been handed over and nothing has come back yet."""
        return bool(self._out)

    def put(self, letters: Iterable[Prepared]) -> list[Claimed]:
        """Hand letters over; return those for which their channel has no room now."""
        refused = []
        for prepared in letters:
            lane = self._lane(prepared.point.kind)
            if lane.room > 0:
                self._out.add(prepared.claimed)
                lane.put(prepared)
            else:
                refused.append(prepared.claimed)
        return refused

    def results(self, *, seconds: float, low: int = -1) -> list[Delivery]:
        """Return what has come back within so many seconds.

        Sooner when nothing is out, or when no channel but a slow one has more than `low` letters
        left to begin.
        """
        until = monotonic() + seconds
        found: list[Delivery] = []
        while len(found) < len(self._out) and self._most_waiting() > low:
            try:
                found.append(self._results.get(timeout=max(until - monotonic(), 0)))
            except Empty:
                break
        while not self._results.empty():
            found.append(self._results.get())
        self._out.difference_update(each.claimed for each in found)
        return found

    def raise_faults(self) -> None:
        """Raise what ended a sender that should not have ended; record the results first."""
        for lane in self._lanes.values():
            lane.raise_faults()

    def stale(self, *, fresh_seconds: float = FRESH_SECONDS) -> list[Claimed]:
        """Take back the letters that have waited too long for a sender."""
        taken = [
            prepared.claimed
            for lane in self._lanes.values()
            for prepared in lane.stale(fresh_seconds=fresh_seconds)
        ]
        self._out.difference_update(taken)
        return taken

    def _most_waiting(self) -> int:
        return max((len(lane) for lane in self._lanes.values() if not lane.is_slow), default=0)

    def _lane(self, kind: str) -> Lane:
        if kind not in self._lanes:
            self._lanes[kind] = Lane(CHANNELS[kind], self._results)
        return self._lanes[kind]


def _delivered(channel: Channel, prepared: Prepared) -> Delivery:
    try:
        provider_id = channel.send(prepared.letter)
    except DeliveryError as error:
        return Delivery(prepared.claimed, prepared.point, error=error)
    return Delivery(prepared.claimed, prepared.point, provider_id=provider_id)
