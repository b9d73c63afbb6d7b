"""How long ago something was, as short as it can be said without doubt."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django import template
from django.template import Context
from django.utils import dateformat
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from accounts.domain.zones import local_date
from accounts.templatetags.when import day_minute, local, minute

register = template.Library()

A_WEEK = timedelta(days=6)


@register.simple_tag
def moment(at: datetime | None, zone: ZoneInfo | str, now: datetime) -> SafeString | str:
    """Return a `time` element: "16:48" today, "Mon 14:10" this week, else "Sun 22 Nov".

    A day of another year brings its year. None gives nothing.
    """
    if at is None:
        return ""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.astimezone(UTC).isoformat(),
        day_minute(at, zone),
        _short(local(at, zone), local(now, zone)),
    )


@register.simple_tag(takes_context=True)
def said_at(context: Context, value: datetime, zone: ZoneInfo | None = None) -> str:
    """Return "14:06" for an instant of today, "Mon 23 Nov 14:06" for another day's.

    Both in `zone`, or in that of the page (`zone` and `now` in the context).
    """
    at: ZoneInfo = zone or context["zone"]
    is_today = local_date(value, at) == local_date(context["now"], at)
    return minute(value, at) if is_today else day_minute(value, at)


def _short(at: datetime, today: datetime) -> str:
    if at.date() == today.date():
        return dateformat.format(at, pgettext("clock time", "H:i"))
    if timedelta(0) < today.date() - at.date() <= A_WEEK:
        return dateformat.format(at, pgettext("weekday and clock time", "D H:i"))
    if at.year == today.year:
        return dateformat.format(at, pgettext("short day", "D j M"))
    return dateformat.format(at, pgettext("short day with year", "j M Y"))
