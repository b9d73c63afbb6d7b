"""Taking a patient in."""

from datetime import date, datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.problems import Problem, Refusal
from accounts.domain.zones import local_date, zone_named
from accounts.models import Clinic, Patient, User
from accounts.models.invitations import FOR_PATIENT
from accounts.selectors.people import patient_invited_at
from accounts.services.audit import audit_record
from accounts.services.checks import name_check, row_check
from accounts.services.contact_points import address_check
from accounts.services.invitations import invitation_create


@transaction.atomic
def patient_take_in(
    *,
    clinic: Clinic,
    by: User,
    name: str,
    born_on: date | None,
    clinic_number: str,
    zone: str,
    language: str,
    phone: str,
    email: str,
    now: datetime,
) -> Patient:
    """Make a patient's record and have the link mailed that lets the person in.

    `zone` is where the patient lives, an IANA name: dose times follow it. Raises Refusal with every
    problem at its field; nothing is saved then. Somebody whom this clinic has taken in with the
    same address is not taken in twice: half of what they log would be on each record.
    """
    patient = Patient(
        clinic=clinic,
        name=name.strip(),
        born_on=born_on,
        clinic_number=clinic_number.strip(),
        zone=zone,
        language=language,
        phone=phone.strip(),
        taken_in_at=now,
        taken_in_by=by,
    )
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    _check(patient, email=email, now=now)
    patient.save()
    audit_record(actor=by, action="patient.taken_in", target=patient, now=now, patient=patient)
    invitation_create(
        kind=FOR_PATIENT,
        clinic=clinic,
        patient=patient,
        email=email,
        name=patient.name,
        by=by,
        now=now,
    )
    return patient


def _check(patient: Patient, *, email: str, now: datetime) -> None:
    """Raise one Refusal with every problem of the row and of the address."""
    problems: list[Problem] = []
    checks = (
        partial(row_check, patient),
        partial(name_check, patient.name),
        partial(address_check, email, field="email"),
    )
    for check in checks:
        try:
            check()
        except Refusal as refusal:
            problems.extend(_at_its_field(problem) for problem in refusal.problems)
    if patient.language not in dict(settings.LANGUAGES):
        problems.append(Problem("language", _("Choose a language from the list.")))
    if not any(problem.field == "zone" for problem in problems):
        today = local_date(now, zone_named(patient.zone))
        if patient.born_on is not None and patient.born_on > today:
            problems.append(Problem("born_on", _("This date is still to come.")))
    same = patient_invited_at(patient.clinic, email)
    if same is not None:
        text = _("%(name)s was taken in with this address already. One person has one record.")
        problems.append(Problem("email", text % {"name": same.name}))
    if problems:
        raise Refusal(*problems)


def _at_its_field(problem: Problem) -> Problem:
    """Put the one rule that spans the row, "this number once per clinic", at its field."""
    if problem.field:
        return problem
    return Problem("clinic_number", _("Another patient of this clinic has this number."))
