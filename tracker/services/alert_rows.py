"""Alerts of a whole batch as rows: opened, moved on and closed in a few statements."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.models.rows import Row, rows_insert, rows_update
from tracker.domain.alert_facts import AlertFacts, ThreadLine
from tracker.domain.alerts import AlertEventKind, CloseReason
from tracker.domain.ladder import LadderState
from tracker.models import Alert, AlertEvent


class Looked(NamedTuple):
    """An alert as a look found it, and how it stands after the look."""

    alert: AlertFacts
    state: LadderState
    alert_class: str
    listed_at: datetime | None
    next_look_at: datetime | None


STANDING = (
    "climb_from_at",
    "rung",
    "round",
    "held_until_at",
    "held_by",
    "alert_class",
    "listed_at",
    "next_look_at",
)
FACT = (
    "pk",
    "patient",
    "kind",
    "dose",
    "episode",
    "opened_at",
    "close_reason",
    "held_rung",
    "is_clinic_held",
)
THREAD = ("alert", "at", "kind", "rung", "round", "person", "clinic", "duty", "note", "facts")


@transaction.atomic
def alerts_open(*, looked: Sequence[Looked]) -> None:
    """Insert new alerts about doses as far as they have climbed.

    A second open alert about one fact raises IntegrityError.
    """
    rows = [_fact(each.alert) + _standing(each) for each in looked]
    rows_insert(Alert, (*FACT, *STANDING), rows)


@transaction.atomic
def alerts_move_on(*, looked: Sequence[Looked]) -> None:
    """Save how far these alerts have climbed; the caller holds their rows."""
    rows = [(each.alert.id, *_standing(each)) for each in looked]
    rows_update(Alert, STANDING, rows)


@transaction.atomic
def alerts_close(
    *,
    reasons: Mapping[UUID, CloseReason],
    now: datetime,
    by: User | None = None,
    note: str = "",
) -> None:
    """Close those of these alerts that are still open; their outcome is told at a look now."""
    if not reasons:
        return
    standing = Alert.objects.open().filter(pk__in=reasons).order_by("pk")
    held = standing.select_for_update(no_key=True).values_list("pk", "rung", "round")
    closed = list(held)
    names = ("closed_at", "close_reason", "held_until_at", "held_by", "next_look_at")
    rows_update(Alert, names, [(pk, now, reasons[pk], None, None, now) for pk, *_ in closed])
    thread = [
        ThreadLine(
            pk,
            AlertEventKind.CLOSED,
            rung,
            round_,
            person_id=by.pk if by is not None else None,
            note=note,
            facts={"reason": reasons[pk].value},
        )
        for pk, rung, round_ in closed
    ]
    thread_write(lines=thread, now=now)


@transaction.atomic
def thread_write(*, lines: Iterable[ThreadLine], now: datetime) -> None:
    """Add these lines to the threads of their alerts, in this order."""
    rows = [
        (
            line.alert_id,
            now,
            line.kind.value,
            line.rung,
            line.round,
            line.person_id,
            line.clinic_id,
            line.duty,
            line.note,
            json.dumps(line.facts) if line.facts else "{}",
        )
        for line in lines
    ]
    rows_insert(AlertEvent, THREAD, rows)


def _fact(alert: AlertFacts) -> Row:
    dose_id = alert.dose.id if alert.dose is not None else None
    return (
        alert.id,
        alert.patient_id,
        alert.kind.value,
        dose_id,
        alert.episode,
        alert.opened_at,
        "",
        0,
        True,
    )


def _standing(looked: Looked) -> Row:
    state = looked.state
    hold = state.hold
    return (
        state.climb_from_at,
        state.rung,
        state.round,
        hold.until_at if hold is not None else None,
        looked.alert.held_by_id if hold is not None else None,
        looked.alert_class,
        looked.listed_at,
        looked.next_look_at,
    )
