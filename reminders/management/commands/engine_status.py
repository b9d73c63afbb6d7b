"""Says in plain words how the engine is; exit code 1 while the health page would fail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from accounts.clock import database_now
from reminders.selectors.figures import Figures, figures_at
from tracker.domain.flags import FlagClass

WIDTH = 32


class Command(BaseCommand):
    """Read the database, print a screen of text; changes nothing."""

    help = "Say how the engine is. Exit code 0: well; 1: the health page fails, with the reasons."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print the figures of this moment, then the faults."""
        try:
            now = database_now()
            figures = figures_at(now)
        except OperationalError as problem:
            why = " ".join(str(problem).split())
            raise CommandError(f"PostgreSQL is away ({why}). See docs/operations.md.") from None
        self.stdout.writelines(f"{line}\n" for line in lines_of(figures, now))
        if figures.faults:
            reasons = "; ".join(figures.faults)
            raise CommandError(f"{reasons}. See docs/operations.md, sections of these names.")
        self.stdout.write("The engine is well.")


def lines_of(figures: Figures, now: datetime) -> Iterator[str]:
    """Yield the figures, one line for each, with the words of docs/operations.md."""
    yield f"{'Now (UTC)':<{WIDTH}}{now:%Y-%m-%d %H:%M:%S}"
    for leg, seconds in figures.since_pass_seconds.items():
        yield f"{f'Last {leg}':<{WIDTH}}{'never' if seconds is None else f'{_span(seconds)} ago'}"
    for what, seconds in figures.waiting_seconds.items():
        yield f"{f'Oldest {what} waiting':<{WIDTH}}{_span(seconds) if seconds else 'none'}"
    states = ", ".join(f"{count} {state}" for state, count in figures.messages.items())
    yield f"{'Messages':<{WIDTH}}{states}"
    for (channel, result), count in figures.outcomes.items():
        yield f"{f'Lately by {channel}':<{WIDTH}}{count} {result}"
    for (way, share), seconds in figures.lags.items():
        if share == 1.0:
            yield f"{f'Longest {way}':<{WIDTH}}{_span(seconds)}".replace("_", " ")
    classes = ", ".join(f"{each}: {figures.open_alerts.get(each, 0)}" for each in FlagClass)
    yield f"{'Open alerts':<{WIDTH}}{classes}"
    yield f"{'Undelivered flags (F23)':<{WIDTH}}{figures.undelivered_flags}"
    yield f"{'Contact points disabled':<{WIDTH}}{figures.disabled_contact_points}"


def _span(seconds: float) -> str:
    """Return a duration as people say it, two units at most."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
