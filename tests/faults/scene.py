"""What the tests with whole parts have in common: a world on a stack, a fault, and the way back."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils.crypto import get_random_string

from accounts.clock import database_now
from accounts.models import User
from tests.faults.points import Fault
from tests.faults.reckoning import is_at_rest
from tests.faults.world import WHOLE_LADDER, World, plan_copy, world_make
from tests.support.stack import Stack

LAUNCHER = "tests.faults.launcher"


def world_on(
    stack: Stack,
    *,
    seconds: Sequence[float],
    copies: int = 0,
    rungs: Sequence[tuple[str, str]] = WHOLE_LADDER,
    window: str = "0:30",
) -> World:
    """Make a world whose doses fall due these seconds from now; `copies` more of each patient."""
    with stack.orm():
        now = database_now()
        due = [now + timedelta(seconds=each) for each in seconds]
        world = world_make(now=now, due=due, rungs=rungs, window=window)
        with stack.database.connect_as_owner() as connection:
            for plan in world.plans if copies else ():
                plan_copy(connection, plan, count=copies)
    return world


def launch(stack: Stack, name: str, fault: Fault) -> Path:
    """Start a part with a fault built in; return the file that is there once it has struck."""
    fired = stack.folder / f"{name}-{uuid4().hex}.fired"
    stack.start_through(name, LAUNCHER, **fault.environment(str(fired)))
    return fired


def rest(stack: Stack, *, seconds: float = 120) -> None:
    """Return when every part has nothing left to decide or to send."""
    with stack.database.connect_as_owner() as connection:
        stack.wait_until(lambda: is_at_rest(connection), seconds=seconds, what="the engine at rest")


def ticks_since(stack: Stack, moment: datetime) -> bool:
    """Tell whether both legs have finished a pass that began after this moment."""
    beats = stack.query("SELECT leg FROM reminders_heartbeat WHERE finished_at > %s", moment)
    return {leg for (leg,) in beats} >= {"sweep", "dispatch"}


def alive_again(stack: Stack, *, seconds: float = 150) -> None:
    """Return once both legs have finished a pass from now on."""
    ((now,),) = stack.query("SELECT clock_timestamp()")
    stack.wait_until(lambda: ticks_since(stack, now), seconds=seconds, what="ticks of both legs")


class Caller:
    """One person with a session on the stack's web server, who sends JSON."""

    def __init__(self, stack: Stack, who: User) -> None:
        self.stack = stack
        with stack.orm():
            session = SessionStore()
            session[SESSION_KEY] = str(who.pk)
            session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
            session[HASH_SESSION_KEY] = who.get_session_auth_hash()
            session.save()
        self.csrf = get_random_string(32)
        self.cookie = f"session={session.session_key}; csrf={self.csrf}"

    def post(self, path: str, body: dict[str, Any]) -> int:
        """Send a body; return the status, 0 when the connection ended without an answer."""
        request = urllib.request.Request(
            f"{self.stack.url}/api/v1{path}",
            data=json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                "Cookie": self.cookie,
                "X-CSRFToken": self.csrf,
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return response.status
        except HTTPError as refusal:
            return refusal.code
        except (URLError, OSError):
            return 0


def needs(is_possible: bool, reason: str) -> None:
    """Leave a fault out, with the reason in the report, where this machine cannot have it."""
    if not is_possible:
        pytest.skip(reason)
