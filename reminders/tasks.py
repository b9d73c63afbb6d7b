"""The two doors that the ticks open. They read the clock and call services."""

from __future__ import annotations

from collections import deque

from celery import shared_task

from accounts.clock import database_now
from reminders.channels.ping import outside_ping
from reminders.services.dispatch import (
    claims_release,
    dispatch_reap,
    message_deliver,
    messages_claim,
)
from reminders.services.heartbeats import heartbeat_record
from reminders.services.sweep import sweep_run


@shared_task
def sweep() -> None:
    """Decide what is due, then tell the outside monitor that the engine lives."""
    sweep_run(now=database_now())
    outside_ping()


@shared_task
def dispatch() -> None:
    """Send what is waiting, a few messages at a time, until none is left.

    When one message ends the pass, the others of its batch go back to the queue at once.
    """
    dispatch_reap(now=database_now())
    while claimed := messages_claim(now=database_now()):
        waiting = deque(claimed)
        try:
            while waiting:
                message_deliver(claimed=waiting.popleft(), now=database_now())
        finally:
            claims_release(waiting, now=database_now())
    heartbeat_record(leg="dispatch", now=database_now())
