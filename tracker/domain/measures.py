"""The adherence figures, each with all that must be printed beside it.

Nothing is rounded here. How the figures are made: `tracker.domain.adherence`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from tracker.domain.dose_record import Basis, CourseState, Period


class MeasureName(StrEnum):
    """The measures, in the order in which they are shown."""

    TAKING = "taking_adherence"
    CORRECT_DOSING = "correct_dosing"
    TIMING = "timing_adherence"
    DRUG_HOLIDAYS = "drug_holidays"
    LONGEST_GAP = "longest_gap"
    ROLLING = "seven_day_rolling"
    COVERAGE = "logging_coverage"
    INITIATION = "initiation"
    PERSISTENCE = "persistence"


@dataclass(frozen=True, slots=True)
class Definition:
    """What a measure is: its formula in words, where it is published, what its n counts."""

    formula: str
    source: str
    n_unit: str


_EMERGE = "De Geest 2018 (EMERGE)"
_ABC = "Vrijens 2012 (ABC taxonomy)"

DEFINITIONS: Mapping[MeasureName, Definition] = {
    MeasureName.TAKING: Definition(
        "T / E: doses logged taken / expected doses. Extra doses stand beside it, never added.",
        f"{_ABC}; {_EMERGE}",
        "doses",
    ),
    MeasureName.CORRECT_DOSING: Definition(
        "Days with exactly the expected number of doses taken / days with E above 0.",
        f"{_ABC}; {_EMERGE}",
        "days",
    ),
    MeasureName.TIMING: Definition(
        "T inside the plan's on-time window / E.", f"{_ABC}; {_EMERGE}", "doses"
    ),
    MeasureName.DRUG_HOLIDAYS: Definition(
        "Runs of 3 or more consecutive days with E above 0 and nothing taken.",
        "Vrijens 2008",
        "days",
    ),
    MeasureName.LONGEST_GAP: Definition(
        "Greatest time between two taken doses; from the last taken dose to now it is “so far”.",
        f"{_ABC}; {_EMERGE}",
        "gaps",
    ),
    MeasureName.ROLLING: Definition(
        "T of the last 7 local days / E of the last 7 local days.", f"{_ABC}; {_EMERGE}", "doses"
    ),
    MeasureName.COVERAGE: Definition("Expected doses with any entry / E.", _EMERGE, "doses"),
    MeasureName.INITIATION: Definition(
        "First taken dose of the plan and of each step; time from the planned first.",
        _ABC,
        "steps",
    ),
    MeasureName.PERSISTENCE: Definition(
        "From the first to the last taken dose, and how the plan stands.", _ABC, "doses"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure with all that must be printed beside it."""

    name: MeasureName
    period: Period | None  # None when the record holds no dose to take it from
    basis: Basis
    n: int
    numerator: int | None = None
    denominator: int | None = None
    nothing_to_show: str = ""  # why there is no value; "" when there is one

    @property
    def formula(self) -> str:
        """Return the definition in words."""
        return DEFINITIONS[self.name].formula

    @property
    def source(self) -> str:
        """Return where the definition is published."""
        return DEFINITIONS[self.name].source

    @property
    def n_unit(self) -> str:
        """Return what n counts: "doses", "days", "gaps" or "steps"."""
        return DEFINITIONS[self.name].n_unit

    @property
    def ratio(self) -> Fraction | None:
        """Return numerator / denominator, exactly; None without a denominator above 0."""
        if self.numerator is None or not self.denominator:
            return None
        return Fraction(self.numerator, self.denominator)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakingMeasure(Measure):
    """T / E, with X beside it and never added."""

    extras: int  # X
    taken_apart: int  # taken during a hold or a stay: shown, not counted


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingMeasure(Measure):
    """T on time / E, with the windows in force."""

    windows: tuple[timedelta, ...]  # shortest first; several when a version changed it


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingMeasure(Measure):
    """T / E over seven local days."""

    days: int  # of the seven, those with E above 0; fewer than 7 is said with the figure


@dataclass(frozen=True, slots=True)
class Holiday:
    """Consecutive days with expected doses and nothing taken."""

    first_on: date
    last_on: date
    days: int  # with E above 0

    def reaches_into(self, period: Period) -> bool:
        """Return whether any of its days is in the period."""
        return self.first_on <= period.last_on and self.last_on >= period.first_on


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayMeasure(Measure):
    """The drug holidays; the numerator is their number."""

    holidays: tuple[Holiday, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """The time from one taken dose to the next, or to now."""

    from_at: datetime  # UTC
    until_at: datetime  # UTC
    is_so_far: bool  # from the last taken dose to now
    reasons: tuple[str, ...] = ()  # of the holds and stays that it touches

    @property
    def length(self) -> timedelta:
        """Return the true time that passed."""
        return self.until_at - self.from_at


@dataclass(frozen=True, slots=True, kw_only=True)
class GapMeasure(Measure):
    """The longest gap, and those that touch a hold or a stay, longest first."""

    longest: Gap | None
    apart: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Start:
    """The first dose of the plan or of one step: as planned and as taken."""

    version_number: int | None  # None for the plan as a whole
    step_number: int | None  # None for the plan as a whole
    planned_at: datetime  # UTC
    taken_at: datetime | None  # UTC; None: no dose of it has been logged taken

    @property
    def delay(self) -> timedelta | None:
        """Return the time from planned to taken, negative when early; None when not taken."""
        return None if self.taken_at is None else self.taken_at - self.planned_at


@dataclass(frozen=True, slots=True, kw_only=True)
class InitiationMeasure(Measure):
    """The plan's start and the start of each step that has come, in order."""

    plan: Start | None
    steps: tuple[Start, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersistenceMeasure(Measure):
    """From the first to the last taken dose, and how the plan stands."""

    first_at: datetime | None  # UTC
    last_at: datetime | None  # UTC
    course: CourseState
