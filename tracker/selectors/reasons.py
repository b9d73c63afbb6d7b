"""Why an entry was taken back, a dose cancelled or skipped: kept once, read in any language.

A reason that the pages give is kept in the source language, word for word, and put into the
reader's when it is shown. What a person typed is kept and shown as typed.
"""

from __future__ import annotations

import re
from types import MappingProxyType

from django.utils.translation import gettext, gettext_noop

from tracker.selectors.openings_reasons import OPENED_BESIDE, OPENED_TWICE

CORRECTED = gettext_noop("Corrected")
COUNTED_AS_EXTRA = gettext_noop("Counted as an extra dose")
LOGGED_TWICE = gettext_noop("One dose, logged twice")
PLAN_COMPLETED = gettext_noop("The plan was completed")
SETTLED = gettext_noop("Settled: the entry of %(name)s stands")
TAKEN_BACK = gettext_noop("Taken back: it was wrong")
TIMES_MOVE = gettext_noop("Dose times move to %(place)s time.")
TIMES_STAY = gettext_noop("Dose times stay on %(place)s time.")
UNDONE = gettext_noop("Undone within ten minutes")

SKIPPED_BECAUSE = MappingProxyType(
    {
        "sick": gettext_noop("Being sick"),
        "drowsy": gettext_noop("Too drowsy"),
        "none": gettext_noop("None left"),
        "told": gettext_noop("A clinician told me to"),
    }
)
"""The reasons for a skipped dose that a person chooses from; own words may follow a colon."""

_WHOLE = frozenset(
    {
        CORRECTED,
        COUNTED_AS_EXTRA,
        LOGGED_TWICE,
        OPENED_BESIDE,
        OPENED_TWICE,
        PLAN_COMPLETED,
        TAKEN_BACK,
        UNDONE,
    }
)
_CHOSEN = frozenset(SKIPPED_BECAUSE.values())
_NAMED = tuple(
    (each, re.compile(re.sub(r"%\\?\((\w+)\\?\)s", r"(?P<\1>.+)", re.escape(each)), re.DOTALL))
    for each in (SETTLED, TIMES_MOVE, TIMES_STAY)
)


def reason_words(kept: str) -> str:
    """Return a kept reason in the reader's language; a person's own words as they are."""
    if kept in _WHOLE or kept in _CHOSEN:
        return gettext(kept)
    chosen, colon, own_words = kept.partition(": ")
    if colon and chosen in _CHOSEN:
        return f"{gettext(chosen)}: {own_words}"
    for text, pattern in _NAMED:
        found = pattern.fullmatch(kept)
        if found is not None:
            return gettext(text) % found.groupdict()
    return kept
