"""The dispatch: claim with a lease, commit, look at the fact again, send, record.

Sending happens outside any transaction. A crash anywhere leaves a row that the next pass takes
up: a message may rarely arrive twice, with the same key, and is never lost.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F

from accounts.models import ContactPoint
from reminders.channels.base import DeliveryError, Letter
from reminders.channels.registry import CHANNELS
from reminders.domain.backoff import MOST_ATTEMPTS
from reminders.domain.messages import MessageState
from reminders.domain.standing import Standing
from reminders.models import Message
from reminders.services.compose import letter_for
from reminders.services.rechecking import standing_of
from reminders.services.recording import (
    failure_record,
    message_end,
    message_requeue,
    sent_record,
    undelivered_record,
)

BATCH = 20


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this sender holds, by a claim that ends with its lease."""

    message_id: UUID
    claim: UUID


@transaction.atomic
def dispatch_reap(*, now: datetime) -> int:
    """Give back to the queue what a dead sender held; return how many.

    A message that has cost its sender the life on every attempt is given up instead, and flagged.
    """
    held = Message.objects.held_too_long(now)
    hopeless = held.filter(attempts__gte=MOST_ATTEMPTS).select_related("person", "clinic")
    for message in hopeless.select_for_update(no_key=True, skip_locked=True, of=("self",)):
        undelivered_record(message=message, point=None, now=now, detail="its sender died each time")
    return held.update(state=MessageState.QUEUED, claim=None, lease_until_at=None, next_try_at=now)


@transaction.atomic
def messages_claim(*, now: datetime) -> list[Claimed]:
    """Take up to 20 waiting messages, most urgent first, and hold them for `SEND_LEASE_SECONDS`."""
    claim = uuid4()
    waiting = Message.objects.waiting(now).order_by("urgency", "decided_at")
    held = waiting.select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True)
    ids = list(held[:BATCH])
    Message.objects.filter(pk__in=ids).update(
        state=MessageState.SENDING,
        claim=claim,
        lease_until_at=now + timedelta(seconds=settings.SEND_LEASE_SECONDS),
        attempts=F("attempts") + 1,
    )
    return [Claimed(message_id=pk, claim=claim) for pk in ids]


def claims_release(claimed: Collection[Claimed], *, now: datetime) -> None:
    """Give messages back that this sender claimed and did not come to."""
    for each in claimed:
        rows = Message.objects.filter(pk=each.message_id, claim=each.claim)
        rows.update(
            state=MessageState.QUEUED,
            claim=None,
            lease_until_at=None,
            next_try_at=now,
            attempts=F("attempts") - 1,
        )


def message_deliver(*, claimed: Claimed, now: datetime) -> None:
    """Send one claimed message, or end it when nothing in it stands any more."""
    prepared = _prepare(claimed, now)
    if prepared is None:
        return
    letter, point = prepared
    try:
        CHANNELS[point.kind].send(letter)
    except DeliveryError as error:
        with transaction.atomic():
            message = _held(claimed)
            if message is not None:
                failure_record(message=message, point=point, error=error, now=now)
        return
    with transaction.atomic():
        message = _held(claimed)
        if message is not None:
            sent_record(message=message, point=point, now=now)


@transaction.atomic
def _prepare(claimed: Claimed, now: datetime) -> tuple[Letter, ContactPoint] | None:
    """Look at the facts again and write the letter; None when there is nothing to send now."""
    message = _held(claimed)
    if message is None:
        return None
    found = standing_of(message, now)
    if found.standing is Standing.WAIT:
        message_requeue(message=message, at=found.wait_until_at or now, counts=False)
        return None
    if found.standing is Standing.UNREACHABLE:
        undelivered_record(message=message, point=None, now=now)
        return None
    if found.standing is not Standing.SEND or found.point is None:
        message_end(message=message, standing=found.standing, now=now)
        return None
    return letter_for(message=message, point=found.point, now=now), found.point


def _held(claimed: Claimed) -> Message | None:
    """Return the message while this sender still holds it; the row is locked."""
    rows = Message.objects.filter(
        pk=claimed.message_id, claim=claimed.claim, state=MessageState.SENDING
    )
    return (
        rows.select_for_update(no_key=True, of=("self",))
        .select_related("person", "clinic", "invitation", "contact_point")
        .first()
    )
