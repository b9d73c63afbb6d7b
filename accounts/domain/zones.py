"""IANA time zones, and where a local day begins and ends as instants.

An instant is an aware datetime; every instant returned here is in UTC. Two datetimes that share a
`ZoneInfo` are compared and subtracted by Python as wall clocks, so rules pass theirs through
`instant` before they compare.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from accounts.domain.problems import Problem, Refusal

ONE_DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
"""The step between two instants: PostgreSQL keeps no smaller one."""

# Names that every machine reads differently or that mean "nobody has chosen yet".
_NOT_PLACES = frozenset({"Factory", "localtime", "posixrules"})


@cache
def zone_names() -> frozenset[str]:
    """Return every zone name that can be chosen, as the installed tz database has them."""
    return frozenset(available_timezones() - _NOT_PLACES)


def zone_named(name: str) -> ZoneInfo:
    """Return the zone of this exact IANA name, or raise Refusal (field "zone")."""
    if name not in zone_names():
        text = f"“{name}” is not a known time zone. Choose one such as Europe/London."
        raise Refusal(Problem(field="zone", text=text))
    return ZoneInfo(name)


def place_name(zone: str) -> str:
    """Return the place that an IANA name is called after: "New York" of America/New_York."""
    region, _, place = zone.rpartition("/")
    return zone if not region or region == "Etc" else place.replace("_", " ")


def have_same_clock(one: ZoneInfo, other: ZoneInfo, after: datetime, until: datetime) -> bool:
    """Say whether clocks in both zones show the same time, hour by hour, from `after` to `until`.

    Kolkata and Calcutta always do, Vienna and Paris in our days, Phoenix and Denver in winter.
    """
    at, until = instant(after), instant(until)
    while at <= until:
        if at.astimezone(one).utcoffset() != at.astimezone(other).utcoffset():
            return False
        at += timedelta(hours=1)
    return True


def instant(at: datetime) -> datetime:
    """Return the same instant in UTC; a datetime without a zone raises ValueError."""
    if at.utcoffset() is None:
        raise ValueError(f"{at.isoformat()} has no zone, so it is not an instant.")
    return at.astimezone(UTC)


def local_date(at: datetime, zone: ZoneInfo) -> date:
    """Return the date that a calendar on the wall in `zone` shows at this instant."""
    return instant(at).astimezone(zone).date()


def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment of a local day, as a UTC instant.

    Where the clock skips midnight that is the end of the gap (00:00 Sao Paulo 2018-11-04 is 01:00);
    where midnight happens twice it is the first; for a date that the zone skips altogether it is
    the moment at which the next date begins.
    """
    midnight = datetime.combine(day, time.min, tzinfo=zone)
    begins_at = midnight.astimezone(UTC)
    if begins_at.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return begins_at
    return _end_of_gap(day, zone, midnight.replace(fold=1).astimezone(UTC), begins_at)


def _end_of_gap(day: date, zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the first second in (before, after] whose local date is `day` or later."""
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if local_date(middle, zone) < day:
            before = middle
        else:
            after = middle
    return after


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the first moments of a local day and of the next, both in UTC.

    23, 24 or 25 hours apart as a rule; equal for a date that the zone skips.
    """
    return local_midnight(day, zone), local_midnight(day + timedelta(days=1), zone)


def date_exists(day: date, zone: ZoneInfo) -> bool:
    """Return False for a date that the zone jumped over (Apia had no 2011-12-30)."""
    return local_date(local_midnight(day, zone), zone) == day
