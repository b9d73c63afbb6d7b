"""How long ago something was, as short as it can be said without doubt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django import template
from django.utils import dateformat
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from accounts.templatetags.when import clock, day_and_clock

register = template.Library()

A_WEEK = timedelta(days=6)


@register.simple_tag
def moment(at: datetime | None, zone: ZoneInfo, now: datetime) -> SafeString | str:
    """Return a `time` element: "16:48" today, "Mon 14:10" this week, else "Sun 22 Nov".

    A day of another year brings its year. None gives nothing.
    """
    if at is None:
        return ""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.astimezone(UTC).isoformat(),
        day_and_clock(at, zone),
        _short(at.astimezone(zone), now.astimezone(zone)),
    )


def _short(local: datetime, today: datetime) -> str:
    if local.date() == today.date():
        return clock(local.time())
    if timedelta(0) < today.date() - local.date() <= A_WEEK:
        return dateformat.format(local, pgettext("weekday and clock time", "D H:i"))
    if local.year == today.year:
        return dateformat.format(local, pgettext("short day", "D j M"))
    return dateformat.format(local, pgettext("short day with year", "j M Y"))
