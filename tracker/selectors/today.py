"""A patient's day in the plan's zone: one dose in the large card, and what stands around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from accounts.domain.zones import ONE_DAY, local_date
from accounts.models import Patient, User
from tracker.domain.doses import DoseState
from tracker.domain.hero import CardDose, Hero, hero_of
from tracker.domain.ladder import tellings
from tracker.domain.zone_moves import ZoneTurn, turn_ahead
from tracker.models import AlertEvent
from tracker.selectors.around import Around
from tracker.selectors.check_ins_asked import check_ins_asked
from tracker.selectors.course import Course, Hold, Standing, StepLine, course_of, hold_of
from tracker.selectors.dose_lines import (
    DoseLine,
    EntryLine,
    dose_lines,
    extras_of_today,
    next_dose_line,
)
from tracker.selectors.said import CheckInLine, OpenSigns, last_check_in_of, open_signs_of
from tracker.selectors.told import Told, told_about

LOOKED_BACK = timedelta(days=14)
"""How far back a patient is asked about doses without a log."""

UNDO_WINDOW = timedelta(minutes=10)
"""How long the entry just made can be undone with one tap. Operational, not clinical."""

ASKED_AT_ONCE = 3
"""How many doses without a log the page asks about; the others wait on the history page."""


@dataclass(frozen=True, slots=True)
class JustLogged:
    """An entry of the reader that one tap can still undo."""

    dose: DoseLine
    entry: EntryLine
    undo_until_at: datetime


@dataclass(frozen=True, slots=True)
class Card:
    """The one large card."""

    hero: Hero
    dose: DoseLine

    @property
    def is_due(self) -> bool:
        """Whether the dose is inside its window."""
        return self.hero is Hero.DUE

    @property
    def is_next(self) -> bool:
        """Whether the dose is not due yet."""
        return self.hero is Hero.NEXT

    @property
    def is_late(self) -> bool:
        """Whether the window is over and the card asks what happened."""
        return self.hero is Hero.LATE


@dataclass(frozen=True, slots=True)
class Today:
    """Everything that the page shows. Instants are UTC, dates are local in `zone`."""

    around: Around
    course: Course | None
    zone: ZoneInfo
    now: datetime
    today: date
    standing: Standing
    doses: tuple[DoseLine, ...]  # of the last two weeks, today and tomorrow
    hold: Hold | None
    card: Card | None
    just_logged: JustLogged | None
    to_settle: tuple[DoseLine, ...]
    questions: tuple[DoseLine, ...]  # past doses without a log, newest first
    more_questions: int
    rest: tuple[DoseLine, ...]
    extras: tuple[EntryLine, ...]  # of today, beside the plan
    is_all_logged: bool  # something of today is, and nothing is left open
    begins_tomorrow: StepLine | None
    told: Told | None
    last_check_in: CheckInLine | None
    check_in_on: date | None  # since when a check-in is asked for; None while none is
    signs: OpenSigns  # emergencies and same-day signs that nobody has closed

    @property
    def zone_ahead(self) -> ZoneTurn | None:
        """The move of the dose times that was answered and has not begun."""
        return turn_ahead(self.course.turns, self.now) if self.course is not None else None

    @property
    def todays(self) -> tuple[DoseLine, ...]:
        """Every dose of today, in due order."""
        return tuple(dose for dose in self.doses if dose.local_date == self.today)

    @property
    def earlier_questions(self) -> tuple[DoseLine, ...]:
        """The newest doses of earlier days without a log."""
        silent = [
            dose
            for dose in reversed(self.doses)
            if dose.is_silent and not dose.is_away and dose.local_date < self.today
        ]
        return tuple(silent[:ASKED_AT_ONCE])


def today_of(around: Around, *, reader: User, now: datetime, is_own: bool = True) -> Today:
    """Return the patient's day at `now`.

    A caregiver's page (`is_own` False) has who was told, the check-ins and the emergencies beside
    its alerts, and takes no extra dose back; they are left out here.
    """
    course = course_of(around.patient, now)
    zone = course.zone if course is not None else around.patient.zone_info
    today = local_date(now, zone)
    doses = _doses(around.patient, course, reader=reader, zone=zone, now=now, today=today)
    card = _card(doses, around, course, reader=reader, zone=zone, now=now)
    asked = _questions(doses, card)
    return Today(
        around=around,
        course=course,
        zone=zone,
        now=now,
        today=today,
        standing=course.standing if course is not None else Standing.NO_PLAN,
        doses=tuple(doses),
        hold=hold_of(course) if course is not None else None,
        card=card,
        just_logged=_just_logged(doses, now),
        to_settle=tuple(dose for dose in doses if dose.others),
        questions=tuple(asked[:ASKED_AT_ONCE]),
        more_questions=max(0, len(asked) - ASKED_AT_ONCE),
        rest=_rest(doses, card, today),
        extras=extras_of_today(around.patient, reader=reader, zone=zone, now=now) if is_own else (),
        is_all_logged=not asked
        and not _is_asking(card)
        and any(dose.is_logged for dose in doses if dose.local_date == today),
        begins_tomorrow=course.begins_tomorrow if course is not None else None,
        told=_told(card, course, around, reader=reader, now=now) if is_own else None,
        last_check_in=last_check_in_of(around.patient, reader=reader) if is_own else None,
        check_in_on=_check_in_on(course, today, now) if is_own else None,
        signs=open_signs_of(around.patient, now) if is_own else OpenSigns(),
    )


def _check_in_on(course: Course | None, today: date, now: datetime) -> date | None:
    """Return the date of the check-in that is asked for today; None when none is yet."""
    if course is None:
        return None
    asked = check_ins_asked(course.version.plan, course.version, now)
    return asked.expected_on if asked is not None and asked.expected_on <= today else None


def card_of(around: Around, *, reader: User, now: datetime) -> Card | None:
    """Return the one large card alone; None when there is nothing to show in it."""
    course = course_of(around.patient, now)
    if course is None:
        return None
    zone, patient = course.zone, around.patient
    doses = _doses(patient, course, reader=reader, zone=zone, now=now, today=course.today)
    return _card(doses, around, course, reader=reader, zone=zone, now=now)


def _doses(
    patient: Patient,
    course: Course | None,
    *,
    reader: User,
    zone: ZoneInfo,
    now: datetime,
    today: date,
) -> list[DoseLine]:
    if course is None:
        return []
    return dose_lines(
        patient,
        reader=reader,
        zone=zone,
        now=now,
        since=today - LOOKED_BACK,
        until=today + ONE_DAY,
    )


def _card(
    doses: Sequence[DoseLine],
    around: Around,
    course: Course | None,
    *,
    reader: User,
    zone: ZoneInfo,
    now: datetime,
) -> Card | None:
    silent = {Standing.ON_HOLD, Standing.OVER}
    if course is None or around.stay is not None or course.standing in silent:
        return None
    expected = [dose for dose in doses if dose.state is not DoseState.CANCELLED]
    found = hero_of([_card_dose(dose) for dose in expected], now)
    if found is not None and (found[1] is not Hero.NEXT or course.standing is Standing.DOSES):
        return Card(hero=found[1], dose=expected[found[0]])
    if course.standing is not Standing.DOSES:
        return None
    ahead = next_dose_line(around.patient, reader=reader, zone=zone, now=now)
    return Card(hero=Hero.NEXT, dose=ahead) if ahead is not None else None


def _card_dose(dose: DoseLine) -> CardDose:
    return CardDose(
        due_at=dose.due_at,
        window=dose.on_time_until_at - dose.due_at,
        is_logged=dose.is_logged,
        is_away=dose.is_away,
    )


def _is_asking(card: Card | None) -> bool:
    return card is not None and card.hero is not Hero.NEXT


def _questions(doses: Sequence[DoseLine], card: Card | None) -> list[DoseLine]:
    """Return past doses without a log, newest first, but for the one in the card."""
    in_card = card.dose.id if card is not None else None
    silent = [dose for dose in doses if dose.is_silent and not dose.is_away]
    return [dose for dose in reversed(silent) if dose.id != in_card]


def _rest(doses: Sequence[DoseLine], card: Card | None, today: date) -> tuple[DoseLine, ...]:
    """Return today's other doses, without those that are asked about above."""
    in_card = card.dose.id if card is not None else None
    return tuple(
        dose
        for dose in doses
        if dose.local_date == today and dose.id != in_card and (not dose.is_silent or dose.is_away)
    )


def _just_logged(doses: Sequence[DoseLine], now: datetime) -> JustLogged | None:
    fresh = [
        JustLogged(dose, dose.entry, dose.entry.received_at + UNDO_WINDOW)
        for dose in doses
        if dose.entry is not None
        and dose.entry.is_mine
        and now < dose.entry.received_at + UNDO_WINDOW
    ]
    return max(fresh, key=lambda each: each.undo_until_at, default=None)


def _told(
    card: Card | None, course: Course | None, around: Around, *, reader: User, now: datetime
) -> Told | None:
    """Return who knows about the card's dose, once it is due."""
    if card is None or course is None or not _is_asking(card):
        return None
    events = list(
        AlertEvent.objects.filter(alert__dose=card.dose.id, alert__closed_at=None)
        .select_related("alert__held_by", "person", "clinic")
        .order_by("at", "pk")
    )
    alert = events[0].alert if events else None
    return told_about(
        alert,
        events,
        tellings(course.rungs),
        around=around,
        reader=reader,
        zone=course.zone,
        now=now,
        due_at=card.dose.due_at,
    )
