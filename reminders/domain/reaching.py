"""Who of a rung's audience is told at a moment, from who stands behind it and their contacts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.domain.quiet_hours import quiet_until
from reminders.domain.recipients import Reached, Recipient, Unreachable
from tracker.domain.ladder import Reach

NOBODY = Reached(recipients=(), reach=Reach.NOBODY)


@dataclass(frozen=True, slots=True)
class Way:
    """One usable contact point: its quiet hours as wall times in a zone, if it has any."""

    quiet_from_time: time | None
    quiet_until_time: time | None
    zone: str

    def is_free(self, now: datetime) -> bool:
        """Tell whether a message may be sent there at `now`."""
        if self.quiet_from_time is None:
            return True
        zone = ZoneInfo(self.zone)
        return quiet_until(self.quiet_from_time, self.quiet_until_time, zone, now) is None


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person and the usable contact points they have, if any."""

    id: UUID
    name: str
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """A clinic as a recipient: the duties that answer at this moment, and who can be written to.

    `asked` are the duties that a rung tells, `reachable` those with a usable contact point.
    """

    clinic_id: UUID
    asked: tuple[str, ...]
    reachable: frozenset[str]
    missing: Unreachable | None  # the desk itself, when it has no usable contact point


def people_reached(people: Sequence[Somebody], *, is_emergency: bool, now: datetime) -> Reached:
    """Return who of these is told: everybody with a contact point.

    They are reached now when one of them may be written to now; quiet hours do not keep an
    emergency.
    """
    told = [person for person in people if person.ways]
    missing = tuple(
        Unreachable(subject=str(person.id), name=person.name)
        for person in people
        if not person.ways
    )
    if not told:
        return Reached((), Reach.NOBODY, missing)
    is_free = is_emergency or any(way.is_free(now) for person in told for way in person.ways)
    reach = Reach.NOW if is_free else Reach.LATER
    return Reached(tuple(Recipient(person_id=person.id) for person in told), reach, missing)


def clinic_reached(
    desk: Desk, named: Somebody | None, *, is_emergency: bool, now: datetime
) -> Reached:
    """Return who is told at the clinic: its duties that answer, and the named clinician if any."""
    duties = [
        Recipient(clinic_id=desk.clinic_id, duty=duty)
        for duty in desk.asked
        if duty in desk.reachable
    ]
    person = NOBODY
    if named is not None:
        person = people_reached([named], is_emergency=is_emergency, now=now)
    recipients = (*duties, *person.recipients)
    missing = person.unreachable if desk.missing is None else (*person.unreachable, desk.missing)
    is_told = bool(duties) or person.reach is Reach.NOW
    reach = Reach.NOW if is_told else Reach.LATER if recipients else Reach.NOBODY
    return Reached(recipients, reach, missing)
