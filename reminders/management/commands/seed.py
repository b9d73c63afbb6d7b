"""Makes the demo clinic: invented people, through the services, relative to now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.clock import database_now
from accounts.domain.capacities import Capacity
from accounts.models import Clinic, Patient, User
from accounts.services.care_links import care_link_end
from reminders.management.demo_people import (
    DAY,
    MINUTE,
    PASSWORD,
    WATCHED,
    ZONE,
    caregiver_demo,
    clinic_demo,
    patient_demo,
    plan_demo,
    staff_demo,
    step_demo,
    user_of,
    wall_time,
)
from reminders.management.demo_pump import pump_demo
from tracker.domain.doses import Outcome, Via
from tracker.models import Plan
from tracker.services.checkins import check_in_add
from tracker.services.entries import entry_add


class Command(BaseCommand):
    """Five patients: on track, due now, not logged and climbing, a sign reported, a pump."""

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
    at = now - 90 * DAY
    clinic = clinic_demo(at)
    priya = staff_demo("Dr Priya Raman", "priya", clinic, Capacity.CLINICIAN, at)
    adaeze = staff_demo("Nurse Adaeze Obi", "adaeze", clinic, Capacity.CLINICIAN, at)
    morag = staff_demo("Morag Sinclair", "morag", clinic, Capacity.ADMINISTRATOR, at)
    ewan, isla = _on_track(clinic, priya, now)
    samira = _due_now(clinic, priya, now)
    beatriz = _not_logged(clinic, priya, now)
    kofi = _sign_reported(clinic, adaeze, now)
    halina, piotr = pump_demo(clinic, priya, adaeze, now)
    return [
        ("clinician", priya),
        ("clinician", adaeze),
        ("administrator", morag),
        ("patient, on track", user_of(ewan)),
        ("patient, due now", user_of(samira)),
        ("patient, not logged", user_of(beatriz)),
        ("patient, sign reported", user_of(kofi)),
        ("patient, by pump", user_of(halina)),
        ("caregiver of three", isla),
        ("caregiver, by pump", piotr),
    ]


def _on_track(clinic: Clinic, by: User, now: datetime) -> tuple[Patient, User]:
    """Ewan: a taper of three steps, nine days old, logged; one caregiver, one ended."""
    at = now - 9 * DAY
    ewan = patient_demo("Ewan Macrae", clinic, by, at)
    isla = caregiver_demo(ewan, "Isla Macrae", "isla", "Sister", at)
    tomasz = caregiver_demo(ewan, "Tomasz Wrona", "tomasz", "Neighbour", at)
    ended = ewan.care_links.get(caregiver=tomasz)
    care_link_end(care_link=ended, by=user_of(ewan), now=now - 2 * DAY)
    times = [wall_time(now - 4 * timedelta(hours=1)), wall_time(now + 4 * timedelta(hours=1))]
    begins_on = (now - 9 * DAY).astimezone(ZONE).date()
    steps = [
        step_demo(begins_on, times, ["20 mg", "20 mg"]),
        step_demo(begins_on + 7 * DAY, times, ["15 mg", "20 mg"]),
        step_demo(begins_on + 14 * DAY, times, ["15 mg", "half a 20 mg tablet"], note="stay here"),
    ]
    plan = plan_demo(ewan, by, at, steps, thresholds=WATCHED)
    _log_history(plan, now)
    return ewan, isla


def _due_now(clinic: Clinic, by: User, now: datetime) -> Patient:
    """Samira: signed this hour, one dose due two minutes ago."""
    at = now - 30 * MINUTE
    samira = patient_demo("Samira Haddad", clinic, by, at)
    caregiver_demo(samira, "Isla Macrae", "isla", "Friend", at)
    begins_on = (now - DAY).astimezone(ZONE).date()
    times = [wall_time(now - 2 * MINUTE), wall_time(now + 8 * timedelta(hours=1))]
    plan_demo(samira, by, at, [step_demo(begins_on, times, ["10 mg", "7,5 mg"])])
    return samira


def _not_logged(clinic: Clinic, by: User, now: datetime) -> Patient:
    """Beatriz: a dose due an hour and forty minutes ago, and nobody has said what happened."""
    at = now - 3 * timedelta(hours=1)
    beatriz = patient_demo("Beatriz Carvalho", clinic, by, at)
    caregiver_demo(beatriz, "Isla Macrae", "isla", "Neighbour", at)
    begins_on = (now - DAY).astimezone(ZONE).date()
    times = [wall_time(now - 100 * MINUTE)]
    plan_demo(beatriz, by, at, [step_demo(begins_on, times, ["half a 10 mg tablet"])])
    return beatriz


def _sign_reported(clinic: Clinic, by: User, now: datetime) -> Patient:
    """Kofi: told us an hour ago that his usual tightness is coming back."""
    at = now - 2 * DAY
    kofi = patient_demo("Kofi Mensah-Bright", clinic, by, at)
    caregiver_demo(kofi, "Ama Mensah", "ama", "Wife", at)
    begins_on = (now - 2 * DAY).astimezone(ZONE).date()
    times = [wall_time(now - 5 * timedelta(hours=1))]
    plan = plan_demo(
        kofi,
        by,
        at,
        [step_demo(begins_on, times, ["5 mg"])],
        thresholds=WATCHED | {"supply_days_threshold": ""},
    )
    _log_history(plan, now)
    check_in_add(
        patient=kofi,
        by=user_of(kofi),
        signs=["return_of_spasticity"],
        note="",
        at=None,
        client_id=uuid4(),
        now=now - 60 * MINUTE,
    )
    return kofi


def _log_history(plan: Plan, now: datetime) -> None:
    """Log every dose due before `now` as taken a few minutes after its time."""
    user = user_of(plan.patient)
    for number, dose in enumerate(plan.doses.filter(due_at__lt=now).order_by("due_at")):
        taken_at = dose.due_at + (number * 7 % 25) * MINUTE
        entry_add(
            patient=plan.patient,
            dose=dose,
            by=user,
            via=Via.PAGE,
            outcome=Outcome.TAKEN,
            taken_at=taken_at,
            device_at=None,
            client_id=uuid4(),
            now=taken_at + MINUTE,
        )
