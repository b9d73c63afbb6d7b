"""Who has been told about a fact, and who would be told next if nothing changes.

Read from the alert's own thread and from the rungs of the signed version. Nothing here says that
somebody has been told before the thread says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.audiences import Audience
from accounts.domain.zones import local_date
from accounts.models import User
from tracker.domain.alerts import AlertEventKind
from tracker.domain.ladder import LadderRung
from tracker.models import Alert, AlertEvent
from tracker.selectors.around import Around
from tracker.selectors.wording import clock_or_moment


class Stage(StrEnum):
    """Where one line of the ladder stands."""

    DONE = "done"
    NOW = "now"  # the reader has been told and has not reacted
    LATER = "later"


@dataclass(frozen=True, slots=True)
class ToldLine:
    """One person or the clinic: when they were told and what came of it; instants are UTC."""

    who: str
    icon: str
    stage: Stage
    first_at: datetime  # when this line begins, for the order of the list
    told: str = ""  # when they were told, as a sentence; "" for who has not been
    words: tuple[str, ...] = ()
    is_now: bool = False  # a rung that is due: being told at this moment


@dataclass(frozen=True, slots=True)
class Told:
    """Everybody who has been told, and who comes next."""

    lines: tuple[ToldLine, ...]
    ahead: tuple[ToldLine, ...]
    held_by: str
    held_until_at: datetime | None
    is_held_by_reader: bool
    passed_on_at: datetime | None = None  # by the reader, who has not said "I have it" since

    @property
    def is_nobody(self) -> bool:
        """Whether nobody but the patient has been told yet."""
        return not self.lines


SHOWN: Mapping[str, Promise | None] = MappingProxyType(
    {
        AlertEventKind.TOLD: None,
        AlertEventKind.BOUNCED: gettext_lazy("The message came back at %(time)s."),
        AlertEventKind.UNREACHABLE: gettext_lazy("Could not be reached at %(time)s."),
        AlertEventKind.ACKNOWLEDGED: gettext_lazy("Said “I have it” at %(time)s."),
        AlertEventKind.PASSED_ON: gettext_lazy("Passed on at %(time)s."),
    }
)
"""The turns of a thread that a patient or a caregiver is shown, and how each is said."""

REACTIONS = frozenset({AlertEventKind.ACKNOWLEDGED, AlertEventKind.PASSED_ON})


@dataclass(slots=True)
class _Thread:
    who: str
    icon: str
    is_reader: bool
    first_at: datetime
    told_at: list[datetime] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    has_reacted: bool = False


def told_about(
    alert: Alert | None,
    events: Sequence[AlertEvent],
    rungs: Sequence[LadderRung],
    *,
    around: Around,
    reader: User,
    zone: ZoneInfo,
    now: datetime,
    due_at: datetime | None = None,
) -> Told:
    """Return who has been told of an alert and who is next.

    Without an alert the ladder has not begun: `due_at` is then the dose's own instant, from which
    its rungs count.
    """
    base = alert.climb_from_at if alert is not None else due_at
    decided = alert.rung if alert is not None else 0
    is_held = alert is not None and alert.held_until_at is not None and alert.held_until_at > now
    held_until_at = alert.held_until_at if alert is not None and is_held else None
    holder = alert.held_by if alert is not None and is_held else None
    return Told(
        lines=_lines(events, around, reader, zone, now),
        ahead=_ahead(rungs, decided, base, held_until_at, around=around, reader=reader, now=now),
        held_by=_name(holder, reader) if holder is not None else "",
        held_until_at=held_until_at,
        is_held_by_reader=holder is not None and holder.pk == reader.pk,
        passed_on_at=_passed_on_at(events, reader),
    )


def _passed_on_at(events: Iterable[AlertEvent], reader: User) -> datetime | None:
    said = [each for each in events if each.kind in REACTIONS and each.person_id == reader.pk]
    return said[-1].at if said and said[-1].kind == AlertEventKind.PASSED_ON else None


def audience_names(audience: Audience, around: Around, reader: User) -> str:
    """Return who a rung tells, by name; "" when nobody is there to be told."""
    if audience is Audience.CLINIC:
        return around.clinic.name
    if audience is Audience.PATIENT:
        is_reader = around.patient.user_id == reader.pk
        return _("You") if is_reader else around.patient.name
    names = [_("You") if each.id == reader.pk else each.name for each in around.alerted]
    return _(" and ").join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _lines(
    events: Iterable[AlertEvent], around: Around, reader: User, zone: ZoneInfo, now: datetime
) -> tuple[ToldLine, ...]:
    threads: dict[tuple[UUID | None, UUID | None], _Thread] = {}
    for event in events:
        if event.kind not in SHOWN or (event.person is None and event.clinic is None):
            continue
        key = (event.person_id, event.clinic_id)
        thread = threads.setdefault(key, _thread(event, around, reader))
        _add(thread, event, zone, now)
    lines = [_line(thread, zone, now) for thread in threads.values()]
    return tuple(sorted(lines, key=lambda line: line.first_at))


def _thread(event: AlertEvent, around: Around, reader: User) -> _Thread:
    person = event.person
    if person is None:
        return _Thread(around.clinic.name, "clinic", is_reader=False, first_at=event.at)
    icon = "person" if person.pk == around.patient.user_id else "people"
    is_reader = person.pk == reader.pk
    return _Thread(_name(person, reader), icon, is_reader=is_reader, first_at=event.at)


def _add(thread: _Thread, event: AlertEvent, zone: ZoneInfo, now: datetime) -> None:
    """Add what an event says to its person's line; what came in the same minute is said once."""
    words = SHOWN[event.kind]
    thread.has_reacted |= event.kind in REACTIONS
    if words is None:
        if not thread.told_at or _minute(event.at) != _minute(thread.told_at[-1]):
            thread.told_at.append(event.at)
        return
    text = str(words) % {"time": clock_or_moment(event.at, zone, local_date(now, zone))}
    if event.note:
        text = _("%(text)s “%(note)s”") % {"text": text, "note": event.note}
    if text not in thread.words:
        thread.words.append(text)


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _line(thread: _Thread, zone: ZoneInfo, now: datetime) -> ToldLine:
    waits = thread.is_reader and not thread.has_reacted and thread.icon != "person"
    if thread.has_reacted:
        thread.icon = "hand"
    return ToldLine(
        who=thread.who,
        icon="bell" if waits else thread.icon,
        stage=Stage.NOW if waits else Stage.DONE,
        first_at=thread.first_at,
        told=_told_words(thread.told_at, zone, now),
        words=tuple(thread.words),
    )


def _told_words(told_at: Sequence[datetime], zone: ZoneInfo, now: datetime) -> str:
    """Return when somebody was told and told again; "" for who has not been."""
    first, *later = [clock_or_moment(at, zone, local_date(now, zone)) for at in told_at] or [""]
    if not later:
        return _("Told at %(time)s.") % {"time": first} if first else ""
    again = _(" and ").join(filter(None, [", ".join(later[:-1]), later[-1]]))
    return _("Told at %(time)s, again at %(later)s.") % {"time": first, "later": again}


def _ahead(
    rungs: Sequence[LadderRung],
    decided: int,
    base: datetime | None,
    held_until_at: datetime | None,
    *,
    around: Around,
    reader: User,
    now: datetime,
) -> tuple[ToldLine, ...]:
    """Return the rungs still to come; one that is due already is being told now."""
    if base is None:
        return ()
    floor = max(now, held_until_at) if held_until_at is not None else now
    lines = [
        ToldLine(
            who=audience_names(rung.audience, around, reader),
            icon=ICON_OF[rung.audience],
            stage=Stage.LATER,
            first_at=max(base + rung.delay, floor),
            is_now=base + rung.delay <= now and held_until_at is None,
        )
        for rung in rungs
        if rung.number > decided
    ]
    return tuple(dict.fromkeys(line for line in lines if line.who))


ICON_OF = {Audience.PATIENT: "person", Audience.CAREGIVERS: "people", Audience.CLINIC: "clinic"}


def _name(person: User, reader: User) -> str:
    return _("You") if person.pk == reader.pk else person.name
