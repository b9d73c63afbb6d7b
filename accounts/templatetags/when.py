"""Instants, days and spans of time, as people read them in one zone.

An instant is shown in the zone it is asked for, never in the server's or in one that was switched
on somewhere else. Patterns go through gettext, so that a language can order its dates itself.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django import template
from django.utils import dateformat
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext

from accounts.domain.zones import place_name

register = template.Library()

MINUTE = timedelta(minutes=1)
UTC_NAME = "UTC"


class LocalTime(datetime):
    """An instant already in the zone of its reader; templates must not move it again."""

    convert_to_local_time = False


def local(value: datetime, zone: ZoneInfo | str) -> datetime:
    """Return the instant as wall time in `zone` (an IANA name or a ZoneInfo)."""
    return value.astimezone(zone if isinstance(zone, ZoneInfo) else ZoneInfo(zone))


@register.filter
def at_zone(value: datetime | None, zone: ZoneInfo | str) -> LocalTime | None:
    """Return the instant in `zone`, ready for the `date` and `time` filters; None stays None."""
    if value is None:
        return None
    moved = local(value, zone)
    parts = (moved.year, moved.month, moved.day, moved.hour, moved.minute, moved.second)
    return LocalTime(*parts, moved.microsecond, moved.tzinfo, fold=moved.fold)


def _as_date(value: date, zone: ZoneInfo | str | None) -> date:
    """Return the calendar day of a date, or of an instant in `zone`."""
    if isinstance(value, datetime):
        return local(value, zone or UTC_NAME).date()
    return value


@register.filter
def clock(value: datetime | time | None, zone: ZoneInfo | str | None = None) -> str:
    """Return "08:00", or "08:00:30" where the seconds matter; an instant needs its zone."""
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


def _timed(value: datetime, words: str) -> SafeString:
    """Return the words in a `time` element that carries the instant itself."""
    return format_html('<time datetime="{}">{}</time>', value.astimezone(UTC).isoformat(), words)


@register.simple_tag
def clock_at(value: datetime, zone: ZoneInfo | str) -> SafeString:
    """Return a `time` element that shows the clock only."""
    return _timed(value, clock(value, zone))


@register.simple_tag
def day_clock_at(value: datetime, zone: ZoneInfo | str) -> SafeString:
    """Return a `time` element that shows the day and the clock."""
    return _timed(value, day_and_clock(value, zone))


@register.filter
def zone_place(zone: ZoneInfo | str) -> str:
    """Return the place that a zone is called after: "New York"."""
    return place_name(zone if isinstance(zone, str) else zone.key)


@register.filter
def minutes(value: timedelta | None) -> str:
    """Return a span in whole minutes, in words: "62 minutes"."""
    if value is None:
        return ""
    count = abs(value) // MINUTE
    return ngettext("%(count)d minute", "%(count)d minutes", count) % {"count": count}


@register.filter
def minutes_off(value: timedelta | None) -> str:
    """Return how far from the dose time, in words: "62 minutes late", "5 minutes early".

    The span is the true time minus the due instant; within a minute of it is "at its time".
    """
    if value is None:
        return ""
    if abs(value) < MINUTE:
        return gettext("at its time")
    words = gettext("%(minutes)s late") if value > timedelta(0) else gettext("%(minutes)s early")
    return words % {"minutes": minutes(value)}
