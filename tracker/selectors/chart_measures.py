"""The measures of one plan in words: figure, formula, period, n and where the facts come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.domain.zones import local_date
from tracker.domain.adherence import measures
from tracker.domain.dose_record import (
    Absence,
    Basis,
    CourseState,
    DoseFact,
    ExtraFact,
    Period,
    Record,
)
from tracker.domain.doses import Outcome, Via
from tracker.domain.measures import (
    Gap,
    GapMeasure,
    HolidayMeasure,
    InitiationMeasure,
    Measure,
    MeasureName,
    PersistenceMeasure,
    RollingMeasure,
    TakingMeasure,
    TimingMeasure,
)
from tracker.domain.plan_states import OCCUPYING, PlanState
from tracker.models import Entry, ExpectedDose
from tracker.selectors.plan_words import day_text
from tracker.selectors.wording import local_moment

NAMES: Mapping[MeasureName, Promise] = MappingProxyType(
    {
        MeasureName.TAKING: gettext_lazy("Taking adherence"),
        MeasureName.CORRECT_DOSING: gettext_lazy("Correct dosing"),
        MeasureName.TIMING: gettext_lazy("Timing adherence"),
        MeasureName.DRUG_HOLIDAYS: gettext_lazy("Drug holidays"),
        MeasureName.LONGEST_GAP: gettext_lazy("Longest gap"),
        MeasureName.ROLLING: gettext_lazy("Last 7 local days"),
        MeasureName.COVERAGE: gettext_lazy("Logging coverage"),
        MeasureName.INITIATION: gettext_lazy("Initiation"),
        MeasureName.PERSISTENCE: gettext_lazy("Persistence"),
    }
)

COURSE_WORDS: Mapping[CourseState, Promise] = MappingProxyType(
    {
        CourseState.RUNNING: gettext_lazy("running"),
        CourseState.COMPLETED: gettext_lazy("completed"),
        CourseState.STOPPED: gettext_lazy("stopped"),
    }
)


BASIS_WORDS: Mapping[Basis, Promise] = MappingProxyType(
    {
        Basis.SELF_LOGGED: gettext_lazy("Self-logged"),
        Basis.DEVICE: gettext_lazy("Device"),
        Basis.BOTH: gettext_lazy("Self-logged and device"),
    }
)


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """One row of the table of measures; everything as it is printed."""

    name: str
    value: str
    formula: str
    beside: str  # what must stand next to the figure: extras, windows, fewer than 7 days
    n: int
    n_unit: str
    source: str
    period: str  # where it is not the period of all the others, in words; else ""
    basis: str  # where the facts come from, in words


def measured_record(
    *,
    doses: Iterable[ExpectedDose],
    extras: Iterable[Entry],
    absences: Sequence[Absence],
    zone: ZoneInfo,
    course: CourseState,
) -> Record:
    """Return what the measures look at. `doses` bring their version and standing entry."""
    doses, extras = list(doses), list(extras)
    standing = (dose.standing_entry for dose in doses if dose.standing_entry is not None)
    return Record(
        zone=zone,
        doses=[_dose_fact(dose) for dose in doses],
        extras=[
            ExtraFact(taken_at=entry.taken_at, local_date=local_date(entry.taken_at, zone))
            for entry in extras
            if entry.taken_at is not None
        ],
        absences=absences,
        course=course,
        basis=_basis([*standing, *extras]),
    )


def basis_words(basis: Basis) -> str:
    """Return where the facts of a figure come from, in words."""
    return str(BASIS_WORDS[basis])


def measured_course(state: str, was_completed: bool) -> CourseState:
    """Return how a plan stands; under observation and closed plans say how they ended."""
    if state in OCCUPYING or state == PlanState.DRAFT:
        return CourseState.RUNNING
    is_completed = state == PlanState.COMPLETED or was_completed
    return CourseState.COMPLETED if is_completed else CourseState.STOPPED


def measure_lines(record: Record, *, period: Period, now: datetime) -> tuple[MeasureLine, ...]:
    """Return every measure at `now`, in words, in the order in which they are shown."""
    return tuple(
        MeasureLine(
            name=str(NAMES[measure.name]),
            value=_(measure.nothing_to_show) if measure.nothing_to_show else _value(measure),
            formula=measure.formula,
            beside=_beside(measure, record.zone),
            n=measure.n,
            n_unit=measure.n_unit,
            source=measure.source,
            period=_period_words(measure, period),
            basis=basis_words(measure.basis),
        )
        for measure in measures(record, period=period, now=now)
    )


def span_words(span: timedelta) -> str:
    """Return a span as "36 h 6 min"; whole minutes, never negative."""
    minutes = abs(span) // timedelta(minutes=1)
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(minutes)d min") % {"minutes": rest}
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}


def _basis(entries: Iterable[Entry]) -> Basis:
    found = {entry.via == Via.DEVICE for entry in entries}
    if found == {True, False}:
        return Basis.BOTH
    return Basis.DEVICE if found == {True} else Basis.SELF_LOGGED


def _dose_fact(dose: ExpectedDose) -> DoseFact:
    entry = dose.standing_entry
    return DoseFact(
        due_at=dose.due_at,
        local_date=dose.local_date,
        window=dose.version.on_time_window,
        outcome=Outcome(entry.outcome) if entry is not None else None,
        taken_at=entry.taken_at if entry is not None else None,
        is_cancelled=dose.cancelled_at is not None,
        step_number=dose.step_number,
        version_number=dose.version.number,
    )


def _value(measure: Measure) -> str:
    match measure:
        case HolidayMeasure():
            return str(measure.numerator)
        case GapMeasure():
            return _gap_value(measure.longest) if measure.longest is not None else ""
        case InitiationMeasure():
            return _initiation_value(measure)
        case PersistenceMeasure():
            return str(COURSE_WORDS[measure.course])
        case _:
            return _ratio(measure)


def _ratio(measure: Measure) -> str:
    if measure.ratio is None:
        return ""
    return _("%(part)d of %(whole)d, %(percent)s %%") % {
        "part": measure.numerator,
        "whole": measure.denominator,
        "percent": f"{float(measure.ratio * 100):.1f}",
    }


def _gap_value(gap: Gap) -> str:
    words = span_words(gap.length)
    return _("%(span)s so far") % {"span": words} if gap.is_so_far else words


def _initiation_value(measure: InitiationMeasure) -> str:
    start = measure.plan
    if start is None or start.delay is None:
        return _("nothing logged taken yet")
    words = _("%(span)s before") if start.delay < timedelta(0) else _("after %(span)s")
    return words % {"span": span_words(start.delay)}


def _initiation_facts(measure: InitiationMeasure, zone: ZoneInfo) -> str:
    """Return the planned and the true beginning of the plan, and of each step after it."""
    lines = []
    for start in (measure.plan, *measure.steps[1:]):
        if start is None:
            continue
        words = _("Planned %(planned)s, taken %(taken)s.")
        if start.step_number is not None:
            words = _("Step %(number)s: planned %(planned)s, taken %(taken)s.")
        taken = local_moment(start.taken_at, zone) if start.taken_at else _("not yet")
        lines.append(
            words
            % {
                "number": start.step_number,
                "planned": local_moment(start.planned_at, zone),
                "taken": taken,
            }
        )
    return " ".join(lines)


def _period_words(measure: Measure, period: Period) -> str:
    if measure.name in {MeasureName.INITIATION, MeasureName.PERSISTENCE}:
        return _("Of the whole plan.")
    if measure.period is None or measure.period == period:
        return ""
    return _("%(first)s to %(last)s.") % {
        "first": day_text(measure.period.first_on),
        "last": day_text(measure.period.last_on),
    }


def _beside(measure: Measure, zone: ZoneInfo) -> str:
    match measure:
        case TakingMeasure():
            return _extras(measure)
        case TimingMeasure():
            windows = ", ".join(span_words(window) for window in measure.windows)
            return _("Window: %(windows)s either side.") % {"windows": windows} if windows else ""
        case RollingMeasure() if measure.days < 7:
            return ngettext(
                "%(days)d day with doses expected.",
                "%(days)d days with doses expected.",
                measure.days,
            ) % {"days": measure.days}
        case HolidayMeasure():
            return " ".join(
                _("%(first)s to %(last)s.")
                % {"first": day_text(holiday.first_on), "last": day_text(holiday.last_on)}
                for holiday in measure.holidays
            )
        case GapMeasure():
            return _gap_facts(measure, zone)
        case InitiationMeasure():
            return _initiation_facts(measure, zone)
        case PersistenceMeasure() if measure.first_at is not None and measure.last_at is not None:
            return _("First taken %(first)s, last taken %(last)s.") % {
                "first": local_moment(measure.first_at, zone),
                "last": local_moment(measure.last_at, zone),
            }
    return ""


def _extras(measure: TakingMeasure) -> str:
    beside = _("Extra doses beside it: %(count)d.") % {"count": measure.extras}
    if measure.taken_apart:
        apart = _("Taken on hold or during a stay, not counted: %(count)d.")
        beside = f"{beside} {apart % {'count': measure.taken_apart}}"
    return beside


def _gap_facts(measure: GapMeasure, zone: ZoneInfo) -> str:
    lines = []
    if measure.longest is not None:
        lines.append(_gap_ends(measure.longest, zone))
    if measure.apart:
        longest = measure.apart[0]
        words = ngettext(
            "Apart, for a gap that touches a hold or a stay: %(span)s, %(reasons)s.",
            "Apart, for %(count)d gaps that touch a hold or a stay: %(span)s at most, %(reasons)s.",
            len(measure.apart),
        )
        values = {
            "count": len(measure.apart),
            "span": span_words(longest.length),
            "reasons": ", ".join(longest.reasons),
        }
        lines.append(words % values)
    return " ".join(lines)


def _gap_ends(gap: Gap, zone: ZoneInfo) -> str:
    if gap.is_so_far:
        return _("Since %(moment)s.") % {"moment": local_moment(gap.from_at, zone)}
    return _("%(first)s to %(last)s.") % {
        "first": local_moment(gap.from_at, zone),
        "last": local_moment(gap.until_at, zone),
    }
