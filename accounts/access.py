"""Who may see and do what, from the person who asks. All scoping is here, nowhere else.

The fallback is nothing: an unknown, signed-out, deactivated or ended person gets an
empty answer, and a door that asks for one record gets `NotVisible`, which Django
answers as "not found".
"""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.http import Http404

from accounts.domain.capacities import Capacity, Scope, Verb, rights
from accounts.models import CareLink, Clinic, Membership, Patient, User

Person = User | AnonymousUser

PREFERRED = (Capacity.CLINICIAN, Capacity.CAREGIVER, Capacity.PATIENT, Capacity.ADMINISTRATOR)


class NotVisible(Http404):
    """There is no such thing for this person; the same answer whether it exists or not."""


def patients_visible_to(user: Person, now: datetime) -> QuerySet[Patient]:
    """Return the patients this person may see at `now`, in whichever capacities they hold."""
    if not isinstance(user, User) or not user.is_active:
        return Patient.objects.none()
    clinics = Membership.objects.current(now).clinical().filter(user=user).values("clinic")
    cared_for = CareLink.objects.current(now).filter(caregiver=user).values("patient")
    return Patient.objects.filter(
        Q(user=user) | Q(clinic__in=clinics) | Q(pk__in=cared_for)
    ).select_related("clinic")


def clinics_of(user: Person, capacity: Capacity, now: datetime) -> QuerySet[Clinic]:
    """Return the clinics at which this person holds this capacity at `now`."""
    if not isinstance(user, User) or not user.is_active:
        return Clinic.objects.none()
    held = Membership.objects.current(now).filter(user=user, capacity=capacity.value)
    return Clinic.objects.filter(pk__in=held.values("clinic")).order_by("name")


def capacities_of(user: Person, patient: Patient, now: datetime) -> frozenset[Capacity]:
    """Return what this person is to this patient at `now`; empty when nothing."""
    capacities, _ = _standing(user, patient, now)
    return capacities


def capacities_held_by(user: Person, now: datetime) -> frozenset[Capacity]:
    """Return every capacity this person holds anywhere; for navigation, never for a right."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    held = Membership.objects.current(now).filter(user=user)
    found = {Capacity(name) for name in held.values_list("capacity", flat=True)}
    if Patient.objects.filter(user=user).exists():
        found.add(Capacity.PATIENT)
    if CareLink.objects.current(now).filter(caregiver=user).exists():
        found.add(Capacity.CAREGIVER)
    return frozenset(found)


def may(user: Person, verb: Verb, patient: Patient, now: datetime) -> bool:
    """Say whether this person may do this to this patient's record at `now`."""
    return verb in rights(*_standing(user, patient, now))


def verbs_of(user: Person, patient: Patient, now: datetime) -> frozenset[Verb]:
    """Return everything this person may do to this patient's record at `now`."""
    return rights(*_standing(user, patient, now))


def require(user: Person, verb: Verb, patient_id: UUID, now: datetime) -> Patient:
    """Return the patient if this person may do this, else raise NotVisible.

    A record that is visible but not open to this verb answers the same.
    """
    patient = patients_visible_to(user, now).filter(pk=patient_id).first()
    if patient is None or not may(user, verb, patient, now):
        raise NotVisible
    return patient


def looking_as(user: User, patient: Patient, now: datetime) -> Capacity:
    """Return the one capacity under which a look is recorded; NotVisible when there is none.

    Somebody with several is recorded under the one that a patient would most want to read.
    """
    held = capacities_of(user, patient, now)
    for capacity in PREFERRED:
        if capacity in held:
            return capacity
    raise NotVisible


def _standing(
    user: Person, patient: Patient, now: datetime
) -> tuple[frozenset[Capacity], frozenset[Scope]]:
    """Return the capacities towards one patient, and the caregiver's scopes."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset(), frozenset()
    held = Membership.objects.current(now).filter(user=user, clinic=patient.clinic_id)
    capacities = {Capacity(name) for name in held.values_list("capacity", flat=True)}
    if patient.user_id == user.pk:
        capacities.add(Capacity.PATIENT)
    link = CareLink.objects.current(now).filter(patient=patient, caregiver=user).first()
    if link is None:
        return frozenset(capacities), frozenset()
    return frozenset(capacities | {Capacity.CAREGIVER}), link.scopes
