"""One alert from its first moment to its last: everything that was decided, told and answered.

Read from the alert's own events, which nobody can edit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.access import Person
from accounts.domain.audiences import Audience
from accounts.domain.capacities import FULL_READERS, Capacity
from tracker.domain.alerts import AlertEventKind
from tracker.domain.flags import FlagClass
from tracker.domain.ladder import LadderRung
from tracker.models import Alert, AlertEvent, Entry, PlanVersion
from tracker.selectors.chart_timeline import TimelineLine, entry_lines
from tracker.selectors.ladders import ladder_behind, terms_of
from tracker.selectors.matters import Holder, dose_detail, told_name
from tracker.selectors.plan_words import delay_text
from tracker.selectors.scope import alerts_visible_to
from tracker.selectors.thread_messages import (
    MessageCount,
    RungLines,
    counted,
    is_follow_up,
    message_lines,
)
from tracker.selectors.wording import (
    alert_headline,
    alert_outcome,
    closed_clinic_text,
    flag_basis,
    flag_detail,
    local_moment,
)

MINUTE = timedelta(minutes=1)


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
    terms: tuple[tuple[str, str], ...]  # what the ladder goes by, each with its name
    closed_until: str  # why nobody at the clinic sees it now; "" when somebody does

    @property
    def count(self) -> MessageCount:
        """How many messages were decided, and to whom."""
        return counted(self.rungs)


def alert_visible_to(user: Person, alert_id: UUID, now: datetime) -> Alert | None:
    """Return the alert if it is about somebody whom this person may see, else None."""
    return alerts_visible_to(user, now).filter(pk=alert_id).first()


def thread_zone(alert: Alert) -> ZoneInfo:
    """Return the zone of everything said about an alert: its dose's, else its patient's."""
    return alert.dose.zone_info if alert.dose is not None else alert.patient.zone_info


def alert_thread(
    alert: Alert, now: datetime, capacities: Collection[Capacity] = frozenset()
) -> Thread:
    """Return the thread of one alert, as far as it has come by `now`.

    `capacities` are what the reader is to the patient: the note with which the clinic closed it
    is for the patient and the clinic only.
    """
    events = list(alert.events.select_related("person", "clinic").order_by("at", "pk"))
    zone = thread_zone(alert)
    ladder = ladder_behind(alert)
    reads_all = bool(FULL_READERS.intersection(capacities))
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
        stages=_stages(alert, events, ladder, zone, now),
        rungs=message_lines(alert, events, ladder, reads_all=reads_all, now=now),
        acts=_acts(alert, events, zone, reads_all=reads_all),
        entries=_entries(alert, zone),
        terms=_terms(alert, zone),
        closed_until=closed_clinic_text(alert.patient.clinic, now)
        if alert.closed_at is None
        else "",
    )


def _holder(alert: Alert, events: Sequence[AlertEvent], now: datetime) -> Holder | None:
    if alert.held_by is None or alert.held_until_at is None or alert.held_until_at <= now:
        return None
    said = [
        event.at
        for event in events
        if event.kind == AlertEventKind.ACKNOWLEDGED and event.person_id == alert.held_by.pk
    ]
    return Holder(
        person_id=alert.held_by.pk,
        name=alert.held_by.name,
        since_at=said[-1] if said else None,
        until_at=alert.held_until_at,
        is_holding_clinic=alert.is_clinic_held,
    )


def _stages(
    alert: Alert,
    events: Sequence[AlertEvent],
    ladder: Sequence[LadderRung],
    zone: ZoneInfo,
    now: datetime,
) -> tuple[Stage, ...]:
    """Return at most four treads: opened, somebody outside told, the last answer, the end."""
    stages = [Stage(alert.opened_at, _("Opened"), alert_headline(alert))]
    audience_of = {rung.number: rung.audience for rung in ladder}
    outside = [
        event
        for event in events
        if event.kind == AlertEventKind.TOLD
        and not is_follow_up(event)
        and audience_of.get(event.rung) is not Audience.PATIENT
    ]
    if outside:
        text = _("%(name)s first.") % {"name": told_name(outside[0])}
        stages.append(Stage(outside[0].at, _("Others told"), text))
    answer = _last_answer(alert, events, now)
    if answer is not None:
        stages.append(answer)
    if alert.closed_at is not None:
        stages.append(Stage(alert.closed_at, _("Closed"), f"{alert_outcome(alert, zone)}."))
    elif alert.listed_at is not None:
        text = _("It stays there until a fact or a named person closes it.")
        stages.append(Stage(alert.listed_at, _("On the worklist"), text))
    return tuple(sorted(stages, key=lambda stage: stage.at))


def _last_answer(alert: Alert, events: Sequence[AlertEvent], now: datetime) -> Stage | None:
    """Return who has it, or the last "I have it", or how that ended: passed on, or out of time."""
    places = [i for i, event in enumerate(events) if event.kind == AlertEventKind.ACKNOWLEDGED]
    if not places:
        return None
    holder = _holder(alert, events, now)
    if holder is not None:
        # Somebody's later word may stand beside the hold of another, and not take its place.
        places = [i for i in places if events[i].person_id == holder.person_id] or places
        return _acknowledged(events, places[-1])
    answer = events[places[-1]]
    over = _("%(who)s no longer has it; the ladder goes on.")
    for event in events[places[-1] + 1 :]:
        if event.kind == AlertEventKind.LAPSED:
            text = over % {"who": told_name(event)}
        elif event.kind == AlertEventKind.PASSED_ON and event.person_id == answer.person_id:
            text = _("%(who)s passed on.") % {"who": told_name(event)}
        else:
            continue
        return Stage(event.at, _("Nobody has it"), text)
    if alert.closed_at is None and alert.held_by is not None and alert.held_until_at is not None:
        # Its time is over, and the next sweep has not come yet.
        return Stage(alert.held_until_at, _("Nobody has it"), over % {"who": alert.held_by.name})
    return _acknowledged(events, places[-1])


def _acknowledged(events: Sequence[AlertEvent], place: int) -> Stage:
    """Return the tread of one "I have it", with the time since that person was told."""
    answer = events[place]
    told_at = next(
        (
            event.at
            for event in events[:place]
            if event.kind == AlertEventKind.TOLD
            and event.person_id == answer.person_id
            and event.round == answer.round
        ),
        None,
    )
    words = {"name": told_name(answer)}
    if told_at is None:
        return Stage(answer.at, _("Acknowledged"), _("%(name)s said “I have it”.") % words)
    span = answer.at - told_at
    words["span"] = delay_text(span // MINUTE * MINUTE if span >= MINUTE else span)
    text = _("%(name)s said “I have it”, %(span)s after being told.")
    return Stage(answer.at, _("Acknowledged"), text % words)


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


def _terms(alert: Alert, zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    """Return what the ladder goes by: who signed it, and the minutes that count."""
    terms = terms_of(alert)
    lines = [
        (_("The ladder waits after an answer"), delay_text(terms.follow_up_delay)),
        (_("Flagged when nobody has it after"), delay_text(terms.unacknowledged_delay)),
    ]
    if not isinstance(terms, PlanVersion):
        return ((_("Ladder"), _("The clinic’s, as no plan runs")), *lines)
    words = {"number": terms.number, "day": local_moment(terms.signed_at, zone)}
    return (
        (_("Ladder"), _("Plan version %(number)d, signed %(day)s") % words),
        (_("Signed by"), terms.signed_by.name),
        *lines,
    )


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
