"""A new clinic with somebody who may set it up: what nobody who is signed in can do yet."""

from datetime import datetime

from django.db import transaction

from accounts.domain.capacities import Capacity
from accounts.models import Clinic
from accounts.models.invitations import FOR_STAFF
from accounts.services.clinics import clinic_create
from accounts.services.invitations import invitation_create


@transaction.atomic
def clinic_open(
    *,
    name: str,
    slug: str,
    zone: str,
    country: str,
    administrator_name: str,
    administrator_email: str,
    job: str,
    now: datetime,
) -> Clinic:
    """Make a clinic and have its first administrator invited by mail, or do neither.

    Raises Refusal naming the field that is wrong.
    """
    clinic = clinic_create(name=name, slug=slug, zone=zone, country=country, job=job, now=now)
    invitation_create(
        kind=FOR_STAFF,
        clinic=clinic,
        email=administrator_email,
        name=administrator_name,
        capacity=Capacity.ADMINISTRATOR,
        job=job,
        now=now,
    )
    return clinic
