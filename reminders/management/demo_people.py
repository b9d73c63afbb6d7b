"""Builds the people and plans of the demo clinic, through the services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from django.core.management.base import CommandError

from accounts.domain.capacities import Capacity
from accounts.domain.opening_hours import OpenSpan
from accounts.models import Clinic, Invitation, Patient, User
from accounts.services.acceptance import invitation_accept
from accounts.services.care_links import care_link_invite
from accounts.services.clinics import (
    ClinicNumbers,
    clinic_create,
    clinic_set_opening_hours,
    membership_add,
)
from accounts.services.contact_points import (
    contact_point_add,
    contact_point_mint_token,
    contact_point_verify,
)
from accounts.services.intake import patient_take_in
from accounts.services.invitations import invitation_mark_mailed, invitation_mint_mail_token
from accounts.services.people import user_create
from tracker.domain.plan_content import plan_content_from
from tracker.models import Plan
from tracker.services.plan_drafts import plan_draft_save
from tracker.services.plan_signing import plan_sign

JOB = "seed"
ZONE = ZoneInfo("Europe/London")
PASSWORD = "harbour-light-7"  # noqa: S105 - printed for everybody; the command needs DEMO=1
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
TERMS: dict[str, object] = {
    "route": "oral",
    "ending": "open",
    "formulation": "tablet",
    "indication": "multiple_sclerosis",
    "off_label_reason": "",
    "risk_factors": ["epilepsy"],
    "risk_note": "",
    "rungs": [
        {"delay": "0", "audience": "patient"},
        {"delay": "45", "audience": "patient"},
        {"delay": "90", "audience": "caregivers"},
        {"delay": "180", "audience": "clinic"},
    ],
    "on_time_window": "45",
    "follow_up_delay": "30",
    "observation_days": "28",
    "missed_dose_advice": "",
}
WATCHED = {
    "missed_doses_threshold": "3",
    "hours_since_taken_threshold": "30",
    "silent_doses_threshold": "4",
    "supply_days_threshold": "5",
    "step_change_days_threshold": "3",
    "sign_hours_threshold": "72",
    "review_days_threshold": "60",
}


def clinic_demo(at: datetime) -> Clinic:
    """Make Harbour clinic in London, open on weekdays, reachable at any hour."""
    clinic = clinic_create(
        name="Harbour clinic",
        slug="harbour",
        zone=ZONE.key,
        country="GB",
        numbers=ClinicNumbers(
            emergency_number="999",
            desk_phone="01632 960 118",
            out_of_hours_phone="01632 960 144",
            out_of_hours_note="Ask for the ward nurse.",
        ),
        job=JOB,
        now=at,
    )
    spans = [OpenSpan(weekday, time(8), time(18)) for weekday in range(5)]
    clinic_set_opening_hours(clinic=clinic, spans=spans, job=JOB, now=at)
    for duty in ("desk", "out_of_hours"):
        point = contact_point_add(
            clinic=clinic, duty=duty, address=f"{duty}@harbour.example", job=JOB, now=at
        )
        contact_point_verify(token=contact_point_mint_token(contact_point=point, now=at), now=at)
    return clinic


def staff_demo(name: str, box: str, clinic: Clinic, capacity: Capacity, at: datetime) -> User:
    """Make somebody who works at the clinic, with an address that is verified."""
    user = user_create(
        email=_email(box), name=name, password=PASSWORD, zone=ZONE.key, job=JOB, now=at
    )
    point = contact_point_add(person=user, address=user.email, job=JOB, now=at)
    contact_point_verify(token=contact_point_mint_token(contact_point=point, now=at), now=at)
    membership_add(user=user, clinic=clinic, capacity=capacity, job=JOB, now=at)
    return user


def patient_demo(
    name: str,
    clinic: Clinic,
    by: User,
    at: datetime,
    *,
    born_on: date = date(1980, 5, 3),
    clinic_number: str = "",
    phone: str = "07700 900 412",
) -> Patient:
    """Take a patient in, who joins at once from the mailed invitation."""
    patient = patient_take_in(
        clinic=clinic,
        by=by,
        name=name,
        born_on=born_on,
        clinic_number=clinic_number,
        zone=ZONE.key,
        language="en",
        phone=phone,
        email=_email(name.split(maxsplit=1)[0].lower()),
        now=at,
    )
    _accept(patient.invitations.get(), at)
    patient.refresh_from_db()
    return patient


def caregiver_demo(patient: Patient, name: str, box: str, relation: str, at: datetime) -> User:
    """Let a patient invite a caregiver, who accepts: alerted, and may log."""
    link = care_link_invite(
        patient=patient,
        by=user_of(patient),
        email=_email(box),
        name=name,
        relation=relation,
        is_alerted=True,
        may_log=True,
        now=at,
    )
    return _accept(link.invitations.get(), at)


def _accept(invitation: Invitation, at: datetime) -> User:
    """Accept from the mailed link, as somebody new or as the person who has that address."""
    token = invitation_mint_mail_token(invitation=invitation, now=at)
    invitation_mark_mailed(invitation=invitation, wanted_at=invitation.mail_wanted_at or at)
    known = User.objects.with_email(invitation.email).first()
    return invitation_accept(token=token, password="" if known else PASSWORD, user=known, now=at)


def plan_demo(
    patient: Patient,
    by: User,
    at: datetime,
    steps: Sequence[dict[str, object]],
    thresholds: Mapping[str, object] = MappingProxyType({}),
) -> Plan:
    """Sign a plan with these steps; `thresholds` changes what every demo plan has."""
    raw = TERMS | dict(thresholds)
    raw |= {"zone": patient.zone, "steps": list(steps), "named_clinician": str(by.pk)}
    plan = plan_draft_save(patient=patient, by=by, content=plan_content_from(raw), now=at)
    ticked = range(1, len(steps) + 1)
    plan_sign(plan=plan, by=by, ticked_steps=ticked, has_confirmed_hours=True, now=at)
    return plan


def step_demo(
    begins_on: date, times: Sequence[str], amounts: Sequence[str], note: str = ""
) -> dict[str, object]:
    """Return one row of a plan by mouth, its amounts verbatim."""
    return {
        "begins_on": begins_on.isoformat(),
        "ends_on": "",
        "is_dose_free": False,
        "note": note,
        "doses": [
            {"time": at, "amount": amount}
            for at, amount in sorted(zip(times, amounts, strict=True))
        ],
    }


def wall_time(at: datetime) -> str:
    """Return the clock time of an instant in London."""
    return at.astimezone(ZONE).strftime("%H:%M")


def user_of(patient: Patient) -> User:
    """Return a patient as somebody who signs in."""
    if patient.user is None:
        raise CommandError(f"{patient.name} has not accepted the invitation.")
    return patient.user


def _email(box: str) -> str:
    return f"{box}@harbour.example"
