"""Is the engine alive? Read from the database, never from a process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from reminders.domain.heartbeats import is_engine_silent
from reminders.domain.messages import MessageState
from reminders.models import Heartbeat, Message
from tracker.domain.plan_states import PlanState
from tracker.models import Alert, ExpectedDose, Plan
from tracker.selectors.horizon import plans_without_their_doses

SILENT = "the engine is silent"
UNDELIVERED = "messages do not get through"
MESSAGE_WAITS = "a message has waited too long"
DOSE_WAITS = "a dose has waited too long"
ALERT_WAITS = "an alert has waited too long"
PLAN_WAITS = "a plan has waited too long for its next doses"
DOSE_MISSING = "a dose of the coming week is not there yet"
FAULTS = (SILENT, UNDELIVERED, MESSAGE_WAITS, DOSE_WAITS, ALERT_WAITS, PLAN_WAITS, DOSE_MISSING)
"""What the health page can fail for; each is the heading of its section in the runbook."""
NEAR = timedelta(days=7)
"""Every dose due this soon must be a row; the engine makes rows 14 days ahead."""


@dataclass(frozen=True, slots=True)
class Engine:
    """When each leg last finished a pass (None: never), and whether that is too long ago.

    `undelivered_since_at` is set once what was tried has not got through for as long.
    """

    last_sweep_at: datetime | None
    last_dispatch_at: datetime | None
    is_silent: bool
    undelivered_since_at: datetime | None


def engine_at(now: datetime) -> Engine:
    """Return the engine's state; silent once a leg has not finished a pass for five minutes."""
    beats = dict(Heartbeat.objects.values_list("leg", "finished_at"))
    limit = timedelta(seconds=settings.ENGINE_SILENT_SECONDS)
    delivered_at = beats.pop("delivery", None)
    is_delivered = delivered_at is None or now - delivered_at < limit
    return Engine(
        last_sweep_at=beats.get("sweep"),
        last_dispatch_at=beats.get("dispatch"),
        is_silent=is_engine_silent(beats, now, limit),
        undelivered_since_at=None if is_delivered else delivered_at,
    )


def engine_faults(engine: Engine, now: datetime) -> list[str]:
    """Return, in words, what the health page fails for, in `FAULTS`; empty when all is well."""
    late = now - timedelta(seconds=settings.ENGINE_SILENT_SECONDS)
    messages = Message.objects.filter(state=MessageState.QUEUED, next_try_at__lte=late)
    plans = Plan.objects.filter(state=PlanState.ACTIVE, next_look_at__lte=late)
    incomplete = plans_without_their_doses(now=now, until=now + NEAR)
    is_so = {
        SILENT: engine.is_silent,
        UNDELIVERED: engine.undelivered_since_at is not None and not engine.is_silent,
        MESSAGE_WAITS: messages.exists(),
        DOSE_WAITS: ExpectedDose.objects.filter(next_look_at__lte=late).exists(),
        ALERT_WAITS: Alert.objects.filter(next_look_at__lte=late).exists(),
        PLAN_WAITS: plans.exists(),
        DOSE_MISSING: next(incomplete, None) is not None,
    }
    return [fault for fault in FAULTS if is_so[fault]]
