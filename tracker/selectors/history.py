"""The last days of a patient, day by day: every dose, extra dose, check-in, and what was taken
back."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.domain.zones import local_date, local_midnight
from accounts.models import Patient, User
from tracker.models import EntryVoid
from tracker.selectors.course import course_of
from tracker.selectors.dose_lines import (
    DoseLine,
    EntryLine,
    dose_lines,
    entry_line,
    extra_entries,
)
from tracker.selectors.reasons import reason_words
from tracker.selectors.said import CheckInLine, check_in_lines

DAYS = 14


@dataclass(frozen=True, slots=True)
class TakenBack:
    """An entry that no longer counts, and who took it back, when and why."""

    entry: EntryLine
    dose_id: UUID | None
    by: str
    is_mine: bool
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Day:
    """One local day, newest facts last."""

    day: date
    doses: tuple[DoseLine, ...]
    extras: tuple[EntryLine, ...]
    check_ins: tuple[CheckInLine, ...]
    taken_back: tuple[TakenBack, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was expected and nothing was said."""
        return not (self.doses or self.extras or self.check_ins or self.taken_back)


@dataclass(frozen=True, slots=True)
class History:
    """The last fourteen local days, newest first."""

    zone: ZoneInfo
    today: date
    days: tuple[Day, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was expected and nothing was said in all of them."""
        return all(day.is_empty for day in self.days)


def history_of(patient: Patient, *, reader: User, now: datetime) -> History:
    """Return the days up to today, in the plan's zone."""
    course = course_of(patient, now)
    zone = course.zone if course is not None else patient.zone_info
    today = local_date(now, zone)
    first = today - timedelta(days=DAYS - 1)
    since = local_midnight(first, zone)
    doses = defaultdict(list)
    for line in dose_lines(patient, reader=reader, zone=zone, now=now, since=first, until=today):
        doses[line.local_date].append(line)
    extras = defaultdict(list)
    for extra in extra_entries(patient, reader=reader, zone=zone, since=since):
        extras[local_date(extra.taken_at or extra.received_at, zone)].append(extra)
    check_ins = defaultdict(list)
    for check_in in check_in_lines(patient, reader=reader, since=since):
        check_ins[local_date(check_in.at, zone)].append(check_in)
    voids = _taken_back(patient, reader=reader, zone=zone, since=since)
    days = [today - timedelta(days=back) for back in range(DAYS)]
    return History(
        zone=zone,
        today=today,
        days=tuple(
            Day(
                day=day,
                doses=tuple(doses[day]),
                extras=tuple(extras[day]),
                check_ins=tuple(check_ins[day]),
                taken_back=tuple(voids[day]),
            )
            for day in days
        ),
    )


def _taken_back(
    patient: Patient, *, reader: User, zone: ZoneInfo, since: datetime
) -> dict[date, list[TakenBack]]:
    rows = (
        EntryVoid.objects.filter(entry__patient=patient, entry__received_at__gte=since)
        .select_related("by", "entry__by", "entry__dose__version")
        .order_by("at")
    )
    found = defaultdict(list)
    for row in rows:
        dose = row.entry.dose
        day = dose.local_date if dose is not None else local_date(row.entry.received_at, zone)
        found[day].append(
            TakenBack(
                entry=entry_line(row.entry, dose, reader=reader, zone=zone),
                dose_id=dose.pk if dose is not None else None,
                by=row.by.name,
                is_mine=row.by_id == reader.pk,
                at=row.at,
                reason=reason_words(row.reason),
            )
        )
    return found
