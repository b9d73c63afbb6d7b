"""Names of doses and steps for pages; an amount is only measured by its length."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import template
from django.template import Context
from django.utils.dateformat import format as date_words
from django.utils.dateformat import time_format
from django.utils.translation import gettext, pgettext

from accounts.domain.zones import local_date
from tracker.selectors.dose_lines import DoseLine
from tracker.selectors.wording import local_clock, local_moment

register = template.Library()

LONG_FROM = ((41, "amt--xl"), (19, "amt--l"), (10, "amt--m"))


@register.filter
def dose_name(dose: DoseLine, today: date) -> str:
    """Return "14:00 dose", or "20:00 dose of Mon 23 Nov" when it is not today's."""
    seconds = pgettext("clock time with seconds", "H:i:s") if dose.wall_time.second else ""
    clock = time_format(dose.wall_time, seconds or pgettext("clock time", "H:i"))
    if dose.local_date == today:
        return gettext("%(time)s dose") % {"time": clock}
    day = date_words(dose.local_date, pgettext("short day", "D j M"))
    return gettext("%(time)s dose of %(day)s") % {"time": clock, "day": day}


@register.filter
def amount_size(amount: str) -> str:
    """Return the class that lets a long amount stand in the large card without being cut."""
    return next((name for length, name in LONG_FROM if len(amount) >= length), "")


@register.filter
def hm(value: datetime | None, zone: ZoneInfo) -> str:
    """Return "14:06" for an instant: what happened is told to the minute."""
    return local_clock(value, zone) if value is not None else ""


@register.simple_tag(takes_context=True)
def moment(context: Context, value: datetime, zone: ZoneInfo | None = None) -> str:
    """Return "14:06" for an instant of today, "Mon 23 Nov 14:06" for another day's.

    Both in `zone`, or in that of the page (`zone` and `now` in the context).
    """
    at: ZoneInfo = zone or context["zone"]
    is_today = local_date(value, at) == local_date(context["now"], at)
    return local_clock(value, at) if is_today else local_moment(value, at)
