"""Whom to call at a clinic, and whether anybody is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from accounts.domain.opening_hours import OpenSpan, is_open, next_opening
from accounts.models import Clinic


@dataclass(frozen=True, slots=True)
class ClinicToCall:
    """The numbers of one clinic at one moment; texts are "" where the clinic has set nothing."""

    slug: str
    name: str
    zone: ZoneInfo
    emergency_number: str
    desk_phone: str
    out_of_hours_phone: str
    out_of_hours_note: str
    hours: tuple[OpenSpan, ...]
    is_open: bool
    closes_time: time | None  # today, in the clinic's zone; None while it is closed
    opens_at: datetime | None  # UTC; None while it is open, or when it has set no hours


def clinic_numbers(slug: str, now: datetime) -> ClinicToCall | None:
    """Return the numbers of the clinic with this slug, or None when there is none."""
    clinic = Clinic.objects.filter(slug=slug).first()
    return None if clinic is None else numbers_of(clinic, now)


def numbers_of(clinic: Clinic, now: datetime) -> ClinicToCall:
    """Return the clinic's numbers as they stand at `now`."""
    hours = tuple(row.span for row in clinic.opening_hours.all())
    zone = clinic.zone_info
    is_open_now = is_open(hours, zone, now)
    return ClinicToCall(
        slug=clinic.slug,
        name=clinic.name,
        zone=zone,
        emergency_number=clinic.emergency_number,
        desk_phone=clinic.desk_phone,
        out_of_hours_phone=clinic.out_of_hours_phone,
        out_of_hours_note=clinic.out_of_hours_note,
        hours=hours,
        is_open=is_open_now,
        closes_time=_closing_time(hours, now.astimezone(zone)) if is_open_now else None,
        opens_at=None if is_open_now else next_opening(hours, zone, now),
    )


def _closing_time(hours: Sequence[OpenSpan], local: datetime) -> time | None:
    """Return when the desk closes that is open at this wall time."""
    wall_time = local.time().replace(fold=0)
    covering = (span for span in hours if span.covers(local.weekday(), wall_time))
    return next((span.closes_time for span in covering), None)
