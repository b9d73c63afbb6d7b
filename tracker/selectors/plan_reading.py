"""What a clinician reads back before signing: each coming dose, and who would be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from types import MappingProxyType
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.audiences import Audience
from accounts.domain.opening_hours import next_opening
from accounts.domain.problems import Problem
from accounts.domain.zones import MOMENT, ONE_DAY, local_date
from accounts.models import User
from tracker.domain.ladder import LadderRung, tellings
from tracker.domain.plan_content import PlanContent
from tracker.domain.plan_days import (
    LOOK_AHEAD_DAYS,
    ComingDay,
    Stretch,
    clock_changes,
    coming_days,
    next_clock_change,
    stretches,
)
from tracker.domain.plan_input import clock_text
from tracker.domain.plan_reach import (
    DeskHours,
    Listener,
    UntoldHours,
    is_told,
    told_at,
    untold_hours,
)
from tracker.domain.plan_states import VersionKind
from tracker.domain.schedule import ClockChangeNote, clock_change_notes
from tracker.models import Plan, PlanDraft
from tracker.selectors.plan_obstacles import change_obstacles, obstacles
from tracker.selectors.plan_words import SHORT_WEEKDAYS, untold_lines, weekdays_text
from tracker.selectors.plans import (
    desk_hours_of,
    listeners_of,
    outside_listeners,
)

DAYS_OF_A_WEEK = 7
WAY_WORDS: Mapping[str, Promise] = MappingProxyType(
    {
        "email": gettext_lazy("e-mail at once"),
        "sms": gettext_lazy("text message at once"),
        "push": gettext_lazy("message in the browser at once"),
    }
)


@dataclass(frozen=True, slots=True)
class RungLine:
    """One person or duty on a rung, and what a message to them meets on which days."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class RungView:
    """One rung for one dose time, with its clock time in the plan's zone."""

    number: int
    clock: str
    days_later: int
    audience: Audience
    is_again: bool
    lines: tuple[RungLine, ...]
    unseen_words: str  # on which days nobody of this rung is told then; "" when somebody always is


@dataclass(frozen=True, slots=True)
class LadderView:
    """Who is told, and when, if the dose at this time has no log."""

    wall_time: time
    rungs: tuple[RungView, ...]


@dataclass(frozen=True, slots=True)
class PlanReading:
    """One draft as it is read back at one moment."""

    content: PlanContent
    named: User
    number: int  # of the version that a signature would make
    days: tuple[ComingDay, ...]
    stretches: tuple[Stretch, ...]
    dose_times: tuple[time, ...]
    notes: tuple[ClockChangeNote, ...]
    changes: tuple[date, ...]
    next_change: date | None
    ladders: tuple[LadderView, ...]
    quiet_doses: tuple[str, ...]  # dose times that lie in the patient's own quiet hours
    untold: tuple[UntoldHours, ...] | None
    obstacles: tuple[Problem, ...]
    kind: VersionKind

    @property
    def untold_lines(self) -> list[str]:
        """The hours in which nobody but the worklist would be told, in words; none when none."""
        return untold_lines(self.untold)

    @property
    def last_shown(self) -> ComingDay | None:
        """The last day that is written out; None when every dose lies behind."""
        return self.days[-1] if self.days else None

    @property
    def is_open_ended(self) -> bool:
        """Whether the last step goes on until a clinician changes the plan."""
        return self.content.steps[-1].ends_on is None


def plan_reading(plan: Plan, content: PlanContent, now: datetime) -> PlanReading:
    """Return what is read back; `plan` is the draft's and `content` what was typed for it.

    Of a change the days are those from its begin on.
    """
    patient = plan.patient
    kind = _kind_of(plan)
    begins_at = content.counts_from_at
    start = now if begins_at is None else max(now, begins_at - MOMENT)
    named = User.objects.get(pk=content.named_clinician)
    zone, desk = content.zone_info, desk_hours_of(patient.clinic)
    listeners = listeners_of(patient, named, now)
    days = _days(content, start, now)
    notes = _clock_notes(content, start)
    changes = clock_changes(zone, days[0].on, days[-1].on) if days else []
    apart = {*changes, *(note.local_date for note in notes)}
    dose_times = sorted({dose.wall_time for step in content.steps for dose in step.doses})
    outside = outside_listeners(listeners, content.rungs)
    return PlanReading(
        content=content,
        named=named,
        number=plan.versions.count() + 1,
        days=tuple(days),
        stretches=tuple(stretches(days, apart)),
        dose_times=tuple(dose_times),
        notes=tuple(notes),
        changes=tuple(changes),
        next_change=next_clock_change(zone, days[-1].on) if days else None,
        ladders=tuple(
            LadderView(wall_time, _rungs(content, listeners, desk, ats))
            for wall_time in dose_times
            if (ats := _coming_instants(days, wall_time))
        ),
        quiet_doses=_quiet_doses(dose_times, days, listeners, desk),
        untold=untold_hours(outside, desk, zone, now),
        obstacles=(
            *change_obstacles(plan, kind, content, now),
            *obstacles(plan, content, listeners, days, notes),
        ),
        kind=kind,
    )


def _kind_of(plan: Plan) -> VersionKind:
    """Return which kind of version a signature would make; the first one without a draft."""
    draft = PlanDraft.objects.filter(plan=plan).only("kind").first()
    return VersionKind(draft.kind) if draft is not None else VersionKind.FIRST


def _days(content: PlanContent, start: datetime, now: datetime) -> list[ComingDay]:
    """Return the days from `start` on; of a change none on which all doses come before it."""
    zone = content.zone_info
    first_on = local_date(content.counts_from_at or now, zone)
    days = coming_days(content.steps, zone, start)
    return [day for day in days if day.doses or day.on >= first_on]


def _clock_notes(content: PlanContent, now: datetime) -> list[ClockChangeNote]:
    """Return the clock-change notes of every coming day; of an open-ended plan for two years."""
    zone = content.zone_info
    today = local_date(now, zone)
    last_on = content.steps[-1].ends_on or today + ONE_DAY * LOOK_AHEAD_DAYS
    first_on = max(today, content.steps[0].begins_on)
    notes = clock_change_notes(content.steps, zone, first_on, last_on)
    return [note for note in notes if not note.doses or note.doses[-1].due_at > now]


def _coming_instants(days: Sequence[ComingDay], wall_time: time) -> list[datetime]:
    """Return the due instants of the next seven doses at this wall time."""
    found = [dose.due_at for day in days for dose in day.doses if dose.wall_time == wall_time]
    return found[:DAYS_OF_A_WEEK]


def _quiet_doses(
    dose_times: Sequence[time],
    days: Sequence[ComingDay],
    listeners: Sequence[Listener],
    desk: DeskHours,
) -> tuple[str, ...]:
    """Return a line for each dose time that the patient's own quiet hours cover on some day."""
    own = [each for each in listeners if each.audience is Audience.PATIENT]
    text = _("%(name)s has quiet hours at %(time)s and is not reminded then.")
    return tuple(
        text % {"name": listener.name, "time": clock_text(wall_time)}
        for listener in own
        for wall_time in dose_times
        if any(
            told_at(listener, desk, at).waits_until is not None
            for at in _coming_instants(days, wall_time)
        )
    )


def _rungs(
    content: PlanContent,
    listeners: Sequence[Listener],
    desk: DeskHours,
    due_ats: Sequence[datetime],
) -> tuple[RungView, ...]:
    views = []
    seen: set[Audience] = set()
    for rung in tellings(content.rungs):
        is_again = rung.audience in seen
        views.append(_rung(rung, content.zone_info, listeners, desk, due_ats, is_again=is_again))
        seen.add(rung.audience)
    return tuple(views)


def _rung(
    rung: LadderRung,
    zone: ZoneInfo,
    listeners: Sequence[Listener],
    desk: DeskHours,
    due_ats: Sequence[datetime],
    *,
    is_again: bool,
) -> RungView:
    ats = [due_at + rung.delay for due_at in due_ats]
    told = [each for each in listeners if each.audience is rung.audience]
    first = ats[0].astimezone(zone)
    return RungView(
        number=rung.number,
        clock=clock_text(first.time()),
        days_later=(first.date() - local_date(due_ats[0], zone)).days,
        audience=rung.audience,
        is_again=is_again,
        lines=tuple(
            line for each in told if (line := _line(each, desk, zone, ats, turn=rung.turn))
        ),
        unseen_words=_unseen_words(rung.audience, told, desk, zone, ats),
    )


def _line(
    listener: Listener, desk: DeskHours, zone: ZoneInfo, ats: Sequence[datetime], *, turn: int
) -> RungLine | None:
    """Return what messages to this listener at these instants meet; None when never on duty."""
    found: dict[str, list[int]] = {}
    for at in ats:
        told = told_at(listener, desk, at, turn=turn)
        if not told.is_on_duty:
            continue
        if not told.has_contact:
            words = _("no verified contact, cannot be told")
        elif told.waits_until is None:
            words = str(WAY_WORDS[told.kind])
        else:
            until = clock_text(told.waits_until.astimezone(zone).time())
            words = _("quiet hours, the message waits until %(until)s") % {"until": until}
        found.setdefault(words, []).append(at.astimezone(zone).weekday())
    if not found:
        return None
    return RungLine(listener.name, _with_days(found, ats, zone))


def _with_days(found: dict[str, list[int]], ats: Sequence[datetime], zone: ZoneInfo) -> str:
    """Return outcomes with the days they fall on; without days when it is the same on all."""
    everywhere = {at.astimezone(zone).weekday() for at in ats}
    return "; ".join(
        words if set(weekdays) == everywhere else f"{weekdays_text(sorted(set(weekdays)))}: {words}"
        for words, weekdays in found.items()
    )


def _unseen_words(
    audience: Audience,
    told: Sequence[Listener],
    desk: DeskHours,
    zone: ZoneInfo,
    ats: Sequence[datetime],
) -> str:
    """Return on which days nobody of a rung is told at these instants, and what follows."""
    found: dict[str, list[int]] = {}
    for at in ats:
        if any(is_told(each, desk, at) for each in told):
            continue
        words = _("nobody here can be told then, and the next is not waited for")
        if audience is Audience.CLINIC:
            words = _unseen(desk, zone, at)
        found.setdefault(words, []).append(at.astimezone(zone).weekday())
    return _with_days(found, ats, zone)


def _unseen(desk: DeskHours, zone: ZoneInfo, at: datetime) -> str:
    """Return until when nobody at the clinic sees what comes at `at`."""
    opens_at = next_opening(desk.hours, desk.zone, at)
    if desk.is_open(at) or opens_at is None:
        return _("nobody at the clinic is told then")
    opens = opens_at.astimezone(zone)
    days_later = (opens.date() - local_date(at, zone)).days
    words = {"day": SHORT_WEEKDAYS[opens.weekday()], "clock": clock_text(opens.time())}
    if days_later == 0:
        text = _("the clinic is closed until %(clock)s and nobody there will see it before")
    elif days_later == 1:
        text = _(
            "the clinic is closed until %(clock)s on the next day and nobody there will see it "
            "before"
        )
    else:
        text = _("the clinic is closed until %(day)s %(clock)s and nobody there will see it before")
    return text % words
