"""One dispatch in memory, step by step, and the providers it hands messages to.

As in the reminders' services: claim with a lease, commit, look again, send, record while held.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timedelta

from reminders.domain.backoff import MOST_ATTEMPTS
from reminders.domain.grouping import Line
from reminders.domain.messages import ALLOWED, AttemptResult, MessageState, Purpose
from reminders.domain.standing import LineFacts, Standing
from tests.simulation.alerting import alert_skip_ahead, event_add
from tests.simulation.outbox import PAUSE, follow_up_after_sending, lines_queue
from tests.simulation.providers import Answer, Providers
from tests.simulation.rows import Message, Point, Row
from tests.simulation.sweeping import LIMIT, undelivered_flag
from tests.simulation.world import World
from tracker.domain.alerts import AlertEventKind
from tracker.domain.flags import FlagClass

BATCH = 20
LEASE = timedelta(seconds=120)
TASK_LIMIT = timedelta(seconds=60)
TAKES_TOO_LONG = -1.0
"""The step at which the worker kills a task."""


@dataclass(slots=True)
class Prepared:
    """What the second look found worth sending."""

    rows: list[Row]
    point: Point
    looked_at: datetime


def dispatch(world: World, providers: Providers) -> Generator[float, None, None]:
    """Send what is waiting; each step yields the seconds that it takes."""
    began_at = world.true_at
    _reap(world)
    yield 0.0
    while claimed := _claim(world):
        yield 0.0
        for message, claim in claimed:
            prepared = _prepare(world, message, claim)
            yield 0.0
            if prepared is None:
                continue
            answer = providers.send(world, message, prepared)
            yield answer.seconds
            if world.true_at - began_at >= TASK_LIMIT:
                yield TAKES_TOO_LONG
            if _is_held(message, claim):
                _record(world, message, prepared.point, answer)
            yield 0.0
    world.beats["dispatch"] = world.rules.beat_after(world.beats.get("dispatch"), world.now, LIMIT)


def _reap(world: World) -> None:
    now = world.now
    for message in list(world.waiting.values()):
        is_sending = message.state is MessageState.SENDING and message.lease_until_at is not None
        if not is_sending or message.lease_until_at > now:
            continue
        if message.attempts >= MOST_ATTEMPTS:
            undelivered_record(world, message, None, now)
        else:
            message.next_try_at = now
            _move(world, message, MessageState.QUEUED)


def _claim(world: World) -> list[tuple[Message, int]]:
    now = world.now
    ready = [
        message
        for message in world.waiting.values()
        if message.state is MessageState.QUEUED and message.next_try_at <= now
    ]
    ready.sort(key=lambda message: (message.urgency, message.decided_at))
    claim = world.count()
    for message in ready[:BATCH]:
        message.state, message.claim = MessageState.SENDING, claim
        message.lease_until_at = now + LEASE
        message.attempts += 1
    return [(message, claim) for message in ready[:BATCH]]


def _is_held(message: Message, claim: int) -> bool:
    return message.state is MessageState.SENDING and message.claim == claim


def _prepare(world: World, message: Message, claim: int) -> Prepared | None:
    if not _is_held(message, claim):
        return None
    now = world.now
    for row in message.standing_lines:
        if _is_moot(world, row):
            row.dropped_at = now
    rows = message.standing_lines
    if not rows:
        _end(world, message, Standing.MOOT, now)
        return None
    if message.expires_at is not None and message.expires_at <= now:
        _end(world, message, Standing.EXPIRED, now)
        return None
    if message.purpose is Purpose.FOLLOW_UP and _is_overtaking(message, rows):
        _requeue(world, message, now + PAUSE, counts=False)
        return None
    points = world.points_of(message.recipient)
    place = world.rules.place_of(
        [world.quiet_ends(point, now) for point in points],
        turn=message.turn,
        is_emergency=message.message_class == FlagClass.EMERGENCY,
        now=now,
    )
    if place.standing is Standing.WAIT:
        _requeue(world, message, place.wait_until_at or now, counts=False)
    elif place.standing is Standing.UNREACHABLE:
        undelivered_record(world, message, None, now)
    else:
        return Prepared(rows, points[place.index or 0], now)
    return None


def _is_moot(world: World, row: Row) -> bool:
    alert, dose, person = row.alert, row.alert.dose, row.line.recipient.person_id
    entry = dose.standing if dose is not None else None
    facts = LineFacts(
        purpose=row.line.purpose,
        kind=alert.kind,
        has_right=person is None or world.has_right(alert.patient, person),
        is_closed=alert.closed_at is not None,
        outcome=entry.outcome if entry is not None else None,
        is_cancelled=dose is not None and dose.cancelled_at is not None,
    )
    found: bool = world.rules.is_moot(facts)
    return found


def _is_overtaking(message: Message, rows: list[Row]) -> bool:
    on_its_way = (MessageState.QUEUED, MessageState.SENDING)
    return any(
        other.line.purpose is Purpose.ALERT
        and other.line.recipient == message.recipient
        and other.dropped_at is None
        and other.message.state in on_its_way
        for row in rows
        for other in row.alert.lines
    )


def _record(world: World, message: Message, point: Point, answer: Answer) -> None:
    now = world.now
    if answer.result is AttemptResult.SENT:
        is_known = not _has_a_sender_died(message)
        message.tries.append(AttemptResult.SENT)
        _move(world, message, MessageState.SENT)
        _thread(world, message, AlertEventKind.TOLD, now)
        follow_up_after_sending(world, message, now, is_known=is_known)
        return
    message.tries.append(answer.result)
    if answer.result is AttemptResult.RETRY:
        at = world.rules.next_try_at(attempts=message.attempts, key=message.id, now=now)
        if at is not None:
            _requeue(world, message, at, counts=True)
            return
    else:
        point.is_usable = False
        if world.points_of(message.recipient):
            _try_elsewhere(world, message, now)
            return
    undelivered_record(world, message, point, now)


def undelivered_record(world: World, message: Message, point: Point | None, now: datetime) -> None:
    """Give a message up: F23 opens, and the next rungs are due at once."""
    if point is None:
        message.tries.append(AttemptResult.NOWHERE)
    _move(world, message, MessageState.FAILED)
    _thread(world, message, AlertEventKind.BOUNCED, now)
    _flag(world, message, now)
    for row in message.standing_lines:
        alert_skip_ahead(world, row.alert, row.line.rung, now)


def message_returned(world: World, message: Message, point: Point) -> None:
    """Take in that a provider gave back for good what it had taken."""
    now = world.now
    message.tries.append(AttemptResult.RETURNED)
    point.is_usable = False
    if world.points_of(message.recipient) and message.attempts < MOST_ATTEMPTS:
        _try_elsewhere(world, message, now)
    else:
        undelivered_record(world, message, point, now)


def _try_elsewhere(world: World, message: Message, now: datetime) -> None:
    _thread(world, message, AlertEventKind.BOUNCED, now)
    _flag(world, message, now)
    _requeue(world, message, now, counts=True)


def _requeue(world: World, message: Message, at: datetime, *, counts: bool) -> None:
    message.next_try_at = at
    message.attempts -= not counts
    _move(world, message, MessageState.QUEUED)


def _end(world: World, message: Message, standing: Standing, now: datetime) -> None:
    if standing is Standing.MOOT:
        _move(world, message, MessageState.CANCELLED)
        if _has_a_sender_died(message):
            follow_up_after_sending(world, message, now, is_known=False)
        return
    _move(world, message, MessageState.EXPIRED)
    lines = [(_question(row, message), row.alert) for row in message.standing_lines]
    lines_queue(world, lines, now)


def _question(row: Row, message: Message) -> Line:
    return Line(
        alert_id=row.alert.id,
        dose_id=row.line.dose_id,
        alert_class=row.alert.alert_class,
        rung=row.line.rung,
        round=row.line.round,
        recipient=message.recipient,
        purpose=Purpose.ALERT,
    )


def _move(world: World, message: Message, state: MessageState) -> None:
    if state not in ALLOWED[message.state]:
        raise ValueError(f"a message cannot go from {message.state} to {state}")
    message.state, message.claim, message.lease_until_at = state, None, None
    if state is MessageState.QUEUED:
        world.waiting[message.id] = message
    else:
        world.waiting.pop(message.id, None)
        world.watch.message_ended(world, message)


def _has_a_sender_died(message: Message) -> bool:
    tries = [result for result in message.tries if result is not AttemptResult.RETURNED]
    return len(tries) < message.attempts - 1


def _thread(world: World, message: Message, kind: AlertEventKind, now: datetime) -> None:
    for row in message.standing_lines:
        event_add(world, row.alert, kind, now, message.recipient)
        row.alert.events[-1].rung = row.line.rung
        row.alert.events[-1].round = row.line.round


def _flag(world: World, message: Message, now: datetime) -> None:
    for row in message.standing_lines:
        undelivered_flag(world, row.alert.patient, world.name_of(message.recipient), now)
