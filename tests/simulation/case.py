"""A case: who there is, what they do and what breaks, as plain values.

A case prints as the Python that makes it, so that whatever fails can be cut down and kept as a
test. Minutes are counted from the first UTC midnight of `begins_on`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class PointSpec:
    """One contact point: "email", "sms" or "push", with quiet hours as "HH:MM" or none."""

    kind: str = "email"
    quiet_from: str = ""
    quiet_until: str = ""
    is_discreet: bool = True


@dataclass(frozen=True, slots=True)
class PersonSpec:
    """Somebody with contact points, in a zone."""

    name: str
    zone: str
    points: tuple[PointSpec, ...]


@dataclass(frozen=True, slots=True)
class RungSpec:
    """One rung as typed: minutes after the dose time, whom, and how it is repeated."""

    minutes: int
    audience: str
    repeat_minutes: int = 0
    repeat_times: int = 0


@dataclass(frozen=True, slots=True)
class PlanSpec:
    """What one version of a plan says: dose times, ladder, on-time window, follow-up minutes."""

    zone: str
    times: tuple[str, ...]
    rungs: tuple[RungSpec, ...]
    window: int
    follow_up: int


@dataclass(frozen=True, slots=True)
class PatientSpec:
    """A patient: the person ("" while the invitation is open), the plan, the caregivers."""

    person: str
    plan: PlanSpec
    caregivers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClinicSpec:
    """A clinic: open on the first `weekdays` days of the week, its contacts, its clinician."""

    zone: str
    opens: str
    closes: str
    weekdays: int
    desk: tuple[PointSpec, ...]
    out_of_hours: tuple[PointSpec, ...]
    clinician: str


@dataclass(frozen=True, slots=True)
class Act:
    """Something that a person does at a minute; `about` is the minute at which the dose was due."""

    minute: int
    kind: str
    patient: int = 0
    who: str = ""
    about: int = 0
    said: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that breaks at a minute, for `minutes`; `what` says which, `step` how far on."""

    minute: int
    kind: str
    minutes: int = 0
    what: str = ""
    step: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """One world and its whole story."""

    seed: int
    begins_on: date
    days: int
    clinic: ClinicSpec
    people: tuple[PersonSpec, ...]
    patients: tuple[PatientSpec, ...]
    amended: tuple[PlanSpec, ...] = ()
    acts: tuple[Act, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def starts_at(self) -> datetime:
        """The instant of minute 0."""
        return datetime.combine(self.begins_on, time(), tzinfo=UTC)

    @property
    def ends_at(self) -> datetime:
        """When nobody does anything and nothing breaks any more."""
        return self.starts_at + timedelta(days=self.days)

    @property
    def patient_years(self) -> float:
        """How much life is in it."""
        return self.days * len(self.patients) / 365.25

    def at(self, minute: int) -> datetime:
        """The instant of a minute."""
        return self.starts_at + minute * MINUTE
