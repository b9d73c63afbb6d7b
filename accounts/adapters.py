"""What allauth may do here: sign people in and reset passwords, and nothing else."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from accounts.models import User
from accounts.selectors.contact_points import usable_contact_points


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts come from invitations only; a password goes back only to a proved address."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        """Nobody signs up: a clinic or a patient invites."""
        return False

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Send the reset link, unless the address was never proved to be this person's.

        An account made from a handed link may carry a mistyped address; its owner must not be able
        to take the account over. The page answers the same either way.
        """
        proved = usable_contact_points(person=user).filter(address__iexact=email)
        if proved.exists():
            super().send_password_reset_mail(user, email, context)
