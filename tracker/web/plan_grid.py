"""The grid of steps as it is typed: rows of dates, one column for each dose time, and notes.

Of a plan by pump the rows are visits with a time and a rate. Everything stays the text that was
typed, that of the other route too. An amount of an earlier step or version is never put into a
cell: it stands beside it as `earlier` until a person puts it in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.http import QueryDict

from accounts.domain.problems import Problem
from tracker.domain.plan_input import weekdays_from
from tracker.domain.plan_paste import MOST_DOSE_TIMES, NO_DOSE_WORDS
from tracker.domain.plan_steps import MOST_STEPS, column_name

FIRST_ROWS = 4
FIRST_COLUMNS = 3

# How the domain calls the fields of a step, and how their cells are called here.
CELLS = {
    "begins_on": "begins",
    "ends_on": "ends",
    "visit_time": "visit",
    "rate": "rate",
    "note": "note",
}


@dataclass(slots=True)
class Column:
    """A dose time as typed; no weekday means every day."""

    time: str = ""
    weekdays: str = ""

    @property
    def name(self) -> str:
        """How problems call this column."""
        return column_name(self.time.strip(), self.weekdays)


@dataclass(slots=True)
class GridRow:
    """One step as typed, with the earlier texts that nobody put in yet."""

    begins_on: str = ""
    ends_on: str = ""
    visit_time: str = ""
    rate: str = ""
    earlier_rate: str = ""
    note: str = ""
    amounts: list[str] = field(default_factory=list)
    earlier: list[str] = field(default_factory=list)

    @classmethod
    def kept(cls, kept: Mapping[str, Any], columns: int) -> GridRow:
        """Return a row that was written out with `asdict`; what is no text is empty."""
        texts = {name: _text(kept.get(name)) for name in ("begins_on", "ends_on", "visit_time")}
        texts |= {name: _text(kept.get(name)) for name in ("rate", "earlier_rate", "note")}
        return cls(
            **texts,
            amounts=_texts(kept.get("amounts"), columns),
            earlier=_texts(kept.get("earlier"), columns),
        )

    def is_blank(self, *, is_pump: bool) -> bool:
        """Whether nothing at all was typed in this row for this route."""
        own = [self.visit_time, self.rate, self.earlier_rate]
        if not is_pump:
            own = [self.ends_on, *self.amounts, *self.earlier]
        return not "".join([self.begins_on, self.note, *own])


@dataclass(slots=True)
class Grid:
    """All rows, and the dose time of each column."""

    columns: list[Column]
    rows: list[GridRow]
    is_pump: bool = False

    @classmethod
    def blank(cls, *, is_pump: bool = False) -> Grid:
        """Return a grid in which nothing is typed: no time, no date and no amount."""
        grid = cls([Column() for _column in range(FIRST_COLUMNS)], [], is_pump)
        for _row in range(FIRST_ROWS):
            grid.row_added()
        return grid

    @classmethod
    def from_post(cls, typed: QueryDict, *, is_pump: bool) -> Grid:
        """Return the grid as the browser sent it, character for character."""
        columns = range(1, _count(typed.get("columns", ""), FIRST_COLUMNS, MOST_DOSE_TIMES) + 1)
        rows = range(1, _count(typed.get("rows", ""), FIRST_ROWS, MOST_STEPS) + 1)

        def text(name: str) -> str:
            return typed.get(name, "")

        return cls(
            columns=[Column(text(f"time-{n}"), text(f"weekdays-{n}")) for n in columns],
            rows=[
                GridRow(
                    begins_on=text(f"begins-{row}"),
                    ends_on=text(f"ends-{row}"),
                    visit_time=text(f"visit-{row}"),
                    rate=text(f"rate-{row}"),
                    earlier_rate=text(f"earlier-rate-{row}"),
                    note=text(f"note-{row}"),
                    amounts=[text(f"amount-{row}-{n}") for n in columns],
                    earlier=[text(f"earlier-{row}-{n}") for n in columns],
                )
                for row in rows
            ],
            is_pump=is_pump,
        )

    @classmethod
    def from_raw(cls, raw: Mapping[str, Any], *, is_pump: bool) -> Grid:
        """Return the grid of a kept draft: as it was typed, or as its steps say."""
        kept, steps = raw.get("grid"), raw.get("steps")
        if isinstance(kept, Mapping):
            columns = [Column(*_texts(each, 2)) for each in kept.get("columns", ())]
            rows = [GridRow.kept(row, len(columns)) for row in kept.get("rows", ())]
            if columns and rows:
                return cls(columns, rows, is_pump)
        return cls.from_steps(steps, is_pump=is_pump) if steps else cls.blank(is_pump=is_pump)

    @classmethod
    def from_steps(cls, steps: Iterable[Mapping[str, Any]], *, is_pump: bool = False) -> Grid:
        """Return steps as rows; a time at which a step has no dose says so in words.

        A dose may come without amount and with an `earlier` one, which is to be confirmed.
        """
        kept = list(steps)
        places = sorted({_place(dose) for step in kept for dose in step.get("doses", ())})
        columns = [Column(time, weekdays) for time, _days, weekdays in places]
        rows = []
        for step in kept:
            doses = {_place(dose): dose for dose in step.get("doses", ())}
            row = GridRow(
                **{name: _text(step.get(name)) for name in CELLS},
                earlier_rate=_text(step.get("earlier_rate")),
                amounts=[_text(doses[p].get("amount")) if p in doses else "" for p in places],
                earlier=[_text(doses[p].get("earlier")) if p in doses else "" for p in places],
            )
            is_asked = any(row.earlier)
            for place in (n for n, p in enumerate(places) if p not in doses):
                (row.earlier if is_asked else row.amounts)[place] = NO_DOSE_WORDS
            rows.append(row)
        grid = cls(columns, rows, is_pump)
        while not is_pump and not grid.columns:
            grid.column_added()
        return grid

    def row_added(self, row: GridRow | None = None, *, at: int | None = None) -> int:
        """Add a row, empty and at the end unless said otherwise; return its number."""
        width = len(self.columns)
        new = row or GridRow(amounts=[""] * width, earlier=[""] * width)
        self.rows.insert(len(self.rows) if at is None else at - 1, new)
        return len(self.rows) if at is None else at

    def column_added(self, column: Column | None = None) -> int:
        """Add a column behind the others, empty unless said otherwise; return its number."""
        self.columns.append(column or Column())
        for row in self.rows:
            row.amounts.append("")
            row.earlier.append("")
        return len(self.columns)

    def kept(self) -> dict[str, object]:
        """Return everything typed, as JSON, for a draft that is not finished."""
        return {
            "columns": [[column.time, column.weekdays] for column in self.columns],
            "rows": [
                {name: value for name, value in asdict(row).items() if _is_said(value)}
                for row in self.rows
            ],
        }

    def raw_steps(self) -> list[dict[str, object]]:
        """Return the steps as `plan_content_from` reads them.

        Rows below the last one with any text are left out, and so are columns in which nothing at
        all is typed. An empty cell anywhere else stays an empty amount, and is refused.
        """
        if self.is_pump:
            names = ("begins_on", "visit_time", "rate", "note")
            return [{name: getattr(row, name) for name in names} for row in self.rows_in_use()]
        columns = self._columns_in_use()
        return [
            {
                "begins_on": row.begins_on,
                "ends_on": row.ends_on,
                "note": row.note,
                "doses": [
                    {
                        "time": self.columns[n].time,
                        "weekdays": self.columns[n].weekdays,
                        "amount": row.amounts[n],
                    }
                    for n in columns
                ],
            }
            for row in self.rows_in_use()
        ]

    def cell_of(self, problem: Problem) -> str | None:
        """Return the name of the cell that a problem of `raw_steps` belongs to; None for others."""
        if problem.row is not None and problem.field in CELLS:
            return f"{CELLS[problem.field]}-{problem.row}"
        kind, _space, key = problem.field.partition(" ")
        used = {n + 1: self.columns[n] for n in self._columns_in_use()}
        timed = [n for n, column in used.items() if column.time.strip() == key]
        named = [n for n, column in used.items() if column.name == key]
        if kind == "time" and timed:
            return f"time-{timed[0]}"
        if kind == "weekdays" and named:
            return f"weekdays-{named[0]}"
        if kind == "dose" and named:
            return f"amount-{problem.row}-{named[-1]}"
        if problem.field in {"doses", "is_dose_free", "steps"}:
            return "begins-1" if self.is_pump else "time-1"
        return None

    def rows_in_use(self) -> list[GridRow]:
        """Return the rows down to the last one in which anything is typed."""
        used = [n for n, row in enumerate(self.rows, 1) if not row.is_blank(is_pump=self.is_pump)]
        return self.rows[: max(used, default=0)]

    def _columns_in_use(self) -> list[int]:
        return [
            n
            for n, column in enumerate(self.columns)
            if column.time
            or column.weekdays
            or any(row.amounts[n] or row.earlier[n] for row in self.rows)
        ]


def _place(dose: Mapping[str, Any]) -> tuple[str, tuple[int, ...], str]:
    """Return where a dose stands in the order of columns: by its time, then by its weekdays."""
    time, weekdays = _text(dose.get("time")), _text(dose.get("weekdays"))
    try:
        return time, weekdays_from(weekdays), weekdays
    except ValueError:
        return time, (), weekdays


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object, width: int) -> list[str]:
    """Return exactly so many texts."""
    given = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else []
    return [_text(each) for each in (given + [""] * width)[:width]]


def _is_said(value: object) -> bool:
    return any(value) if isinstance(value, list) else bool(value)


def small_number(typed: str) -> int | None:
    """Return the number that a button or a hidden field of our own sent; None for anything else."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else None


def _count(typed: str, otherwise: int, most: int) -> int:
    number = small_number(typed)
    return otherwise if number is None else min(max(number, 1), most)
