"""Reasons on pages: in the reader's language, and as they are kept."""

from django import template

from tracker.selectors.reasons import SKIPPED_BECAUSE
from tracker.selectors.reasons import reason_words as words_of

register = template.Library()


@register.filter
def reason_words(kept: str) -> str:
    """Return a kept reason in the reader's language."""
    return words_of(kept)


@register.filter
def skip_kept(code: str) -> str:
    """Return the words under which a chosen reason for a skipped dose is kept; "" for own ones."""
    return SKIPPED_BECAUSE.get(code, "")
