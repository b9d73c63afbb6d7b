"""One sweep by hand, without a broker: decides what is due, or only says what it would decide."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from accounts.clock import database_now
from reminders.services.sweep import sweep_run


class Command(BaseCommand):
    """Run the engine's first leg once and print how many rows it looked at."""

    help = "Run one sweep now; with --dry-run everything is rolled back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the one switch."""
        parser.add_argument("--dry-run", action="store_true", help="decide, print, undo")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Sweep in one transaction, so that a dry run can be undone."""
        with transaction.atomic():
            result = sweep_run(now=database_now())
            if options["dry_run"]:
                transaction.set_rollback(True)
        word = "would look" if options["dry_run"] else "looked"
        self.stdout.write(
            f"{word} at {result.doses} doses, {result.plans} plans, {result.alerts} alerts"
            f" and {result.mails} mails to queue"
        )
