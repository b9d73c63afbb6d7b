"""One pump in a minute: what the clinic entered, what people said, who knows of what is open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.domain.zones import local_date, local_midnight
from accounts.models import CareLink, Patient
from accounts.selectors.clinics import clinicians_of
from tracker.domain.alerts import AlertEventKind
from tracker.domain.flags import FlagEventKind, Rule
from tracker.domain.pumps import PumpDateKind, PumpEventKind, standing_dates
from tracker.models import AlertEvent, FlagEvent, Plan, PlanVersion, Pump, PumpDate, PumpEvent, Step
from tracker.selectors.matters import Matter, open_matters, told_name
from tracker.selectors.patient_facts import (
    CallNumber,
    RiskContext,
    call_numbers,
    risk_context,
    risks_on_file,
)
from tracker.selectors.pump_wording import DATE_WORDS
from tracker.selectors.pumps import dates_of, events_of, pump_of, pump_plan_of, typed_dates
from tracker.selectors.versions import version_in_force
from tracker.selectors.wording import flag_headline
from tracker.selectors.worklist import age_at

PUMP_FLAGS = frozenset(
    {
        Rule.INTRATHECAL_SIGN,
        Rule.REFILL_NEAR,
        Rule.REFILL_PASSED,
        Rule.LOW_RESERVOIR_PASSED,
        Rule.ALARM_NON_CRITICAL,
        Rule.ALARM_CRITICAL,
        Rule.REPLACEMENT,
        Rule.PUMP_PROBLEM,
        Rule.NO_ORAL_ON_HAND,
    }
)
TONES = {PumpDateKind.LOW_RESERVOIR: "e"}
SAME_DAY_TONE = "d"


@dataclass(frozen=True, slots=True)
class DateRow:
    """One date exactly as typed, who typed it, and where it stands today."""

    row: PumpDate | None  # None: nobody has entered this date
    kind: PumpDateKind
    word: str
    is_standing: bool
    is_waiting: bool  # for a second person
    days_passed: int  # whole local days since; 0 or less while it has not gone by

    @property
    def is_passed(self) -> bool:
        """Whether its day is over."""
        return self.row is not None and self.days_passed > 0

    @property
    def tone(self) -> str:
        """How it catches the eye: "e" or "d" once it stands and has gone by, else ""."""
        return TONES.get(self.kind, SAME_DAY_TONE) if self.is_standing and self.is_passed else ""


@dataclass(frozen=True, slots=True)
class ClosedFlag:
    """A flag that closed today: by a fact, or by a named person's note."""

    flag_class: str
    headline: str
    at: datetime
    by: str  # "" when a fact closed it
    note: str


@dataclass(frozen=True, slots=True)
class ToldPerson:
    """Somebody whom messages about what is open have reached; `icon` says who that is."""

    name: str
    icon: str
    ats: tuple[datetime, ...]  # newest last, three at most


@dataclass(frozen=True, slots=True)
class PumpPage:
    """Everything the page prints. Dates and rates are verbatim; times are instants."""

    patient: Patient
    age: int | None
    zone: ZoneInfo
    now: datetime
    pump: Pump | None
    plan: Plan | None
    version: PlanVersion | None
    step: Step | None
    last_refill: PumpEvent | None
    to_confirm: tuple[PumpEvent, ...]
    matters: tuple[Matter, ...]
    closed: tuple[ClosedFlag, ...]
    dates: tuple[DateRow, ...]
    events: tuple[PumpEvent, ...]
    numbers: tuple[CallNumber, ...]
    context: RiskContext
    told: tuple[ToldPerson, ...]
    is_held: bool  # somebody of the clinic has an open matter

    @property
    def rows(self) -> tuple[Matter, ...]:
        """Open matters that nobody is told of: they stand on a line each."""
        return tuple(matter for matter in self.matters if matter.alert_id is None)

    @property
    def cards(self) -> tuple[Matter, ...]:
        """Open matters of class E and D."""
        return tuple(matter for matter in self.matters if matter.alert_id is not None)


def pump_page(patient: Patient, *, now: datetime) -> PumpPage:
    """Return the pump of one patient as it stands at `now`."""
    pump, plan = pump_of(patient), pump_plan_of(patient)
    version = version_in_force(plan, now) if plan is not None else None
    zone = ZoneInfo(version.zone) if version is not None else patient.zone_info
    today = local_date(now, zone)
    events = tuple(events_of(pump)) if pump is not None else ()
    about = open_matters(
        Patient.objects.filter(pk=patient.pk), now=now, is_unlisted_shown=True
    ).get(patient.pk)
    matters = about.matters if about is not None else ()
    links = CareLink.objects.not_ended(now).filter(patient=patient).select_related("caregiver")
    return PumpPage(
        patient=patient,
        age=age_at(patient.born_on, local_date(now, patient.zone_info)),
        zone=zone,
        now=now,
        pump=pump,
        plan=plan,
        version=version,
        step=_step_now(version, today),
        last_refill=_last_refill(events),
        to_confirm=tuple(event for event in events if is_waiting(event)),
        matters=matters,
        closed=tuple(_closed_since(patient, local_midnight(today, zone))),
        dates=tuple(date_rows(pump, zone, today)),
        events=events,
        numbers=(*call_numbers(patient, links, now), *pump_numbers(pump)),
        context=risk_context(version, risks_on_file(patient)),
        told=_told(patient, matters, now),
        is_held=any(matter.holder and not matter.is_open_to_clinic for matter in matters),
    )


def is_waiting(event: PumpEvent) -> bool:
    """Tell whether a refill waits for a second person's word."""
    return event.kind == PumpEventKind.REFILL_DONE and not hasattr(event, "confirmation")


def pump_numbers(pump: Pump | None) -> list[CallNumber]:
    """Return the numbers of the pump's team, as on record."""
    if pump is None:
        return []
    numbers = [CallNumber(_("Pump team"), "", pump.team_phone)]
    if pump.out_of_hours_phone:
        numbers.append(CallNumber(_("Pump team, out of hours"), "", pump.out_of_hours_phone))
    return numbers


def date_rows(pump: Pump | None, zone: ZoneInfo, today: date) -> list[DateRow]:
    """Return each date in force, then those that wait for a second person, then earlier ones."""
    if pump is None:
        return []
    rows = list(dates_of(pump))
    typed = typed_dates(rows)
    standing = {each.id for kind in PumpDateKind for each in standing_dates(typed, kind, zone)}
    found: list[DateRow] = []
    for kind in PumpDateKind:
        here = [_row(row, today, standing) for row in rows if row.kind == kind]
        in_force = [row for row in here if row.is_standing]
        found += in_force or [DateRow(None, kind, str(DATE_WORDS[kind]), True, False, 0)]
    others = [row for row in (_row(each, today, standing) for each in rows) if not row.is_standing]
    found += [row for row in others if row.is_waiting]
    found += [row for row in others if not row.is_waiting]
    return found


def _row(row: PumpDate, today: date, standing: set[UUID]) -> DateRow:
    kind = PumpDateKind(row.kind)
    return DateRow(
        row=row,
        kind=kind,
        word=str(DATE_WORDS[kind]),
        is_standing=row.pk in standing,
        is_waiting=not hasattr(row, "confirmation") and not _was_denied(row),
        days_passed=(today - row.falls_on).days,
    )


def _was_denied(row: PumpDate) -> bool:
    said = getattr(row.event, "confirmation", None) if row.event is not None else None
    return said is not None and not said.is_confirmed


def _step_now(version: PlanVersion | None, today: date) -> Step | None:
    if version is None:
        return None
    begun = version.steps.filter(begins_on__lte=today).order_by("number")
    return begun.last() or version.steps.order_by("number").first()


def _last_refill(events: Iterable[PumpEvent]) -> PumpEvent | None:
    refills = (event for event in events if event.kind == PumpEventKind.REFILL_DONE)
    return next((event for event in refills if not _is_denied(event)), None)


def _is_denied(event: PumpEvent) -> bool:
    said = getattr(event, "confirmation", None)
    return said is not None and not said.is_confirmed


def _closed_since(patient: Patient, since: datetime) -> list[ClosedFlag]:
    closing = FlagEvent.objects.filter(
        flag__patient=patient, flag__rule__in=PUMP_FLAGS, kind=FlagEventKind.CLOSED, at__gte=since
    )
    return [
        ClosedFlag(
            flag_class=event.flag.flag_class,
            headline=flag_headline(event.flag),
            at=event.at,
            by=event.by.name if event.by is not None else "",
            note=event.note,
        )
        for event in closing.select_related("flag", "by").order_by("-at")
    ]


def _told(patient: Patient, matters: Sequence[Matter], now: datetime) -> tuple[ToldPerson, ...]:
    """Return whom messages about the open matters have reached, each once, in this order."""
    events = AlertEvent.objects.filter(
        alert__in=[matter.alert_id for matter in matters if matter.alert_id is not None],
        kind=AlertEventKind.TOLD,
    )
    staff = {membership.user_id for membership in clinicians_of(patient.clinic, now)}
    ats: dict[tuple[int, str, str], list[datetime]] = {}
    places = ("person", "people", "clinic")
    for event in events.select_related("person", "clinic").order_by("at"):
        is_clinic = event.person is None or event.person_id in staff
        icon = "clinic" if is_clinic else "people"
        if event.person_id is not None and event.person_id == patient.user_id:
            icon = "person"
        key = (places.index(icon), told_name(event), icon)
        ats.setdefault(key, []).append(event.at)
    return tuple(
        ToldPerson(name, icon, tuple(sorted(set(times))[-3:]))
        for (_place, name, icon), times in sorted(ats.items())
    )
