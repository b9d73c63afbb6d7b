"""What somebody needs in the hand while they call for help: numbers, facts to show, who knows.

Facts only. Nothing here says what a sign is caused by, and nothing says what to take.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.db.models.functions import Least

from accounts.models import Patient, User
from tracker.domain.doses import Outcome
from tracker.domain.flags import FlagClass
from tracker.domain.medicine import Urgency
from tracker.models import Alert, AlertEvent, CheckInSign, Entry, Report, ReportKind
from tracker.selectors.around import Around
from tracker.selectors.course import Course, course_of
from tracker.selectors.dose_lines import (
    DoseLine,
    EntryLine,
    dose_lines,
    extras_of_today,
)
from tracker.selectors.medicine import baclofen
from tracker.selectors.patient_facts import risk_words
from tracker.selectors.pumps import critical_alarm_told, rate_of
from tracker.selectors.told import ToldLine, told_about

RECENT = timedelta(hours=12)
"""How long the page goes on naming what was said."""


@dataclass(frozen=True, slots=True)
class Said:
    """One emergency sign that somebody ticked: its name and its plain words, without full stop."""

    name: str
    plain: str


@dataclass(frozen=True, slots=True)
class LastTaken:
    """The newest dose said to be taken: the amount as entered, "" for an extra dose, and when."""

    amount: str
    taken_at: datetime
    is_extra: bool
    is_amount_different: bool
    amount_note: str  # the person's own words about what was taken


@dataclass(frozen=True, slots=True)
class UrgentCall:
    """The urgent page of one person. Instants are UTC."""

    around: Around
    course: Course | None
    zone: ZoneInfo
    is_own: bool
    said: tuple[Said, ...]
    has_stopped: bool
    said_at: datetime | None
    doses_today: tuple[DoseLine, ...]
    extras_today: tuple[EntryLine, ...]
    last_taken: LastTaken | None
    on_file: tuple[str, ...]
    told: tuple[ToldLine, ...]
    being_told: tuple[str, ...]
    is_held: bool  # somebody has said "I have it"
    alarm_at: datetime | None = None  # when a critical alarm of the pump was told, lately
    rate: str = ""  # of a plan by pump, verbatim

    @property
    def has_reported(self) -> bool:
        """Whether a sign, a sudden stop or a critical alarm was said lately, so that people are
        being told."""
        return bool(self.said) or self.has_stopped or self.alarm_at is not None


def urgent_call_of(around: Around, *, reader: User, now: datetime) -> UrgentCall:
    """Return the urgent page of this person at `now`."""
    patient = around.patient
    course = course_of(patient, now)
    zone = course.zone if course is not None else patient.zone_info
    signs = _emergencies(patient, now)
    stopped = (
        Report.objects.filter(
            patient=patient, kind=ReportKind.STOPPED, received_at__gt=now - RECENT
        )
        .order_by("received_at")
        .last()
    )
    told, is_held = _told(around, reader=reader, zone=zone, now=now)
    alarm_at = critical_alarm_told(patient, now - RECENT) if around.pump is not None else None
    has_reported = bool(signs) or stopped is not None or alarm_at is not None
    times = [sign.check_in.at for sign in signs] + ([stopped.at] if stopped is not None else [])
    return UrgentCall(
        around=around,
        course=course,
        zone=zone,
        is_own=patient.user_id == reader.pk,
        said=_said(signs),
        has_stopped=stopped is not None,
        said_at=max(times, default=None),
        doses_today=_doses_today(around, course, reader=reader, now=now),
        extras_today=extras_of_today(patient, reader=reader, zone=zone, now=now),
        last_taken=_last_taken(patient),
        on_file=on_file(around, course),
        told=told,
        being_told=_being_told(around, told, reader) if has_reported else (),
        is_held=is_held,
        alarm_at=alarm_at,
        rate=rate_of(course.version, course.today) if course is not None else "",
    )


def _emergencies(patient: Patient, now: datetime) -> list[CheckInSign]:
    """Return the emergency signs of the newest check-in that had one."""
    rows = (
        CheckInSign.objects.filter(
            check_in__patient=patient,
            check_in__received_at__gt=now - RECENT,
            urgency=Urgency.EMERGENCY,
        )
        .select_related("check_in")
        .order_by("-check_in__received_at", "pk")
    )
    found = list(rows)
    return [row for row in found if row.check_in_id == found[0].check_in_id]


def _said(signs: Sequence[CheckInSign]) -> tuple[Said, ...]:
    facts = baclofen()
    words = {sign.id: Said(sign.name, sign.plain.rstrip(".")) for sign in facts.signs}
    words |= {alike.id: Said(alike.plain.rstrip("."), "") for alike in facts.look_alikes}
    return tuple(words.get(row.sign, Said(row.sign, "")) for row in signs)


def _told(
    around: Around, *, reader: User, zone: ZoneInfo, now: datetime
) -> tuple[tuple[ToldLine, ...], bool]:
    """Return who has been told of the emergencies that are open, and whether somebody has it."""
    alerts = Alert.objects.open().filter(patient=around.patient, alert_class=FlagClass.EMERGENCY)
    events = list(
        AlertEvent.objects.filter(alert__in=alerts)
        .select_related("alert", "person", "clinic")
        .order_by("at", "pk")
    )
    found = told_about(None, events, (), around=around, reader=reader, zone=zone, now=now)
    holds = [event.alert.held_until_at for event in events]
    return found.lines, any(until is not None and until > now for until in holds)


def _being_told(around: Around, told: Sequence[ToldLine], reader: User) -> tuple[str, ...]:
    known = {line.who for line in told}
    names = [each.name for each in around.alerted if each.id != reader.pk]
    names.append(around.clinic.name)
    return tuple(name for name in names if name not in known)


def _doses_today(
    around: Around, course: Course | None, *, reader: User, now: datetime
) -> tuple[DoseLine, ...]:
    if course is None:
        return ()
    today = course.today
    return tuple(
        dose_lines(
            around.patient, reader=reader, zone=course.zone, now=now, since=today, until=today
        )
    )


def _last_taken(patient: Patient) -> LastTaken | None:
    """Return the newest of the standing entries and of the extra doses not taken back.

    A phone whose clock runs ahead cannot say that something was taken after it was received.
    """
    counted = Q(stands_for__isnull=False) | Q(dose=None, void=None)
    entry = (
        Entry.objects.filter(counted, patient=patient, outcome=Outcome.TAKEN)
        .select_related("dose")
        .annotate(was_taken_at=Least("taken_at", "received_at"))
        .order_by("-was_taken_at")
        .first()
    )
    if entry is None:
        return None
    return LastTaken(
        amount=entry.dose.amount if entry.dose is not None else "",
        taken_at=entry.was_taken_at,
        is_extra=entry.dose is None,
        is_amount_different=entry.is_amount_different,
        amount_note=entry.amount_note,
    )


def on_file(around: Around, course: Course | None) -> tuple[str, ...]:
    """Return the names of what stands on file as context: in the plan's version, then beside it."""
    signed = course.version.risk_factors if course is not None else []
    return risk_words((*signed, *around.risks), "").factors
