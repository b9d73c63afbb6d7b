"""Finds what a one-tap link is bound to."""

from __future__ import annotations

from itertools import count
from uuid import UUID, uuid5

from accounts.domain.tokens import fingerprint
from reminders.models import OneTapLink
from tracker.models import Entry


def link_behind(token: str) -> OneTapLink | None:
    """Return the link of this token, however old; None for a token that never was."""
    found = OneTapLink.objects.filter(token_sha256=fingerprint(token))
    return found.select_related(
        "person", "dose__plan__patient__clinic", "dose__version", "dose__standing_entry"
    ).first()


def entry_behind(link: OneTapLink) -> Entry | None:
    """Return the entry that a tap on this link wrote and nobody took back; None before a tap."""
    made = Entry.objects.filter(by=link.person, client_id=request_of(link), void=None)
    return made.select_related("dose__standing_entry", "patient__clinic", "by").first()


def request_of(link: OneTapLink) -> UUID:
    """Return the id of the link's next request: the same for every tap until one is taken back."""
    requests = (uuid5(link.pk, f"taken {number}") for number in count())
    taken_back = Entry.objects.filter(by=link.person, void__isnull=False)
    return next(each for each in requests if not taken_back.filter(client_id=each).exists())
