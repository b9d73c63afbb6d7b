"""The facts from which adherence is measured: doses, extras, holds and stays of one plan.

Instants are aware and compared as instants; dates are local dates of the plan's zone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from zoneinfo import ZoneInfo

from accounts.domain.zones import day_bounds, instant
from tracker.domain.doses import Outcome


class Basis(StrEnum):
    """Where the doses logged taken come from; printed with every figure."""

    SELF_LOGGED = "self-logged"
    DEVICE = "device"
    BOTH = "self-logged and device"


class CourseState(StrEnum):
    """How the plan stands at `now`. A taper finished as planned is completed, not stopped."""

    RUNNING = "running"
    COMPLETED = "completed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class DoseFact:
    """One expected dose and its standing entry."""

    due_at: datetime
    local_date: date  # the date it was expected on, in the plan's zone
    window: timedelta  # on time within [-window, +window), from its plan version
    outcome: Outcome | None  # None: nobody has said anything
    taken_at: datetime | None  # given when, and only when, the outcome is taken
    is_cancelled: bool
    step_number: int
    version_number: int = 1  # a step is one step of one plan version

    def __post_init__(self) -> None:
        """Raise ValueError when outcome and time contradict each other."""
        if (self.outcome == Outcome.TAKEN) != (self.taken_at is not None):
            raise ValueError("A taken dose has the time it was taken, and no other dose has one.")

    @property
    def due_instant(self) -> datetime:
        """Return when it is due, in UTC."""
        return instant(self.due_at)


@dataclass(frozen=True, slots=True)
class ExtraFact:
    """A dose logged taken that belongs to no expected dose."""

    taken_at: datetime
    local_date: date  # of taken_at, in the plan's zone


@dataclass(frozen=True, slots=True)
class Absence:
    """A hold or a stay: [from_at, until_at), or still running when until_at is None."""

    from_at: datetime
    until_at: datetime | None
    reason: str  # in words: "on hold", "in hospital"

    def covers(self, at: datetime) -> bool:
        """Return whether the instant falls inside."""
        return instant(self.from_at) <= at and (
            self.until_at is None or at < instant(self.until_at)
        )

    def touches(self, from_at: datetime, until_at: datetime) -> bool:
        """Return whether any of the time between two instants falls inside."""
        return instant(self.from_at) < until_at and (
            self.until_at is None or from_at < instant(self.until_at)
        )


@dataclass(frozen=True, slots=True)
class Period:
    """Local dates of the plan's zone, both included; ValueError when they run backwards."""

    first_on: date
    last_on: date

    def __post_init__(self) -> None:
        """Refuse a period that ends before it begins."""
        if self.last_on < self.first_on:
            raise ValueError(f"A period cannot end on {self.last_on}, before {self.first_on}.")

    def __contains__(self, day: date) -> bool:
        """Return whether the date is in the period."""
        return self.first_on <= day <= self.last_on


@dataclass(frozen=True, slots=True)
class TakenOutside:
    """A dose logged taken that is not in T."""

    local_date: date
    is_apart: bool  # taken during a hold or a stay: not even in X


@dataclass(frozen=True, slots=True)
class Record:
    """All that is known of one plan's doses, in any order, the doses still to come included."""

    zone: ZoneInfo
    doses: Sequence[DoseFact]
    extras: Sequence[ExtraFact] = ()
    absences: Sequence[Absence] = ()
    course: CourseState = CourseState.RUNNING
    basis: Basis = Basis.SELF_LOGGED

    def is_absent(self, at: datetime) -> bool:
        """Return whether the instant falls inside a hold or a stay."""
        return any(absence.covers(instant(at)) for absence in self.absences)

    def reasons_between(self, from_at: datetime, until_at: datetime) -> tuple[str, ...]:
        """Return the reasons of the holds and stays that touch the time between, each once."""
        reasons = (each.reason for each in self.absences if each.touches(from_at, until_at))
        return tuple(dict.fromkeys(reasons))

    def monitored(self, period: Period) -> list[DoseFact]:
        """Return the period's doses, past or to come, that can be in E, in due order."""
        return [
            dose
            for dose in sorted(self.doses, key=attrgetter("due_instant"))
            if dose.local_date in period
            and not dose.is_cancelled
            and not self.is_absent(dose.due_at)
        ]

    def taken_outside(self, period: Period) -> list[TakenOutside]:
        """Return what was taken in the period without being in T."""
        found = [
            TakenOutside(extra.local_date, self.is_absent(extra.taken_at))
            for extra in self.extras
            if extra.local_date in period
        ]
        for dose in self.doses:
            if dose.taken_at is None or dose.local_date not in period:
                continue
            if dose.is_cancelled:
                found.append(TakenOutside(dose.local_date, self.is_absent(dose.taken_at)))
            elif self.is_absent(dose.due_at):
                found.append(TakenOutside(dose.local_date, is_apart=True))
        return found

    def taken_instants(self) -> list[datetime]:
        """Return when anything was taken, expected or not, in order, in UTC."""
        of_doses = (dose.taken_at for dose in self.doses if dose.taken_at is not None)
        of_extras = (extra.taken_at for extra in self.extras)
        return sorted(instant(at) for at in (*of_doses, *of_extras))

    def bounds(self, period: Period) -> tuple[datetime, datetime]:
        """Return the first moment of a period and the first after it, in UTC."""
        begins_at, _ = day_bounds(period.first_on, self.zone)
        _, ends_at = day_bounds(period.last_on, self.zone)
        return begins_at, ends_at

    def whole_period(self) -> Period | None:
        """Return the dates of all doses that were not cancelled; None when there are none."""
        dates = [dose.local_date for dose in self.doses if not dose.is_cancelled]
        return Period(min(dates), max(dates)) if dates else None
