"""The doses of one batch as the rule about their alerts sees them, in a handful of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Max, Q

from accounts.models.rows import among
from tracker.domain.alert_facts import DoseBehind
from tracker.domain.alerts import AlertKind, CloseReason
from tracker.domain.dose_alerts import DoseFacts, away
from tracker.domain.doses import Outcome
from tracker.domain.plan_states import PlanState
from tracker.models import Alert, EntryVoid, ExpectedDose, Stay
from tracker.selectors.ladders import Terms, terms_by_version


@dataclass(frozen=True, slots=True)
class DueDose:
    """One dose, its facts, the terms of its version, and its alerts: the open, and how many."""

    behind: DoseBehind
    patient_id: UUID
    clinic_id: UUID
    terms: Terms
    facts: DoseFacts
    opened: Mapping[AlertKind, UUID]
    episodes: Mapping[AlertKind, int]


class _Row(NamedTuple):
    id: UUID
    due_at: datetime
    cancelled_at: datetime | None
    version_id: UUID
    plan_state: str
    patient_id: UUID
    clinic_id: UUID
    outcome: str | None
    said_at: datetime | None


COLUMNS = (
    "pk",
    "due_at",
    "cancelled_at",
    "version_id",
    "plan__state",
    "plan__patient_id",
    "plan__patient__clinic_id",
    "standing_entry__outcome",
    "standing_entry__received_at",
)


class _Past(NamedTuple):
    """One alert that the dose has or had."""

    id: UUID
    kind: str
    episode: int
    opened_at: datetime
    closed_at: datetime | None
    close_reason: str


def due_doses(ids: Collection[UUID]) -> list[DueDose]:
    """Return these doses, the one due first at the front. The caller holds their rows."""
    found = ExpectedDose.objects.filter(among("pk", ids)).order_by("due_at", "pk")
    rows = [_Row(*row) for row in found.values_list(*COLUMNS)]
    terms = terms_by_version({row.version_id for row in rows})
    pasts = _pasts(ids)
    voided = _last_voids([pk for pk, past in pasts.items() if any(each.closed_at for each in past)])
    stays = _stays(rows)
    return [
        _due_dose(
            row,
            terms[row.version_id],
            pasts.get(row.id, ()),
            voided.get(row.id),
            away(
                row.due_at,
                plan_state=PlanState(row.plan_state),
                stays=stays.get(row.patient_id, ()),
                is_cancelled=row.cancelled_at is not None,
            ),
        )
        for row in rows
    ]


def _due_dose(
    row: _Row,
    terms: Terms,
    past: Sequence[_Past],
    voided_at: datetime | None,
    why_away: CloseReason | None,
) -> DueDose:
    opened = {AlertKind(each.kind): each.id for each in past if each.closed_at is None}
    silences = [each for each in past if each.kind == AlertKind.NO_LOG and each.closed_at]
    last = max(silences, key=lambda each: each.episode, default=None)
    closed_at = last.closed_at if last is not None else None
    return DueDose(
        behind=DoseBehind(row.id, row.due_at, row.version_id),
        patient_id=row.patient_id,
        clinic_id=row.clinic_id,
        terms=terms,
        facts=DoseFacts(
            due_at=row.due_at,
            first_delay=terms.rungs[0].delay if terms.rungs else timedelta(),
            away=why_away,
            outcome=Outcome(row.outcome) if row.outcome is not None else None,
            opened=frozenset(opened),
            last_silence=CloseReason(last.close_reason) if last is not None else None,
            is_silent_anew=bool(closed_at and voided_at and voided_at >= closed_at),
            is_told=any(_is_told(each, row.said_at) for each in past),
        ),
        opened=opened,
        episodes={kind: sum(each.kind == kind for each in past) for kind in AlertKind},
    )


def _is_told(past: _Past, said_at: datetime | None) -> bool:
    """Tell whether this alert is about the standing entry, or about one that came after it."""
    return past.kind == AlertKind.NOT_TAKEN and said_at is not None and past.opened_at >= said_at


def _pasts(ids: Collection[UUID]) -> dict[UUID, list[_Past]]:
    pasts: defaultdict[UUID, list[_Past]] = defaultdict(list)
    rows = Alert.objects.filter(among("dose", ids)).values_list("dose_id", "pk", *_Past._fields[1:])
    for dose_id, *columns in rows:
        pasts[dose_id].append(_Past(*columns))
    return pasts


def _last_voids(doses: Collection[UUID]) -> dict[UUID, datetime]:
    """Return when the last entry of each of these doses was taken back."""
    if not doses:
        return {}
    voids = EntryVoid.objects.filter(among("entry__dose", doses)).values("entry__dose")
    return dict(voids.annotate(last=Max("at")).values_list("entry__dose", "last"))


def _stays(rows: Sequence[_Row]) -> dict[UUID, list[tuple[datetime, datetime | None]]]:
    """Return the stays of these patients that may cover one of these doses."""
    first_at = min((row.due_at for row in rows), default=None)
    found: defaultdict[UUID, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    if first_at is None:
        return found
    stays = Stay.objects.standing().filter(among("patient", {row.patient_id for row in rows}))
    running = stays.filter(Q(until_at__isnull=True) | Q(until_at__gt=first_at))
    for patient_id, from_at, until_at in running.values_list("patient_id", "from_at", "until_at"):
        found[patient_id].append((from_at, until_at))
    return found
