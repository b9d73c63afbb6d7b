"""The people of a replay: one clinic, one clinician, one patient, one caregiver, all reachable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from zoneinfo import ZoneInfo

from accounts.domain.capacities import Capacity
from accounts.models import Clinic, ContactPoint, Invitation, Patient, User
from accounts.services.acceptance import invitation_accept
from accounts.services.care_links import care_link_invite
from accounts.services.clinics import clinic_create, membership_add
from accounts.services.contact_points import (
    contact_point_add,
    contact_point_mint_token,
    contact_point_verify,
)
from accounts.services.intake import patient_take_in
from accounts.services.invitations import invitation_mark_mailed, invitation_mint_mail_token
from accounts.services.people import user_create

JOB = "replay"


@dataclass(frozen=True, slots=True)
class ReplayPeople:
    """Who takes part; none of them outlives the replay."""

    clinician: User
    patient: Patient


def replay_people_make(*, zone: ZoneInfo, now: datetime) -> ReplayPeople:
    """Make them through the services, at `now`, with addresses that nothing is ever sent to."""
    name = f"replay-{token_hex(4)}"
    clinic = clinic_create(name=name, slug=name, zone=zone.key, country="ZZ", job=JOB, now=now)
    for duty in ("desk", "out_of_hours"):
        point = contact_point_add(
            clinic=clinic, duty=duty, address=f"{duty}@{name}.invalid", job=JOB, now=now
        )
        _verify(point, now)
    clinician = _clinician(clinic, name, now)
    patient = patient_take_in(
        clinic=clinic,
        by=clinician,
        name="Replay patient",
        born_on=None,
        clinic_number="",
        zone=zone.key,
        language="en",
        phone="",
        email=f"patient@{name}.invalid",
        now=now,
    )
    user = _accept(patient.invitations.get(), now)
    patient.refresh_from_db()
    link = care_link_invite(
        patient=patient,
        by=user,
        email=f"caregiver@{name}.invalid",
        name="Replay caregiver",
        relation="",
        is_alerted=True,
        may_log=False,
        now=now,
    )
    _accept(link.invitations.get(), now)
    return ReplayPeople(clinician=clinician, patient=patient)


def _accept(invitation: Invitation, now: datetime) -> User:
    token = invitation_mint_mail_token(invitation=invitation, now=now)
    invitation_mark_mailed(invitation=invitation, wanted_at=invitation.mail_wanted_at or now)
    return invitation_accept(token=token, password=token_hex(12), now=now)


def _clinician(clinic: Clinic, name: str, now: datetime) -> User:
    user = user_create(
        email=f"clinician@{name}.invalid",
        name="Replay clinician",
        password=token_hex(12),
        zone=clinic.zone,
        job=JOB,
        now=now,
    )
    _verify(contact_point_add(person=user, address=user.email, job=JOB, now=now), now)
    membership_add(user=user, clinic=clinic, capacity=Capacity.CLINICIAN, job=JOB, now=now)
    return user


def _verify(point: ContactPoint, now: datetime) -> None:
    contact_point_verify(token=contact_point_mint_token(contact_point=point, now=now), now=now)
