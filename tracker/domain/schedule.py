"""From a plan's steps to its doses: wall-clock times in one zone become instants.

The rule for clock changes is RFC 5545 3.3.5: a wall time that is skipped means the instant after
the gap by the length of the gap; one that happens twice means the first. Amounts pass through
untouched.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from accounts.domain.problems import Problem
from accounts.domain.zones import ONE_DAY, date_exists, instant, local_date, local_midnight
from tracker.domain.amounts import amount_problems
from tracker.domain.plan_input import clock_text

EVERY_WEEKDAY = tuple(range(7))
SHORT_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_YEARS = range(1900, 2200)  # outside it is a slip of the keyboard, and near the calendar's ends
_NEAR = timedelta(days=3)  # a clock change touches no dose further away


@dataclass(frozen=True, slots=True)
class DoseTimeSpec:
    """A wall-clock time (to the second, no zone) and the amount, verbatim, that belongs to it.

    `weekdays` are those on which it is due, 0 = Monday, in ascending order.
    """

    wall_time: time
    amount: str
    weekdays: tuple[int, ...] = EVERY_WEEKDAY


@dataclass(frozen=True, slots=True)
class StepSpec:
    """A run of local dates with the same doses each week.

    A step of a plan by pump has no doses: `rate` is the programmed rate, verbatim, and the step
    begins with a visit at `visit_time`, a wall time of its first date.
    """

    number: int  # counted from 1
    begins_on: date
    ends_on: date | None  # included; None only for a last step that is open-ended
    doses: tuple[DoseTimeSpec, ...]
    is_dose_free: bool = False
    note: str = ""
    rate: str = ""
    visit_time: time | None = None


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step as it was typed, not yet checked."""

    begins_on: date
    ends_on: date | None = None  # None: the day before the next step begins, or open-ended
    doses: tuple[DoseTimeSpec, ...] = ()
    is_dose_free: bool = False
    note: str = ""
    is_visit: bool = False  # of a plan by pump: a programmed rate instead of doses
    rate: str = ""
    visit_time: time | None = None


class ClockChange(StrEnum):
    """What a change of the clock does to a dose."""

    MOVED = "moved"  # its wall time is skipped
    REPEATED = "repeated"  # its wall time happens twice
    COINCIDE = "coincide"  # another dose falls on the same instant
    NO_SUCH_DATE = "no_such_date"  # the whole date is skipped


@dataclass(frozen=True, slots=True)
class ClockChangeNote:
    """One thing about clock changes that a clinician reads before signing."""

    kind: ClockChange
    local_date: date
    doses: tuple["Occurrence", ...]  # the doses it is about; none for a date that does not exist
    text: str

    @property
    def is_blocking(self) -> bool:
        """Whether the clinician must enter what is meant for that date before signing."""
        return self.kind is ClockChange.COINCIDE


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One dose time on one date."""

    step_number: int
    local_date: date  # in the plan's zone
    wall_time: time  # as entered, also where the clock skips it
    amount: str  # verbatim
    due_at: datetime  # UTC


def due_instant(day: date, wall_time: time, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which a dose is due.

    A time skipped in spring moves later by the gap; a time that happens twice in autumn means its
    first occurrence. Whether the date exists in the zone is not looked at. ValueError when
    `wall_time` brings a zone of its own.
    """
    if wall_time.tzinfo is not None:
        raise ValueError("A wall time has no zone of its own; the plan's zone is used.")
    return datetime.combine(day, wall_time.replace(fold=0), tzinfo=zone).astimezone(UTC)


def occurrences(
    steps: Sequence[StepSpec], zone: ZoneInfo, after: datetime, until: datetime
) -> Iterator[Occurrence]:
    """Yield the doses due in (after, until], in the order in which they are due.

    `steps` follow each other without overlap. Dates that the zone jumped over give none. Two doses
    whose instants coincide are both yielded, the earlier wall time first. `after` and `until` are
    aware; ValueError otherwise.
    """
    after, until = instant(after), instant(until)
    # A clock change can carry a dose past midnight, or midnight past a dose: look one day around.
    first_on, last_on = local_date(after, zone) - ONE_DAY, local_date(until, zone) + ONE_DAY
    for occurrence in occurrences_between(steps, zone, first_on, last_on):
        if after < occurrence.due_at <= until:
            yield occurrence


def occurrences_between(
    steps: Sequence[StepSpec], zone: ZoneInfo, first_on: date, last_on: date
) -> Iterator[Occurrence]:
    """Yield the doses of these local dates, both included, in the order in which they are due."""
    waiting: list[Occurrence] = []
    for step, day in _dosing_days(steps, first_on, last_on):
        # No dose of a later date can be due before that date begins.
        begins_at = local_midnight(day, zone)
        yield from (occurrence for occurrence in waiting if occurrence.due_at < begins_at)
        waiting = [occurrence for occurrence in waiting if occurrence.due_at >= begins_at]
        if date_exists(day, zone):
            due = (dose for dose in step.doses if day.weekday() in dose.weekdays)
            waiting += (_occurrence(step, day, dose, zone) for dose in due)
            waiting.sort(key=lambda each: (each.due_at, each.local_date, each.wall_time))
    yield from waiting


def _dosing_days(
    steps: Sequence[StepSpec], first_on: date, last_on: date
) -> Iterator[tuple[StepSpec, date]]:
    """Yield each calendar date from first to last that belongs to a step, with that step."""
    for step in steps:
        begins = max(step.begins_on, first_on).toordinal()
        ends = min(step.ends_on or last_on, last_on).toordinal()
        for ordinal in range(begins, ends + 1):
            yield step, date.fromordinal(ordinal)


def _occurrence(step: StepSpec, day: date, dose: DoseTimeSpec, zone: ZoneInfo) -> Occurrence:
    return Occurrence(
        step_number=step.number,
        local_date=day,
        wall_time=dose.wall_time,
        amount=dose.amount,
        due_at=due_instant(day, dose.wall_time, zone),
    )


def schedule_problems(rows: Sequence[StepRow], zone: ZoneInfo) -> list[Problem]:
    """Return everything that stops these rows from being a plan's steps; empty when nothing does.

    Each problem names the step (row, counted from 1) and the field: "begins_on", "ends_on",
    "doses", "is_dose_free", "rate", "visit_time" or "dose 08:00" (see `dose_field`). What is
    wrong with the whole has the field "steps" and no row. A date that the zone jumps over leaves no
    gap between two steps.
    """
    if not rows:
        return [Problem(field="steps", text="A plan needs at least one step.")]
    problems = []
    before: StepRow | None = None  # the step above, while its own dates make sense
    for number, row in enumerate(rows, 1):
        of_dates = _date_problems(number, row)
        if before is not None and not of_dates:
            of_dates = _order_problems(number, before, row, zone)
        problems += of_dates + _dosing_problems(number, row)
        before = row if not _date_problems(number, row) else None
    if all(row.is_dose_free for row in rows):
        problems.append(Problem(field="steps", text="No step of this plan has a dose."))
    return problems


def _date_problems(number: int, row: StepRow) -> list[Problem]:
    """Return what is wrong with the dates of one step, whatever its neighbours are."""
    dates = {"begins_on": row.begins_on, "ends_on": row.ends_on}
    problems = [
        Problem(
            field=field,
            text=f"Step {number}: {_day(on)} is not between {_YEARS[0]} and {_YEARS[-1]}.",
            row=number,
        )
        for field, on in dates.items()
        if on is not None and on.year not in _YEARS
    ]
    if not problems and row.ends_on is not None and row.ends_on < row.begins_on:
        text = (
            f"Step {number} ends on {_day(row.ends_on)}, before it begins on {_day(row.begins_on)}."
        )
        problems.append(Problem(field="ends_on", text=text, row=number))
    return problems


def _order_problems(number: int, before: StepRow, row: StepRow, zone: ZoneInfo) -> list[Problem]:
    """Return how this step fails to follow the step before it: backwards, overlap or gap."""
    begins = f"Step {number} begins on {_day(row.begins_on)}"
    if row.begins_on < before.begins_on:
        text = f"{begins}, before step {number - 1} begins on {_day(before.begins_on)}."
    elif row.begins_on == before.begins_on:
        text = f"{begins}, the same day as step {number - 1}."
    elif before.ends_on is None:
        return []
    elif row.begins_on <= before.ends_on:
        text = f"{begins}, but step {number - 1} runs until {_day(before.ends_on)}."
    elif _has_day_between(before.ends_on, row.begins_on, zone):
        text = (
            f"{begins}, but step {number - 1} ends on {_day(before.ends_on)}. "
            "Days without doses between them are a step of their own, marked as dose-free."
        )
    else:
        return []
    return [Problem(field="begins_on", text=text, row=number)]


def _has_day_between(ends_on: date, begins_on: date, zone: ZoneInfo) -> bool:
    """Return whether the zone has a date after `ends_on` and before `begins_on`."""
    between = range(ends_on.toordinal() + 1, begins_on.toordinal())
    return any(date_exists(date.fromordinal(ordinal), zone) for ordinal in between)


def _dosing_problems(number: int, row: StepRow) -> list[Problem]:
    """Return what is wrong with the dose times of one step and with their amounts."""
    if row.is_visit:
        return _visit_problems(number, row)
    if row.is_dose_free and row.doses:
        text = f"Step {number} is marked as dose-free but has dose times."
        return [Problem(field="is_dose_free", text=text, row=number)]
    if not row.doses and not row.is_dose_free:
        text = f"Step {number} has no dose time. If that is meant, mark it as dose-free."
        return [Problem(field="doses", text=text, row=number)]
    problems = []
    for place, dose in enumerate(row.doses):
        texts = [f"Step {number}, {dose_name(dose)}: {t}" for t in amount_problems(dose.amount)]
        texts += _repeated(number, dose, row.doses[:place])
        if dose.wall_time.tzinfo is not None or dose.wall_time.microsecond:
            texts.append(
                f"Step {number}: {clock_text(dose.wall_time)} is not a clock time to the second."
            )
        problems += [Problem(field=dose_field(dose), text=text, row=number) for text in texts]
    return problems


def _repeated(number: int, dose: DoseTimeSpec, before: Sequence[DoseTimeSpec]) -> list[str]:
    """Return a sentence when another dose of the step has this time on one of its weekdays."""
    at_once = [each for each in before if each.wall_time == dose.wall_time]
    days = {day for each in at_once for day in each.weekdays if day in dose.weekdays}
    if not days:
        return []
    clock = f"Step {number} has the dose time {clock_text(dose.wall_time)} twice"
    if len(days) == len(EVERY_WEEKDAY):
        return [f"{clock}."]
    return [f"{clock} on {', '.join(SHORT_WEEKDAYS[day] for day in sorted(days))}."]


def _visit_problems(number: int, row: StepRow) -> list[Problem]:
    """Return what is wrong with a programming visit: it has a time and a rate, and no doses."""
    problems = [
        Problem("rate", f"Step {number}: {text}", number)
        for text in amount_problems(row.rate, called="rate")
    ]
    if row.visit_time is None:
        problems.insert(0, Problem("visit_time", f"Step {number}: the visit has no time.", number))
    if row.doses or row.is_dose_free:
        text = f"Step {number}: a visit of a plan by pump has a rate, and no doses."
        problems.append(Problem("doses", text, number))
    return problems


def dose_name(dose: DoseTimeSpec) -> str:
    """Return how problems call one dose of a step: "08:00", or "08:00 Mon Wed"."""
    clock = clock_text(dose.wall_time)
    if dose.weekdays == EVERY_WEEKDAY:
        return clock
    return " ".join([clock, *(SHORT_WEEKDAYS[day] for day in dose.weekdays)])


def dose_field(dose: DoseTimeSpec) -> str:
    """Return the field of a problem with one dose: "dose 08:00", or "dose 08:00 Mon Wed"."""
    return f"dose {dose_name(dose)}"


def steps_from(rows: Sequence[StepRow]) -> tuple[StepSpec, ...]:
    """Return the steps of rows without problems: numbered, ends filled in, doses by wall time."""
    next_begins: list[date | None] = [row.begins_on for row in rows[1:]]
    return tuple(
        StepSpec(
            number=number,
            begins_on=row.begins_on,
            ends_on=row.ends_on or (following - ONE_DAY if following else None),
            doses=tuple(sorted(row.doses, key=lambda dose: (dose.wall_time, dose.weekdays))),
            is_dose_free=row.is_dose_free,
            note=row.note,
            rate=row.rate,
            visit_time=row.visit_time,
        )
        for number, (row, following) in enumerate(zip(rows, [*next_begins, None], strict=True), 1)
    )


def clock_change_notes(
    steps: Sequence[StepSpec], zone: ZoneInfo, first_on: date, last_on: date
) -> list[ClockChangeNote]:
    """Return what clock changes do to the doses of these local dates (both included), by date.

    A dose whose time is skipped or happens twice, doses that fall on one instant (blocking), and
    dates with doses that do not exist in the zone.
    """
    notes = []
    for begins_on, ends_on in _days_near_changes(zone, first_on, last_on):
        notes += _notes_between(steps, zone, begins_on, ends_on)
    return notes


def _days_near_changes(zone: ZoneInfo, first_on: date, last_on: date) -> list[tuple[date, date]]:
    """Return the runs of these dates within three days of a clock change, in order, apart."""
    runs: list[tuple[date, date]] = []
    offset: timedelta | None = None
    for ordinal in range((first_on - _NEAR).toordinal(), (last_on + _NEAR).toordinal() + 1):
        day = date.fromordinal(ordinal)
        before, offset = offset, datetime.combine(day, time.min, UTC).astimezone(zone).utcoffset()
        if before is None or before == offset:
            continue
        begins_on, ends_on = max(day - _NEAR, first_on), min(day + _NEAR, last_on)
        if runs and begins_on <= runs[-1][1]:
            begins_on = runs.pop()[0]
        if begins_on <= ends_on:
            runs.append((begins_on, ends_on))
    return runs


def _notes_between(
    steps: Sequence[StepSpec], zone: ZoneInfo, first_on: date, last_on: date
) -> list[ClockChangeNote]:
    notes = [
        ClockChangeNote(
            kind=ClockChange.NO_SUCH_DATE,
            local_date=day,
            doses=(),
            text=f"{_day(day)} does not exist in {zone.key}. No dose is due on it.",
        )
        for step, day in _dosing_days(steps, first_on, last_on)
        if step.doses and not date_exists(day, zone)
    ]
    by_instant: defaultdict[datetime, list[Occurrence]] = defaultdict(list)
    for occurrence in occurrences_between(steps, zone, first_on, last_on):
        by_instant[occurrence.due_at].append(occurrence)
        notes += _notes_on_one_dose(occurrence, zone)
    notes += [_coincidence(doses) for doses in by_instant.values() if len(doses) > 1]
    return sorted(notes, key=lambda note: note.local_date)


def _notes_on_one_dose(dose: Occurrence, zone: ZoneInfo) -> list[ClockChangeNote]:
    """Return a note when this dose's wall time is skipped or happens twice, else nothing."""
    wall = datetime.combine(dose.local_date, dose.wall_time, tzinfo=zone)
    due = dose.due_at.astimezone(zone)
    day, clock = _day(dose.local_date), clock_text(dose.wall_time)
    if due.replace(tzinfo=None) != wall.replace(tzinfo=None):
        due_words = clock_text(due.time())
        if due.date() != dose.local_date:
            due_words += f" on {_day(due.date())}"
        text = f"The clock skips {clock} on {day}. That dose is due at {due_words}."
        return [ClockChangeNote(ClockChange.MOVED, dose.local_date, (dose,), text)]
    if wall.utcoffset() != wall.replace(fold=1).utcoffset():
        text = f"{clock} happens twice on {day}. The dose is due the first time."
        return [ClockChangeNote(ClockChange.REPEATED, dose.local_date, (dose,), text)]
    return []


def _coincidence(doses: Sequence[Occurrence]) -> ClockChangeNote:
    clocks = " and ".join(clock_text(dose.wall_time) for dose in doses)
    text = (
        f"On {_day(doses[0].local_date)} the doses entered for {clocks} fall on the same moment. "
        "Enter what is meant for that date before signing."
    )
    return ClockChangeNote(ClockChange.COINCIDE, doses[0].local_date, tuple(doses), text)


def _day(on: date) -> str:
    return f"{on.day} {on:%b} {on.year}"
