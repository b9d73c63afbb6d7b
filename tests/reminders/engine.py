"""Turns the engine by hand: the same services as the tasks, with `now` passed in."""

from datetime import datetime

from django.core import mail

from reminders.models import Message
from reminders.services.passes import dispatch_run
from reminders.services.sweep import sweep_run


def sweep_and_dispatch(now: datetime) -> list[mail.EmailMessage]:
    """Decide and send everything that is due at `now`; return the mails that went out."""
    sweep_run(now=now)
    return dispatch_all(now)


def dispatch_all(now: datetime) -> list[mail.EmailMessage]:
    """Send what is waiting at `now`; return the mails that went out."""
    sent_before = len(mail.outbox)
    dispatch_run(clock=lambda: now)
    return mail.outbox[sent_before:]


def addresses(mails: list[mail.EmailMessage]) -> list[str]:
    """Who got a mail, sorted, one address for each mail."""
    return sorted(address for letter in mails for address in letter.to)


def states() -> dict[str, int]:
    """How many messages are in each state."""
    found: dict[str, int] = {}
    for state in Message.objects.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found
