"""What a patient's phone keeps, once they agreed: two days of doses, and the numbers to call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from accounts.domain.zones import ONE_DAY, local_date, local_midnight
from accounts.models import User
from tracker.domain.plan_states import Route
from tracker.selectors.around import Around, patient_around
from tracker.selectors.clinic_numbers import ClinicNumbers, numbers_of
from tracker.selectors.course import Course, Standing, course_of
from tracker.selectors.dose_lines import DoseLine, dose_lines
from tracker.selectors.said import last_check_in_of


@dataclass(frozen=True, slots=True)
class DeviceDay:
    """Two days of one patient at one moment. Instants are UTC, dates are local in `zone`."""

    around: Around
    numbers: ClinicNumbers
    course: Course | None
    zone: ZoneInfo
    now: datetime
    doses: tuple[DoseLine, ...]  # of today and tomorrow, in due order
    last_check_in_at: datetime | None

    @property
    def version_from_on(self) -> date | None:
        """The local date from which the version counts; None without a plan."""
        course = self.course
        return local_date(course.version.counts_from_at, self.zone) if course is not None else None

    @property
    def next_step_on(self) -> date | None:
        """The local date of the next step or change that is signed; None when none is near."""
        change_at = self.next_change_at
        return local_date(change_at, self.zone) if change_at is not None else None

    @property
    def next_change_at(self) -> datetime | None:
        """From when the amounts read now may be others: the next step, or a change signed for
        today or tomorrow. A phone that has not asked again by then shows no amount."""
        course = self.course
        if course is None:
            return None
        today = local_date(self.now, self.zone)
        begins = [step.begins_on for step in course.steps if step.begins_on > today]
        changes = [local_midnight(day, self.zone) for day in begins]
        if course.coming != course.version:
            changes.append(course.coming.counts_from_at)
        return min(changes, default=None)

    @property
    def is_on_hold(self) -> bool:
        """Whether the plan is on hold."""
        return self.course is not None and self.course.standing is Standing.ON_HOLD

    @property
    def route(self) -> Route:
        """Whose classes the signs have: those of a pump, where there is one."""
        is_by_pump = self.around.pump is not None or (
            self.course is not None and self.course.version.plan.route == Route.INTRATHECAL
        )
        return Route.INTRATHECAL if is_by_pump else Route.ORAL


def device_day_of(user: User, now: datetime) -> DeviceDay | None:
    """Return what this patient's phone may keep at `now`; None for somebody without a record."""
    around = patient_around(user, now)
    if around is None:
        return None
    patient = around.patient
    course = course_of(patient, now)
    zone = course.zone if course is not None else patient.zone_info
    today = local_date(now, zone)
    doses = dose_lines(patient, reader=user, zone=zone, now=now, since=today, until=today + ONE_DAY)
    last = last_check_in_of(patient, reader=user)
    return DeviceDay(
        around=around,
        numbers=numbers_of(patient.clinic, now),
        course=course,
        zone=zone,
        now=now,
        doses=tuple(doses),
        last_check_in_at=last.at if last is not None else None,
    )
