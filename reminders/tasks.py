"""The two doors that the ticks open. They read the clock and call one service each."""

from __future__ import annotations

from celery import shared_task

from accounts.clock import database_now
from reminders.channels.ping import outside_ping
from reminders.services.dispatch import dispatch_reap, message_deliver, messages_claim
from reminders.services.sweep import sweep_run


@shared_task
def sweep() -> None:
    """Decide what is due, then tell the outside monitor that the engine lives."""
    sweep_run(now=database_now())
    outside_ping()


@shared_task
def dispatch() -> None:
    """Send what is waiting, a few messages at a time, until none is left."""
    dispatch_reap(now=database_now())
    while claimed := messages_claim(now=database_now()):
        for message in claimed:
            message_deliver(claimed=message, now=database_now())
