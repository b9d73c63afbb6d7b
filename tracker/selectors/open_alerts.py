"""Alerts of one batch as a look sees them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from accounts.models.rows import among
from tracker.domain.alert_facts import AlertFacts, DoseBehind
from tracker.domain.alerts import AlertKind
from tracker.domain.ladder import Hold, LadderState
from tracker.models import Alert


class _Row(NamedTuple):
    id: UUID
    patient_id: UUID
    patient__clinic_id: UUID
    kind: str
    episode: int
    alert_class: str
    opened_at: datetime
    climb_from_at: datetime
    rung: int
    round: int
    held_until_at: datetime | None
    held_rung: int
    held_by_id: UUID | None
    is_clinic_held: bool
    listed_at: datetime | None
    asked_since_at: datetime | None
    dose_id: UUID | None
    dose__due_at: datetime | None
    dose__version_id: UUID | None
    flag__plan_id: UUID | None


def open_alerts(ids: Collection[UUID]) -> list[AlertFacts]:
    """Return those of these alerts that are open, the one that asked first at the front."""
    rows = Alert.objects.open().filter(among("pk", ids)).order_by("next_look_at", "pk")
    return [_facts(_Row(*row)) for row in rows.values_list(*_Row._fields)]


def _facts(row: _Row) -> AlertFacts:
    return AlertFacts(
        id=row.id,
        patient_id=row.patient_id,
        clinic_id=row.patient__clinic_id,
        kind=AlertKind(row.kind),
        episode=row.episode,
        alert_class=row.alert_class,
        opened_at=row.opened_at,
        state=LadderState(
            climb_from_at=row.climb_from_at,
            rung=row.rung,
            round=row.round,
            hold=_hold(row),
            is_listed=row.listed_at is not None,
        ),
        dose=_dose(row),
        flag_plan_id=row.flag__plan_id,
        held_by_id=row.held_by_id,
        listed_at=row.listed_at,
        asked_since_at=row.asked_since_at,
    )


def _hold(row: _Row) -> Hold | None:
    if row.held_until_at is None:
        return None
    return Hold(until_at=row.held_until_at, rung=row.held_rung, is_clinic_held=row.is_clinic_held)


def _dose(row: _Row) -> DoseBehind | None:
    if row.dose_id is None or row.dose__due_at is None or row.dose__version_id is None:
        return None
    return DoseBehind(row.dose_id, row.dose__due_at, row.dose__version_id)
