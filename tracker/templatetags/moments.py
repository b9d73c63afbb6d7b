"""How long ago something was, as short as it can be said without doubt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django import template
from django.utils import dateformat
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from accounts.templatetags.when import short_day

register = template.Library()

A_WEEK = timedelta(days=6)


@register.filter
def minute(at: datetime | None, zone: ZoneInfo | str) -> str:
    """Return "08:00" for an instant in its zone; the seconds of what people did say nothing."""
    if at is None:
        return ""
    return dateformat.format(_in(at, zone), pgettext("clock time", "H:i"))


@register.filter
def day_minute(at: datetime | None, zone: ZoneInfo | str) -> str:
    """Return "Wed 25 Nov 08:00" for an instant in its zone."""
    return f"{short_day(at, zone)} {minute(at, zone)}" if at is not None else ""


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
        _short(_in(at, zone), _in(now, zone)),
    )


def _in(at: datetime, zone: ZoneInfo | str) -> datetime:
    return at.astimezone(zone if isinstance(zone, ZoneInfo) else ZoneInfo(zone))


def _short(local: datetime, today: datetime) -> str:
    if local.date() == today.date():
        return dateformat.format(local, pgettext("clock time", "H:i"))
    if timedelta(0) < today.date() - local.date() <= A_WEEK:
        return dateformat.format(local, pgettext("weekday and clock time", "D H:i"))
    if local.year == today.year:
        return dateformat.format(local, pgettext("short day", "D j M"))
    return dateformat.format(local, pgettext("short day with year", "j M Y"))
