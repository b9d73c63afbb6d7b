"""The second look, just before sending: do the facts still stand, and where can it go?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.domain.quiet_hours import quiet_until
from accounts.models import ContactPoint
from accounts.selectors.contact_points import usable_contact_points
from accounts.selectors.invitations import invitations_that_work
from reminders.domain.messages import MessageState, Purpose
from reminders.domain.standing import LineFacts, Standing, is_moot, place_of
from reminders.models import Message, Notification
from reminders.selectors.audiences import has_the_right_to_know, zone_of
from reminders.services.notices import notice_stands
from tracker.domain.alerts import AlertKind
from tracker.domain.doses import Outcome
from tracker.domain.flags import FlagClass

FOLLOW_UP_PAUSE = timedelta(seconds=5)


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
    place = place_of(
        [
            quiet_until(point.quiet_from_time, point.quiet_until_time, zone_of(point), now)
            for point in points
        ],
        turn=message.contact_turn,
        is_emergency=message.message_class == FlagClass.EMERGENCY,
        now=now,
    )
    point = None if place.index is None else points[place.index]
    return Found(place.standing, point=point, wait_until_at=place.wait_until_at)


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
    alert, person, dose = line.alert, line.person, line.dose
    entry = dose.standing_entry if dose is not None else None
    is_flag_closed = alert.flag is not None and alert.flag.closed_at is not None
    facts = LineFacts(
        purpose=Purpose(line.purpose),
        kind=AlertKind(alert.kind),
        has_right=person is None or has_the_right_to_know(alert.patient, person, now),
        is_closed=alert.closed_at is not None or is_flag_closed,
        outcome=Outcome(entry.outcome) if entry is not None else None,
        is_cancelled=dose is not None and dose.cancelled_at is not None,
    )
    return is_moot(facts)


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
