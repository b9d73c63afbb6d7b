"""The engine in figures: what waits, how late it is, what came of it. Nothing names a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Min

from accounts.models import ContactPoint
from reminders.domain.messages import MessageState
from reminders.models import Message
from reminders.selectors.heartbeats import Engine, engine_at, engine_faults
from tracker.domain.flags import Rule
from tracker.models import Alert, ExpectedDose, Flag, Plan

LATELY = timedelta(minutes=15)
"""What happened longer ago is no longer counted in outcomes and lags."""
MOST_READ = 50_000
"""Of the last attempts no more are read, so that asking stays quick however many there are."""

# The two halves of the way of a first telling, from the moment it was due to the provider's yes.
_LAGS = """
WITH lately AS (
    SELECT a.message_id, min(a.at) AS sent_at
    FROM reminders_attempt a
    WHERE a.id > (SELECT coalesce(max(id), 0) - %(most)s FROM reminders_attempt)
      AND a.at > %(after)s AND a.at <= %(now)s AND a.result = 'sent'
    GROUP BY a.message_id
), told AS (
    SELECT m.decided_at, l.sent_at, d.due_at + (
        SELECT coalesce(min(r.delay), interval '0') FROM tracker_rung r
        WHERE r.version_id = d.version_id
    ) AS due_at
    FROM lately l
    JOIN reminders_message m ON m.id = l.message_id
    JOIN reminders_notification n ON n.message_id = m.id
    JOIN tracker_expecteddose d ON d.id = n.dose_id
    WHERE n.rung = 1 AND n.round = 1 AND n.purpose IN ('prompt', 'alert')
)
SELECT
    percentile_disc(%(shares)s) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - due_at)),
    percentile_disc(%(shares)s) WITHIN GROUP (ORDER BY extract(epoch FROM sent_at - decided_at)),
    percentile_disc(%(shares)s) WITHIN GROUP (ORDER BY extract(epoch FROM sent_at - due_at))
FROM told
"""
_OUTCOMES = """
SELECT coalesce(c.kind, 'none'), a.result, count(*)
FROM reminders_attempt a LEFT JOIN accounts_contactpoint c ON c.id = a.contact_point_id
WHERE a.id > (SELECT coalesce(max(id), 0) - %(most)s FROM reminders_attempt)
  AND a.at > %(after)s AND a.at <= %(now)s
GROUP BY 1, 2 ORDER BY 1, 2
"""
WAYS = ("due_to_decided", "decided_to_handed_over", "due_to_handed_over")
SHARES = (0.5, 0.99, 1.0)


@dataclass(frozen=True, slots=True)
class Figures:
    """The engine at one moment; every `*_seconds` is a number of seconds, None: nothing to say.

    `waiting_seconds` says for doses, plans, alerts and messages how long the oldest one that may
    be taken up has waited. `lags` has for each way, and each share of what was told lately, the
    seconds it took; `outcomes` counts attempts lately by kind of contact point and result.
    """

    engine: Engine
    faults: tuple[str, ...]
    since_pass_seconds: Mapping[str, float | None]
    waiting_seconds: Mapping[str, float]
    messages: Mapping[str, int]
    outcomes: Mapping[tuple[str, str], int]
    lags: Mapping[tuple[str, float], float]
    open_alerts: Mapping[str, int]
    undelivered_flags: int
    disabled_contact_points: int


def figures_at(now: datetime) -> Figures:
    """Return the engine's figures; a dozen queries, none of which grows with the record."""
    engine = engine_at(now)
    passes = {"sweep": engine.last_sweep_at, "dispatch": engine.last_dispatch_at}
    alerts = Alert.objects.open().order_by().values_list("alert_class")
    disabled = ContactPoint.objects.kept().filter(disabled_at__isnull=False)
    return Figures(
        engine=engine,
        faults=tuple(engine_faults(engine, now)),
        since_pass_seconds={
            leg: None if at is None else (now - at).total_seconds() for leg, at in passes.items()
        },
        waiting_seconds=_waiting(now),
        messages=_messages(now),
        outcomes={(kind, result): count for kind, result, count in _rows(_OUTCOMES, now)},
        lags=_lags(now),
        open_alerts=dict(alerts.annotate(count=Count("pk"))),
        undelivered_flags=Flag.objects.open().filter(rule=Rule.UNDELIVERED).count(),
        disabled_contact_points=disabled.count(),
    )


def _waiting(now: datetime) -> dict[str, float]:
    oldest = {
        "dose": ExpectedDose.objects.aggregate(at=Min("next_look_at"))["at"],
        "plan": Plan.objects.aggregate(at=Min("next_look_at"))["at"],
        "alert": Alert.objects.aggregate(at=Min("next_look_at"))["at"],
        "message": Message.objects.waiting(now).aggregate(at=Min("next_try_at"))["at"],
    }
    return {
        what: max((now - at).total_seconds(), 0.0) if at is not None else 0.0
        for what, at in oldest.items()
    }


def _messages(now: datetime) -> dict[str, int]:
    waiting = Message.objects.waiting(now).count()
    queued = Message.objects.filter(state=MessageState.QUEUED).count()
    return {
        "waiting": waiting,
        "later": queued - waiting,
        "sending": Message.objects.filter(state=MessageState.SENDING).count(),
    }


def _lags(now: datetime) -> dict[tuple[str, float], float]:
    (found,) = _rows(_LAGS, now)
    return {
        (way, share): float(seconds)
        for way, shares in zip(WAYS, found, strict=True)
        if shares is not None
        for share, seconds in zip(SHARES, shares, strict=True)
    }


def _rows(statement: str, now: datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {"now": now, "after": now - LATELY, "most": MOST_READ, "shares": list(SHARES)},
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
