"""What a caregiver sees: open alerts first, then what happened in the last days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery

from accounts.access import verbs_of
from accounts.domain.capacities import Verb
from accounts.domain.zones import local_date, local_midnight
from accounts.models import User
from tracker.domain.alerts import AlertEventKind, AlertKind
from tracker.domain.flags import FlagClass
from tracker.domain.ladder import LadderRung, outside_rungs
from tracker.models import Alert, AlertEvent, CheckIn, ExpectedDose, PlanVersion
from tracker.selectors.around import Around, covered_by_a_stay
from tracker.selectors.course import rungs_as_json, rungs_from_json
from tracker.selectors.dose_lines import DoseLine, lines_of
from tracker.selectors.said import names_of
from tracker.selectors.told import Told, told_about
from tracker.selectors.wording import alert_headline, class_word, flag_detail

LOOKED_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class AlertCard:
    """One open alert as a caregiver sees it. Instants are UTC."""

    id: UUID
    around: Around
    zone: ZoneInfo
    kind: AlertKind
    alert_class: str
    class_name: str
    headline: str
    detail: str
    opened_at: datetime
    told_reader_at: datetime | None
    dose_id: UUID | None
    told: Told
    may_acknowledge: bool
    may_log: bool

    @property
    def is_emergency(self) -> bool:
        """Whether the urgent page belongs to it."""
        return self.alert_class == FlagClass.EMERGENCY

    @property
    def is_silence(self) -> bool:
        """Whether nobody has said what happened to a dose."""
        return self.kind is AlertKind.NO_LOG


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One thing that happened: a dose somebody spoke about, or a check-in."""

    around: Around
    zone: ZoneInfo
    at: datetime
    day: date
    dose: DoseLine | None
    signs: tuple[str, ...] | None  # of a check-in; none means "none of these"
    by: str
    is_mine: bool


@dataclass(frozen=True, slots=True)
class FeedDay:
    """The items of one local day, newest first."""

    day: date
    is_today: bool
    items: tuple[FeedItem, ...]


@dataclass(frozen=True, slots=True)
class Feed:
    """Everything a caregiver's page shows."""

    now: datetime
    people: tuple[Around, ...]
    alerts: tuple[AlertCard, ...]
    days: tuple[FeedDay, ...]


PLACE = {flag_class: place for place, flag_class in enumerate(FlagClass)}


def feed_of(people: Sequence[Around], *, reader: User, now: datetime) -> Feed:
    """Return what these people's caregiver sees at `now`.

    Alerts are in the order of their class, then the oldest first.
    """
    return Feed(
        now=now,
        people=tuple(people),
        alerts=tuple(_alerts(people, reader=reader, now=now)),
        days=_days(people, reader=reader, now=now),
    )


def _alerts(people: Sequence[Around], *, reader: User, now: datetime) -> list[AlertCard]:
    by_id = {around.patient.pk: around for around in people}
    alerts = list(
        Alert.objects.open()
        .filter(patient__in=by_id)
        .select_related(
            "patient", "dose__version", "dose__standing_entry", "flag", "flag__plan", "held_by"
        )
    )
    if not alerts:
        return []
    events = defaultdict(list)
    rows = AlertEvent.objects.filter(alert__in=alerts).select_related("person", "clinic")
    for event in rows.order_by("at", "pk"):
        events[event.alert_id].append(event)
    ladders = _ladders(alerts)
    verbs = {
        pk: verbs_of(reader, by_id[pk].patient, now)
        for pk in {alert.patient_id for alert in alerts}
    }
    cards = [
        _card(
            alert,
            events[alert.pk],
            ladders.get(alert.pk, ()),
            around=by_id[alert.patient_id],
            verbs=verbs[alert.patient_id],
            reader=reader,
            now=now,
        )
        for alert in alerts
    ]
    return sorted(cards, key=lambda card: (_place(card.alert_class), card.opened_at))


def _place(alert_class: str) -> int:
    return PLACE[FlagClass(alert_class)] if alert_class else PLACE[FlagClass.WATCH]


def _card(
    alert: Alert,
    events: Sequence[AlertEvent],
    rungs: Sequence[LadderRung],
    *,
    around: Around,
    verbs: frozenset[Verb],
    reader: User,
    now: datetime,
) -> AlertCard:
    zone = ZoneInfo(alert.dose.version.zone) if alert.dose is not None else _zone(around)
    told = told_about(alert, events, rungs, around=around, reader=reader, zone=zone, now=now)
    mine = [
        event.at
        for event in events
        if event.kind == AlertEventKind.TOLD and event.person_id == reader.pk
    ]
    is_asked = alert.dose is not None and alert.kind == AlertKind.NO_LOG
    return AlertCard(
        id=alert.pk,
        around=around,
        zone=zone,
        kind=AlertKind(alert.kind),
        alert_class=alert.alert_class or FlagClass.WATCH,
        class_name=class_word(alert.alert_class or FlagClass.WATCH),
        headline=alert_headline(alert),
        detail=flag_detail(alert.flag, zone) if alert.flag is not None else "",
        opened_at=alert.opened_at,
        told_reader_at=max(mine, default=None),
        dose_id=alert.dose_id if is_asked else None,
        told=told,
        may_acknowledge=Verb.ACKNOWLEDGE in verbs,
        may_log=Verb.LOG in verbs and is_asked,
    )


def _ladders(alerts: Iterable[Alert]) -> dict[UUID, tuple[LadderRung, ...]]:
    """Return the rungs that each alert climbs, from the versions of its patient. One query."""
    versions = list(
        PlanVersion.objects.filter(plan__patient__in={alert.patient_id for alert in alerts})
        .select_related("plan")
        .defer("signed_text")
        .annotate(rungs_entered=ArraySubquery(rungs_as_json()))
        .order_by("-plan__created_at", "-number")
    )
    by_version = {row.pk: rungs_from_json(row.rungs_entered) for row in versions}
    newest: dict[UUID, tuple[LadderRung, ...]] = {}
    for row in versions:
        newest.setdefault(row.plan.patient_id, by_version[row.pk])
    found = {}
    for alert in alerts:
        version_id = alert.dose.version_id if alert.dose is not None else None
        own = by_version.get(version_id) if version_id is not None else None
        rungs = own or newest.get(alert.patient_id, ())
        is_emergency = alert.alert_class == FlagClass.EMERGENCY
        is_whole = alert.kind == AlertKind.NO_LOG
        found[alert.pk] = rungs if is_whole else outside_rungs(rungs, is_emergency=is_emergency)
    return found


def _zone(around: Around) -> ZoneInfo:
    return around.patient.zone_info


def _days(people: Sequence[Around], *, reader: User, now: datetime) -> tuple[FeedDay, ...]:
    if not people:
        return ()
    items = [
        *_dose_items(people, reader=reader, now=now),
        *_check_in_items(people, reader=reader, now=now),
    ]
    items.sort(key=lambda item: item.at, reverse=True)
    days = defaultdict(list)
    for item in items:
        days[item.day].append(item)
    today = local_date(now, _zone(people[0]))
    return tuple(
        FeedDay(day=day, is_today=day == today, items=tuple(days[day]))
        for day in sorted(days, reverse=True)
    )


def _dose_items(people: Sequence[Around], *, reader: User, now: datetime) -> list[FeedItem]:
    by_id = {around.patient.pk: around for around in people}
    since = now - LOOKED_BACK
    rows = (
        ExpectedDose.objects.filter(
            plan__patient__in=by_id, due_at__gte=since, standing_entry__isnull=False
        )
        .annotate(is_away=covered_by_a_stay())
        .select_related("version", "plan", "standing_entry__by")
        .defer("version__signed_text")
    )
    zone = _zone(people[0])
    lines = lines_of(rows, reader=reader, zone=zone, now=now)
    return [
        FeedItem(
            around=by_id[line.patient_id],
            zone=zone,
            at=line.entry.taken_at or line.entry.received_at,
            day=local_date(line.entry.taken_at or line.entry.received_at, zone),
            dose=line,
            signs=None,
            by=line.entry.by,
            is_mine=line.entry.is_mine,
        )
        for line in lines
        if line.entry is not None
    ]


def _check_in_items(people: Sequence[Around], *, reader: User, now: datetime) -> list[FeedItem]:
    by_id = {around.patient.pk: around for around in people}
    zone = _zone(people[0])
    since = local_midnight(local_date(now - LOOKED_BACK, zone), zone)
    rows = CheckIn.objects.filter(patient__in=by_id, at__gte=since).select_related("by")
    return [
        FeedItem(
            around=by_id[row.patient_id],
            zone=zone,
            at=row.at,
            day=local_date(row.at, zone),
            dose=None,
            signs=names_of([sign.sign for sign in row.signs.all()]),
            by=row.by.name,
            is_mine=row.by_id == reader.pk,
        )
        for row in rows.prefetch_related("signs")
    ]
