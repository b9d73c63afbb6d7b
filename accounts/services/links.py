"""Secret links: made from 256 random bits, kept only as a hash, looked up by it."""

import secrets
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.domain.problems import Problem, Refusal

LINK_WINDOW = timedelta(hours=72)
MAIL_ONLY = gettext_noop(
    "Whoever will see patients joins from the link in the mail, from no other."
)


class LinkGone(Refusal):
    """The link is unknown, used, revoked or expired; nobody is told which."""

    def __init__(self) -> None:
        """Carry the one sentence that all four answer."""
        super().__init__(Problem(field="", text=_("This link no longer works.")))


def token_new() -> str:
    """Return a fresh token of 256 random bits, fit for an address."""
    return secrets.token_urlsafe(32)
