"""The adherence measures: what was taken of what was expected, without any good or bad line.

Terms and definitions follow

- EMERGE: De Geest et al., Ann Intern Med 2018;169:30-35 (reporting guideline),
- ABC: Vrijens et al., Br J Clin Pharmacol 2012;73:691-705 (initiation, implementation,
  persistence),
- Vrijens 2008: Vrijens et al., BMJ 2008;336:1114-1117 (drug holidays in dosing histories).

E, T and X as in the formulas below:

- E: expected doses of the period that have an entry or whose window has passed, without those
  cancelled and those due inside a hold or a stay;
- T: doses of E logged taken;
- X: doses logged taken outside E, that is extra doses and doses logged although they had been
  cancelled. Doses taken during a hold or a stay are in neither; they are given apart.

A day counts for correct dosing and for drug holidays once every dose of it is in E: before the
day's last window has passed, nobody can say that its number of doses was right or that nothing was
taken. The facts are in `dose_record`, the figures in `measures`.
"""

from collections.abc import Iterable, Sequence, Sized
from datetime import date, datetime, timedelta
from itertools import pairwise
from operator import attrgetter

from accounts.domain.zones import instant, local_date
from tracker.domain.dose_record import CourseState, DoseFact, Period, Record
from tracker.domain.doses import Outcome, Timing, on_time_until, timing
from tracker.domain.measures import (
    Gap,
    GapMeasure,
    Holiday,
    HolidayMeasure,
    InitiationMeasure,
    Measure,
    MeasureName,
    PersistenceMeasure,
    RollingMeasure,
    Start,
    TakingMeasure,
    TimingMeasure,
)

HOLIDAY_DAYS = 3  # by definition (Vrijens 2008); the only number fixed here

NO_DOSES_EXPECTED = "no doses expected"
NO_DOSES_TAKEN = "no doses logged taken"

_SIX_DAYS = timedelta(days=6)

_Day = tuple[DoseFact, ...]  # the monitored doses of one local date


def measures(record: Record, *, period: Period, now: datetime) -> tuple[Measure, ...]:
    """Return every measure at `now`, in the order in which they are shown.

    Initiation and persistence are of the whole plan, whatever the period; the last 7 days end with
    the period or today, whichever comes first (EMERGE, De Geest 2018).
    """
    last_on = min(period.last_on, local_date(now, record.zone))
    return (
        taking_adherence(record, period=period, now=now),
        correct_dosing(record, period=period, now=now),
        timing_adherence(record, period=period, now=now),
        drug_holidays(record, period=period, now=now),
        longest_gap(record, period=period, now=now),
        seven_day_rolling(record, last_on=last_on, now=now),
        logging_coverage(record, period=period, now=now),
        initiation(record, now=now),
        persistence(record),
    )


def doses_expected(record: Record, *, period: Period, now: datetime) -> tuple[DoseFact, ...]:
    """Return E in due order: doses of the period with an entry or whose window has passed.

    Cancelled doses and those due inside a hold or a stay are left out (EMERGE, De Geest 2018).
    """
    return tuple(dose for dose in record.monitored(period) if _is_settled(dose, now))


def taking_adherence(record: Record, *, period: Period, now: datetime) -> TakingMeasure:
    """Return T / E, with X beside it (implementation; ABC, Vrijens 2012; EMERGE, De Geest 2018)."""
    expected = doses_expected(record, period=period, now=now)
    outside = record.taken_outside(period)
    return TakingMeasure(
        name=MeasureName.TAKING,
        period=period,
        basis=record.basis,
        n=len(expected),
        numerator=len(_taken(expected)),
        denominator=len(expected),
        nothing_to_show=_nothing_expected(expected),
        extras=sum(not each.is_apart for each in outside),
        taken_apart=sum(each.is_apart for each in outside),
    )


def correct_dosing(record: Record, *, period: Period, now: datetime) -> Measure:
    """Return days with exactly the expected number of doses taken / days with E above 0.

    An extra dose makes its day incorrect; days that are not over yet are left out (implementation;
    ABC, Vrijens 2012; EMERGE, De Geest 2018).
    """
    days = [doses for doses in _by_day(record, period) if _is_whole(doses, now)]
    extra_on = {each.local_date for each in record.taken_outside(period) if not each.is_apart}
    correct = [
        doses
        for doses in days
        if len(_taken(doses)) == len(doses) and doses[0].local_date not in extra_on
    ]
    return Measure(
        name=MeasureName.CORRECT_DOSING,
        period=period,
        basis=record.basis,
        n=len(days),
        numerator=len(correct),
        denominator=len(days),
        nothing_to_show=_nothing_expected(days),
    )


def timing_adherence(record: Record, *, period: Period, now: datetime) -> TimingMeasure:
    """Return T inside the on-time window / E, with the windows that were in force.

    On time is [-window, +window) around the due instant, as instants (implementation; ABC, Vrijens
    2012; EMERGE, De Geest 2018).
    """
    expected = doses_expected(record, period=period, now=now)
    return TimingMeasure(
        name=MeasureName.TIMING,
        period=period,
        basis=record.basis,
        n=len(expected),
        numerator=sum(_is_on_time(dose) for dose in expected),
        denominator=len(expected),
        nothing_to_show=_nothing_expected(expected),
        windows=tuple(sorted({dose.window for dose in expected})),
    )


def drug_holidays(record: Record, *, period: Period, now: datetime) -> HolidayMeasure:
    """Return the runs of 3 or more consecutive days with E above 0 and nothing taken.

    Three is the definition (Vrijens 2008). A run that reaches into the period is given whole.
    Anything taken ends a run: an extra dose too, and one taken during a hold or a stay. Dates on
    which the plan expects nothing are passed over, but a hold or a stay ends the run, for nobody
    knows what was taken then. A day counts once its last dose was due, whatever was said ahead.
    """
    whole = [day for day in _by_day(record, period) if _is_whole(day, now)]
    runs = (
        Holiday(first_on=run[0][0].local_date, last_on=run[-1][0].local_date, days=len(run))
        for run in _empty_runs(record, now)
        if len(run) >= HOLIDAY_DAYS
    )
    holidays = tuple(run for run in runs if run.reaches_into(period))
    return HolidayMeasure(
        name=MeasureName.DRUG_HOLIDAYS,
        period=period,
        basis=record.basis,
        n=len(whole),
        numerator=len(holidays),
        nothing_to_show=_nothing_expected([*whole, *holidays]),
        holidays=holidays,
    )


def longest_gap(record: Record, *, period: Period, now: datetime) -> GapMeasure:
    """Return the greatest time between two taken doses among the gaps that reach into the period.

    While the plan runs, the time from the last taken dose to `now` is a gap "so far". A gap that
    touches a hold or a stay stands apart, with the reasons. n counts gaps between two doses. Extra
    doses are taken doses here (implementation; ABC, Vrijens 2012; EMERGE, De Geest 2018).
    """
    begins_at, ends_at = record.bounds(period)
    gaps = [gap for gap in _gaps(record, now) if gap.until_at > begins_at and gap.from_at < ends_at]
    undisturbed = [gap for gap in gaps if not gap.reasons]
    apart = sorted((gap for gap in gaps if gap.reasons), key=lambda gap: gap.length, reverse=True)
    return GapMeasure(
        name=MeasureName.LONGEST_GAP,
        period=period,
        basis=record.basis,
        n=sum(not gap.is_so_far for gap in gaps),
        nothing_to_show=_no_gap(record, gaps, undisturbed),
        longest=max(undisturbed, key=lambda gap: gap.length, default=None),
        apart=tuple(apart),
    )


def seven_day_rolling(record: Record, *, last_on: date, now: datetime) -> RollingMeasure:
    """Return T / E of the seven local days that end with `last_on` (EMERGE, De Geest 2018).

    `days` says how many of the seven have E above 0.
    """
    week = Period(last_on - _SIX_DAYS, last_on)
    expected = doses_expected(record, period=week, now=now)
    return RollingMeasure(
        name=MeasureName.ROLLING,
        period=week,
        basis=record.basis,
        n=len(expected),
        numerator=len(_taken(expected)),
        denominator=len(expected),
        nothing_to_show=_nothing_expected(expected),
        days=len({dose.local_date for dose in expected}),
    )


def logging_coverage(record: Record, *, period: Period, now: datetime) -> Measure:
    """Return doses with any entry / E: tells silence from misses (EMERGE, De Geest 2018)."""
    expected = doses_expected(record, period=period, now=now)
    return Measure(
        name=MeasureName.COVERAGE,
        period=period,
        basis=record.basis,
        n=len(expected),
        numerator=sum(dose.outcome is not None for dose in expected),
        denominator=len(expected),
        nothing_to_show=_nothing_expected(expected),
    )


def initiation(record: Record, *, now: datetime) -> InitiationMeasure:
    """Return the first taken dose of the plan and of each step, beside the planned first.

    Steps whose planned first lies ahead and of which nothing was taken are not listed; extra doses
    and cancelled ones belong to no step (initiation; ABC, Vrijens 2012).
    """
    by_step: dict[tuple[int, int], list[DoseFact]] = {}
    doses = [dose for dose in record.doses if not dose.is_cancelled]
    for dose in sorted(doses, key=attrgetter("due_instant")):
        by_step.setdefault((dose.version_number, dose.step_number), []).append(dose)
    starts = [_start(doses_of, step) for step, doses_of in by_step.items()]
    steps = tuple(
        start for start in starts if start.taken_at is not None or start.planned_at <= instant(now)
    )
    return InitiationMeasure(
        name=MeasureName.INITIATION,
        period=record.whole_period(),
        basis=record.basis,
        n=len(steps),
        nothing_to_show="" if doses else NO_DOSES_EXPECTED,
        plan=_start(doses, None) if doses else None,
        steps=steps,
    )


def persistence(record: Record) -> PersistenceMeasure:
    """Return the first and the last taken dose and how the plan stands (ABC, Vrijens 2012).

    A taper finished as planned is completion, not non-persistence.
    """
    taken = record.taken_instants()
    return PersistenceMeasure(
        name=MeasureName.PERSISTENCE,
        period=record.whole_period(),
        basis=record.basis,
        n=len(taken),
        nothing_to_show="" if taken else NO_DOSES_TAKEN,
        first_at=taken[0] if taken else None,
        last_at=taken[-1] if taken else None,
        course=record.course,
    )


def _is_settled(dose: DoseFact, now: datetime) -> bool:
    return dose.outcome is not None or instant(now) >= on_time_until(dose.due_at, dose.window)


def _taken(doses: Sequence[DoseFact]) -> list[DoseFact]:
    return [dose for dose in doses if dose.outcome == Outcome.TAKEN]


def _is_on_time(dose: DoseFact) -> bool:
    if dose.taken_at is None:
        return False
    return timing(taken_at=dose.taken_at, due_at=dose.due_at, window=dose.window) is Timing.ON_TIME


def _by_day(record: Record, period: Period) -> list[_Day]:
    """Return the monitored doses of each local date that has any, by date."""
    days: dict[date, list[DoseFact]] = {}
    for dose in record.monitored(period):
        days.setdefault(dose.local_date, []).append(dose)
    return [tuple(days[day]) for day in sorted(days)]


def _empty_runs(record: Record, now: datetime) -> list[list[_Day]]:
    """Return the runs of whole days without anything taken, over the whole record."""
    period = record.whole_period()
    if period is None:
        return []
    taken_on = {each.local_date for each in record.taken_outside(period)}
    runs: list[list[_Day]] = [[]]
    for day in _by_day(record, period):
        is_over = _is_whole(day, now) and day[-1].due_instant <= instant(now)
        is_empty = is_over and not _taken(day) and day[0].local_date not in taken_on
        if runs[-1] and not (is_empty and _is_joined(runs[-1][-1], day, taken_on, record)):
            runs.append([])
        if is_empty:
            runs[-1].append(day)
    return runs


def _is_joined(before: _Day, after: _Day, taken_on: Iterable[date], record: Record) -> bool:
    """Return whether nothing is known to lie between two days: no hold, no stay, nothing taken."""
    if record.reasons_between(before[-1].due_instant, after[0].due_instant):
        return False
    return not any(before[0].local_date < on < after[0].local_date for on in taken_on)


def _is_whole(doses: Sequence[DoseFact], now: datetime) -> bool:
    return all(_is_settled(dose, now) for dose in doses)


def _gaps(record: Record, now: datetime) -> list[Gap]:
    taken = record.taken_instants()
    gaps = [_gap(record, from_at, until_at, False) for from_at, until_at in pairwise(taken)]
    if record.course is CourseState.RUNNING and taken and taken[-1] < instant(now):
        gaps.append(_gap(record, taken[-1], instant(now), True))
    return gaps


def _gap(record: Record, from_at: datetime, until_at: datetime, is_so_far: bool) -> Gap:
    return Gap(from_at, until_at, is_so_far, record.reasons_between(from_at, until_at))


def _no_gap(record: Record, gaps: Sequence[Gap], undisturbed: Sequence[Gap]) -> str:
    """Return why there is no longest gap; "" when there is one."""
    if undisturbed:
        return ""
    if gaps:
        return "every gap touches a hold or a stay"
    return "no gap between taken doses" if record.taken_instants() else NO_DOSES_TAKEN


def _start(doses: Sequence[DoseFact], step: tuple[int, int] | None) -> Start:
    taken = [instant(dose.taken_at) for dose in doses if dose.taken_at is not None]
    version_number, step_number = step or (None, None)
    return Start(
        version_number=version_number,
        step_number=step_number,
        planned_at=min(dose.due_instant for dose in doses),
        taken_at=min(taken, default=None),
    )


def _nothing_expected(counted: Sized) -> str:
    return "" if counted else NO_DOSES_EXPECTED
