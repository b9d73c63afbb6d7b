"""The second look, just before sending: do the facts still stand, and where can it go?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from accounts.models import ContactPoint
from accounts.selectors.contact_points import usable_contact_points
from accounts.selectors.invitations import invitations_that_work
from reminders.domain.messages import MessageState, Purpose
from reminders.models import Message, Notification
from reminders.selectors.audiences import free_at, has_the_right_to_know
from reminders.services.notices import notice_stands
from tracker.domain.alerts import AlertKind
from tracker.domain.doses import Outcome
from tracker.domain.flags import FlagClass

FOLLOW_UP_PAUSE = timedelta(seconds=5)


class Standing(StrEnum):
    """What the second look found."""

    SEND = "send"
    WAIT = "wait"
    EXPIRED = "expired"
    MOOT = "moot"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Found:
    """The finding, with the contact point to use or the instant to wait for."""

    standing: Standing
    point: ContactPoint | None = None
    wait_until_at: datetime | None = None


def standing_of(message: Message, now: datetime) -> Found:
    """Return what to do with a message at `now`; lines that are moot are dropped from it."""
    if message.invitation is not None:
        works = invitations_that_work(now).filter(pk=message.invitation.pk).exists()
        return Found(Standing.SEND if works else Standing.MOOT, point=_invited(message))
    if message.contact_point is not None:
        is_wanted = message.contact_point.verified_at is None
        is_wanted = is_wanted and message.contact_point.removed_at is None
        return Found(Standing.SEND if is_wanted else Standing.MOOT, point=message.contact_point)
    has_anything_to_say = notice_stands if message.plan_version else _drop_moot_lines
    if not has_anything_to_say(message, now):
        return Found(Standing.MOOT)
    if message.expires_at is not None and message.expires_at <= now:
        return Found(Standing.EXPIRED)
    if message.purpose == Purpose.FOLLOW_UP and _is_original_on_its_way(message):
        return Found(Standing.WAIT, wait_until_at=now + FOLLOW_UP_PAUSE)
    return _where(message, now)


def _where(message: Message, now: datetime) -> Found:
    points = list(
        usable_contact_points(
            person=message.person, clinic=message.clinic, duty=message.duty
        ).select_related("person", "clinic")
    )
    if not points:
        return Found(Standing.UNREACHABLE)
    is_emergency = message.message_class == FlagClass.EMERGENCY
    for point in points:
        if free_at([point], is_emergency=is_emergency, now=now) <= now:
            return Found(Standing.SEND, point=point)
    wait_until_at = free_at(points, is_emergency=is_emergency, now=now)
    return Found(Standing.WAIT, wait_until_at=wait_until_at)


def _invited(message: Message) -> ContactPoint:
    """Return the invited address as a contact point that is no row."""
    address = message.invitation.email if message.invitation is not None else ""
    return ContactPoint(address=address)


def _drop_moot_lines(message: Message, now: datetime) -> bool:
    """Drop the lines whose fact no longer stands; tell whether any line is left."""
    lines = message.lines.filter(dropped_at=None).select_related(
        "alert__patient", "alert__flag", "dose__standing_entry", "person"
    )
    moot = [line.pk for line in lines if _is_moot(line, now)]
    Notification.objects.filter(pk__in=moot).update(dropped_at=now)
    return len(moot) < len(lines)


def _is_moot(line: Notification, now: datetime) -> bool:
    person = line.person
    if person is not None and not has_the_right_to_know(line.alert.patient, person, now):
        return True
    if line.purpose == Purpose.FOLLOW_UP:
        return False
    if line.alert.closed_at is not None:
        return True
    if line.alert.kind == AlertKind.FLAG or line.dose is None:
        return line.alert.flag is not None and line.alert.flag.closed_at is not None
    entry = line.dose.standing_entry
    if line.alert.kind == AlertKind.NO_LOG:
        return entry is not None or line.dose.cancelled_at is not None
    return entry is None or entry.outcome == Outcome.TAKEN


def _is_original_on_its_way(message: Message) -> bool:
    """Tell whether an alert line that this follow-up refers to is still queued or being sent."""
    alerts = message.lines.filter(dropped_at=None).values("alert")
    return Notification.objects.filter(
        alert__in=alerts,
        purpose=Purpose.ALERT,
        person=message.person,
        clinic=message.clinic,
        duty=message.duty,
        dropped_at=None,
        message__state__in=[MessageState.QUEUED, MessageState.SENDING],
    ).exists()
