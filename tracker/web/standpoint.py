"""Where the reader stands: in their own record, or in that of somebody they help.

Pages of a patient and of a caregiver share their doors; the address says which of the two it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from accounts.access import NotVisible, require, verbs_of
from accounts.clock import database_now
from accounts.domain.capacities import Capacity, Verb
from accounts.models import Patient, User
from accounts.selectors.people import record_of
from accounts.services.audit import look_record
from accounts.web.answers import person_of
from tracker.models import Entry, ExpectedDose
from tracker.selectors.around import Around, patient_around, patients_helped_around
from tracker.selectors.scope import doses_visible_to, entries_visible_to


@dataclass(frozen=True, slots=True)
class Standpoint:
    """Who acts on whose record, as what, and at which moment."""

    user: User
    patient: Patient
    now: datetime
    is_own: bool

    @property
    def scope(self) -> dict[str, UUID]:
        """What addresses of this standpoint carry."""
        return {} if self.is_own else {"patient_id": self.patient.pk}

    @property
    def home(self) -> str:
        """The page to come back to."""
        return reverse("today") if self.is_own else reverse("person", kwargs=self.scope)

    def around(self) -> Around:
        """Return the people around this record."""
        if self.is_own:
            return own_around(self.user, self.now)
        return helped_around(self.user, self.patient.pk, self.now)

    def place(self, name: str, **kwargs: Any) -> str:
        """Return the address of a page of this standpoint."""
        return reverse(name, kwargs=kwargs | self.scope)

    def dose(self, dose_id: UUID) -> ExpectedDose:
        """Return a dose of this patient; anything else is not found."""
        found = doses_visible_to(self.user, self.now).filter(pk=dose_id, plan__patient=self.patient)
        dose = found.select_related("standing_entry__by").first()
        if dose is None:
            raise NotVisible
        return dose

    def entry(self, entry_id: UUID) -> Entry:
        """Return an entry of this patient; anything else is not found."""
        found = entries_visible_to(self.user, self.now).filter(pk=entry_id, patient=self.patient)
        entry = found.select_related("dose__version").first()
        if entry is None:
            raise NotVisible
        return entry

    def may_take_back(self, entry: Entry) -> bool:
        """Say whether this entry may be undone from here: one's own, or any of one's own record."""
        return self.is_own or entry.by_id == self.user.pk


def standpoint(request: HttpRequest, patient_id: UUID | None, verb: Verb) -> Standpoint:
    """Return the standpoint from which `verb` is allowed; NotVisible otherwise.

    Without `patient_id` it is the reader's own record, else one of somebody they help; a
    caregiver who comes there, by whichever method, is recorded as having looked.
    """
    user, now = person_of(request), database_now()
    if patient_id is None:
        patient = record_of(user)
        if patient is None:
            raise NotVisible
        require(user, verb, patient.pk, now)
        return Standpoint(user=user, patient=patient, now=now, is_own=True)
    around = helped_around(user, patient_id, now)
    if verb not in verbs_of(user, around.patient, now):
        raise NotVisible
    match = request.resolver_match
    page = match.url_name if match is not None else None
    look_as_caregiver(user, around.patient, page or "person", now)
    return Standpoint(user=user, patient=around.patient, now=now, is_own=False)


def own_around(user: User, now: datetime) -> Around:
    """Return the reader's own record with the people around it; NotVisible when none."""
    around = patient_around(user, now)
    if around is None:
        raise NotVisible
    return around


def helped_around(user: User, patient_id: UUID, now: datetime) -> Around:
    """Return the record of somebody the reader helps; NotVisible for anybody else.

    A clinician who is a caregiver too comes here as a caregiver: another link gives nothing here.
    """
    for around in patients_helped_around(user, now):
        if around.patient.pk == patient_id:
            return around
    raise NotVisible


def look_as_caregiver(user: User, patient: Patient, page: str, now: datetime) -> None:
    """Record that a caregiver opened this person's page."""
    look_record(actor=user, patient=patient, capacity=Capacity.CAREGIVER, page=page, now=now)
