"""Every message of one alert: to whom, when, by which channel, and what came back.

Read from the alert's own events. A message is a row here before it is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.audiences import Audience
from accounts.domain.quiet_hours import quiet_until
from accounts.domain.zones import local_date
from accounts.models import CareLink, ContactPoint
from tracker.domain.alerts import AlertEventKind, AlertKind
from tracker.domain.flags import FlagClass
from tracker.domain.ladder import LadderRung
from tracker.models import Alert, AlertEvent
from tracker.selectors.matters import told_name
from tracker.selectors.plan_words import delay_text
from tracker.selectors.wording import alert_headline, clock_or_moment

FOLLOW_UP = "follow_up"
WORKLIST = "worklist"
MESSAGES = frozenset(
    {
        AlertEventKind.DECIDED,
        AlertEventKind.TOLD,
        AlertEventKind.BOUNCED,
        AlertEventKind.UNREACHABLE,
        AlertEventKind.LISTED,
    }
)
ANSWERS: Mapping[str, Promise] = MappingProxyType(
    {
        AlertEventKind.ACKNOWLEDGED: gettext_lazy("“I have it”"),
        AlertEventKind.PASSED_ON: gettext_lazy("Passed on"),
    }
)
RUNG_AUDIENCES: Mapping[Audience, Promise] = MappingProxyType(
    {
        Audience.PATIENT: gettext_lazy("the patient"),
        Audience.CAREGIVERS: gettext_lazy("caregivers"),
        Audience.CLINIC: gettext_lazy("the clinic"),
    }
)
WAY_WORDS: Mapping[str, Promise] = MappingProxyType(
    {
        "email": gettext_lazy("E-mail"),
        "sms": gettext_lazy("Text message"),
        "push": gettext_lazy("In the browser"),
        WORKLIST: gettext_lazy("Worklist"),
    }
)
WAY_ICONS: Mapping[str, str] = MappingProxyType(
    {"email": "mail", "sms": "sms", "push": "push", WORKLIST: "clinic"}
)


@dataclass(frozen=True, slots=True)
class Turn:
    """What became of a message: its moment, by which channel, the words, and what came back."""

    at: datetime
    icon: str
    words: str
    detail: str
    way: str = ""  # "email", "sms", "push", "worklist"; "" where it left by none
    about: str = ""

    @property
    def way_words(self) -> str:
        """The channel in words; empty where the message left by none."""
        return str(WAY_WORDS.get(self.way, self.way))

    @property
    def way_icon(self) -> str:
        """The channel's picture; empty where there is none."""
        return WAY_ICONS.get(self.way, "")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person said who was told."""

    at: datetime
    words: str
    quote: str


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One recipient of one rung; a row before anything is sent."""

    decided_at: datetime
    who: str
    relation: str
    turns: tuple[Turn, ...]  # empty: decided, and nothing has come back yet
    answer: Answer | None = None
    key: object = None  # who it is, for counting people
    standing: str = ""  # without turns: how it stands, and why
    standing_detail: str = ""
    is_worklist: bool = False


@dataclass(frozen=True, slots=True)
class RungLines:
    """The messages of one rung in one round, or the follow-ups (number 0)."""

    heading: str
    lines: tuple[MessageLine, ...]


@dataclass(frozen=True, slots=True)
class MessageCount:
    """How many messages were decided, to how many people, and whether to the clinic."""

    messages: int
    people: int
    has_clinic: bool


def message_lines(
    alert: Alert,
    events: Sequence[AlertEvent],
    ladder: Sequence[LadderRung],
    *,
    reads_all: bool,
    now: datetime,
) -> tuple[RungLines, ...]:
    """Return the messages by rung, oldest first, then the follow-ups.

    What came back with a message may name an address: it is for `reads_all`.
    """
    links = list(CareLink.objects.filter(patient=alert.patient, caregiver__isnull=False))
    relations, ended = _relations(alert, links), _ended(links)
    groups: dict[tuple[bool, int, int], dict[object, list[AlertEvent]]] = {}
    for event in events:
        if event.kind in MESSAGES:
            group = (True, 0, 0) if is_follow_up(event) else (False, event.round, event.rung)
            groups.setdefault(group, {}).setdefault(_recipient(event), []).append(event)
    in_order = sorted(groups.items(), key=lambda pair: pair[0])
    return tuple(
        RungLines(
            heading=_heading(alert, group, ladder),
            lines=tuple(
                _standing(
                    alert,
                    _line(alert, key, found, events, relations, reads_all=reads_all),
                    now,
                    is_ended=key in ended,
                )
                for key, found in recipients.items()
            ),
        )
        for group, recipients in in_order
    )


def counted(rungs: Iterable[RungLines]) -> MessageCount:
    """Return how many messages there are; the worklist is no message."""
    lines = [line for rung in rungs for line in rung.lines if not line.is_worklist]
    people = {line.key for line in lines if isinstance(line.key, UUID)}
    return MessageCount(
        messages=len(lines),
        people=len(people),
        has_clinic=any(isinstance(line.key, tuple) for line in lines),
    )


def is_follow_up(event: AlertEvent) -> bool:
    """Tell whether an event is about the message that says what came of a closed alert."""
    return bool(event.facts.get("purpose") == FOLLOW_UP)


def _recipient(event: AlertEvent) -> object:
    """Return who an event is about: a person, a duty of the clinic, or nobody but itself."""
    if event.person_id is not None and event.kind != AlertEventKind.LISTED:
        return event.person_id
    if event.clinic_id is not None:
        return (event.clinic_id, event.duty)
    return event.pk


def _line(
    alert: Alert,
    key: object,
    found: Sequence[AlertEvent],
    events: Iterable[AlertEvent],
    relations: Mapping[UUID, str],
    *,
    reads_all: bool,
) -> MessageLine:
    first = found[0]
    if first.kind == AlertEventKind.LISTED:
        return _worklist_line(alert, first)
    person_id = first.person_id
    relation = relations.get(person_id, "") if person_id is not None else duty_words(first.duty)
    said = [event for event in events if event.at >= first.at and event.round == first.round]
    return MessageLine(
        decided_at=first.at,
        who=told_name(first) or first.note,
        relation=relation,
        turns=tuple(
            _turn(alert, event, reads_all=reads_all)
            for event in found
            if event.kind != AlertEventKind.DECIDED
        ),
        answer=None if is_follow_up(first) else _answer(person_id, said),
        key=key,
    )


def _standing(alert: Alert, line: MessageLine, now: datetime, *, is_ended: bool) -> MessageLine:
    """Return the line; without any turn it says how the message stands, and why."""
    if line.turns:
        return line
    if alert.closed_at is not None or is_ended:
        detail = (
            _("no longer helps here; what had not left by then was not sent")
            if is_ended
            else _("the alert closed first; what had not left by then was not sent")
        )
        return replace(line, standing=_("Nothing came back"), standing_detail=detail)
    quiet_at = _quiet_until(alert, line.key, now)
    if quiet_at is None:
        detail = _("decided, nothing has come back yet")
    else:
        zone = alert.dose.zone_info if alert.dose is not None else alert.patient.zone_info
        moment = clock_or_moment(quiet_at, zone, local_date(now, zone))
        detail = _("quiet hours there until %(moment)s") % {"moment": moment}
    return replace(line, standing=_("Waiting"), standing_detail=detail)


def _quiet_until(alert: Alert, key: object, now: datetime) -> datetime | None:
    """Return when the first way to a person is no longer quiet; None when one is not quiet now."""
    if not isinstance(key, UUID) or alert.alert_class == FlagClass.EMERGENCY:
        return None
    points = ContactPoint.objects.usable().filter(person=key).select_related("person")
    ends = [
        quiet_until(point.quiet_from_time, point.quiet_until_time, ZoneInfo(point.person.zone), now)
        for point in points
        if point.person is not None
    ]
    times = [each for each in ends if each is not None]
    return min(times) if times and len(times) == len(ends) else None


def _worklist_line(alert: Alert, event: AlertEvent) -> MessageLine:
    turn = Turn(event.at, "closed", _("On the list"), "", way=WORKLIST, about=alert_headline(alert))
    return MessageLine(
        decided_at=event.at,
        who=alert.patient.clinic.name,
        relation=_("everybody who works there"),
        turns=(turn,),
        is_worklist=True,
    )


def _answer(person_id: UUID | None, events: Iterable[AlertEvent]) -> Answer | None:
    """Return the first thing that this person said after they were told in this round."""
    for event in events:
        if event.kind in ANSWERS and person_id is not None and event.person_id == person_id:
            return Answer(event.at, str(ANSWERS[event.kind]), event.note)
    return None


def _turn(alert: Alert, event: AlertEvent, *, reads_all: bool) -> Turn:
    facts: Mapping[str, Any] = event.facts
    way = str(facts.get("way") or facts.get("channel") or "")
    about = _about(alert, str(facts.get("purpose", "")))
    if event.kind == AlertEventKind.TOLD:
        return Turn(event.at, "closed", _("Told"), "", way=way, about=about)
    if event.kind == AlertEventKind.UNREACHABLE:
        return Turn(event.at, "bounce", _("Nobody to reach"), _("no verified contact"))
    said = said_in(event)
    if never_left(event):
        return Turn(event.at, "bounce", _("Not sent"), _("no address there works"), about=about)
    detail = said if reads_all else _("it could not be delivered there")
    return Turn(event.at, "bounce", _("Came back"), detail, way=way, about=about)


def said_in(event: AlertEvent) -> str:
    """Return what stands beside an event: a person's note or a provider's answer."""
    return event.note or str(event.facts.get("said") or event.facts.get("detail") or "")


def never_left(event: AlertEvent) -> bool:
    """Tell whether a message was given up because there was nowhere to send it."""
    is_lost = event.kind == AlertEventKind.BOUNCED and not event.facts.get("way")
    return is_lost and not said_in(event)


def _about(alert: Alert, purpose: str) -> str:
    """Return what a message was about, by its purpose; it carries no medicine and no amount."""
    if purpose == "prompt":
        return _("It is time to log")
    if purpose == FOLLOW_UP:
        return _("What came of it")
    return alert_headline(alert)


def duty_words(duty: str) -> str:
    return {"desk": _("desk"), "out_of_hours": _("out-of-hours contact")}.get(duty, "")


def _relations(alert: Alert, links: Iterable[CareLink]) -> dict[UUID, str]:
    """Return what each person is to the patient, ended caregivers included."""
    found: dict[UUID, str] = {}
    if alert.patient.user_id is not None:
        found[alert.patient.user_id] = _("patient")
    for link in links:
        if link.caregiver_id is not None:
            found[link.caregiver_id] = link.relation or _("caregiver")
    return found


def _ended(links: Collection[CareLink]) -> set[UUID | None]:
    """Return the caregivers who no longer help: every link of theirs has ended."""
    current = {link.caregiver_id for link in links if link.ended_at is None}
    return {link.caregiver_id for link in links} - current


def _heading(alert: Alert, group: tuple[bool, int, int], ladder: Collection[LadderRung]) -> str:
    is_last_word, round_, number = group
    if is_last_word:
        return _("Closed: those who had been told are told")
    rung = next((each for each in ladder if each.number == number), None)
    if rung is None:
        return _("Rung %(number)d") % {"number": number}
    words = {
        "number": rung_shown(number, ladder),
        "delay": _delay(alert, rung.delay),
        "who": RUNG_AUDIENCES[rung.audience],
    }
    if rung.turn:
        return _("Told again, %(delay)s: %(who)s") % words
    if round_ > 1:
        return _("Rung %(number)d again, the alert was held and still stands: %(who)s") % words
    return _("Rung %(number)d, %(delay)s: %(who)s") % words


def rung_shown(number: int, ladder: Collection[LadderRung]) -> int:
    """Return a rung's number as people count it: repeats and rungs not climbed do not count."""
    if all(each.number != number for each in ladder):
        return number
    return sum(1 for each in ladder if each.turn == 0 and each.number <= number)


def _delay(alert: Alert, delay: timedelta) -> str:
    if not delay:
        return _("at the dose time") if alert.kind == AlertKind.NO_LOG else _("at once")
    return _("after %(span)s") % {"span": delay_text(delay)}
