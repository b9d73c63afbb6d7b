"""The grid of steps as it is typed: rows of dates, one column for each dose time, and notes.

Everything stays the text that was typed. What is wrong is put beside the cell it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.domain.problems import Problem
from tracker.domain.plan_input import clock_text, clock_time_from

FIRST_ROWS = 4
FIRST_COLUMNS = 3
MOST_ROWS = 2000
MOST_COLUMNS = 24
NO_DOSE_WORDS = "no dose"


@dataclass(slots=True)
class GridRow:
    """One step as typed."""

    begins_on: str = ""
    ends_on: str = ""
    note: str = ""
    amounts: list[str] = field(default_factory=list)

    @property
    def is_blank(self) -> bool:
        """Whether nothing at all was typed in this row."""
        return not "".join([self.begins_on, self.ends_on, self.note, *self.amounts])


@dataclass(slots=True)
class Cell:
    """One field of the grid with what is said about it."""

    name: str
    value: str
    label: str
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RowView:
    """One row as the page shows it."""

    number: int
    begins_on: Cell
    ends_on: Cell
    amounts: list[Cell]
    note: Cell


@dataclass(slots=True)
class Grid:
    """All rows, and the dose time of each column."""

    times: list[str]
    rows: list[GridRow]

    @classmethod
    def blank(cls) -> Grid:
        """Return a grid in which nothing is typed: no time, no date and no amount."""
        rows = [GridRow(amounts=[""] * FIRST_COLUMNS) for _row in range(FIRST_ROWS)]
        return cls(times=[""] * FIRST_COLUMNS, rows=rows)

    @classmethod
    def from_post(cls, typed: QueryDict) -> Grid:
        """Return the grid as the browser sent it, character for character."""
        columns = range(1, _count(typed.get("columns", ""), FIRST_COLUMNS, MOST_COLUMNS) + 1)
        rows = range(1, _count(typed.get("rows", ""), FIRST_ROWS, MOST_ROWS) + 1)
        return cls(
            times=[typed.get(f"time-{column}", "") for column in columns],
            rows=[
                GridRow(
                    begins_on=typed.get(f"begins-{row}", ""),
                    ends_on=typed.get(f"ends-{row}", ""),
                    note=typed.get(f"note-{row}", ""),
                    amounts=[typed.get(f"amount-{row}-{column}", "") for column in columns],
                )
                for row in rows
            ],
        )

    @classmethod
    def from_steps(cls, steps: Iterable[Mapping[str, Any]]) -> Grid:
        """Return a kept draft's steps; a time at which a step has no dose says so in words."""
        kept = list(steps)
        times = sorted({dose["time"] for step in kept for dose in step["doses"]})
        rows = []
        for step in kept:
            amounts = {dose["time"]: dose["amount"] for dose in step["doses"]}
            rows.append(
                GridRow(
                    begins_on=step["begins_on"],
                    ends_on=step["ends_on"],
                    note=step["note"],
                    amounts=[amounts.get(time, NO_DOSE_WORDS) for time in times],
                )
            )
        return cls(times=times, rows=rows)

    def add_row(self) -> str:
        """Add an empty row at the end; return the name of its first cell."""
        self.rows.append(GridRow(amounts=[""] * len(self.times)))
        return f"begins-{len(self.rows)}"

    def add_time(self) -> str:
        """Add an empty column behind the others; return the name of its dose time."""
        self.times.append("")
        for row in self.rows:
            row.amounts.append("")
        return f"time-{len(self.times)}"

    def remove_row(self, number: int) -> str:
        """Take one row out; return the name of the cell that the focus goes to."""
        if 1 <= number <= len(self.rows):
            del self.rows[number - 1]
        if not self.rows:
            self.add_row()
        return f"begins-{min(max(number, 1), len(self.rows))}"

    def raw_steps(self) -> list[dict[str, object]]:
        """Return the steps as `plan_content_from` reads them.

        Rows below the last one with any text are left out, and so are columns in which nothing at
        all is typed. An empty cell anywhere else stays an empty amount, and is refused.
        """
        columns = self._columns_in_use()
        return [
            {
                "begins_on": row.begins_on,
                "ends_on": row.ends_on,
                "note": row.note,
                "doses": [
                    {"time": self.times[column], "amount": row.amounts[column]}
                    for column in columns
                ],
            }
            for row in self._rows_in_use()
        ]

    def cell_of(self, problem: Problem) -> str | None:
        """Return the name of the cell that a problem of `raw_steps` belongs to; None for others."""
        in_row = {"begins_on": "begins", "ends_on": "ends", "note": "note"}
        if problem.row is not None and problem.field in in_row:
            return f"{in_row[problem.field]}-{problem.row}"
        kind, _space, key = problem.field.partition(" ")
        matching = [n for n, typed in enumerate(self.times, 1) if _key(typed) == key]
        columns = [n for n in matching if n - 1 in self._columns_in_use()]
        if kind == "time" and columns:
            return f"time-{columns[0]}"
        if kind == "dose" and columns:
            return f"amount-{problem.row}-{columns[-1]}"
        if problem.field in {"doses", "is_dose_free", "steps"}:
            return "time-1"
        return None

    def view(
        self, problems: Mapping[str, list[str]], warnings: Mapping[str, list[str]]
    ) -> tuple[list[Cell], list[RowView]]:
        """Return the cells of the head and of each row, with what is said about them by name."""

        def cell(name: str, value: str, label: str) -> Cell:
            return Cell(name, value, label, problems.get(name, []), warnings.get(name, []))

        head = [
            cell(f"time-{n}", time, _("Dose time %(n)d") % {"n": n})
            for n, time in enumerate(self.times, 1)
        ]
        rows = []
        for number, row in enumerate(self.rows, 1):
            step = {"n": number}
            amounts = []
            for column, amount in enumerate(row.amounts, 1):
                time = self.times[column - 1].strip()
                label = _("Step %(n)d, %(time)s") % {
                    "n": number,
                    "time": time or _("dose time %(n)d") % {"n": column},
                }
                amounts.append(cell(f"amount-{number}-{column}", amount, label))
            rows.append(
                RowView(
                    number=number,
                    begins_on=cell(
                        f"begins-{number}", row.begins_on, _("Step %(n)d, begins") % step
                    ),
                    ends_on=cell(f"ends-{number}", row.ends_on, _("Step %(n)d, last day") % step),
                    amounts=amounts,
                    note=cell(f"note-{number}", row.note, _("Step %(n)d, note") % step),
                )
            )
        return head, rows

    def _rows_in_use(self) -> list[GridRow]:
        used = [n for n, row in enumerate(self.rows, 1) if not row.is_blank]
        return self.rows[: max(used, default=0)]

    def _columns_in_use(self) -> list[int]:
        return [
            n
            for n, time in enumerate(self.times)
            if time or any(row.amounts[n] for row in self.rows)
        ]


def _key(typed: str) -> str:
    """Return how problems call a column: its clock time, or what was typed when it is none."""
    try:
        return clock_text(clock_time_from(typed))
    except ValueError:
        return typed.strip()


def small_number(typed: str) -> int | None:
    """Return the number that a button or a hidden field of our own sent; None for anything else."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else None


def _count(typed: str, otherwise: int, most: int) -> int:
    number = small_number(typed)
    return otherwise if number is None else min(max(number, 1), most)
