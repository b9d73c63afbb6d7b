"""What the buttons of the grid do: each returns the cell that takes the focus. No script needed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.access import NotVisible
from tracker.domain.plan_paste import MOST_DOSE_TIMES, Pasted
from tracker.domain.plan_steps import MOST_STEPS
from tracker.web.plan_grid import CELLS, Column, Grid, GridRow, small_number

MOST_UNDONE = 20


@dataclass(slots=True)
class Deleted:
    """What was taken out of the grid and can be put back, the last of it first to come back."""

    entries: list[dict[str, Any]]

    @classmethod
    def from_post(cls, typed: str) -> Deleted:
        """Return what the page carries along; anything but our own shape is nothing."""
        try:
            entries = json.loads(typed or "[]")
        except ValueError:
            entries = []
        kept = entries if isinstance(entries, list) else []
        return cls([each for each in kept if isinstance(each, dict)][-MOST_UNDONE:])

    @property
    def typed(self) -> str:
        """The hidden field's text."""
        return json.dumps(self.entries[-MOST_UNDONE:]) if self.entries else ""

    @property
    def last(self) -> dict[str, str] | None:
        """The last thing deleted in words: its name, and the texts that were in it."""
        if not self.entries:
            return None
        entry = self.entries[-1]
        number = {"n": entry.get("at")}
        if "column" in entry:
            title = _("Dose time %(n)s is removed") % number
            return {"title": title, "text": " ".join(str(each) for each in entry["column"])}
        kept = entry.get("row")
        row = GridRow.kept(kept if isinstance(kept, Mapping) else {}, MOST_DOSE_TIMES)
        texts = [row.begins_on, row.visit_time, row.rate, *row.amounts, row.note]
        return {
            "title": _("Step %(n)s is removed") % number,
            "text": ", ".join(text for text in texts if text),
        }


def grid_edit(grid: Grid, action: str, deleted: Deleted) -> str:
    """Do what a button says; NotVisible for a button that the page does not have."""
    plain = {
        "add-step": lambda: _step_added(grid),
        "add-time": lambda: _time_added(grid),
        "undo": lambda: _undone(grid, deleted),
    }
    if action in plain:
        return plain[action]()
    name, _dash, typed = action.rpartition("-")
    number = small_number(typed)
    if number is None:
        raise NotVisible
    rows = {"duplicate": _duplicated, "up": _moved_up, "down": _moved_down}
    if name in rows:
        return rows[name](grid, number) if 1 <= number <= len(grid.rows) else "begins-1"
    if name == "remove-step":
        return _step_removed(grid, number, deleted)
    if name == "remove-time":
        return _time_removed(grid, number, deleted)
    return _taken(grid, name, number)


def grid_paste(grid: Grid, pasted: Pasted) -> dict[str, list[str]]:
    """Put pasted rows below those in use; return what is wrong with them by the cell's name.

    A pasted dose time goes under the grid's column of that name, else into a new one.
    """
    grid.rows = list(grid.rows_in_use())
    if not grid.rows and pasted.columns:
        grid.columns = [each for each in grid.columns if each.time or each.weekdays]
    places = _places(grid, pasted)
    first = len(grid.rows) + 1
    for row in pasted.rows[: MOST_STEPS - len(grid.rows)]:
        amounts = [""] * len(grid.columns)
        for place, amount in zip(places, row.amounts, strict=True):
            amounts[place] = amount
        added = GridRow(
            begins_on=row.begins_on,
            ends_on=row.ends_on,
            visit_time=row.time,
            rate=row.rate,
            note=row.note,
            amounts=amounts,
            earlier=[""] * len(grid.columns),
        )
        grid.row_added(added)
    found: dict[str, list[str]] = {}
    for problem in pasted.problems:
        number = first + problem.row - 1
        said = _("Step %(n)d: %(text)s") % {"n": number, "text": problem.text}
        if problem.field == "amount":
            place = places[problem.column - 1]
            cell, name = f"amount-{number}-{place + 1}", grid.columns[place].name
            about = {"n": number, "name": name, "text": problem.text}
            said = _("Step %(n)d, %(name)s: %(text)s") % about
        else:
            field = "visit_time" if problem.field == "time" else problem.field
            cell = f"{CELLS.get(field, 'begins')}-{number}"
        if problem.row:
            found.setdefault(cell, []).append(said)
    return found


def _places(grid: Grid, pasted: Pasted) -> list[int]:
    """Return under which column of the grid each pasted dose time goes."""
    places: list[int] = []
    for time, weekdays in pasted.columns:
        column = Column(time, weekdays)
        free = [n for n, each in enumerate(grid.columns) if n not in places]
        place = next((n for n in free if grid.columns[n].name == column.name), None)
        if place is None and len(grid.columns) < MOST_DOSE_TIMES:
            place = grid.column_added(column) - 1
        places.append(len(grid.columns) - 1 if place is None else place)
    if not grid.columns and not grid.is_pump:
        grid.column_added()
    return places


def _step_added(grid: Grid) -> str:
    if len(grid.rows) >= MOST_STEPS:
        return f"begins-{len(grid.rows)}"
    return f"begins-{grid.row_added()}"


def _time_added(grid: Grid) -> str:
    if len(grid.columns) >= MOST_DOSE_TIMES:
        return f"time-{len(grid.columns)}"
    return f"time-{grid.column_added()}"


def _duplicated(grid: Grid, number: int) -> str:
    """Copy a step below itself: its dates empty, its amounts shown beside and not put in."""
    row = grid.rows[number - 1]
    if len(grid.rows) >= MOST_STEPS:
        return f"begins-{number}"
    beside = [amount or earlier for amount, earlier in zip(row.amounts, row.earlier, strict=True)]
    copy = GridRow(
        earlier_rate=row.rate or row.earlier_rate,
        note=row.note,
        amounts=[""] * len(grid.columns),
        earlier=beside,
    )
    return f"begins-{grid.row_added(copy, at=number + 1)}"


def _moved_up(grid: Grid, number: int) -> str:
    return _moved(grid, number, number - 1)


def _moved_down(grid: Grid, number: int) -> str:
    return _moved(grid, number, number + 1)


def _moved(grid: Grid, number: int, to: int) -> str:
    if 1 <= to <= len(grid.rows):
        grid.rows.insert(to - 1, grid.rows.pop(number - 1))
        return f"begins-{to}"
    return f"begins-{number}"


def _step_removed(grid: Grid, number: int, deleted: Deleted) -> str:
    if 1 <= number <= len(grid.rows):
        row = grid.rows.pop(number - 1)
        if not (row.is_blank(is_pump=True) and row.is_blank(is_pump=False)):
            deleted.entries.append({"at": number, "row": asdict(row)})
    if not grid.rows:
        grid.row_added()
    return "undo" if deleted.entries else f"begins-{min(max(number, 1), len(grid.rows))}"


def _time_removed(grid: Grid, number: int, deleted: Deleted) -> str:
    if 1 <= number <= len(grid.columns):
        column = grid.columns.pop(number - 1)
        amounts = [row.amounts.pop(number - 1) for row in grid.rows]
        earlier = [row.earlier.pop(number - 1) for row in grid.rows]
        if any([column.time, column.weekdays, *amounts, *earlier]):
            entry = {"at": number, "column": [column.time, column.weekdays]}
            deleted.entries.append({**entry, "amounts": amounts, "earlier": earlier})
    if not grid.columns:
        grid.column_added()
    return "undo" if deleted.entries else f"time-{min(max(number, 1), len(grid.columns))}"


def _undone(grid: Grid, deleted: Deleted) -> str:
    """Put the last thing deleted back where it was."""
    if not deleted.entries:
        return "begins-1"
    entry = deleted.entries.pop()
    at = entry.get("at")
    at = at if isinstance(at, int) and at > 0 else 1
    if "column" in entry:
        return _column_put_back(grid, entry, min(at, len(grid.columns) + 1))
    row = entry.get("row")
    kept = GridRow.kept(row if isinstance(row, Mapping) else {}, len(grid.columns))
    return f"begins-{grid.row_added(kept, at=min(at, len(grid.rows) + 1))}"


def _column_put_back(grid: Grid, entry: Mapping[str, Any], at: int) -> str:
    texts = GridRow.kept(entry, len(grid.rows))
    time, weekdays = GridRow.kept({"amounts": entry["column"]}, 2).amounts
    grid.columns.insert(at - 1, Column(time, weekdays))
    for row, amount, earlier in zip(grid.rows, texts.amounts, texts.earlier, strict=True):
        row.amounts.insert(at - 1, amount)
        row.earlier.insert(at - 1, earlier)
    return f"time-{at}"


def _taken(grid: Grid, name: str, number: int) -> str:
    """Put one earlier text into its cell, because a person pressed its button."""
    if name == "take-rate" and 1 <= number <= len(grid.rows):
        row = grid.rows[number - 1]
        row.rate, row.earlier_rate = row.rate or row.earlier_rate, ""
        return f"rate-{number}"
    kind, _dash, typed = name.rpartition("-")
    at = small_number(typed)
    if kind != "take" or at is None:
        raise NotVisible
    if 1 <= at <= len(grid.rows) and 1 <= number <= len(grid.columns):
        row, place = grid.rows[at - 1], number - 1
        row.amounts[place] = row.amounts[place] or row.earlier[place]
        row.earlier[place] = ""
    return f"amount-{at}-{number}"
