"""What the facts about a batch of doses ask of their alerts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from accounts.models.rows import rows_update
from tracker.domain.alert_facts import AlertFacts
from tracker.domain.alerts import AlertKind, CloseReason
from tracker.domain.dose_alerts import climbs_from, settle
from tracker.domain.ladder import LadderState
from tracker.models import ExpectedDose
from tracker.selectors.due_doses import DueDose
from tracker.services.alert_rows import alerts_close


@transaction.atomic
def doses_settle(*, doses: Sequence[DueDose], now: datetime) -> list[tuple[AlertFacts, DueDose]]:
    """Close the alerts that the facts undid and set each dose's next look.

    Returns the alerts to open, each with its dose: the caller, who holds the doses' rows, lets
    them climb first and writes them once.
    """
    opened: list[tuple[AlertFacts, DueDose]] = []
    closed: dict[UUID, CloseReason] = {}
    looks: list[tuple[UUID, datetime | None]] = []
    for dose in doses:
        found = settle(dose.facts, now)
        closed |= {dose.opened[kind]: reason for kind, reason in found.closes}
        looks.append((dose.behind.id, found.next_look_at))
        if found.opens is not None:
            opened.append((_episode(dose, found.opens, now), dose))
    alerts_close(reasons=closed, now=now)
    rows_update(ExpectedDose, ("next_look_at",), looks)
    return opened


def _episode(dose: DueDose, kind: AlertKind, now: datetime) -> AlertFacts:
    """Return the next episode of a dose's alert, before it climbs."""
    episode = dose.episodes[kind] + 1
    return AlertFacts(
        id=uuid4(),
        patient_id=dose.patient_id,
        clinic_id=dose.clinic_id,
        kind=kind,
        episode=episode,
        alert_class="",
        opened_at=now,
        state=LadderState(climb_from_at=climbs_from(kind, episode, dose.behind.due_at, now)),
        dose=dose.behind,
    )
