"""The grid as the page shows it: each cell with its name, its label and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tracker.web.plan_grid import Grid, GridRow

Said = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of the grid with what is said about it.

    `earlier` is a text that stood here before and that a person may put in with the button `take`.
    """

    name: str
    value: str
    label: str
    problems: list[str]
    warnings: list[str]
    earlier: str = ""
    take: str = ""

    @property
    def mark(self) -> str:
        """How the cell is drawn: as wrong, as asking, or plainly."""
        if self.problems:
            return "bad"
        return "ask" if self.warnings or self.is_asking else ""

    @property
    def is_asking(self) -> bool:
        """Whether an earlier text waits to be confirmed."""
        return bool(self.earlier) and not self.value


@dataclass(frozen=True, slots=True)
class HeadCell:
    """The head of one dose time's column."""

    number: int
    time: Cell
    weekdays: Cell


@dataclass(frozen=True, slots=True)
class RowView:
    """One row as the page shows it; `aside` are the texts of the other route, kept unseen."""

    number: int
    cells: list[Cell]
    note: Cell
    aside: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class GridView:
    """The whole grid."""

    head: list[HeadCell]
    rows: list[RowView]
    is_pump: bool
    columns: int
    aside: list[tuple[str, str]]  # the dose times, where no column shows them

    def cells(self) -> Iterator[Cell]:
        """Yield every cell, row by row, the head first."""
        for head in self.head:
            yield from (head.time, head.weekdays)
        for row in self.rows:
            yield from (*row.cells, row.note)


def grid_view(grid: Grid, problems: Said, warnings: Said) -> GridView:
    """Return the grid with its problems and warnings, both by the name of their cell."""

    def cell(name: str, value: str, label: str, earlier: str = "", take: str = "") -> Cell:
        said = problems.get(name, []), warnings.get(name, [])
        return Cell(name, value, label, *said, earlier if not value else "", take)

    head = [
        HeadCell(
            number=n,
            time=cell(f"time-{n}", column.time, _("Dose time %(n)d") % {"n": n}),
            weekdays=cell(
                f"weekdays-{n}",
                column.weekdays,
                _("Weekdays of dose time %(n)d, empty for every day") % {"n": n},
            ),
        )
        for n, column in enumerate(grid.columns, 1)
    ]
    names = [" ".join(f"{each.time} {each.weekdays}".split()) for each in grid.columns]
    names = [name or _("dose time %(n)d") % {"n": n} for n, name in enumerate(names, 1)]
    rows = []
    for number, row in enumerate(grid.rows, 1):
        step = _("Step %(n)d") % {"n": number}
        own = _visit_cells if grid.is_pump else _dose_cells
        cells = [cell(*each) for each in own(row, number, step, names)]
        note = cell(f"note-{number}", row.note, _("%(step)s, note") % {"step": step})
        rows.append(RowView(number, cells, note, _aside(row, number, is_pump=grid.is_pump)))
    times = [(each.name, each.value) for at in head for each in (at.time, at.weekdays)]
    return GridView(
        head=[] if grid.is_pump else head,
        rows=rows,
        is_pump=grid.is_pump,
        columns=len(grid.columns),
        aside=[each for each in times if each[1]] if grid.is_pump else [],
    )


def _dose_cells(
    row: GridRow, number: int, step: str, names: list[str]
) -> Iterator[tuple[str, ...]]:
    yield f"begins-{number}", row.begins_on, _("%(step)s, begins") % {"step": step}
    yield f"ends-{number}", row.ends_on, _("%(step)s, last day") % {"step": step}
    for n, (name, amount) in enumerate(zip(names, row.amounts, strict=True), 1):
        earlier = row.earlier[n - 1]
        yield f"amount-{number}-{n}", amount, f"{step}, {name}", earlier, f"take-{number}-{n}"


def _visit_cells(
    row: GridRow, number: int, step: str, _names: list[str]
) -> Iterator[tuple[str, ...]]:
    yield f"begins-{number}", row.begins_on, _("%(step)s, visit date") % {"step": step}
    yield f"visit-{number}", row.visit_time, _("%(step)s, visit time") % {"step": step}
    label = _("%(step)s, rate as programmed") % {"step": step}
    yield f"rate-{number}", row.rate, label, row.earlier_rate, f"take-rate-{number}"


def _aside(row: GridRow, number: int, *, is_pump: bool) -> list[tuple[str, str]]:
    """Return what the row holds and no visible cell shows, by name: nothing typed is lost."""
    doses = [(f"amount-{number}-{n}", amount) for n, amount in enumerate(row.amounts, 1)]
    earlier = [
        (f"earlier-{number}-{n}", text)
        for n, text in enumerate(row.earlier, 1)
        if not row.amounts[n - 1]
    ]
    rate = [(f"earlier-rate-{number}", "" if row.rate else row.earlier_rate)]
    visit = [(f"visit-{number}", row.visit_time), (f"rate-{number}", row.rate)]
    hidden = [(f"ends-{number}", row.ends_on), *doses] if is_pump else visit
    return [each for each in (*earlier, *rate, *hidden) if each[1]]
