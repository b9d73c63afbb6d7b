"""Who stands behind a rung at a moment, and whether they can be told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.domain.audiences import Audience
from accounts.domain.quiet_hours import quiet_until
from accounts.models import ContactPoint, Patient, User
from accounts.models.contact_points import DESK, OUT_OF_HOURS
from accounts.selectors.care_links import alerted_caregivers
from accounts.selectors.clinics import duty_at
from accounts.selectors.contact_points import usable_contact_points
from reminders.domain.recipients import Reached, Recipient, Unreachable
from tracker.domain.flags import FlagClass
from tracker.domain.ladder import Reach
from tracker.models import Alert
from tracker.selectors.ladders import named_clinician

NOBODY = Reached(recipients=(), reach=Reach.NOBODY)


def audience_of(alert: Alert, audience: Audience, now: datetime) -> Reached:
    """Return who of this audience is to be told about the alert at `now`.

    An emergency ignores quiet hours and goes to every contact of the clinic; people who passed
    the alert on are not asked again.
    """
    if audience is Audience.PATIENT:
        return _patient(alert, now)
    if audience is Audience.CAREGIVERS:
        return _caregivers(alert, now)
    return _clinic(alert, now)


def free_at(points: Iterable[ContactPoint], *, is_emergency: bool, now: datetime) -> datetime:
    """Return the earliest instant at which one of these contact points may be written to."""
    waits = [
        quiet_until(point.quiet_from_time, point.quiet_until_time, zone_of(point), now)
        for point in points
    ]
    if is_emergency or None in waits:
        return now
    return min(wait for wait in waits if wait is not None)


def zone_of(point: ContactPoint) -> ZoneInfo:
    """Return the zone in which a contact point's quiet hours are wall times."""
    if point.person is not None:
        return ZoneInfo(point.person.zone)
    return ZoneInfo(point.clinic.zone if point.clinic is not None else "UTC")


def _patient(alert: Alert, now: datetime) -> Reached:
    user = alert.patient.user
    if user is None:
        missing = Unreachable(subject="patient", name=alert.patient.name, is_flagged=False)
        return Reached((), Reach.NOBODY, (missing,))
    return _people(alert, [user], now)


def _caregivers(alert: Alert, now: datetime) -> Reached:
    people = [
        link.caregiver
        for link in alerted_caregivers(alert.patient, now)
        if link.caregiver is not None
    ]
    if not people:
        missing = Unreachable(subject="caregivers", name=_("a caregiver: none is linked"))
        return Reached((), Reach.NOBODY, (missing,))
    passed = set(alert.events.filter(kind="passed_on").values_list("person", flat=True))
    left = [person for person in people if person.pk not in passed]
    return _people(alert, left, now)


def _people(alert: Alert, people: Sequence[User], now: datetime) -> Reached:
    recipients, unreachable, is_free = [], [], False
    for person in people:
        points = list(usable_contact_points(person=person).select_related("person"))
        if not points:
            unreachable.append(Unreachable(subject=str(person.pk), name=person.name))
            continue
        recipients.append(Recipient(person_id=person.pk))
        is_free = is_free or free_at(points, is_emergency=_is_emergency(alert), now=now) <= now
    if not recipients:
        return Reached((), Reach.NOBODY, tuple(unreachable))
    reach = Reach.NOW if is_free else Reach.LATER
    return Reached(tuple(recipients), reach, tuple(unreachable))


def _clinic(alert: Alert, now: datetime) -> Reached:
    clinic = alert.patient.clinic
    duties = [DESK, OUT_OF_HOURS] if _is_emergency(alert) else [duty_at(clinic, now)]
    recipients = [
        Recipient(clinic_id=clinic.pk, duty=duty)
        for duty in duties
        if usable_contact_points(clinic=clinic, duty=duty).exists()
    ]
    named = named_clinician(alert)
    is_there = named is not None and is_clinician_at(alert.patient, named, now)
    person = _people(alert, [named], now) if is_there and named is not None else NOBODY
    recipients += person.recipients
    unreachable = list(person.unreachable)
    if not usable_contact_points(clinic=clinic, duty=DESK).exists():
        unreachable.append(Unreachable(subject="desk", name=_("the clinic's desk")))
    is_told = any(recipient.clinic_id for recipient in recipients) or person.reach is Reach.NOW
    reach = Reach.NOW if is_told else Reach.LATER if recipients else Reach.NOBODY
    return Reached(tuple(recipients), reach, tuple(unreachable))


def _is_emergency(alert: Alert) -> bool:
    return alert.alert_class == FlagClass.EMERGENCY


def has_the_right_to_know(patient: Patient, person: User, now: datetime) -> bool:
    """Tell whether this person may still be told about this patient at `now`."""
    if patient.user_id == person.pk:
        return True
    links = alerted_caregivers(patient, now).filter(caregiver=person)
    return links.exists() or is_clinician_at(patient, person, now)


def is_clinician_at(patient: Patient, person: User, now: datetime) -> bool:
    """Tell whether this person is a clinician of the patient's clinic at `now`."""
    return (
        person.is_active
        and person.memberships.current(now).clinical().filter(clinic=patient.clinic_id).exists()
    )
