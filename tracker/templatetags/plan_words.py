"""Words of a plan's steps for the templates."""

from collections.abc import Sequence
from datetime import date

from django import template

from tracker.domain.schedule import EVERY_WEEKDAY
from tracker.selectors.plan_words import day_text, weekdays_text

register = template.Library()


@register.filter
def weekday_words(weekdays: Sequence[int]) -> str:
    """Return the weekdays of a dose time in words; nothing for every day."""
    return "" if tuple(weekdays) == EVERY_WEEKDAY else weekdays_text(weekdays)


@register.filter
def dated(on: date) -> str:
    """Return a date with its weekday and year: "Wed 9 Dec 2026"."""
    return day_text(on)
