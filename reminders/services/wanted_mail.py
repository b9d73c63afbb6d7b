"""Invitations, verifications and tests that somebody asked for become messages."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import ContactPoint
from accounts.selectors.contact_points import (
    contact_points_wanting_a_test,
    contact_points_wanting_verification,
)
from accounts.selectors.invitations import invitations_wanting_mail
from accounts.services.contact_choices import contact_point_mark_test_queued
from accounts.services.contact_points import contact_point_mark_verification_mailed
from accounts.services.invitations import invitation_mark_mailed
from reminders.domain.messages import MessageState, Purpose, urgency_of
from reminders.models import Message


@transaction.atomic
def wanted_mail_queue(*, now: datetime, limit: int) -> int:
    """Queue one message for each wish and take the wish back; return how many."""
    invitations = invitations_wanting_mail(now).select_for_update(skip_locked=True, of=("self",))
    points = contact_points_wanting_verification(now).select_for_update(
        skip_locked=True, of=("self",)
    )
    tests = contact_points_wanting_a_test(now).select_for_update(skip_locked=True, of=("self",))
    messages = []
    for invitation in invitations[:limit]:
        messages.append(_message(Purpose.INVITATION, now, invitation=invitation))
        invitation_mark_mailed(invitation=invitation, wanted_at=invitation.mail_wanted_at or now)
    for point in points[:limit]:
        messages.append(_message(Purpose.VERIFICATION, now, **_address(point)))
        contact_point_mark_verification_mailed(
            contact_point=point, wanted_at=point.verification_wanted_at or now
        )
    for point in tests[:limit]:
        messages.append(_message(Purpose.TEST, now, **_address(point)))
        contact_point_mark_test_queued(contact_point=point, wanted_at=point.test_wanted_at or now)
    return len(Message.objects.bulk_create(messages))


def _address(point: ContactPoint) -> dict[str, object]:
    """Return the recipient of a message to this contact point alone."""
    return {
        "contact_point": point,
        "person": point.person,
        "clinic": point.clinic,
        "duty": point.duty,
    }


def _message(purpose: Purpose, now: datetime, **recipient: object) -> Message:
    return Message(
        purpose=purpose,
        urgency=urgency_of("", purpose),
        state=MessageState.QUEUED,
        decided_at=now,
        next_try_at=now,
        **recipient,
    )
