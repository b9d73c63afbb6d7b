"""What every page knows of the engine."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.clock import database_now
from reminders.selectors.heartbeats import Engine, engine_at


def engine(_request: HttpRequest) -> dict[str, object]:
    """Supply `engine`: its last sweep, and whether it is silent.

    Nothing is read before a template asks, so that public pages need no database.
    """

    def at_present() -> Engine:
        return engine_at(database_now())

    return {"engine": SimpleLazyObject(at_present)}
