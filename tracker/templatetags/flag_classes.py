"""The classes of flags in the style sheet."""

from __future__ import annotations

from django import template

from tracker.domain.flags import FlagClass

register = template.Library()

TONES = {
    FlagClass.EMERGENCY: "e",
    FlagClass.SAME_DAY: "d",
    FlagClass.WATCH: "w",
    FlagClass.INFORMATION: "n",
}


@register.filter
def tone(flag_class: str) -> str:
    """Return the letter by which the style sheet knows a class."""
    return TONES[FlagClass(flag_class)]
