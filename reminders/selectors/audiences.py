"""Who stands behind the rungs of a batch of alerts at a moment, and whether they can be told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.translation import gettext as _

from accounts.domain.audiences import Audience
from accounts.models import CareLink, Clinic, ContactPoint, Membership, Patient
from accounts.models.contact_points import DESK, OUT_OF_HOURS
from accounts.models.rows import among
from accounts.selectors.clinics import duty_at
from reminders.domain.reaching import (
    Desk,
    Somebody,
    Way,
    clinic_reached,
    people_reached,
)
from reminders.domain.recipients import Reached, Unreachable
from tracker.domain.alert_facts import AlertFacts
from tracker.domain.alerts import AlertEventKind
from tracker.domain.flags import FlagClass
from tracker.domain.ladder import Reach
from tracker.models import Alert, AlertEvent
from tracker.selectors.ladders import Terms


class Surroundings:
    """The people around the alerts of one batch at `now`.

    Each kind of fact is read for the whole batch, when an alert first asks for it: most looks
    tell the patient and nobody else.
    """

    def __init__(
        self, alerts: Sequence[AlertFacts], terms: Mapping[UUID, Terms], now: datetime
    ) -> None:
        self.alerts = alerts
        self.terms = terms
        self.now = now

    def reached(self, alert: AlertFacts, audience: Audience) -> Reached:
        """Return who of this audience is told about the alert.

        An emergency ignores quiet hours and goes to every contact of the clinic; caregivers who
        passed the alert on are not asked again.
        """
        if audience is Audience.PATIENT:
            return self._patient(alert)
        if audience is Audience.CAREGIVERS:
            return self._caregivers_of(alert)
        return self._clinic(alert)

    def has_the_right_to_know(self, alert: AlertFacts, person_id: UUID) -> bool:
        """Tell whether this person may still be told about the alert's patient."""
        _name, user = self._patients[alert.patient_id]
        return (
            (user is not None and user.id == person_id)
            or any(each.id == person_id for each in self._caregivers[alert.patient_id])
            or (alert.clinic_id, person_id) in self._clinicians
        )

    def _patient(self, alert: AlertFacts) -> Reached:
        name, user = self._patients[alert.patient_id]
        if user is None:
            missing = Unreachable(subject="patient", name=name, is_flagged=False)
            return Reached((), Reach.NOBODY, (missing,))
        return people_reached([user], is_emergency=_is_emergency(alert), now=self.now)

    def _caregivers_of(self, alert: AlertFacts) -> Reached:
        people = self._caregivers[alert.patient_id]
        if not people:
            missing = Unreachable(subject="caregivers", name=_("a caregiver: none is linked"))
            return Reached((), Reach.NOBODY, (missing,))
        left = [person for person in people if (alert.id, person.id) not in self._passed_on]
        return people_reached(left, is_emergency=_is_emergency(alert), now=self.now)

    def _clinic(self, alert: AlertFacts) -> Reached:
        is_emergency = _is_emergency(alert)
        answering, reachable = self._clinics[alert.clinic_id]
        desk = Desk(
            clinic_id=alert.clinic_id,
            asked=(DESK, OUT_OF_HOURS) if is_emergency else (answering,),
            reachable=reachable,
            missing=None
            if DESK in reachable
            else Unreachable(subject="desk", name=_("the clinic's desk")),
        )
        named_id = self.terms[alert.id].named_clinician_id
        named = self._clinicians.get((alert.clinic_id, named_id)) if named_id else None
        return clinic_reached(desk, named, is_emergency=is_emergency, now=self.now)

    @cached_property
    def _patients(self) -> dict[UUID, tuple[str, Somebody | None]]:
        """Each patient's name, and the patient as somebody who signs in, if there is one."""
        patients = {alert.patient_id for alert in self.alerts}
        found = Patient.objects.filter(among("pk", patients)).order_by()
        rows: list[tuple[UUID, str, UUID | None, str]] = list(
            found.values_list("pk", "name", "user_id", "user__name")
        )
        ways = ways_of([user_id for _pk, _name, user_id, _user_name in rows])
        return {
            pk: (name, Somebody(user_id, user_name, ways.get(user_id, ())) if user_id else None)
            for pk, name, user_id, user_name in rows
        }

    @cached_property
    def _caregivers(self) -> defaultdict[UUID, list[Somebody]]:
        """The caregivers of each patient who are told of alerts, the first invited first."""
        patients = {alert.patient_id for alert in self.alerts}
        links = CareLink.objects.current(self.now).alerted().filter(among("patient", patients))
        linked = links.filter(caregiver__isnull=False).order_by("invited_at", "name")
        rows = list(linked.values_list("patient_id", "caregiver_id", "caregiver__name"))
        ways = ways_of({person_id for _patient, person_id, _name in rows})
        found: defaultdict[UUID, list[Somebody]] = defaultdict(list)
        for patient_id, person_id, name in rows:
            found[patient_id].append(Somebody(person_id, name, ways.get(person_id, ())))
        return found

    @cached_property
    def _passed_on(self) -> frozenset[tuple[UUID, UUID | None]]:
        """The alerts that somebody said they cannot see to, each with that person."""
        events = AlertEvent.objects.filter(
            among("alert", [alert.id for alert in self.alerts]), kind=AlertEventKind.PASSED_ON
        )
        return frozenset(events.values_list("alert_id", "person_id"))

    @cached_property
    def _clinicians(self) -> dict[tuple[UUID, UUID], Somebody]:
        """Who is a clinician of which clinic, among those whom plans name or who hold alerts."""
        asked = {self.terms[alert.id].named_clinician_id for alert in self.alerts}
        asked |= {alert.held_by_id for alert in self.alerts}
        clinics = {alert.clinic_id for alert in self.alerts}
        posts = Membership.objects.current(self.now).clinical().filter(user__is_active=True)
        held = posts.filter(clinic__in=clinics, user__in=asked - {None})
        rows = list(held.values_list("clinic_id", "user_id", "user__name"))
        ways = ways_of({person_id for _clinic, person_id, _name in rows})
        return {
            (clinic_id, person_id): Somebody(person_id, name, ways.get(person_id, ()))
            for clinic_id, person_id, name in rows
        }

    @cached_property
    def _clinics(self) -> dict[UUID, tuple[str, frozenset[str]]]:
        """The duty that answers at each clinic now, and its duties that can be written to."""
        clinics = {alert.clinic_id for alert in self.alerts}
        points = ContactPoint.objects.usable().order_by().filter(clinic__in=clinics)
        usable: defaultdict[UUID, set[str]] = defaultdict(set)
        for clinic_id, duty in points.values_list("clinic_id", "duty"):
            usable[clinic_id].add(duty)
        found = Clinic.objects.filter(pk__in=clinics).prefetch_related("opening_hours")
        return {
            clinic.pk: (duty_at(clinic, self.now), frozenset(usable[clinic.pk])) for clinic in found
        }


def ways_of(people: Collection[UUID | None]) -> dict[UUID, tuple[Way, ...]]:
    """Return the usable contact points of these people; whoever has none is left out."""
    if not people:
        return {}
    points = ContactPoint.objects.usable().order_by().filter(among("person", people))
    names = ("person_id", "quiet_from_time", "quiet_until_time", "person__zone")
    found: defaultdict[UUID, tuple[Way, ...]] = defaultdict(tuple)
    for person_id, from_time, until_time, zone in points.values_list(*names):
        found[person_id] += (Way(from_time, until_time, zone),)
    return found


def held_by_strangers(now: datetime) -> QuerySet[Alert]:
    """Return open alerts held by somebody who may no longer know of their patient."""
    links = CareLink.objects.current(now).alerted()
    posts = Membership.objects.current(now).clinical().filter(user__is_active=True)
    holder = OuterRef("held_by")
    return (
        Alert.objects.open()
        .filter(held_until_at__gt=now, held_by__isnull=False)
        .exclude(patient__user=F("held_by"))
        .exclude(Exists(links.filter(patient=OuterRef("patient"), caregiver=holder)))
        .exclude(Exists(posts.filter(clinic=OuterRef("patient__clinic"), user=holder)))
    )


def zone_of(point: ContactPoint) -> ZoneInfo:
    """Return the zone in which a contact point's quiet hours are wall times."""
    if point.person is not None:
        return ZoneInfo(point.person.zone)
    return ZoneInfo(point.clinic.zone if point.clinic is not None else "UTC")


def _is_emergency(alert: AlertFacts) -> bool:
    return alert.alert_class == FlagClass.EMERGENCY
