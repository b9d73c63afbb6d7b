"""The second look, just before sending: do the facts still stand, and where can it go?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.domain.quiet_hours import quiet_until
from accounts.models import ContactPoint
from reminders.domain.messages import Purpose
from reminders.domain.standing import LineFacts, Standing, is_moot, place_of
from reminders.models import Message, Notification
from reminders.selectors.audiences import zone_of
from reminders.selectors.batches import Batch, Rights
from reminders.services.notices import notice_stands
from tracker.domain.alerts import AlertKind
from tracker.domain.doses import Outcome
from tracker.domain.flags import FlagClass

FOLLOW_UP_PAUSE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Found:
    """The finding: its lines that stand and that do not, and where to send or until when to wait.

    The contact point of an invitation is no row.
    """

    standing: Standing
    point: ContactPoint | None = None
    wait_until_at: datetime | None = None
    lines: Sequence[Notification] = ()
    moot_lines: Sequence[Notification] = ()


def standing_of(message: Message, batch: Batch, now: datetime) -> Found:
    """Return what to do with one message of a batch at `now`."""
    if message.invitation is not None:
        return _of_invitation(message, batch)
    if message.contact_point is not None:
        return _of_own_address(message, message.contact_point)
    lines, moot = _parted(batch.lines.get(message.pk, ()), batch.rights)
    stands = notice_stands(message, now) if message.plan_version_id else bool(lines)
    if not stands:
        return Found(Standing.MOOT, moot_lines=moot)
    if message.expires_at is not None and message.expires_at <= now:
        return Found(Standing.EXPIRED, lines=lines, moot_lines=moot)
    if _is_overtaking(message, lines, batch):
        until_at = now + FOLLOW_UP_PAUSE
        return Found(Standing.WAIT, wait_until_at=until_at, lines=lines, moot_lines=moot)
    points = batch.points.get(message.recipient, ())
    place = place_of(
        [
            quiet_until(point.quiet_from_time, point.quiet_until_time, zone_of(point), now)
            for point in points
        ],
        turn=message.contact_turn,
        is_emergency=message.message_class == FlagClass.EMERGENCY,
        now=now,
    )
    return Found(
        place.standing,
        point=None if place.index is None else points[place.index],
        wait_until_at=place.wait_until_at,
        lines=lines,
        moot_lines=moot,
    )


def _of_invitation(message: Message, batch: Batch) -> Found:
    works = message.invitation_id in batch.invitations
    address = message.invitation.email if message.invitation is not None else ""
    return Found(Standing.SEND if works else Standing.MOOT, point=ContactPoint(address=address))


def _of_own_address(message: Message, point: ContactPoint) -> Found:
    """A verification goes to an unproved address, a test to one that may be used."""
    is_test = message.purpose == Purpose.TEST
    is_wanted = point.is_usable if is_test else not (point.verified_at or point.removed_at)
    return Found(Standing.SEND if is_wanted else Standing.MOOT, point=point)


def _parted(
    lines: Sequence[Notification], rights: Rights
) -> tuple[list[Notification], list[Notification]]:
    """Return the lines whose fact still stands, and those that are moot."""
    stands: list[Notification] = []
    moot: list[Notification] = []
    for line in lines:
        (moot if is_moot(_facts_of(line, rights)) else stands).append(line)
    return stands, moot


def _facts_of(line: Notification, rights: Rights) -> LineFacts:
    alert, dose = line.alert, line.dose
    entry = dose.standing_entry if dose is not None else None
    is_flag_closed = alert.flag is not None and alert.flag.closed_at is not None
    return LineFacts(
        purpose=Purpose(line.purpose),
        kind=AlertKind(alert.kind),
        has_right=line.person_id is None or rights.has_right(alert.patient, line.person_id),
        is_closed=alert.closed_at is not None or is_flag_closed,
        outcome=Outcome(entry.outcome) if entry is not None else None,
        is_cancelled=dose is not None and dose.cancelled_at is not None,
    )


def _is_overtaking(message: Message, lines: Sequence[Notification], batch: Batch) -> bool:
    """Tell whether an alert that this follow-up refers to is itself still on its way."""
    if message.purpose != Purpose.FOLLOW_UP:
        return False
    return any((line.alert_id, message.recipient) in batch.on_their_way for line in lines)
