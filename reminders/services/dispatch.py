"""The dispatch: claim with a lease, commit, look at the facts again, and write the letters.

Sending happens outside any transaction (sending.py), recording in one of its own (recording.py).
A crash anywhere leaves rows that a later pass takes up: a message may rarely arrive twice, with
the same key and marked as a repeat, and is never lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, prefetch_related_objects

from accounts.models import ContactPoint
from accounts.models.rows import among
from reminders.channels.base import Letter
from reminders.domain.backoff import MOST_ATTEMPTS
from reminders.domain.grouping import Line
from reminders.domain.messages import MessageState, Purpose
from reminders.domain.standing import Standing
from reminders.models import Message, Notification
from reminders.selectors.batches import Batch, batch_of
from reminders.services.compose import Matter, letter_for
from reminders.services.follow_ups import follow_up_after_sending
from reminders.services.one_tap import one_tap_links_mint
from reminders.services.outbox import lines_queue
from reminders.services.rechecking import Found, standing_of
from reminders.services.recording import (
    Claimed,
    message_give_up,
    messages_end,
    messages_held,
    messages_requeue,
)

BATCH = 250
BEHIND = ("person", "clinic", "invitation__patient", "contact_point", "plan_version")
"""What a letter is written from, besides its lines."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A letter that may leave now, and where to; the contact point of an invitation is no row."""

    claimed: Claimed
    letter: Letter
    point: ContactPoint


@transaction.atomic
def dispatch_reap(*, now: datetime) -> int:
    """Give back to the queue what a dead sender held; return how many.

    A message that has cost its sender the life on every attempt is given up instead, and flagged.
    """
    held = Message.objects.held_too_long(now)
    hopeless = held.filter(attempts__gte=MOST_ATTEMPTS).select_related("person", "clinic")
    for message in hopeless.select_for_update(no_key=True, skip_locked=True, of=("self",)):
        message_give_up(message=message, point=None, now=now, said="its sender died each time")
    ended = held.select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True)
    return Message.objects.filter(pk__in=list(ended)).update(
        state=MessageState.QUEUED, claim=None, lease_until_at=None, next_try_at=now
    )


@transaction.atomic
def messages_claim(*, now: datetime, limit: int = BATCH) -> list[Claimed]:
    """Take some waiting messages, most urgent first, and hold them for `SEND_LEASE_SECONDS`.

    The claim is not waited for on the disk. Lost with the database's machine, it leaves them
    waiting: what left in that fraction of a second leaves again, with the same key.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")
    claim = uuid4()
    waiting = Message.objects.waiting(now).most_urgent_first()
    held = waiting.select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True)
    ids = list(held[:limit])
    Message.objects.filter(among("pk", ids)).update(
        state=MessageState.SENDING,
        claim=claim,
        lease_until_at=now + timedelta(seconds=settings.SEND_LEASE_SECONDS),
        attempts=F("attempts") + 1,
    )
    return [Claimed(message_id=pk, claim=claim) for pk in ids]


@transaction.atomic
def claims_release(*, claimed: Collection[Claimed], now: datetime) -> None:
    """Give messages back that this sender claimed and did not come to; no try is counted."""
    held = messages_held(claimed)
    Message.objects.filter(pk__in=held).update(
        state=MessageState.QUEUED,
        claim=None,
        lease_until_at=None,
        next_try_at=now,
        attempts=F("attempts") - 1,
    )


def letters_prepare(*, claimed: Sequence[Claimed], now: datetime) -> list[Prepared]:
    """Look at the facts again and write the letters that may leave now.

    What waits, has ended or has nowhere to go is recorded here. When one message cannot be looked
    at or written, the others go back to the queue; it stays held until its lease ends, which
    counts as a try.
    """
    suspects: list[Claimed] = []
    is_done = False
    try:
        letters = _prepared(claimed, suspects, now)
        is_done = True
    finally:
        if not is_done:
            claims_release(claimed=[each for each in claimed if each not in suspects], now=now)
    return letters


@transaction.atomic
def _prepared(claimed: Sequence[Claimed], suspects: list[Claimed], now: datetime) -> list[Prepared]:
    """Return the letters; `suspects` has the message that is at fault when this fails."""
    held = messages_held(claimed)
    prefetch_related_objects(list(held.values()), *BEHIND)
    batch = batch_of(list(held.values()), now)
    found: dict[Claimed, Found] = {}
    for each in [each for each in claimed if each.message_id in held]:
        suspects[:] = [each]
        found[each] = standing_of(held[each.message_id], batch, now)
    suspects.clear()
    _set_aside({held[each.message_id]: it for each, it in found.items()}, batch, now)
    leaving = {each: it for each, it in found.items() if it.standing is Standing.SEND}
    tokens = _one_tap_tokens(leaving.values(), now)
    letters = []
    for each, it in leaving.items():
        if it.point is not None:
            suspects[:] = [each]
            message = held[each.message_id]
            letter = letter_for(
                message=message,
                point=it.point,
                matter=Matter(it.lines, batch.rights, tokens.get(message.person_id, {})),
                now=now,
                is_repeat=message.pk in batch.repeats,
            )
            letters.append(Prepared(each, letter, it.point))
    suspects.clear()
    return letters


def _one_tap_tokens(
    leaving: Iterable[Found], now: datetime
) -> Mapping[UUID | None, Mapping[UUID, str]]:
    """Return, by person and dose, the tokens of the links of the prompts that leave now."""
    prompts = [
        (line.dose, line.person_id)
        for found in leaving
        for line in found.lines
        if line.purpose == Purpose.PROMPT and line.dose is not None and line.person_id is not None
    ]
    tokens: defaultdict[UUID | None, dict[UUID, str]] = defaultdict(dict)
    for (dose_id, person_id), token in one_tap_links_mint(prompts=prompts, now=now).items():
        tokens[person_id][dose_id] = token
    return tokens


def _set_aside(found: Mapping[Message, Found], batch: Batch, now: datetime) -> None:
    """Record everything that does not leave now."""
    moot = [line.pk for it in found.values() for line in it.moot_lines]
    if moot:
        Notification.objects.filter(pk__in=moot).update(dropped_at=now)
    waiting = []
    for message in _those(found, Standing.WAIT):
        message.next_try_at = found[message].wait_until_at or now
        message.attempts -= 1  # no try was made
        waiting.append(message)
    if waiting:
        messages_requeue(messages=waiting)
    for message in _those(found, Standing.UNREACHABLE):
        message_give_up(message=message, point=None, now=now)
    _cancel(_those(found, Standing.MOOT), batch, now)
    _expire({message: found[message] for message in _those(found, Standing.EXPIRED)}, now)


def _those(found: Mapping[Message, Found], standing: Standing) -> list[Message]:
    return [message for message, it in found.items() if it.standing is standing]


def _cancel(moot: Sequence[Message], batch: Batch, now: datetime) -> None:
    """End messages with nothing left to say; who may have got one all the same hears the end."""
    if moot:
        messages_end(messages=moot, state=MessageState.CANCELLED, now=now)
    for message in moot:
        if message.pk in batch.repeats:
            follow_up_after_sending(message=message, now=now, is_known=False)


def _expire(expired: Mapping[Message, Found], now: datetime) -> None:
    """End prompts whose window has passed: the question what happened follows.

    Nothing stale is prompted.
    """
    if not expired:
        return
    messages_end(messages=expired, state=MessageState.EXPIRED, now=now)
    lines_queue(
        [
            Line(
                alert_id=line.alert_id,
                dose_id=line.dose_id,
                alert_class=line.alert.alert_class,
                rung=line.rung,
                round=line.round,
                recipient=message.recipient,
                purpose=Purpose.ALERT,
                turn=message.contact_turn,
            )
            for message, found in expired.items()
            for line in found.lines
        ],
        now=now,
    )
