"""An alert as a look at it sees it: what it is about, how far it has climbed, and who has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tracker.domain.alerts import AlertEventKind, AlertKind
from tracker.domain.ladder import LadderState


@dataclass(frozen=True, slots=True)
class DoseBehind:
    """The expected dose that an alert is about, and the signed version that expects it."""

    id: UUID
    due_at: datetime
    version_id: UUID


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """One open alert, about a dose or about a flag, which may belong to a plan.

    `asked_since_at` is when somebody outside the patient was first told since anybody had it.
    """

    id: UUID
    patient_id: UUID
    clinic_id: UUID
    kind: AlertKind
    episode: int
    alert_class: str
    opened_at: datetime
    state: LadderState
    dose: DoseBehind | None = None
    flag_plan_id: UUID | None = None
    held_by_id: UUID | None = None
    listed_at: datetime | None = None
    asked_since_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """One line of an alert's thread, before it is a row."""

    alert_id: UUID
    kind: AlertEventKind
    rung: int
    round: int
    person_id: UUID | None = None
    clinic_id: UUID | None = None
    duty: str = ""
    note: str = ""
    facts: Mapping[str, object] | None = None
