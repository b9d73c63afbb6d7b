"""`manage.py clinic_open`: a new clinic, and the invitation of its first administrator."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.clock import database_now
from accounts.domain.problems import Refusal
from accounts.services.first_clinic import clinic_open


class Command(BaseCommand):
    """Make a clinic; the engine mails its first administrator a link for 72 hours."""

    help = "Make a clinic and invite its first administrator by mail."

    def add_arguments(self, parser: CommandParser) -> None:
        """Everything is asked for by name; nothing has a default."""
        parser.add_argument("--name", required=True, help='what people call it: "Harbour Clinic"')
        parser.add_argument("--slug", required=True, help="its place in addresses: harbour")
        parser.add_argument("--zone", required=True, help="its time zone: Europe/London")
        parser.add_argument("--country", required=True, help="its country in two letters: GB")
        parser.add_argument("--administrator-name", required=True)
        parser.add_argument("--administrator-email", required=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Open the clinic, or say what is wrong with which argument."""
        names = ("name", "slug", "zone", "country", "administrator_name", "administrator_email")
        try:
            clinic = clinic_open(
                **{name: options[name] for name in names}, job="clinic_open", now=database_now()
            )
        except Refusal as refusal:
            problems = [f"{problem.field}: {problem.text}" for problem in refusal.problems]
            raise CommandError("\n".join(problems)) from refusal
        self.stdout.write(
            f"{clinic.name} is open. A link for 72 hours goes to "
            f"{options['administrator_email']} with the engine's next pass."
        )
