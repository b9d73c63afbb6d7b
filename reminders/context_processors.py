"""What every page knows of the engine."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.clock import database_now
from reminders.selectors.heartbeats import Engine, engine_at


def engine(_request: HttpRequest) -> dict[str, Engine]:
    """Supply `engine`: its last sweep, and whether it is silent."""
    return {"engine": engine_at(database_now())}
