"""Rows pasted from a spreadsheet or a CSV file, read into the cells of the plan's grid.

Texts pass through character for character. Nothing is guessed: a date that could be day or month
first is asked about, and what cannot stand in a cell is left out of it and named there.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from tracker.domain.amounts import described, hidden_place
from tracker.domain.plan_input import clock_time_from, date_from, date_text
from tracker.domain.plan_steps import MOST_STEPS, column_name

NO_DOSE_WORDS = "no dose"
MOST_DOSE_TIMES = 24
DELIMITERS = "\t;,"

Column = tuple[str, str]  # a clock time and weekdays, as typed


class DayOrder(StrEnum):
    """How dates written all in figures are meant."""

    DAY_FIRST = "day"
    MONTH_FIRST = "month"


class Kind(StrEnum):
    """What a pasted column holds."""

    BEGINS = "begins_on"
    ENDS = "ends_on"
    TIME = "time"
    WEEKDAYS = "weekdays"
    AMOUNT = "amount"
    RATE = "rate"
    NOTE = "note"
    LEFT_OUT = ""


_WORDS = {
    Kind.BEGINS: "begins|begin|begins on|from|start|starts|start date|first day|date|visit date",
    Kind.ENDS: "ends|end|ends on|end date|last day|until|to",
    Kind.TIME: "time|dose time|visit time|clock time",
    Kind.WEEKDAYS: "weekdays|weekday|days",
    Kind.AMOUNT: "amount|dose|amount as prescribed",
    Kind.RATE: "rate|rate as programmed",
    Kind.NOTE: "note|notes|comment|comments",
    Kind.LEFT_OUT: "step|no|no.|nr|nr.|#",
}
HEADINGS = {word: kind for kind, words in _WORDS.items() for word in words.split("|")}

_FIGURES = re.compile(r"([0-9]{1,2})[./\- ]([0-9]{1,2})[./\- ]([0-9]{4})")
_FORMULA_STARTS = ("=", "+", "@")


@dataclass(frozen=True, slots=True)
class PastedRow:
    """One step as it was pasted."""

    begins_on: str = ""
    ends_on: str = ""
    time: str = ""  # of a visit
    rate: str = ""
    note: str = ""
    amounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PasteProblem:
    """What is wrong with one pasted cell; `row` and `column` from 1, 0 where there is none."""

    row: int
    field: str
    text: str
    column: int = 0


@dataclass(frozen=True, slots=True)
class Pasted:
    """What was read. With `ambiguous` dates nothing else is: their order is asked first."""

    columns: tuple[Column, ...] = ()
    rows: tuple[PastedRow, ...] = ()
    problems: tuple[PasteProblem, ...] = ()
    ambiguous: tuple[str, ...] = ()


@dataclass(slots=True)
class _Line:
    """One line of the paste with the texts of its columns by kind."""

    texts: dict[Kind, str] = field(default_factory=dict)
    amounts: list[str] = field(default_factory=list)
    problems: list[tuple[Kind, int, str]] = field(default_factory=list)


def paste_read(
    text: str, *, columns: Sequence[Column] = (), is_pump: bool = False, order: str = ""
) -> Pasted:
    """Return the steps in a pasted text; `columns` are the dose times the grid has already.

    One row per step with a column per dose time, or one row per date range, time, amount and note;
    of a pump one row per visit: date, time, rate, note. A first row of headings may say which.
    Between cells stand tabs, semicolons or commas; `order` answers how ambiguous dates are meant.
    """
    try:
        table, delimiter = _table(text)
    except csv.Error:
        return Pasted(problems=(_whole("These rows cannot be read. Look for a quote left open."),))
    heads = table.pop(0) if table and _is_heading(table[0]) else None
    if not table:
        return Pasted(problems=(_whole("No rows were found in what was pasted."),))
    if len(table) > MOST_STEPS:
        text = f"{len(table)} rows were pasted. A plan may have {MOST_STEPS} steps at most."
        return Pasted(problems=(_whole(text),))
    kinds, found = _kinds(heads, table, columns, is_pump=is_pump)
    if len(found) > MOST_DOSE_TIMES:
        text = f"{len(found)} dose times were found. A plan may have {MOST_DOSE_TIMES} at most."
        return Pasted(problems=(_whole(text),))
    lines = [_line(cells, kinds, delimiter) for cells in table]
    ambiguous = _ambiguous(lines, order)
    if ambiguous:
        return Pasted(ambiguous=ambiguous)
    for line in lines:
        _dates_put(line, order)
    if Kind.TIME in kinds and not is_pump:
        return _grouped(lines)
    return Pasted(tuple(found), tuple(map(_row, lines)), tuple(_problems(lines)))


def _table(text: str) -> tuple[list[list[str]], str]:
    """Return the cells of every line with something in it, and what stands between them."""
    text = text.removeprefix("\ufeff")
    read: list[tuple[list[list[str]], str]] = []
    for delimiter in DELIMITERS:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        table = [_without_end(cells) for cells in rows]
        table = [cells for cells in table if cells]
        if table and len(table[0]) > 1 and (_is_heading(table[0]) or _has_date(table[0])):
            return table, delimiter
        read.append((table, delimiter))
    return max(read, key=lambda each: max(map(len, each[0]), default=0))


def _without_end(cells: list[str]) -> list[str]:
    """Return the cells up to the last one with any text."""
    used = [n for n, cell in enumerate(cells, 1) if cell.strip()]
    return cells[: max(used, default=0)]


def _is_heading(cells: Sequence[str]) -> bool:
    is_named = any(_folded(cell) in HEADINGS or _is_clock(cell.split()[:1]) for cell in cells)
    return is_named and not _has_date(cells)


def _has_date(cells: Iterable[str]) -> bool:
    return any(_is_date(cell) for cell in cells)


def _is_date(cell: str) -> bool:
    typed = " ".join(cell.split())
    if _FIGURES.fullmatch(typed):
        return True
    try:
        date_from(typed)
    except ValueError as error:
        return "is not a date. " in str(error) and "nothing was guessed" in str(error)
    return True


def _is_clock(words: Sequence[str]) -> bool:
    try:
        clock_time_from(words[0] if words else "")
    except ValueError:
        return False
    return True


def _folded(cell: str) -> str:
    return " ".join(cell.split()).casefold()


def _kinds(
    heads: Sequence[str] | None,
    table: Sequence[Sequence[str]],
    columns: Sequence[Column],
    *,
    is_pump: bool,
) -> tuple[list[Kind], list[Column]]:
    """Return what each column holds, and the dose times in the order of the amounts' columns."""
    if heads is not None:
        return _kinds_named(heads)
    if is_pump:
        return [Kind.BEGINS, Kind.TIME, Kind.RATE, Kind.NOTE], []
    dates = [Kind.BEGINS, Kind.ENDS] if _has_date(table[0][1:2]) else [Kind.BEGINS]
    dates = [Kind.BEGINS, Kind.ENDS] if any(_has_date(row[1:2]) for row in table) else dates
    if all(_is_clock(row[len(dates) : len(dates) + 1]) for row in table):
        return [*dates, Kind.TIME, Kind.AMOUNT, Kind.NOTE], []
    width = max(map(len, table)) - len(dates)
    found = list(columns) or [("", "")] * width
    return [*dates, *[Kind.AMOUNT] * len(found), Kind.NOTE], found


def _kinds_named(heads: Sequence[str]) -> tuple[list[Kind], list[Column]]:
    """Return the kinds that headings name; any other heading is a dose time, as it stands."""
    kinds = [HEADINGS.get(_folded(head)) for head in heads]
    if kinds[0] is None and not heads[0].strip():
        kinds[0] = Kind.BEGINS
    found = []
    for place, head in enumerate(heads):
        if kinds[place] is None:
            time, _blank, weekdays = " ".join(head.split()).partition(" ")
            found.append((time, weekdays) if _is_clock([time]) else (head.strip(), ""))
    return [Kind.AMOUNT if kind is None else kind for kind in kinds], found


def _line(cells: Sequence[str], kinds: Sequence[Kind], delimiter: str) -> _Line:
    """Return one line's texts by kind; what may not stand in a cell is left out and named."""
    line = _Line(amounts=["" for kind in kinds if kind is Kind.AMOUNT])
    if len(cells) > len(kinds):
        text = (
            f"This row has {len(cells)} cells, but there are columns for {len(kinds)}. Put an "
            "amount with a comma in quotes, or ; or tabs between the cells."
        )
        line.problems.append((Kind.BEGINS, 0, text))
        return line
    column = 0
    for place, kind in enumerate(kinds):
        cell = cells[place] if place < len(cells) else ""
        column += kind is Kind.AMOUNT
        problem = _cell_problem(cell) or _comma_problem(cells, place, delimiter)
        if problem and kind is not Kind.LEFT_OUT:
            line.problems.append((kind, column, problem))
        kept = "" if problem else cell
        if kind is Kind.AMOUNT:
            line.amounts[column - 1] = kept
        else:
            line.texts.setdefault(kind, kept if kind is Kind.RATE else kept.strip())
    return line


def _cell_problem(cell: str) -> str:
    """Return why a cell is not taken over: a formula, or a character that cannot be seen."""
    shown = cell.strip()
    place = hidden_place(cell)
    if place is not None:
        return (
            f"Character {place} of the pasted text ({described(cell[place - 1])}) cannot be seen. "
            "Type the text again without it."
        )
    if shown.startswith(_FORMULA_STARTS):
        return f"“{shown}” looks like a formula. Type what the prescription says."
    return ""


def _comma_problem(cells: Sequence[str], place: int, delimiter: str) -> str:
    """Return a problem where a comma between two cells may be the comma of one amount."""
    for first in (place - 1, place):
        pair = cells[max(first, 0) : first + 2]
        if delimiter != "," or first < 1 or len(pair) < 2:
            continue
        if pair[0].strip().isdigit() and pair[1][:1].isdigit():
            return (
                f"“{pair[0]},{pair[1]}” may be one amount with a decimal comma. Put it in "
                "quotes, or ; or tabs between the cells."
            )
    return ""


def _readings(text: str) -> dict[DayOrder, date]:
    """Return the dates that figures like 09/12/2026 can mean; none for any other text."""
    figures = _FIGURES.fullmatch(" ".join(text.split()))
    if figures is None:
        return {}
    first, second, year = map(int, figures.groups())
    found = {}
    for order, (day, month) in zip(DayOrder, ((first, second), (second, first)), strict=True):
        try:
            found[order] = date(year, month, day)
        except ValueError:
            continue
    return found


def _ambiguous(lines: Iterable[_Line], order: str) -> tuple[str, ...]:
    """Return the dates of which nobody said yet whether the day or the month comes first."""
    if order in set(DayOrder):
        return ()
    typed = [line.texts.get(kind, "") for line in lines for kind in (Kind.BEGINS, Kind.ENDS)]
    readings = {text: found for text in typed if (found := _readings(text))}
    unclear = [text for text, found in readings.items() if len(set(found.values())) > 1]
    single = [next(iter(found)) for found in readings.values() if len(found) == 1]
    if not unclear and len(set(single)) > 1:
        return tuple(readings)
    return tuple(unclear)


def _dates_put(line: _Line, order: str) -> None:
    """Write dates in figures out with their month, as they were said to be meant."""
    for kind in (Kind.BEGINS, Kind.ENDS):
        text = line.texts.get(kind, "")
        readings = _readings(text)
        if not readings:
            continue
        asked = DayOrder(order) if order in set(DayOrder) else next(iter(readings))
        if asked in readings:
            line.texts[kind] = date_text(readings[asked])
        else:
            first = "day" if asked is DayOrder.DAY_FIRST else "month"
            said = f"“{text}” is not a date when the {first} comes first."
            line.problems.append((kind, 0, f"{said} Type the date on the prescription."))


def _row(line: _Line) -> PastedRow:
    return PastedRow(
        begins_on=line.texts.get(Kind.BEGINS, ""),
        ends_on=line.texts.get(Kind.ENDS, ""),
        time=line.texts.get(Kind.TIME, ""),
        rate=line.texts.get(Kind.RATE, ""),
        note=line.texts.get(Kind.NOTE, ""),
        amounts=tuple(line.amounts),
    )


def _problems(lines: Iterable[_Line]) -> list[PasteProblem]:
    return [
        PasteProblem(row, kind.value, text, column)
        for row, line in enumerate(lines, 1)
        for kind, column, text in line.problems
    ]


def _grouped(lines: Sequence[_Line]) -> Pasted:
    """Return one row per date range of lines with one dose each; a time without one has none."""
    columns = _columns_needed(lines)
    places: dict[tuple[str, str], int] = {}
    rows: list[PastedRow] = []
    problems: list[PasteProblem] = []
    taken: set[tuple[int, int]] = set()
    for line in lines:
        row = _row(line)
        at = places.setdefault((row.begins_on, row.ends_on), len(rows))
        if at == len(rows):
            blank = (NO_DOSE_WORDS,) * len(columns)
            rows.append(replace(row, time="", note="", amounts=blank))
        key = _column_of(line)
        column = next(n for n, each in enumerate(columns) if each == key and (at, n) not in taken)
        taken.add((at, column))
        amounts = list(rows[at].amounts)
        amounts[column] = row.amounts[0] if row.amounts else ""
        notes = [note for note in (rows[at].note, row.note) if note]
        rows[at] = replace(rows[at], amounts=tuple(amounts), note="; ".join(dict.fromkeys(notes)))
        problems += [
            PasteProblem(at + 1, kind.value, text, column + 1 if kind is Kind.AMOUNT else 0)
            for kind, _column, text in line.problems
        ]
    return Pasted(tuple(columns), tuple(rows), tuple(problems))


def _columns_needed(lines: Iterable[_Line]) -> list[Column]:
    """Return a column for each dose time, twice where one date range names a time twice."""
    counts: dict[tuple[str, str, Column], int] = {}
    most: dict[Column, int] = {}
    for line in lines:
        key = _column_of(line)
        place = (line.texts.get(Kind.BEGINS, ""), line.texts.get(Kind.ENDS, ""), key)
        counts[place] = counts.get(place, 0) + 1
        most[key] = max(most.get(key, 0), counts[place])
    ordered = sorted(most, key=lambda column: column_name(*column))
    return [column for column in ordered for _time in range(most[column])]


def _column_of(line: _Line) -> Column:
    return line.texts.get(Kind.TIME, ""), line.texts.get(Kind.WEEKDAYS, "")


def _whole(text: str) -> PasteProblem:
    return PasteProblem(0, "", text)
