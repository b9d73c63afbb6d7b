"""What a caregiver sees: open alerts first, then what happened in the last days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.access import verbs_of
from accounts.domain.capacities import Verb
from accounts.domain.zones import local_date, local_midnight
from accounts.models import User
from tracker.domain.alerts import AlertEventKind, AlertKind
from tracker.domain.flags import FlagClass
from tracker.domain.ladder import LadderRung, outside_rungs, tellings
from tracker.models import Alert, AlertEvent, ExpectedDose, PlanVersion
from tracker.selectors.around import Around
from tracker.selectors.course import rungs_as_json, rungs_from_json
from tracker.selectors.dose_lines import DoseLine, entry_line, lines_of, marked
from tracker.selectors.said import check_ins_of
from tracker.selectors.today import Today
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
    def is_told_on(self) -> bool:
        """Whether the clinic goes on being told although a caregiver has it."""
        return self.alert_class in {FlagClass.EMERGENCY, FlagClass.SAME_DAY}

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
        alerts=_cards(people, {}, reader=reader, now=now),
        days=_days(people, _dose_lines(people, reader=reader, now=now), reader=reader, now=now),
    )


def feed_of_one(
    around: Around, day: Today, verbs: frozenset[Verb], *, reader: User, now: datetime
) -> Feed:
    """Return the same for one person whose day and what the reader may do are read already."""
    since = now - LOOKED_BACK
    said = [dose for dose in day.doses if dose.entry is not None and dose.due_at >= since]
    return Feed(
        now=now,
        people=(around,),
        alerts=_cards([around], {around.patient.pk: verbs}, reader=reader, now=now),
        days=_days([around], said, reader=reader, now=now),
    )


@dataclass(frozen=True, slots=True)
class _Thread:
    alert: Alert
    rungs: tuple[LadderRung, ...]
    events: list[AlertEvent]


def _threads(people: Sequence[Around]) -> list[_Thread]:
    """Return the open alerts with their events: each has one from its beginning. One query.

    The rungs are those of the dose's own version, else of the newest that counted when it opened.
    """
    newest = PlanVersion.objects.filter(
        plan__patient=OuterRef("alert__patient"), counts_from_at__lte=OuterRef("alert__opened_at")
    )
    newest_id = newest.order_by("-plan__created_at", "-number").values("pk")[:1]
    rows = (
        AlertEvent.objects.filter(
            alert__closed_at=None,
            alert__patient__in=[around.patient.pk for around in people],
        )
        .select_related(
            "person",
            "clinic",
            "alert__dose__version",
            "alert__dose__standing_entry__by",
            "alert__flag",
            "alert__held_by",
        )
        .defer("alert__dose__version__signed_text")
        .annotate(ladder_id=Coalesce("alert__dose__version", Subquery(newest_id)))
        .annotate(rungs_entered=ArraySubquery(rungs_as_json("ladder_id")))
        .order_by("at", "pk")
    )
    found: dict[UUID, _Thread] = {}
    for row in rows:
        rungs = rungs_from_json(row.rungs_entered)
        found.setdefault(row.alert_id, _Thread(row.alert, rungs, [])).events.append(row)
    return list(found.values())


def _cards(
    people: Sequence[Around],
    verbs: Mapping[UUID, frozenset[Verb]],
    *,
    reader: User,
    now: datetime,
) -> tuple[AlertCard, ...]:
    by_id = {around.patient.pk: around for around in people}
    threads = [thread for thread in _threads(people) if _is_for(reader, thread)]
    asked = {thread.alert.patient_id for thread in threads} - set(verbs)
    verbs = {**verbs, **{pk: verbs_of(reader, by_id[pk].patient, now) for pk in asked}}
    cards = [
        _card(
            thread,
            around=by_id[thread.alert.patient_id],
            verbs=verbs[thread.alert.patient_id],
            reader=reader,
            now=now,
        )
        for thread in threads
    ]
    return tuple(sorted(cards, key=lambda card: (_place(card.alert_class), card.opened_at)))


def _is_for(reader: User, thread: _Thread) -> bool:
    """Tell whether an alert is this reader's to see yet.

    A silence climbs rung by rung: it is theirs once they are told, or were to be and could not be
    reached, or once it stands on the clinic's worklist.
    """
    alert = thread.alert
    return (
        alert.kind != AlertKind.NO_LOG
        or alert.alert_class in {FlagClass.EMERGENCY, FlagClass.SAME_DAY}
        or alert.listed_at is not None
        or any(event.person_id == reader.pk for event in thread.events)
    )


def _place(alert_class: str) -> int:
    return PLACE[FlagClass(alert_class)] if alert_class else PLACE[FlagClass.WATCH]


def _card(
    thread: _Thread, *, around: Around, verbs: frozenset[Verb], reader: User, now: datetime
) -> AlertCard:
    alert, events = thread.alert, thread.events
    zone = alert.dose.zone_info if alert.dose is not None else _zone(around)
    told = told_about(
        alert, events, _climbed(thread), around=around, reader=reader, zone=zone, now=now
    )
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
        detail=_detail(alert, reader, zone),
        opened_at=alert.opened_at,
        told_reader_at=max(mine, default=None),
        dose_id=alert.dose_id if is_asked else None,
        told=told,
        may_acknowledge=Verb.ACKNOWLEDGE in verbs,
        may_log=Verb.LOG in verbs and is_asked,
    )


def _detail(alert: Alert, reader: User, zone: ZoneInfo) -> str:
    """Return who said what, when somebody did; "" for a silence."""
    if alert.flag is not None:
        return flag_detail(alert.flag, zone)
    entry = alert.dose.standing_entry if alert.dose is not None else None
    if entry is None:
        return ""
    line = entry_line(entry, alert.dose, reader=reader, zone=zone)
    return _("%(words)s, by %(name)s.") % {"words": line.words, "name": line.by}


def _climbed(thread: _Thread) -> tuple[LadderRung, ...]:
    """Return the rungs this alert climbs: all for a silence, else those of the people outside."""
    if thread.alert.kind == AlertKind.NO_LOG:
        return tellings(thread.rungs)
    is_emergency = thread.alert.alert_class == FlagClass.EMERGENCY
    return tellings(outside_rungs(thread.rungs, is_emergency=is_emergency))


def _zone(around: Around) -> ZoneInfo:
    return around.patient.zone_info


def _dose_lines(people: Sequence[Around], *, reader: User, now: datetime) -> list[DoseLine]:
    """Return the doses of the last days about which somebody said something."""
    rows = ExpectedDose.objects.filter(
        plan__patient__in=[around.patient.pk for around in people],
        due_at__gte=now - LOOKED_BACK,
        standing_entry__isnull=False,
    )
    zone = _zone(people[0])
    return lines_of(marked(rows), reader=reader, zone=zone, now=now)


def _days(
    people: Sequence[Around], doses: Sequence[DoseLine], *, reader: User, now: datetime
) -> tuple[FeedDay, ...]:
    items = [*_dose_items(people, doses), *_check_in_items(people, reader=reader, now=now)]
    days = defaultdict(list)
    for item in sorted(items, key=lambda item: item.at, reverse=True):
        days[item.day].append(item)
    today = local_date(now, _zone(people[0]))
    return tuple(
        FeedDay(day=day, is_today=day == today, items=tuple(days[day]))
        for day in sorted(days, reverse=True)
    )


def _dose_items(people: Sequence[Around], doses: Sequence[DoseLine]) -> list[FeedItem]:
    by_id = {around.patient.pk: around for around in people}
    zone = _zone(people[0])
    return [
        FeedItem(
            around=by_id[dose.patient_id],
            zone=zone,
            at=dose.entry.taken_at or dose.entry.received_at,
            day=local_date(dose.entry.taken_at or dose.entry.received_at, zone),
            dose=dose,
            signs=None,
            by=dose.entry.by,
            is_mine=dose.entry.is_mine,
        )
        for dose in doses
        if dose.entry is not None
    ]


def _check_in_items(people: Sequence[Around], *, reader: User, now: datetime) -> list[FeedItem]:
    by_id = {around.patient.pk: around for around in people}
    zone = _zone(people[0])
    since = local_midnight(local_date(now - LOOKED_BACK, zone), zone)
    return [
        FeedItem(
            around=by_id[patient_id],
            zone=zone,
            at=line.at,
            day=local_date(line.at, zone),
            dose=None,
            signs=line.signs,
            by=line.by,
            is_mine=line.is_mine,
        )
        for patient_id, line in check_ins_of(list(by_id), reader=reader, since=since)
    ]
