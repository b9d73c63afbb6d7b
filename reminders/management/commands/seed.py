"""Makes the demo clinic: invented people, through the services, relative to now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.clock import database_now
from accounts.domain.capacities import Capacity
from accounts.domain.opening_hours import OpenSpan
from accounts.models import Clinic, Invitation, Patient, User
from accounts.services.acceptance import invitation_accept
from accounts.services.care_links import care_link_end, care_link_invite
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
from tracker.domain.doses import Outcome
from tracker.domain.plan_content import plan_content_from
from tracker.models import Plan
from tracker.services.checkins import check_in_add
from tracker.services.entries import entry_add
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


class Command(BaseCommand):
    """Four patients: on track, due now, not logged and climbing, a sign reported."""

    help = "Make the demo clinic and print its logins. Needs DEMO=1 and an empty database."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Make everything or nothing; refuse outside a demo and beside real people."""
        if not settings.DEMO:
            raise CommandError("The demo clinic is made only where DEMO=1 is set.")
        if Clinic.objects.exists():
            raise CommandError("This database has a clinic already; nothing was changed.")
        with transaction.atomic():
            logins = demo_clinic_make(database_now())
        self.stdout.write(f"Demo logins, all with the password {PASSWORD}:")
        for capacity, user in logins:
            self.stdout.write(f"  {capacity:<26} {user.email}")


def demo_clinic_make(now: datetime) -> list[tuple[str, User]]:
    """Make Harbour clinic and its people as they stand at `now`; return who can sign in."""
    at = now - 10 * DAY
    clinic = _clinic(at)
    priya = _staff("Dr Priya Raman", "priya", clinic, Capacity.CLINICIAN, at)
    adaeze = _staff("Nurse Adaeze Obi", "adaeze", clinic, Capacity.CLINICIAN, at)
    morag = _staff("Morag Sinclair", "morag", clinic, Capacity.ADMINISTRATOR, at)
    ewan, isla = _on_track(clinic, priya, now)
    samira = _due_now(clinic, priya, now)
    beatriz = _not_logged(clinic, priya, now)
    kofi = _sign_reported(clinic, adaeze, now)
    return [
        ("clinician", priya),
        ("clinician", adaeze),
        ("administrator", morag),
        ("patient, on track", _user(ewan)),
        ("patient, due now", _user(samira)),
        ("patient, not logged", _user(beatriz)),
        ("patient, sign reported", _user(kofi)),
        ("caregiver of three", isla),
    ]


def _on_track(clinic: Clinic, by: User, now: datetime) -> tuple[Patient, User]:
    """Ewan: a taper of three steps, nine days old, logged; one caregiver, one ended."""
    at = now - 9 * DAY
    ewan = _patient("Ewan Macrae", clinic, by, at)
    isla = _caregiver(ewan, "Isla Macrae", "isla", "Sister", at)
    tomasz = _caregiver(ewan, "Tomasz Wrona", "tomasz", "Neighbour", at)
    ended = ewan.care_links.get(caregiver=tomasz)
    care_link_end(care_link=ended, by=_user(ewan), now=now - 2 * DAY)
    times = [_wall_time(now - 4 * timedelta(hours=1)), _wall_time(now + 4 * timedelta(hours=1))]
    begins_on = (now - 9 * DAY).astimezone(ZONE).date()
    steps = [
        _step(begins_on, times, ["20 mg", "20 mg"]),
        _step(begins_on + 7 * DAY, times, ["15 mg", "20 mg"]),
        _step(begins_on + 14 * DAY, times, ["15 mg", "half a 20 mg tablet"], note="stay here"),
    ]
    plan = _plan(ewan, by, at, steps, thresholds=WATCHED)
    _log_history(plan, now)
    return ewan, isla


def _due_now(clinic: Clinic, by: User, now: datetime) -> Patient:
    """Samira: signed this hour, one dose due two minutes ago."""
    at = now - 30 * MINUTE
    samira = _patient("Samira Haddad", clinic, by, at)
    _caregiver(samira, "Isla Macrae", "isla", "Friend", at)
    begins_on = (now - DAY).astimezone(ZONE).date()
    times = [_wall_time(now - 2 * MINUTE), _wall_time(now + 8 * timedelta(hours=1))]
    _plan(samira, by, at, [_step(begins_on, times, ["10 mg", "7,5 mg"])])
    return samira


def _not_logged(clinic: Clinic, by: User, now: datetime) -> Patient:
    """Beatriz: a dose due an hour and forty minutes ago, and nobody has said what happened."""
    at = now - 3 * timedelta(hours=1)
    beatriz = _patient("Beatriz Carvalho", clinic, by, at)
    _caregiver(beatriz, "Isla Macrae", "isla", "Neighbour", at)
    begins_on = (now - DAY).astimezone(ZONE).date()
    times = [_wall_time(now - 100 * MINUTE)]
    _plan(beatriz, by, at, [_step(begins_on, times, ["half a 10 mg tablet"])])
    return beatriz


def _sign_reported(clinic: Clinic, by: User, now: datetime) -> Patient:
    """Kofi: told us an hour ago that his usual tightness is coming back."""
    at = now - 2 * DAY
    kofi = _patient("Kofi Mensah-Bright", clinic, by, at)
    _caregiver(kofi, "Ama Mensah", "ama", "Wife", at)
    begins_on = (now - 2 * DAY).astimezone(ZONE).date()
    times = [_wall_time(now - 5 * timedelta(hours=1))]
    plan = _plan(
        kofi,
        by,
        at,
        [_step(begins_on, times, ["5 mg"])],
        thresholds=WATCHED | {"supply_days_threshold": ""},
    )
    _log_history(plan, now)
    check_in_add(
        patient=kofi,
        by=_user(kofi),
        signs=["return_of_spasticity"],
        note="",
        at=None,
        client_id=uuid4(),
        now=now - 60 * MINUTE,
    )
    return kofi


def _clinic(at: datetime) -> Clinic:
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


def _staff(name: str, box: str, clinic: Clinic, capacity: Capacity, at: datetime) -> User:
    user = user_create(
        email=_email(box), name=name, password=PASSWORD, zone=ZONE.key, job=JOB, now=at
    )
    point = contact_point_add(person=user, address=user.email, job=JOB, now=at)
    contact_point_verify(token=contact_point_mint_token(contact_point=point, now=at), now=at)
    membership_add(user=user, clinic=clinic, capacity=capacity, job=JOB, now=at)
    return user


def _patient(name: str, clinic: Clinic, by: User, at: datetime) -> Patient:
    patient = patient_take_in(
        clinic=clinic,
        by=by,
        name=name,
        born_on=date(1980, 5, 3),
        clinic_number="",
        zone=ZONE.key,
        language="en",
        phone="07700 900 412",
        email=_email(name.split(maxsplit=1)[0].lower()),
        now=at,
    )
    _accept(patient.invitations.get(), at)
    patient.refresh_from_db()
    return patient


def _caregiver(patient: Patient, name: str, box: str, relation: str, at: datetime) -> User:
    link = care_link_invite(
        patient=patient,
        by=_user(patient),
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


def _plan(
    patient: Patient,
    by: User,
    at: datetime,
    steps: Sequence[dict[str, object]],
    thresholds: Mapping[str, str] = MappingProxyType({}),
) -> Plan:
    raw = TERMS | dict(thresholds)
    raw |= {"zone": patient.zone, "steps": list(steps), "named_clinician": str(by.pk)}
    plan = plan_draft_save(patient=patient, by=by, content=plan_content_from(raw), now=at)
    ticked = range(1, len(steps) + 1)
    plan_sign(plan=plan, by=by, ticked_steps=ticked, has_confirmed_hours=True, now=at)
    return plan


def _step(
    begins_on: date, times: Sequence[str], amounts: Sequence[str], note: str = ""
) -> dict[str, object]:
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


def _log_history(plan: Plan, now: datetime) -> None:
    """Log every dose due before `now` as taken a few minutes after its time."""
    user = _user(plan.patient)
    for number, dose in enumerate(plan.doses.filter(due_at__lt=now).order_by("due_at")):
        taken_at = dose.due_at + (number * 7 % 25) * MINUTE
        entry_add(
            patient=plan.patient,
            dose=dose,
            by=user,
            via="page",
            outcome=Outcome.TAKEN,
            taken_at=taken_at,
            device_at=None,
            client_id=uuid4(),
            now=taken_at + MINUTE,
        )


def _wall_time(at: datetime) -> str:
    return at.astimezone(ZONE).strftime("%H:%M")


def _user(patient: Patient) -> User:
    if patient.user is None:
        raise CommandError(f"{patient.name} has not accepted the invitation.")
    return patient.user


def _email(box: str) -> str:
    return f"{box}@harbour.example"
