"""`manage.py user_deactivate`: take away somebody's sign-in at once, open sessions included."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.clock import database_now
from accounts.models import User
from accounts.services.people import user_deactivate


class Command(BaseCommand):
    """End every right of one person at the next request; what they did stays under their name."""

    help = "Take away the sign-in of one person, open sessions included."

    def add_arguments(self, parser: CommandParser) -> None:
        """The person is named by the address that they sign in with."""
        parser.add_argument("--email", required=True, help="the address they sign in with")

    def handle(self, *_args: Any, email: str, **_options: Any) -> None:
        """Deactivate the person, or say that nobody active signs in with this address."""
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody who is active signs in as {email}.")
        user_deactivate(user=user, job="user_deactivate", now=database_now())
        self.stdout.write(f"{user.name} is signed out everywhere and cannot sign in.")
