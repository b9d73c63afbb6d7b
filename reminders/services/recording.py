"""What delivery learned, written down: told, bounced, given up, to be tried again.

Everything here moves messages along their table, and only while the sender still holds them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from django.db import transaction

from accounts.models import ContactPoint
from accounts.models.rows import among, rows_insert
from accounts.selectors.contact_points import usable_contact_points
from accounts.services.delivery_errors import contact_point_refused, contact_points_note_errors
from reminders.channels.base import DeliveryError
from reminders.domain.backoff import next_try_at
from reminders.domain.messages import ALLOWED, AttemptResult, MessageState, Purpose
from reminders.models import Attempt, Message, Notification
from reminders.selectors.batches import perhaps_sent_before
from reminders.services.climbing import undelivered_flag
from reminders.services.follow_ups import follow_up_after_sending
from tracker.domain.alert_facts import ThreadLine
from tracker.domain.alerts import AlertEventKind
from tracker.services.alert_rows import thread_write
from tracker.services.alerts import alert_skip_ahead

ATTEMPT = ("message_id", "contact_point_id", "at", "number", "result", "detail", "provider_id")
columns_of = attrgetter(*ATTEMPT)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this sender holds, by a claim that ends with its lease."""

    message_id: UUID
    claim: UUID


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one letter; the contact point of an invitation is no row."""

    claimed: Claimed
    point: ContactPoint
    provider_id: str = ""
    error: DeliveryError | None = None


def deliveries_record(*, deliveries: Sequence[Delivery], now: datetime) -> None:
    """Record what became of some letters; what this sender no longer holds is left alone.

    Those that went out come first, in one transaction; a refusal that cannot be recorded must not
    let one of them go out again.
    """
    sent_record(deliveries=[each for each in deliveries if each.error is None], now=now)
    failed = [each for each in deliveries if each.error is not None]
    retries_record(deliveries=[each for each in failed if not _is_permanent(each)], now=now)
    for delivery in failed:
        if _is_permanent(delivery):
            refusal_record(delivery=delivery, now=now)


@transaction.atomic
def sent_record(*, deliveries: Sequence[Delivery], now: datetime) -> None:
    """Record that the provider took these messages: each alert's thread says who was told."""
    held = messages_held([each.claimed for each in deliveries])
    taken = [each for each in deliveries if each.claimed.message_id in held]
    if not taken:
        return
    repeats = perhaps_sent_before(held.values())
    tries = [
        _attempt(held[each.claimed.message_id], each, AttemptResult.SENT, now) for each in taken
    ]
    rows_insert(Attempt, ATTEMPT, [columns_of(attempt) for attempt in tries])
    Message.objects.filter(among("pk", held)).update(
        state=MessageState.SENT, claim=None, lease_until_at=None, ended_at=now
    )
    ways = {each.claimed.message_id: each.point.kind for each in taken}
    threads_write(messages=held, kind=AlertEventKind.TOLD, ways=ways, now=now)
    for pk in _with_a_closed_alert(held):
        follow_up_after_sending(message=held[pk], now=now, is_known=pk not in repeats)


@transaction.atomic
def retries_record(*, deliveries: Sequence[Delivery], now: datetime) -> None:
    """Record tries that failed for now: each is made again later, or given up after the last."""
    held = messages_held([each.claimed for each in deliveries])
    again: list[Message] = []
    for delivery in deliveries:
        message = held.get(delivery.claimed.message_id)
        if message is None:
            continue
        _attempt(message, delivery, _passing(delivery), now).save()
        at = next_try_at(attempts=message.attempts, key=message.pk, now=now)
        if at is None:
            message_give_up(message=message, point=delivery.point, said=_said(delivery), now=now)
            continue
        message.next_try_at = at
        again.append(message)
    messages_requeue(messages=again)
    errors = {each.point.pk: _said(each) for each in deliveries if not each.point._state.adding}
    contact_points_note_errors(errors=errors, now=now)


@transaction.atomic
def refusal_record(*, delivery: Delivery, now: datetime) -> None:
    """Record that an address is refused for good: at once on the next one, or given up."""
    message = messages_held([delivery.claimed]).get(delivery.claimed.message_id)
    if message is None:
        return
    _attempt(message, delivery, AttemptResult.PERMANENT, now).save()
    if not delivery.point._state.adding:
        contact_point_refused(contact_point=delivery.point, error=_said(delivery), now=now)
    if has_another_way(message):
        message_try_elsewhere(
            message=message, point=delivery.point, said=_said(delivery), at=now, now=now
        )
    else:
        message_give_up(message=message, point=delivery.point, said=_said(delivery), now=now)


def messages_held(claimed: Collection[Claimed]) -> dict[UUID, Message]:
    """Return the messages that their senders still hold, by id; their rows are locked."""
    claims = {each.message_id: each.claim for each in claimed}
    if not claims:
        return {}
    rows = (
        Message.objects.filter(among("pk", claims), state=MessageState.SENDING)
        .select_for_update(no_key=True)
        .order_by("pk")
    )
    return {row.pk: row for row in rows if row.claim == claims[row.pk]}


def messages_requeue(*, messages: Sequence[Message]) -> None:
    """Give messages back to the queue until their `next_try_at`; the caller holds their rows."""
    for message in messages:
        _set_state(message, MessageState.QUEUED, None)
    Message.objects.bulk_update(
        messages,
        ["state", "claim", "lease_until_at", "ended_at", "next_try_at", "attempts", "contact_turn"],
    )


def message_try_elsewhere(
    *, message: Message, point: ContactPoint | None, said: str, at: datetime, now: datetime
) -> None:
    """Send a message that came back from `at` on, to the recipient's next contact point."""
    threads_write(
        messages={message.pk: message},
        kind=AlertEventKind.BOUNCED,
        ways=_way(message, point),
        now=now,
        said=said,
    )
    _flag(message, now)
    message.next_try_at = at
    messages_requeue(messages=[message])


def message_give_up(
    *, message: Message, point: ContactPoint | None, now: datetime, said: str = ""
) -> None:
    """Give a message up: the threads say so, F23 opens, and the next rungs are due at once.

    Without a contact point the message had nowhere to go, or its sender died each time.
    """
    if point is None:
        Attempt(
            message=message, at=now, number=message.attempts, result=AttemptResult.NOWHERE
        ).save()
    _set_state(message, MessageState.FAILED, now)
    message.save(update_fields=["state", "claim", "lease_until_at", "ended_at"])
    threads_write(
        messages={message.pk: message},
        kind=AlertEventKind.BOUNCED,
        ways=_way(message, point),
        now=now,
        said=said,
    )
    _flag(message, now)
    for line in _open_lines(message):
        alert_skip_ahead(alert=line.alert, rung=line.rung, now=now)


def threads_write(
    *,
    messages: Mapping[UUID, Message],
    kind: AlertEventKind,
    ways: Mapping[UUID, str],
    now: datetime,
    said: str = "",
) -> None:
    """Write the same line into the thread of every alert that these messages are about.

    `ways` has the kind of contact point by message, `said` is the provider's answer.
    """
    lines = Notification.objects.filter(among("message", messages), dropped_at=None)
    rows = lines.order_by("pk").values_list("message", "alert", "rung", "round")
    thread = []
    for message_id, alert_id, rung, round_ in rows:
        message = messages[message_id]
        facts = {"purpose": message.purpose, "way": ways.get(message_id, ""), "said": said}
        thread.append(
            ThreadLine(
                alert_id,
                kind,
                rung,
                round_,
                person_id=message.person_id,
                clinic_id=message.clinic_id,
                duty=message.duty,
                note=said,
                facts=facts,
            )
        )
    thread_write(lines=thread, now=now)


def has_another_way(message: Message, *, besides: ContactPoint | None = None) -> bool:
    """Tell whether the recipient has a usable contact point left, besides this one if given.

    A link that proves an address, a test and an invitation are for one address alone.
    """
    if message.contact_point_id is not None or message.invitation_id is not None:
        return False
    usable = usable_contact_points(person=message.person, clinic=message.clinic, duty=message.duty)
    if besides is not None:
        usable = usable.exclude(pk=besides.pk)
    return usable.exists()


def messages_end(*, messages: Iterable[Message], state: MessageState, now: datetime) -> None:
    """End messages that are moot or have expired; the caller holds their rows."""
    ended = list(messages)
    for message in ended:
        _set_state(message, state, now)
    Message.objects.filter(pk__in=[message.pk for message in ended]).update(
        state=state, claim=None, lease_until_at=None, ended_at=now
    )


def _set_state(message: Message, to_state: MessageState, ended_at: datetime | None) -> None:
    if to_state not in ALLOWED[MessageState(message.state)]:
        raise ValueError(f"a message cannot go from {message.state} to {to_state}")
    message.state = to_state
    message.claim = None
    message.lease_until_at = None
    message.ended_at = ended_at


def _attempt(
    message: Message, delivery: Delivery, result: AttemptResult, now: datetime
) -> Attempt:  # fmt: skip
    return Attempt(
        message=message,
        contact_point=None if delivery.point._state.adding else delivery.point,
        at=now,
        number=message.attempts,
        result=result.value,
        detail=_said(delivery),
        provider_id=delivery.provider_id,
    )


def _way(message: Message, point: ContactPoint | None) -> dict[UUID, str]:
    return {} if point is None else {message.pk: point.kind}


def _is_permanent(delivery: Delivery) -> bool:
    return delivery.error is not None and delivery.error.is_permanent


def _passing(delivery: Delivery) -> AttemptResult:
    is_unclear = delivery.error is not None and delivery.error.is_unclear
    return AttemptResult.UNCLEAR if is_unclear else AttemptResult.RETRY


def _said(delivery: Delivery) -> str:
    return delivery.error.detail if delivery.error is not None else ""


def _with_a_closed_alert(messages: Mapping[UUID, Message]) -> set[UUID]:
    lines = Notification.objects.filter(among("message", messages), purpose=Purpose.ALERT)
    closed = lines.filter(alert__closed_at__isnull=False)
    return set(closed.values_list("message", flat=True))


def _open_lines(message: Message) -> list[Notification]:
    lines = message.lines.filter(dropped_at=None)
    return list(lines.select_related("alert__patient__clinic", "alert__dose__plan"))


def _flag(message: Message, now: datetime) -> None:
    for line in _open_lines(message):
        who = message.person.name if message.person is not None else _clinic_name(message)
        subject = str(message.person_id) if message.person_id else message.duty
        undelivered_flag(alert=line.alert, subject=subject, who=who, now=now)


def _clinic_name(message: Message) -> str:
    return message.clinic.name if message.clinic is not None else ""
