"""The rows of the in-memory world: what the tables hold, as far as the rules read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from reminders.domain.grouping import Line
from reminders.domain.messages import AttemptResult, MessageState, Purpose
from reminders.domain.recipients import Recipient
from tracker.domain.alerts import AlertEventKind, AlertKind, CloseReason
from tracker.domain.doses import Outcome
from tracker.domain.ladder import LadderRung
from tracker.domain.plan_states import PlanState
from tracker.domain.schedule import StepSpec


@dataclass(slots=True, eq=False)
class Point:
    """A contact point; a bounce or its owner switches it off."""

    owner: str
    zone: ZoneInfo
    kind: str
    quiet_from_time: time | None
    quiet_until_time: time | None
    is_discreet: bool
    is_usable: bool = True


@dataclass(slots=True, eq=False)
class Person:
    """Somebody who can be told."""

    id: UUID
    name: str
    points: list[Point]


@dataclass(slots=True, eq=False)
class Version:
    """One signed version: its doses are those due in [from_at, until_at)."""

    step: StepSpec
    zone: ZoneInfo
    rungs: tuple[LadderRung, ...]
    window: timedelta
    follow_up: timedelta
    from_at: datetime
    until_at: datetime | None = None

    @property
    def first_delay(self) -> timedelta:
        """How long after the dose time the first rung is due."""
        return self.rungs[0].delay


@dataclass(slots=True, eq=False)
class Patient:
    """A patient with the one plan and everything that hangs on it."""

    number: int
    person: Person | None
    caregivers: dict[str, Person]
    versions: list[Version]
    state: PlanState = PlanState.ACTIVE
    look_at: datetime | None = None
    ended_links: set[str] = field(default_factory=set)
    stays: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    doses: list[Dose] = field(default_factory=list)
    flags: dict[str, Flag] = field(default_factory=dict)
    made_until: datetime | None = None


@dataclass(slots=True, eq=False)
class Entry:
    """What somebody said about a dose; `arrived` counts facts, whatever the clock says."""

    outcome: Outcome
    by: str
    received_at: datetime
    arrived: int
    voided_at: datetime | None = None


@dataclass(slots=True, eq=False)
class Dose:
    """An expected dose."""

    id: UUID
    patient: Patient
    version: Version
    local_date: date
    wall_time: time
    due_at: datetime
    look_at: datetime | None
    entries: list[Entry] = field(default_factory=list)
    standing: Entry | None = None
    cancelled_at: datetime | None = None
    alerts: list[Alert] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Flag:
    """An open or closed flag of class E or D, by its subject."""

    subject: str
    flag_class: str
    closed_at: datetime | None = None
    alert: Alert | None = None


@dataclass(slots=True)
class Event:
    """One line of a thread."""

    kind: AlertEventKind
    at: datetime
    rung: int
    round: int
    recipient: Recipient | None = None


@dataclass(slots=True, eq=False)
class Alert:
    """One episode of one fact."""

    id: UUID
    patient: Patient
    kind: AlertKind
    alert_class: str
    opened_at: datetime
    climb_from_at: datetime
    look_at: datetime | None
    opened: int
    dose: Dose | None = None
    flag: Flag | None = None
    version: Version | None = None
    rung: int = 0
    round: int = 1
    held_until_at: datetime | None = None
    held_by: Person | None = None
    held_rung: int = 0
    is_clinic_held: bool = True
    listed_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: CloseReason | None = None
    events: list[Event] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Row:
    """One line of a message (a Notification)."""

    line: Line
    alert: Alert
    message: Message
    dropped_at: datetime | None = None


@dataclass(slots=True, eq=False)
class Message:
    """What one recipient gets."""

    id: UUID
    recipient: Recipient
    purpose: Purpose
    message_class: str
    urgency: int
    turn: int
    decided_at: datetime
    next_try_at: datetime
    expires_at: datetime | None
    state: MessageState = MessageState.QUEUED
    attempts: int = 0
    claim: int | None = None
    lease_until_at: datetime | None = None
    lines: list[Row] = field(default_factory=list)
    tries: list[AttemptResult] = field(default_factory=list)

    @property
    def standing_lines(self) -> list[Row]:
        """The lines that were not dropped."""
        return [row for row in self.lines if row.dropped_at is None]


@dataclass(slots=True)
class Delivery:
    """What a provider took: the key, and what the second look had found at `looked_at`.

    `is_known` is false when the provider took it and then said that it had not.
    """

    key: UUID
    message: Message
    rows: list[Row]
    looked_at: datetime
    names_amount: bool
    point: Point
    is_known: bool = True
