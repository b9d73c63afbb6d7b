"""What a provider brings back after it had taken it: a bounce that comes minutes or hours later."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.domain.texts import is_one_line, one_line
from accounts.services.delivery_errors import contact_point_refused, contact_points_note_errors
from reminders.channels.base import MOST_DETAIL
from reminders.domain.backoff import next_try_at
from reminders.domain.messages import AttemptResult, MessageState
from reminders.models import Attempt, Message
from reminders.services.recording import has_another_way, message_give_up, message_try_elsewhere


@transaction.atomic
def message_returned(*, provider_id: str, detail: str, is_permanent: bool, now: datetime) -> bool:
    """Record that a message which counted as sent has come back, and send it on another way.

    Refused for good, the address is switched off. The message goes to the recipient's next contact
    point at once; with a passing fault and no other it is tried again there, a while later. What
    has no way left is given up, as any message that cannot be delivered. A report that comes twice
    changes nothing. False: nobody knows this id, or not yet; the provider may report it again.
    What it says may be a stranger's words (of the mail server that refused), and is kept as one
    line.
    """
    if not is_one_line(provider_id):
        return False
    detail = one_line(detail)[:MOST_DETAIL]
    tries = Attempt.objects.filter(provider_id=provider_id).exclude(provider_id="")
    sent = tries.filter(result=AttemptResult.SENT).select_related("contact_point").last()
    if sent is None:
        return False
    locked = Message.objects.select_for_update(no_key=True, of=("self",))
    message = locked.select_related("person", "clinic").get(pk=sent.message_id)
    if tries.filter(result=AttemptResult.RETURNED).exists():
        return True
    _note(message, sent, detail, is_permanent=is_permanent, now=now)
    if message.state == MessageState.SENT:
        _send_on(message, sent, detail, is_permanent=is_permanent, now=now)
    return True


def _note(
    message: Message, sent: Attempt, detail: str, *, is_permanent: bool, now: datetime
) -> None:
    """Keep what came back, with the message and at its address."""
    Attempt(
        message=message,
        contact_point=sent.contact_point,
        at=now,
        number=sent.number,
        result=AttemptResult.RETURNED,
        detail=detail,
        provider_id=sent.provider_id,
    ).save()
    point = sent.contact_point
    if point is not None and is_permanent:
        contact_point_refused(contact_point=point, error=detail, now=now)
    elif point is not None:
        contact_points_note_errors(errors={point.pk: detail}, now=now)


def _send_on(
    message: Message, sent: Attempt, detail: str, *, is_permanent: bool, now: datetime
) -> None:
    point = sent.contact_point
    again_at = next_try_at(attempts=message.attempts, key=message.pk, now=now)
    if again_at is None or not has_another_way(message):
        message_give_up(message=message, point=point, said=detail, now=now)
        return
    if not is_permanent:
        message.contact_turn += 1
    others = has_another_way(message, besides=point)
    message_try_elsewhere(
        message=message, point=point, said=detail, now=now, at=now if others else again_at
    )
