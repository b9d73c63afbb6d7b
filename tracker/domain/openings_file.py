"""Reads the openings of a cap or bottle from the rows of a maker's export.

One column is trusted: the one that holds UTC times. What cannot be read is named by its row; a
date whose order of day and month nobody has said is never guessed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from accounts.domain.problems import Problem, Refusal


class DateOrder(StrEnum):
    """How a date written with slashes is meant."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


@dataclass(frozen=True, slots=True)
class Opening:
    """One opening: the row of the file (the heading is row 1) and its instant in UTC."""

    row: int
    at: datetime


@dataclass(frozen=True, slots=True)
class OpeningsFile:
    """What could be read, oldest first, and what could not, by row."""

    openings: tuple[Opening, ...]
    problems: tuple[Problem, ...]


_CLOCKS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
_DATES = {DateOrder.DAY_FIRST: "%d/%m/%Y", DateOrder.MONTH_FIRST: "%m/%d/%Y"}


def openings_from(
    lines: Iterable[str], *, utc_column: str, date_order: DateOrder | None
) -> OpeningsFile:
    """Return the openings of a CSV with a heading; times without an offset are UTC.

    Raises Refusal when the file has no such column.
    """
    reader = csv.DictReader(lines)
    columns = [name for name in reader.fieldnames or [] if name]
    if utc_column not in columns:
        named = ", ".join(columns) or "none"
        text = f"There is no column “{utc_column}”. The columns are: {named}."
        raise Refusal(Problem(field="utc_column", text=text))
    openings: list[Opening] = []
    problems: list[Problem] = []
    for values in reader:
        row = reader.line_num
        text = (values.get(utc_column) or "").strip()
        at = _instant(text, date_order)
        if at is not None:
            openings.append(Opening(row=row, at=at))
            continue
        problems.append(Problem(field=utc_column, text=_why(text, date_order), row=row))
    openings.sort(key=lambda opening: opening.at)
    return OpeningsFile(tuple(openings), tuple(problems))


def _instant(text: str, date_order: DateOrder | None) -> datetime | None:
    at = _iso(text) if "/" not in text else _slashed(text, date_order)
    if at is None:
        return None
    return at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _iso(text: str) -> datetime | None:
    if text[10:11] not in {"T", " "}:  # Python itself takes any character there, a digit too
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _slashed(text: str, date_order: DateOrder | None) -> datetime | None:
    if date_order is None:
        return None
    for clock in _CLOCKS:
        try:
            return datetime.strptime(f"{text} +0000", f"{_DATES[date_order]} {clock} %z")
        except ValueError:
            continue
    return None


def _why(text: str, date_order: DateOrder | None) -> str:
    if not text:
        return "has no time"
    if "/" in text and date_order is None:
        return f"“{text}”: say whether the day or the month comes first"
    return f"“{text}” is not a time"
