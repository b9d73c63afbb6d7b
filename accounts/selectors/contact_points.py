"""Where people and clinics can be reached."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.domain.tokens import fingerprint
from accounts.models import (
    CareLink,
    Clinic,
    ContactPoint,
    ContactVerification,
    Membership,
    Patient,
    User,
)


def usable_contact_points(
    *, person: User | None = None, clinic: Clinic | None = None, duty: str = ""
) -> QuerySet[ContactPoint]:
    """Return the contact points that may be written to, in order of preference.

    Either a person, or a clinic with a duty ("desk" or "out_of_hours").
    """
    owned = ContactPoint.objects.filter(person=person, clinic=clinic, duty=duty)
    if person is None and clinic is None:
        return owned.none()
    return owned.usable()


def caregivers_without_a_way(links: Iterable[CareLink]) -> set[UUID]:
    """Return the caregivers among these links whom no message can reach: no usable address."""
    people = {link.caregiver_id for link in links if link.caregiver_id is not None}
    reached = ContactPoint.objects.usable().filter(person__in=people)
    return people - set(reached.order_by().values_list("person", flat=True))


def contact_points_of(person: User) -> QuerySet[ContactPoint]:
    """Return everything this person has not removed, verified or not, in order."""
    return ContactPoint.objects.kept().filter(person=person).order_by("position")


def clinic_contact_points(clinic: Clinic) -> QuerySet[ContactPoint]:
    """Return the clinic's own contact points, verified or not, by duty and order."""
    return ContactPoint.objects.kept().filter(clinic=clinic).order_by("duty", "position")


def contact_points_wanting_verification(now: datetime) -> QuerySet[ContactPoint]:
    """Return the contact points whose verification link should be mailed by `now`."""
    return ContactPoint.objects.wanting_verification(now).select_related("person", "clinic")


def contact_points_wanting_a_test(now: datetime) -> QuerySet[ContactPoint]:
    """Return the contact points to which a test should be sent by `now`, oldest wish first."""
    asked = ContactPoint.objects.usable().filter(test_wanted_at__lte=now)
    return asked.order_by("test_wanted_at").select_related("person", "clinic")


def countries_of(person: User | None, now: datetime) -> list[str]:
    """Return the countries of the clinics a person has to do with: where a national number is.

    More than one, or none, means that nobody can say; "ZZ" is no country.
    """
    if person is None:
        return []
    patients = Patient.objects.filter(
        Q(user=person) | Q(care_links__in=CareLink.objects.current(now).filter(caregiver=person))
    )
    works = Membership.objects.current(now).filter(user=person)
    clinics = Clinic.objects.filter(
        Q(pk__in=patients.values("clinic")) | Q(pk__in=works.values("clinic"))
    )
    found = clinics.exclude(country="ZZ").values_list("country", flat=True)
    return sorted(set(found))


def verification_behind(token: str, now: datetime) -> ContactVerification | None:
    """Return the verification this link opens at `now`; None when it no longer works."""
    rows = ContactVerification.objects.filter(
        token_sha256=fingerprint(token),
        used_at=None,
        expires_at__gt=now,
        contact_point__removed_at=None,
    )
    return rows.select_related("contact_point__person", "contact_point__clinic").first()
