"""Reads the openings of a cap or bottle from a maker's export, as its columns are meant.

A column of UTC times is trusted over one of local times. What cannot be read is named by its row
and never guessed: not the order of day and month, not the zone of a local time.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from accounts.domain.problems import Problem, Refusal
from tracker.domain.openings_time import DateOrder, cell_instant

HEADING_WITHIN = 10
"""Makers put a line or two above the heading; it is looked for in this many rows."""
SAME_MINUTE = timedelta(minutes=1)


class RowReason(StrEnum):
    """Why a row is no opening that can be taken in."""

    NO_TIME = "no_time"
    ORDER_UNKNOWN = "order_unknown"
    NOT_A_TIME = "not_a_time"
    MISALIGNED = "misaligned"  # the cell says how many cells there are
    AHEAD = "ahead"  # later than now
    NOT_AN_OPENING = "not_an_opening"  # the column of events says so


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What the columns of one kind of file mean. At least one column of times is named."""

    utc_column: str = ""
    local_column: str = ""
    zone: str = ""  # of the local column, where a cell brings no offset
    date_order: DateOrder | None = None
    event_column: str = ""
    opening_words: tuple[str, ...] = ()  # of the event column: what an opening is called

    @property
    def time_column(self) -> str:
        """The column that is trusted."""
        return self.utc_column or self.local_column


@dataclass(frozen=True, slots=True)
class Opening:
    """One opening: the row of the file (its first line is row 1) and its instant in UTC."""

    row: int
    at: datetime
    differs_by: timedelta | None = None  # the local column, where it tells of another minute


@dataclass(frozen=True, slots=True)
class RowLeft:
    """One row that is no opening, and why."""

    row: int
    reason: RowReason
    cell: str = ""


@dataclass(frozen=True, slots=True)
class OpeningsRead:
    """What could be read, oldest first; what is no opening; what should be one and cannot be read.

    Both kinds of rows left are in the order of the file.
    """

    openings: tuple[Opening, ...]
    passed_over: tuple[RowLeft, ...]
    unread: tuple[RowLeft, ...]


def openings_headings(text: str) -> tuple[str, ...]:
    """Return the names of the columns, blank ones left out; none for a file without rows."""
    found = _heading(_rows(text), names=())
    return tuple(name for name in found[1] if name) if found is not None else ()


def openings_from(text: str, mapping: ColumnMapping) -> OpeningsRead:
    """Return the openings of a CSV under this mapping; a time without an offset is the column's.

    Raises Refusal when the file lacks a column that is named.
    """
    rows = _rows(text)
    names = [mapping.utc_column, mapping.local_column, mapping.event_column]
    found = _heading(rows, names=[name for name in names if name])
    headings = found[1] if found is not None else []
    _refuse_missing(headings, mapping)
    reader = _RowReader(headings, mapping)
    for row, cells in rows:
        if any(cells):
            reader.read(row, cells)
    return reader.result()


def opening_is_ahead(opening: Opening, now: datetime) -> bool:
    """Say whether an opening lies in the future, which no cap can have seen."""
    return opening.at > now


class _RowReader:
    """Sorts the rows below a heading into openings and what is left."""

    def __init__(self, headings: Sequence[str], mapping: ColumnMapping) -> None:
        self._mapping = mapping
        self._width = len(headings)
        self._time = headings.index(mapping.time_column)
        has_both = bool(mapping.utc_column and mapping.local_column)
        self._beside = headings.index(mapping.local_column) if has_both else None
        self._event = headings.index(mapping.event_column) if mapping.event_column else None
        self._zone = ZoneInfo(mapping.zone) if mapping.zone else None
        self._words = {word.casefold() for word in mapping.opening_words}
        self._openings: list[Opening] = []
        self._passed_over: list[RowLeft] = []
        self._unread: list[RowLeft] = []

    def read(self, row: int, cells: list[str]) -> None:
        if any(cells[self._width :]):
            self._unread.append(RowLeft(row, RowReason.MISALIGNED, str(len(cells))))
            return
        cells = cells + [""] * (self._width - len(cells))
        event = cells[self._event] if self._event is not None else ""
        if self._event is not None and event.casefold() not in self._words:
            self._passed_over.append(RowLeft(row, RowReason.NOT_AN_OPENING, event))
            return
        text = cells[self._time]
        zone = None if self._mapping.utc_column else self._zone
        at = cell_instant(text, zone=zone, date_order=self._mapping.date_order)
        if at is None:
            self._unread.append(RowLeft(row, self._why(text), text))
        else:
            self._openings.append(Opening(row, at, self._differs(at, cells)))

    def result(self) -> OpeningsRead:
        openings = sorted(self._openings, key=lambda opening: (opening.at, opening.row))
        return OpeningsRead(tuple(openings), tuple(self._passed_over), tuple(self._unread))

    def _why(self, text: str) -> RowReason:
        if not text:
            return RowReason.NO_TIME
        is_ordered = self._mapping.date_order is not None
        return RowReason.ORDER_UNKNOWN if "/" in text and not is_ordered else RowReason.NOT_A_TIME

    def _differs(self, at: datetime, cells: Sequence[str]) -> timedelta | None:
        """Return by how much the local column is off; None when it agrees or cannot be read."""
        if self._beside is None:
            return None
        text = cells[self._beside]
        if self._zone is None and not _brings_offset(text):
            return None
        local = cell_instant(text, zone=self._zone, date_order=self._mapping.date_order)
        if local is None or abs(local - at) < SAME_MINUTE:
            return None
        return local - at


def _brings_offset(text: str) -> bool:
    return text.endswith("Z") or text[-6:-5] in {"+", "-"}


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    lines = text.removeprefix("\ufeff").splitlines()
    reader = csv.reader(lines, delimiter=_delimiter(lines))
    for cells in reader:
        yield reader.line_num, [cell.strip() for cell in cells]


def _delimiter(lines: Sequence[str]) -> str:
    first = "\n".join(lines[:HEADING_WITHIN])
    return max(",;\t", key=first.count)


def _heading(
    rows: Iterable[tuple[int, list[str]]], *, names: Sequence[str]
) -> tuple[int, list[str]] | None:
    """Return the row of the heading, and leave `rows` behind it.

    That is the first with all `names`, else the first with two names or more, else the first.
    """
    found: list[tuple[int, list[str]]] = []
    for row, cells in rows:
        is_wide = sum(bool(cell) for cell in cells) >= 2
        if set(names) <= set(cells) and (names or is_wide):
            return row, cells
        found += [(row, cells)] if any(cells) else []
        if row >= HEADING_WITHIN:
            break
    wide = (each for each in found if sum(bool(cell) for cell in each[1]) >= 2)
    return next(wide, None) or next(iter(found), None)


def _refuse_missing(headings: Sequence[str], mapping: ColumnMapping) -> None:
    wanted = {
        "utc_column": mapping.utc_column,
        "local_column": mapping.local_column,
        "event_column": mapping.event_column,
    }
    named = ", ".join(name for name in headings if name) or "none"
    problems = [
        Problem(field=field, text=f"There is no column “{name}”. The columns are: {named}.")
        for field, name in wanted.items()
        if name and name not in headings
    ]
    if not mapping.time_column:
        problems.append(Problem(field="utc_column", text="Say which column holds the times."))
    if problems:
        raise Refusal(*problems)
