"""The two short forms of a message: one text for a telephone, one note for a browser.

Both are read over somebody's shoulder: no medicine and no amount ever, no name of a patient and
no dose unless the recipient chose otherwise for this contact point.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.utils.translation import gettext as _

from reminders.channels.base import MOST_SHORT


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """The one dose of a prompt, for a button beside the note: ids and times, no name, no amount."""

    dose: UUID
    person: UUID
    due_at: datetime
    zone: str
    path: str  # of the page with one button, for a browser in which nobody is signed in


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What there is to say, before a channel gives it its form.

    `subject` says no more than that there is something to look at. `brief` is the one sentence
    that a short text may not leave out, `detail` what it may tell somebody who is not discreet.
    `link` is for whoever has no session (a text), `page` the path that a browser opens.
    """

    subject: str
    paragraphs: list[str]
    brief: str = ""
    detail: str = ""
    link: str = ""
    page: str = "/"
    tap: Tap | None = None


def short_text(words: Words, *, is_discreet: bool) -> str:
    """Return one text of at most 300 characters; what does not fit is left out whole, in turn."""
    subject = f"{words.subject}."
    limits = _("Stepdown is not an emergency service.")
    detail = "" if is_discreet else words.detail
    tries = (
        (subject, detail, words.brief, words.link, limits),
        (subject, words.brief, words.link, limits),
        (subject, words.brief, words.link),
        (subject, words.link),
    )
    texts = [" ".join(piece for piece in pieces if piece) for pieces in tries]
    return next((text for text in texts if len(text) <= MOST_SHORT), subject[:MOST_SHORT])


def push_payload(words: Words, *, key: UUID, is_discreet: bool) -> str:
    """Return the note as JSON: what to show, and the path to open; `id` is the message's key."""
    detail = "" if is_discreet else words.detail
    body = " ".join(piece for piece in (detail, words.brief) if piece)
    note: dict[str, Any] = {
        "id": str(key),
        "title": words.subject,
        "body": body[:MOST_SHORT],
        "url": words.page,
    }
    if words.tap is not None:
        note["tap"] = _tap(words.tap, key)
    return json.dumps(note, ensure_ascii=False)


def _tap(tap: Tap, key: UUID) -> dict[str, str]:
    """Return what the button says and sends; the same note tapped twice is one request."""
    return {
        "dose": str(tap.dose),
        "person": str(tap.person),
        "request": str(uuid5(key, str(tap.dose))),
        "due_at": tap.due_at.isoformat(),
        "zone": tap.zone,
        "url": tap.path,
        "taken": _("Taken"),
        "sent": _("Sent."),
        "kept": _("Kept on this phone. It is sent when there is a network again."),
    }
