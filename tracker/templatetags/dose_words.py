"""Names of doses and steps for pages; an amount is only measured by its length."""

from datetime import date

from django import template
from django.utils.translation import gettext

from accounts.templatetags.when import clock, short_day
from tracker.selectors.dose_lines import DoseLine

register = template.Library()

LONG_FROM = ((41, "amt--xl"), (19, "amt--l"), (10, "amt--m"))


@register.filter
def dose_name(dose: DoseLine, today: date) -> str:
    """Return "14:00 dose", or "20:00 dose of Mon 23 Nov" when it is not today's."""
    words = {"time": clock(dose.wall_time), "day": short_day(dose.local_date)}
    if dose.local_date == today:
        return gettext("%(time)s dose") % words
    return gettext("%(time)s dose of %(day)s") % words


@register.filter
def amount_size(amount: str) -> str:
    """Return the class that lets a long amount stand in the large card without being cut."""
    return next((name for length, name in LONG_FROM if len(amount) >= length), "")
