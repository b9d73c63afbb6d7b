"""Doses of November 2026 in London, where clocks keep UTC that month, for the adherence tests."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tracker.domain.dose_record import DoseFact, Period, Record
from tracker.domain.doses import Outcome
from tracker.domain.measures import Measure

LONDON = ZoneInfo("Europe/London")
WINDOW = timedelta(minutes=45)
SECOND = timedelta(seconds=1)
TAKEN, SKIPPED, MISSED = Outcome


def at(day: int, clock: str = "00:00") -> datetime:
    """Return a moment of November 2026, when London keeps UTC."""
    hour, minute = clock.split(":")
    return datetime(2026, 11, 1, int(hour), int(minute), tzinfo=UTC) + timedelta(days=day - 1)


def on(day: int) -> date:
    return at(day).date()


def dose(
    day: int,
    clock: str = "08:00",
    outcome: Outcome | None = TAKEN,
    *,
    taken_at: datetime | None = None,
    is_cancelled: bool = False,
    step: int = 1,
    version: int = 1,
    window: timedelta = WINDOW,
) -> DoseFact:
    """Return a dose of November 2026, taken when due unless said otherwise."""
    if outcome is TAKEN and taken_at is None:
        taken_at = at(day, clock)
    return DoseFact(at(day, clock), on(day), window, outcome, taken_at, is_cancelled, step, version)


def silence(day: int, clock: str = "08:00") -> DoseFact:
    return dose(day, clock, None)


def record(*doses: DoseFact, **kinds: object) -> Record:
    return Record(zone=LONDON, doses=doses, **kinds)


def november(first: int = 1, last: int = 30) -> Period:
    return Period(on(first), on(last))


def share(measure: Measure) -> tuple[int | None, int | None]:
    return measure.numerator, measure.denominator
