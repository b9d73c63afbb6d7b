"""Instants, days and spans of time, as people read them in one zone.

An instant is shown in the zone it is asked for, never in the server's or in one that was switched
on somewhere else. Patterns go through gettext, so that a language can order its dates itself.
"""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django import template
from django.utils import dateformat
from django.utils.translation import pgettext

from accounts.domain.zones import place_name

register = template.Library()

UTC_NAME = "UTC"


def local(value: datetime, zone: ZoneInfo | str) -> datetime:
    """Return the instant as wall time in `zone` (an IANA name or a ZoneInfo)."""
    return value.astimezone(zone if isinstance(zone, ZoneInfo) else ZoneInfo(zone))


def _as_date(value: date, zone: ZoneInfo | str | None) -> date:
    """Return the calendar day of a date, or of an instant in `zone`."""
    if isinstance(value, datetime):
        return local(value, zone or UTC_NAME).date()
    return value


@register.filter
def clock(value: datetime | time | None, zone: ZoneInfo | str | None = None) -> str:
    """Return "08:00", or "08:00:30" where the seconds were entered; an instant needs its zone."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = local(value, zone or UTC_NAME).time()
    pattern = pgettext("clock time with seconds", "H:i:s") if value.second else ""
    return dateformat.time_format(value, pattern or pgettext("clock time", "H:i"))


@register.filter
def short_day(value: date | None, zone: ZoneInfo | str | None = None) -> str:
    """Return "Wed 25 Nov" for a date, or for an instant in its zone."""
    if value is None:
        return ""
    return dateformat.format(_as_date(value, zone), pgettext("short day", "D j M"))


@register.filter
def long_day(value: date | None, zone: ZoneInfo | str | None = None) -> str:
    """Return "Wednesday 25 November" for a date, or for an instant in its zone."""
    if value is None:
        return ""
    return dateformat.format(_as_date(value, zone), pgettext("long day", "l j F"))


@register.filter
def full_day(value: date | None, zone: ZoneInfo | str | None = None) -> str:
    """Return "25 November 2026", for what may lie in another year."""
    if value is None:
        return ""
    return dateformat.format(_as_date(value, zone), pgettext("day with year", "j F Y"))


@register.filter
def day_and_clock(value: datetime | None, zone: ZoneInfo | str) -> str:
    """Return "Wed 25 Nov 08:00" for an instant in its zone."""
    return f"{short_day(value, zone)} {clock(value, zone)}" if value is not None else ""


@register.filter
def minute(value: datetime | None, zone: ZoneInfo | str) -> str:
    """Return "08:00" for an instant in its zone: what happened is told without its seconds."""
    return clock(_to_minute(value), zone)


@register.filter
def day_minute(value: datetime | None, zone: ZoneInfo | str) -> str:
    """Return "Wed 25 Nov 08:00" for an instant in its zone, without its seconds."""
    return day_and_clock(_to_minute(value), zone)


def _to_minute(value: datetime | None) -> datetime | None:
    return value.replace(second=0, microsecond=0) if value is not None else None


@register.filter
def zone_place(zone: ZoneInfo | str) -> str:
    """Return the place that a zone is called after: "New York"."""
    return place_name(zone if isinstance(zone, str) else zone.key)
