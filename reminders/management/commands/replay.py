"""Plays a CSV of real cap or bottle openings against a plan, and prints what the engine does."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.clock import database_now
from accounts.domain.problems import Refusal
from accounts.domain.zones import zone_named
from reminders.selectors.replay_timeline import measure_texts, timeline_texts
from reminders.services.replay import ReplayPlan, replay_run
from tracker.domain.openings_file import ColumnMapping, Opening, openings_from
from tracker.domain.openings_time import DateOrder
from tracker.selectors.openings_words import left_words


class Command(BaseCommand):
    """One plan, one file of openings, one timeline; nothing is kept and nothing is sent."""

    help = "Play real openings against a plan; prints the timeline. Rolls back, never sends."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the file, the column that is trusted, and the plan as prescribed."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--utc-column", required=True, help="the column that holds UTC times")
        parser.add_argument("--dates", type=DateOrder, choices=list(DateOrder), default=None)
        parser.add_argument("--zone", required=True, help="the plan's IANA time zone")
        parser.add_argument(
            "--dose",
            action="append",
            required=True,
            type=dose,
            metavar="TIME=AMOUNT",
            help='a dose time with its amount as prescribed: --dose "08:00=10 mg"',
        )
        parser.add_argument("--window", type=int, default=60, help="on-time window in minutes")
        parser.add_argument("--missed", default="", help="threshold: missed doses in a row")
        parser.add_argument("--hours", default="", help="threshold: hours since the last taken")
        parser.add_argument("--silent", default="", help="threshold: doses in a row without a log")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Read the file, play it in a transaction that is rolled back, print."""
        try:
            zone = zone_named(options["zone"])
            openings = self._read(options)
            terms = ReplayPlan(
                zone=zone,
                doses=tuple(options["dose"]),
                window_minutes=options["window"],
                thresholds={
                    "missed_doses_threshold": options["missed"],
                    "hours_since_taken_threshold": options["hours"],
                    "silent_doses_threshold": options["silent"],
                },
            )
            self._play(openings, terms, zone)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None

    def _read(self, options: dict[str, Any]) -> tuple[Opening, ...]:
        try:
            text = options["file"].read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}") from None
        mapping = ColumnMapping(utc_column=options["utc_column"], date_order=options["dates"])
        found = openings_from(text, mapping)
        for left in found.unread:
            self.stdout.write(f"row {left.row}: {left_words(left)}")
        now = database_now()
        ahead = [opening.row for opening in found.openings if opening.at > now]
        if ahead:
            raise CommandError(f"Row {ahead[0]} lies in the future; a replay is about the past.")
        if not found.openings:
            raise CommandError("No row of this file could be read as an opening.")
        self.stdout.write(
            f"{len(found.openings)} openings read, {len(found.unread)} rows could not be."
        )
        return found.openings

    def _play(self, openings: tuple[Opening, ...], terms: ReplayPlan, zone: ZoneInfo) -> None:
        with transaction.atomic():
            replayed = replay_run(openings=openings, terms=terms)
            for line in timeline_texts(replayed.plan, zone):
                self.stdout.write(line)
            for line in measure_texts(replayed.plan, zone, now=replayed.ended_at):
                self.stdout.write(line)
            transaction.set_rollback(True)


def dose(text: str) -> tuple[time, str]:
    """Read TIME=AMOUNT; the amount stays as it was typed."""
    clock, _equals, amount = text.partition("=")
    for pattern in ("%H:%M", "%H:%M:%S"):
        try:
            return datetime.strptime(f"{clock} +0000", f"{pattern} %z").time(), amount
        except ValueError:
            continue
    raise ArgumentTypeError(f"“{clock}” is not a time such as 08:00")
