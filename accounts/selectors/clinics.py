"""When a clinic is there, and who works at it."""

from datetime import datetime

from accounts.domain.opening_hours import is_open, next_opening
from accounts.models import Clinic, Membership
from accounts.models.clinics import MembershipQuerySet
from accounts.models.contact_points import DESK, OUT_OF_HOURS
from accounts.selectors.contact_points import usable_contact_points


def clinic_with_slug(slug: str) -> Clinic | None:
    """Return the clinic with this public name in addresses, or None."""
    return Clinic.objects.filter(slug=slug).first()


def is_clinic_open(clinic: Clinic, at: datetime) -> bool:
    """Say whether the clinic's desk is there at `at`."""
    return is_open((row.span for row in clinic.opening_hours.all()), clinic.zone_info, at)


def clinic_opens_at(clinic: Clinic, at: datetime) -> datetime | None:
    """Return the next instant (UTC) at which the desk opens; None without opening hours."""
    return next_opening((row.span for row in clinic.opening_hours.all()), clinic.zone_info, at)


def duty_at(clinic: Clinic, at: datetime) -> str:
    """Return which duty answers at `at`: "desk" in opening hours, "out_of_hours" outside them."""
    return DESK if is_clinic_open(clinic, at) else OUT_OF_HOURS


def is_clinic_reached(clinic: Clinic, at: datetime) -> bool:
    """Say whether a message to the clinic reaches somebody at `at`: its desk while it is open,
    outside its hours a verified out-of-hours contact. A telephone number alone reads nothing."""
    night = usable_contact_points(clinic=clinic, duty=OUT_OF_HOURS)
    return is_clinic_open(clinic, at) or night.exists()


def staff_of(clinic: Clinic, now: datetime) -> MembershipQuerySet:
    """Return the memberships that hold at `now`, by name."""
    held = Membership.objects.current(now).filter(clinic=clinic)
    return held.select_related("user").order_by("user__name", "capacity")


def clinicians_of(clinic: Clinic, now: datetime) -> MembershipQuerySet:
    """Return the clinicians of this clinic at `now` whose account is active, by name."""
    return staff_of(clinic, now).clinical().filter(user__is_active=True)
