"""The two doors that the ticks open. They read the clock and call services."""

from __future__ import annotations

import os
import socket

from celery import shared_task

from accounts.clock import database_now
from reminders.channels.ping import outside_ping
from reminders.services.heartbeats import heartbeat_record
from reminders.services.passes import dispatch_run
from reminders.services.sweep import sweep_run
from reminders.services.turns import leg_turn


@shared_task
def sweep() -> None:
    """Decide what is due, then tell the outside monitor that the engine lives."""
    with leg_turn(leg="sweep", worker=_worker()) as is_ours:
        if is_ours:
            sweep_run(now=database_now())
            outside_ping()


@shared_task
def dispatch() -> None:
    """Send what is waiting, until none is left or the time of a pass is over."""
    with leg_turn(leg="dispatch", worker=_worker()) as is_ours:
        if is_ours:
            gets_through = dispatch_run(clock=database_now)
            now = database_now()
            heartbeat_record(leg="dispatch", now=now)
            if gets_through:
                heartbeat_record(leg="delivery", now=now)


def _worker() -> str:
    """Return the name of this worker: its processes have one parent on one machine."""
    return f"{socket.gethostname()} {os.getppid()}"
