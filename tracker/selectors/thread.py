"""One alert from its first moment to its last: everything that was decided, told and answered.

Read from the alert's own events, which nobody can edit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import Person
from accounts.domain.audiences import Audience
from accounts.domain.capacities import FULL_READERS, Capacity
from accounts.models import CareLink
from tracker.domain.alerts import AlertEventKind, AlertKind
from tracker.domain.flags import FlagClass
from tracker.domain.ladder import LadderRung
from tracker.models import Alert, AlertEvent, Entry
from tracker.selectors.chart_timeline import TimelineLine, entry_lines
from tracker.selectors.ladders import ladder_behind
from tracker.selectors.matters import Holder, dose_detail, told_name
from tracker.selectors.scope import alerts_visible_to
from tracker.selectors.wording import (
    alert_headline,
    alert_outcome,
    flag_basis,
    flag_detail,
)

FOLLOW_UP = "follow_up"
MESSAGES = frozenset(
    {
        AlertEventKind.DECIDED,
        AlertEventKind.TOLD,
        AlertEventKind.BOUNCED,
        AlertEventKind.UNREACHABLE,
    }
)
AUDIENCE_WORDS: Mapping[Audience, Promise] = MappingProxyType(
    {
        Audience.PATIENT: gettext_lazy("the patient"),
        Audience.CAREGIVERS: gettext_lazy("caregivers"),
        Audience.CLINIC: gettext_lazy("the clinic"),
    }
)


@dataclass(frozen=True, slots=True)
class Turn:
    """What became of a message: its moment, the words, and what came back with it."""

    at: datetime
    icon: str
    words: str
    detail: str


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One recipient of one rung; a row before anything is sent."""

    decided_at: datetime
    who: str
    relation: str
    turns: tuple[Turn, ...]  # empty: decided, and nothing has come back yet


@dataclass(frozen=True, slots=True)
class RungLines:
    """The messages of one rung in one round, or the follow-ups (number 0)."""

    heading: str
    lines: tuple[MessageLine, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """One tread of the stair on top of the page."""

    at: datetime
    fact: str
    text: str


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did, or what became of the alert."""

    at: datetime
    fact: str
    quote: str


@dataclass(frozen=True, slots=True)
class Thread:
    """Everything the page prints of one alert; instants are shown in `zone`."""

    alert: Alert
    zone: ZoneInfo
    headline: str
    detail: str
    basis: str
    amount: str  # expected then, verbatim; "" for an alert about a flag
    flag_class: str
    outcome: str  # why it closed; "" while it stands
    holder: Holder | None
    stages: tuple[Stage, ...]
    rungs: tuple[RungLines, ...]
    acts: tuple[Act, ...]
    entries: tuple[TimelineLine, ...]

    @property
    def message_count(self) -> int:
        """How many messages were decided."""
        return sum(len(rung.lines) for rung in self.rungs)


def alert_visible_to(user: Person, alert_id: UUID, now: datetime) -> Alert | None:
    """Return the alert if it is about somebody whom this person may see, else None."""
    return alerts_visible_to(user, now).filter(pk=alert_id).first()


def alert_thread(
    alert: Alert, now: datetime, capacities: Collection[Capacity] = frozenset()
) -> Thread:
    """Return the thread of one alert, as far as it has come by `now`.

    `capacities` are what the reader is to the patient: the note with which the clinic closed it
    is for the patient and the clinic only.
    """
    events = list(alert.events.select_related("person", "clinic").order_by("at", "pk"))
    zone = alert.dose.zone_info if alert.dose else alert.patient.zone_info
    ladder = ladder_behind(alert)
    return Thread(
        alert=alert,
        zone=zone,
        headline=alert_headline(alert),
        detail=flag_detail(alert.flag, zone) if alert.flag is not None else dose_detail(alert),
        basis=flag_basis(alert.flag) if alert.flag is not None else "",
        amount=alert.dose.amount if alert.dose is not None else "",
        flag_class=alert.alert_class or FlagClass.WATCH,
        outcome=alert_outcome(alert, zone) if alert.closed_at is not None else "",
        holder=_holder(alert, events, now),
        stages=_stages(alert, events, ladder, zone),
        rungs=_rungs(alert, events, ladder),
        acts=_acts(alert, events, zone, reads_all=bool(FULL_READERS.intersection(capacities))),
        entries=_entries(alert, zone),
    )


def _holder(alert: Alert, events: Sequence[AlertEvent], now: datetime) -> Holder | None:
    if alert.held_by is None or alert.held_until_at is None or alert.held_until_at <= now:
        return None
    said = [event.at for event in events if event.kind == AlertEventKind.ACKNOWLEDGED]
    return Holder(
        person_id=alert.held_by.pk,
        name=alert.held_by.name,
        since_at=said[-1] if said else None,
        until_at=alert.held_until_at,
        is_holding_clinic=alert.is_clinic_held,
    )


def _stages(
    alert: Alert, events: Sequence[AlertEvent], ladder: Sequence[LadderRung], zone: ZoneInfo
) -> tuple[Stage, ...]:
    """Return at most four treads: opened, somebody outside told, the last answer, the end."""
    stages = [Stage(alert.opened_at, _("Opened"), alert_headline(alert))]
    audience_of = {rung.number: rung.audience for rung in ladder}
    outside = [
        event
        for event in events
        if event.kind == AlertEventKind.TOLD
        and not _is_follow_up(event)
        and audience_of.get(event.rung) is not Audience.PATIENT
    ]
    if outside:
        text = _("%(name)s first.") % {"name": told_name(outside[0])}
        stages.append(Stage(outside[0].at, _("Others told"), text))
    answered = [event for event in events if event.kind == AlertEventKind.ACKNOWLEDGED]
    if answered:
        text = _("%(name)s said “I have it”.") % {"name": told_name(answered[-1])}
        stages.append(Stage(answered[-1].at, _("Acknowledged"), text))
    if alert.closed_at is not None:
        stages.append(Stage(alert.closed_at, _("Closed"), f"{alert_outcome(alert, zone)}."))
    elif alert.listed_at is not None:
        text = _("It stays there until a fact or a named person closes it.")
        stages.append(Stage(alert.listed_at, _("On the worklist"), text))
    return tuple(sorted(stages, key=lambda stage: stage.at))


def _rungs(
    alert: Alert, events: Iterable[AlertEvent], ladder: Sequence[LadderRung]
) -> tuple[RungLines, ...]:
    relations = _relations(alert)
    groups: dict[tuple[bool, int, int], dict[object, list[AlertEvent]]] = {}
    for event in events:
        if event.kind not in MESSAGES:
            continue
        is_follow_up = _is_follow_up(event)
        group = (True, 0, 0) if is_follow_up else (False, event.round, event.rung)
        key = (
            (event.person_id, event.clinic_id, event.duty)
            if event.person_id or event.clinic_id
            else event.pk
        )
        groups.setdefault(group, {}).setdefault(key, []).append(event)
    known = {rung.number: rung for rung in ladder}
    return tuple(
        RungLines(
            heading=_heading(alert, group, known),
            lines=tuple(_message(found, relations) for found in recipients.values()),
        )
        for group, recipients in sorted(groups.items(), key=lambda pair: pair[0])
    )


def _heading(alert: Alert, group: tuple[bool, int, int], known: Mapping[int, LadderRung]) -> str:
    is_follow_up, round_, number = group
    if is_follow_up:
        return _("Closed: those who had been told are told")
    rung = known.get(number)
    if rung is None:
        return _("Rung %(number)d") % {"number": number}
    words = {
        "number": number,
        "delay": _delay(alert, rung.delay),
        "who": AUDIENCE_WORDS[rung.audience],
    }
    if round_ > 1:
        return _("Rung %(number)d again, the alert was held and still stands: %(who)s") % words
    return _("Rung %(number)d, %(delay)s: %(who)s") % words


def _delay(alert: Alert, delay: timedelta) -> str:
    if not delay:
        return _("at the dose time") if alert.kind == AlertKind.NO_LOG else _("at once")
    minutes = delay // timedelta(minutes=1)
    if delay % timedelta(minutes=1):
        return _("after %(seconds)d seconds") % {"seconds": delay.total_seconds()}
    return _("after %(minutes)d minutes") % {"minutes": minutes}


def _message(events: Sequence[AlertEvent], relations: Mapping[UUID, str]) -> MessageLine:
    first = events[0]
    person_id = first.person_id
    relation = relations.get(person_id, "") if person_id is not None else _duty_words(first.duty)
    return MessageLine(
        decided_at=first.at,
        who=told_name(first) or first.note,
        relation=relation,
        turns=tuple(_turn(event) for event in events if event.kind != AlertEventKind.DECIDED),
    )


def _turn(event: AlertEvent) -> Turn:
    if event.kind == AlertEventKind.TOLD:
        channel = str(event.facts.get("channel", ""))
        detail = _("by e-mail") if channel == "email" else channel
        return Turn(event.at, "closed", _("Told"), detail)
    if event.kind == AlertEventKind.UNREACHABLE:
        return Turn(event.at, "bounce", _("Nobody to reach"), _("no verified contact"))
    return Turn(event.at, "bounce", _("Came back"), str(event.facts.get("detail", "")))


def _duty_words(duty: str) -> str:
    return {"desk": _("desk"), "out_of_hours": _("out-of-hours contact")}.get(duty, "")


def _relations(alert: Alert) -> dict[UUID, str]:
    """Return what each person is to the patient, ended caregivers included."""
    found: dict[UUID, str] = {}
    if alert.patient.user_id is not None:
        found[alert.patient.user_id] = _("patient")
    links = CareLink.objects.filter(patient=alert.patient, caregiver__isnull=False)
    for link in links:
        if link.caregiver_id is not None:
            found[link.caregiver_id] = link.relation or _("caregiver")
    return found


def _acts(
    alert: Alert, events: Iterable[AlertEvent], zone: ZoneInfo, *, reads_all: bool
) -> tuple[Act, ...]:
    words = {
        AlertEventKind.OPENED: _("Alert opened."),
        AlertEventKind.LISTED: _("Put on the clinic’s worklist."),
        AlertEventKind.ACKNOWLEDGED: _("%(who)s: “I have it”."),
        AlertEventKind.PASSED_ON: _("%(who)s passed on."),
        AlertEventKind.LAPSED: _("%(who)s no longer has it; the ladder goes on."),
    }
    acts = []
    for event in events:
        quote = event.note
        if event.kind == AlertEventKind.CLOSED:
            quote = event.note if reads_all else ""
            fact = _("Closed. %(outcome)s.") % {"outcome": alert_outcome(alert, zone)}
        elif event.kind in words:
            fact = words[AlertEventKind(event.kind)] % {"who": told_name(event) or _("Somebody")}
        else:
            continue
        acts.append(Act(at=event.at, fact=fact, quote=quote))
    return tuple(acts)


def _entries(alert: Alert, zone: ZoneInfo) -> tuple[TimelineLine, ...]:
    if alert.dose is None:
        return ()
    rows = (
        Entry.objects.filter(dose=alert.dose)
        .select_related("by", "void__by", "dose__version")
        .defer("dose__version__signed_text")
        .order_by("received_at")
    )
    return tuple(line for entry in rows for line in entry_lines(entry, zone))


def _is_follow_up(event: AlertEvent) -> bool:
    return bool(event.facts.get("purpose") == FOLLOW_UP)
