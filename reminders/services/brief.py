"""The two short forms of a message: one text for a telephone, one note for a browser.

Both are read over somebody's shoulder: no medicine and no amount ever, no name of a patient and
no dose unless the recipient chose otherwise for this contact point.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from reminders.channels.base import MOST_SHORT


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
    return json.dumps(
        {"id": str(key), "title": words.subject, "body": body[:MOST_SHORT], "url": words.page},
        ensure_ascii=False,
    )
