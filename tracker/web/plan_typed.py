"""A plan's whole form as it stands: the grid, the other fields, and what is said of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.domain.problems import Problem, Refusal
from accounts.domain.zones import zone_named
from accounts.models import User
from tracker.domain.plan_content import plan_content_from
from tracker.domain.plan_paste import paste_read
from tracker.domain.plan_rungs import RUNG_FIELDS
from tracker.domain.plan_states import Route
from tracker.domain.plan_steps import steps_read
from tracker.web.plan_cells import grid_view
from tracker.web.plan_forms import (
    MOST_RUNG_ROWS,
    PlanForm,
    initial_of,
    route_typed,
    rung_rows_for,
    typed_fields,
)
from tracker.web.plan_grid import Grid
from tracker.web.plan_grid_edits import Deleted, grid_edit, grid_paste
from tracker.web.plan_pages import Said

MOST_LISTED = 30


@dataclass(slots=True)
class PasteBox:
    """The box for pasted rows as it stands after a paste."""

    text: str = ""
    order: str = ""
    is_checked: bool = False  # rows were pasted: what is wrong stays marked while it is mended
    ambiguous: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    rows_put: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether something about a paste is shown or asked."""
        return bool(self.said or self.ambiguous or self.is_checked)


@dataclass(slots=True)
class TypedPlan:
    """Everything typed on the page of one plan."""

    grid: Grid
    form: PlanForm
    fields: dict[str, object]
    rung_numbers: list[int] = field(default_factory=list)
    deleted: Deleted = field(default_factory=lambda: Deleted([]))
    paste: PasteBox = field(default_factory=PasteBox)
    said: list[Said] = field(default_factory=list)
    problems: dict[str, list[str]] = field(default_factory=dict)
    warnings: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def from_post(cls, typed: QueryDict, clinicians: Sequence[User]) -> TypedPlan:
        """Return what the browser sent, as typed."""
        rungs = dict(_typed_rungs(typed))
        form = PlanForm(
            typed,
            clinicians=clinicians,
            rung_rows=rung_rows_for(max(rungs, default=0)),
            shown_zone=typed.get("zone", ""),
        )
        fields = {
            **typed_fields(typed),
            "risk_factors": typed.getlist("risk_factors"),
            "rungs": list(rungs.values()),
        }
        is_pump = route_typed(typed.get("route")) is Route.INTRATHECAL
        return cls(
            grid=Grid.from_post(typed, is_pump=is_pump),
            form=form,
            fields=fields,
            rung_numbers=list(rungs),
            deleted=Deleted.from_post(typed.get("deleted", "")),
            paste=PasteBox(
                text=typed.get("paste", ""),
                order=typed.get("paste_order", ""),
                is_checked=bool(typed.get("checked")),
            ),
        )

    @classmethod
    def from_raw(cls, raw: Mapping[str, Any], clinicians: Sequence[User]) -> TypedPlan:
        """Return a kept draft, or a new plan's template in which no step is typed."""
        form = PlanForm(
            initial=initial_of(raw),
            clinicians=clinicians,
            rung_rows=rung_rows_for(len(raw.get("rungs", ()))),
            shown_zone=str(raw.get("zone", "")),
        )
        is_pump = route_typed(raw.get("route")) is Route.INTRATHECAL
        fields = {name: value for name, value in raw.items() if name not in {"steps", "grid"}}
        typed = cls(Grid.from_raw(raw, is_pump=is_pump), form, fields)
        typed.warn()
        return typed

    @property
    def raw(self) -> dict[str, object]:
        """What was typed, as `plan_content_from` reads it."""
        return {**self.fields, "steps": self.grid.raw_steps()}

    @property
    def kept(self) -> dict[str, object]:
        """What was typed as an unfinished draft keeps it, with the grid as it stands."""
        return {**self.raw, "grid": self.grid.kept()}

    def edit(self, action: str) -> str:
        """Do what a button of the grid says; return the field that takes the focus."""
        is_paste = action == "paste"
        focus = self._paste() if is_paste else grid_edit(self.grid, action, self.deleted)
        if self.paste.is_checked:
            self._check(is_paste=is_paste)
        self.warn()
        return focus

    def warn(self) -> None:
        """Note what is kept as typed and deserves a second look, where everything can be read."""
        try:
            warnings = plan_content_from(self.raw).warnings
        except Refusal:
            return
        for warning in warnings:
            cell = self.grid.cell_of(warning)
            if cell is not None:
                self.warnings.setdefault(cell, []).append(warning.text)

    def complain(self, refusal: Refusal) -> None:
        """Put every problem at its field and into the summary."""
        for problem in refusal.problems:
            text = _(str(problem.text))
            target = self._target_of(problem, text)
            if Said(target, text) not in self.said:
                self.said.append(Said(target, text))

    def view(self) -> dict[str, object]:
        """Return what the form's template prints."""
        grid = grid_view(self.grid, self.problems, self.warnings)
        cells = list(grid.cells())
        wrong = [cell for cell in cells if cell.problems] if self.paste.is_open else []
        return {
            "form": self.form,
            "grid": grid,
            "said": self.said,
            "warned": [cell for cell in cells if cell.warnings][:MOST_LISTED],
            "asking": sum(cell.is_asking for cell in cells),
            "wrong": wrong[:MOST_LISTED],
            "wrong_more": max(len(wrong) - MOST_LISTED, 0),
            "deleted": self.deleted,
            "paste": self.paste,
        }

    def _paste(self) -> str:
        """Put the pasted rows into the grid, or ask what their dates mean; return the focus."""
        box, columns = self.paste, [(each.time, each.weekdays) for each in self.grid.columns]
        pasted = paste_read(
            box.text,
            columns=[each for each in columns if each[0].strip()],
            is_pump=self.grid.is_pump,
            order=box.order,
        )
        box.ambiguous = pasted.ambiguous
        box.said = tuple(each.text for each in pasted.problems if not each.row)
        if not pasted.rows:
            return "paste_order" if pasted.ambiguous else "paste"
        self.problems |= grid_paste(self.grid, pasted)
        box.rows_put, box.order, box.is_checked = len(pasted.rows), "", True
        return "pasted"

    def _check(self, *, is_paste: bool) -> None:
        """Mark what is wrong with each cell of the grid of which nothing is said yet.

        A cell that asks is not wrong, and one that is still empty is only right after a paste.
        """
        _steps, problems = steps_read(self.raw, _zone_of(self.fields.get("zone")))
        cells = grid_view(self.grid, {}, {}).cells()
        unasked = {each.name for each in cells if each.is_asking or not (each.value or is_paste)}
        already = unasked | set(self.problems)
        for problem in problems:
            cell = self.grid.cell_of(problem)
            if cell is not None and cell not in already:
                self.problems.setdefault(cell, []).append(_(str(problem.text)))

    def _target_of(self, problem: Problem, text: str) -> str:
        name = self._field_of(problem)
        if name is not None:
            self.form.add_error(name, text)
            bound = self.form[name]
            return bound.id_for_label or bound.auto_id
        cell = self.grid.cell_of(problem)
        if cell is not None:
            self.problems.setdefault(cell, []).append(text)
        return cell or ""

    def _field_of(self, problem: Problem) -> str | None:
        if problem.field in RUNG_FIELDS and problem.row:
            return f"rung_{problem.field}_{self.rung_numbers[problem.row - 1]}"
        if problem.field == "rungs":
            return "rung_delay_1"
        return problem.field if problem.field in self.form.fields else None


def _zone_of(typed: object) -> ZoneInfo:
    """Return the zone typed; UTC while that is none, so that the dates can be compared."""
    try:
        return zone_named(str(typed).strip())
    except Refusal:
        return ZoneInfo("UTC")


def _typed_rungs(typed: QueryDict) -> Iterator[tuple[int, dict[str, str]]]:
    """Return the lines of the ladder in which something is typed, with their numbers."""
    for row in range(1, MOST_RUNG_ROWS + 1):
        line = {name: typed.get(f"rung_{name}_{row}", "") for name in RUNG_FIELDS}
        if any(text.strip() for text in line.values()):
            yield row, line
