"""Is the engine alive? Read from the database, never from a process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from reminders.domain.messages import MessageState
from reminders.models import Heartbeat, Message
from tracker.domain.plan_states import PlanState
from tracker.models import Plan

LEGS = ("sweep", "dispatch")


@dataclass(frozen=True, slots=True)
class Engine:
    """When each leg last finished a pass (None: never), and whether that is too long ago."""

    last_sweep_at: datetime | None
    last_dispatch_at: datetime | None
    is_silent: bool


def engine_at(now: datetime) -> Engine:
    """Return the engine's state; silent once a leg has not finished a pass for five minutes."""
    beats = dict(Heartbeat.objects.values_list("leg", "finished_at"))
    limit = timedelta(seconds=settings.ENGINE_SILENT_SECONDS)
    is_silent = any(leg not in beats or now - beats[leg] >= limit for leg in LEGS)
    return Engine(
        last_sweep_at=beats.get("sweep"),
        last_dispatch_at=beats.get("dispatch"),
        is_silent=is_silent,
    )


def engine_faults(engine: Engine, now: datetime) -> list[str]:
    """Return, in words, what the health page fails for; empty when the engine is well."""
    limit = timedelta(seconds=settings.ENGINE_SILENT_SECONDS)
    faults = []
    if engine.is_silent:
        faults.append("the engine is silent")
    waiting = Message.objects.filter(state=MessageState.QUEUED, next_try_at__lte=now - limit)
    if waiting.exists():
        faults.append("a message has waited too long")
    if Plan.objects.filter(state=PlanState.ACTIVE, next_look_at__lte=now - limit).exists():
        faults.append("a plan has waited too long for its next doses")
    return faults
