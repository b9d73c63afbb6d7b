"""One time of a maker's export as an instant. Nothing is guessed: what is unclear is None."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo


class DateOrder(StrEnum):
    """How a date written with slashes is meant."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


_CLOCKS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
_DATES = {DateOrder.DAY_FIRST: "%d/%m/%Y", DateOrder.MONTH_FIRST: "%m/%d/%Y"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NAMED_MONTH = re.compile(r"^(\d{4})-([A-Z][a-z]{2})-(?=\d{2}\D)")


def cell_instant(
    text: str, *, zone: ZoneInfo | None, date_order: DateOrder | None
) -> datetime | None:
    """Return the instant in UTC; None when the text is no time, or not clearly one.

    A time that brings an offset means what it says. Another is a wall time of `zone`: one that a
    clock change skips moves later by the gap, one that happens twice is its first; or UTC without
    a `zone`.
    """
    at = _slashed(text, date_order) if "/" in text else _iso(text)
    if at is None:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone or UTC, fold=0)
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return None


def _iso(text: str) -> datetime | None:
    named = _NAMED_MONTH.match(text)
    if named is not None and named[2] in _MONTHS:
        text = f"{named[1]}-{_MONTHS.index(named[2]) + 1:02}-{text[named.end() :]}"
    if text[10:11] not in {"T", " "}:  # Python itself takes any character there, a digit too
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _slashed(text: str, date_order: DateOrder | None) -> datetime | None:
    if date_order is None:
        return None
    plain = " ".join(text.replace(", ", " ", 1).split())
    for clock in _CLOCKS:
        try:
            at = datetime.strptime(f"{plain} +0000", f"{_DATES[date_order]} {clock} %z")
        except ValueError:
            continue
        return at.replace(tzinfo=None)
    return None
