"""A clinic as the public page of its numbers shows it: no patient, no sign-in."""

from dataclasses import dataclass
from datetime import datetime

from accounts.domain.opening_hours import OpenSpan
from accounts.models import Clinic
from accounts.models.contact_points import OUT_OF_HOURS
from accounts.selectors.clinics import clinic_with_slug
from accounts.selectors.contact_points import usable_contact_points
from tracker.selectors.around import ClinicLine, clinic_line


@dataclass(frozen=True, slots=True)
class ClinicNumbers:
    """Whom to call at one clinic at one moment, and its hours through the week."""

    clinic: ClinicLine
    hours: tuple[OpenSpan, ...]


def clinic_numbers(slug: str, now: datetime) -> ClinicNumbers | None:
    """Return the numbers of the clinic with this slug, or None when there is none."""
    clinic = clinic_with_slug(slug)
    return None if clinic is None else numbers_of(clinic, now)


def numbers_of(clinic: Clinic, now: datetime) -> ClinicNumbers:
    """Return the clinic's numbers as they stand at `now`."""
    hours = tuple(row.span for row in clinic.opening_hours.all())
    is_covered = usable_contact_points(clinic=clinic, duty=OUT_OF_HOURS).exists()
    line = clinic_line(clinic, hours, is_covered=is_covered, now=now)
    return ClinicNumbers(clinic=line, hours=hours)
