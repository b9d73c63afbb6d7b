"""What is open about a patient: flags, and alerts whose fact is not a flag, as one list.

A flag and the alert about it are one matter: the alert says who was told and who has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Patient
from tracker.domain.alerts import AlertEventKind
from tracker.domain.flags import FlagClass, Rule
from tracker.domain.medicine import Source
from tracker.domain.worklist import Rank, matter_key
from tracker.models import Alert, AlertEvent, Flag, Plan
from tracker.selectors.flag_sources import flag_sources
from tracker.selectors.wording import (
    alert_headline,
    flag_basis,
    flag_detail,
    flag_headline,
    local_moment,
)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who said "I have it", when, and until when the ladder waits."""

    person_id: UUID
    name: str
    since_at: datetime | None
    until_at: datetime
    is_holding_clinic: bool  # False: a caregiver's word, which the clinic's rungs do not wait for


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody whom a message about the alert has reached last."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Matter:
    """One open flag with its alert, or one open alert about a dose."""

    flag_class: FlagClass
    headline: str
    detail: str
    basis: str
    since_at: datetime
    flag_id: UUID | None
    alert_id: UUID | None  # None: a class that waits on the worklist and that nobody is told of
    is_listed: bool  # on the clinic's worklist, not only with caregivers
    holder: Holder | None
    told: Told | None
    rule: Rule | None = None  # of a flag
    signs: tuple[str, ...] = ()  # that a flag about signs reports

    @property
    def sources(self) -> tuple[Source, ...]:
        """The documents behind the basis; none for what is our own practice."""
        return flag_sources(self.rule, self.signs) if self.rule is not None else ()

    @property
    def is_open_to_clinic(self) -> bool:
        """Whether nobody has it for whom the clinic would wait."""
        return self.holder is None or not self.holder.is_holding_clinic

    @property
    def rank(self) -> Rank:
        """What the worklist's order looks at."""
        return Rank(self.flag_class, self.holder is not None, self.since_at)


@dataclass(frozen=True, slots=True)
class OpenMatters:
    """One patient and what is open about them, first matter first."""

    patient: Patient
    plan: Plan | None  # of the first matter that names one
    matters: tuple[Matter, ...]


def open_matters(
    patients: QuerySet[Patient], *, now: datetime, is_unlisted_shown: bool = False
) -> dict[UUID, OpenMatters]:
    """Return what is open about each of these patients; those with nothing open are left out.

    Three queries, however many patients. `is_unlisted_shown` adds alerts that have not climbed to
    the clinic's worklist yet.
    """
    flags = list(
        Flag.objects.open().filter(patient__in=patients).select_related("patient__clinic", "plan")
    )
    shown = Alert.objects.open() if is_unlisted_shown else Alert.objects.on_the_worklist()
    alerts = list(
        shown.filter(patient__in=patients).select_related(
            "patient__clinic", "held_by", "dose__plan", "dose__version", "dose__standing_entry"
        )
    )
    events = _last_events(alerts)
    alert_of = {alert.flag_id: alert for alert in alerts if alert.flag_id is not None}
    found: dict[UUID, list[Matter]] = {}
    people: dict[UUID, tuple[Patient, Plan | None]] = {}
    for flag in flags:
        matter = _flag_matter(flag, alert_of.get(flag.pk), events, now)
        found.setdefault(flag.patient_id, []).append(matter)
        _remember(people, flag.patient, flag.plan)
    for alert in alerts:
        if alert.dose is not None:
            found.setdefault(alert.patient_id, []).append(_alert_matter(alert, events, now))
            _remember(people, alert.patient, alert.dose.plan)
    return {
        patient_id: OpenMatters(*people[patient_id], matters=_in_order(matters))
        for patient_id, matters in found.items()
    }


def _in_order(matters: Iterable[Matter]) -> tuple[Matter, ...]:
    return tuple(sorted(matters, key=lambda matter: matter_key(matter.rank)))


def _remember(
    people: dict[UUID, tuple[Patient, Plan | None]], patient: Patient, plan: Plan | None
) -> None:
    known = people.get(patient.pk)
    people[patient.pk] = (patient, plan if known is None else known[1] or plan)


def _flag_matter(
    flag: Flag, alert: Alert | None, events: Mapping[tuple[UUID, str], AlertEvent], now: datetime
) -> Matter:
    zone = flag.patient.zone_info
    return Matter(
        flag_class=FlagClass(flag.flag_class),
        headline=flag_headline(flag),
        detail=flag_detail(flag, zone),
        basis=flag_basis(flag),
        since_at=flag.opened_at,
        flag_id=flag.pk,
        alert_id=alert.pk if alert is not None else None,
        is_listed=True,
        holder=_holder(alert, events, now) if alert is not None else None,
        told=_told(alert, events) if alert is not None else None,
        rule=Rule(flag.rule),
        signs=tuple(flag.evidence.get("signs", ())),
    )


def _alert_matter(
    alert: Alert, events: Mapping[tuple[UUID, str], AlertEvent], now: datetime
) -> Matter:
    return Matter(
        flag_class=FlagClass(alert.alert_class or FlagClass.WATCH),
        headline=alert_headline(alert),
        detail=dose_detail(alert),
        basis="",
        since_at=alert.opened_at,
        flag_id=None,
        alert_id=alert.pk,
        is_listed=alert.listed_at is not None,
        holder=_holder(alert, events, now),
        told=_told(alert, events),
    )


def dose_detail(alert: Alert) -> str:
    """Return when the alert's dose was due, on the plan's own clock, and where it belongs."""
    if alert.dose is None:
        return ""
    version = alert.dose.version
    return _("Due %(moment)s, step %(step)s of plan version %(version)s.") % {
        "moment": local_moment(alert.dose.due_at, alert.dose.zone_info),
        "step": alert.dose.step_number,
        "version": version.number,
    }


def _last_events(alerts: Iterable[Alert]) -> dict[tuple[UUID, str], AlertEvent]:
    """Return the newest telling of each alert, and the newest "I have it" of who has it."""
    said = Q(kind=AlertEventKind.ACKNOWLEDGED, person=F("alert__held_by"))
    rows = (
        AlertEvent.objects.filter(
            said | Q(kind=AlertEventKind.TOLD), alert__in=[alert.pk for alert in alerts]
        )
        .order_by("alert", "kind", "-at", "-pk")
        .distinct("alert", "kind")
        .select_related("person", "clinic")
    )
    return {(row.alert_id, row.kind): row for row in rows}


def _holder(
    alert: Alert, events: Mapping[tuple[UUID, str], AlertEvent], now: datetime
) -> Holder | None:
    if alert.held_by is None or alert.held_until_at is None or alert.held_until_at <= now:
        return None
    said = events.get((alert.pk, AlertEventKind.ACKNOWLEDGED))
    return Holder(
        person_id=alert.held_by.pk,
        name=alert.held_by.name,
        since_at=said.at if said is not None else None,
        until_at=alert.held_until_at,
        is_holding_clinic=alert.is_clinic_held,
    )


def _told(alert: Alert, events: Mapping[tuple[UUID, str], AlertEvent]) -> Told | None:
    event = events.get((alert.pk, AlertEventKind.TOLD))
    if event is None:
        return None
    return Told(name=told_name(event), at=event.at)


def told_name(event: AlertEvent) -> str:
    """Return whom an event is about: a person's name or the clinic's; "" when neither."""
    if event.person is not None:
        return event.person.name
    return event.clinic.name if event.clinic is not None else ""
