// In the grid of a plan's steps, Enter and the arrows up and down go to the next row. Without this
// script Enter keeps the draft, and Tab goes from cell to cell.
"use strict";

for (const hint of document.querySelectorAll("[data-keys]")) hint.hidden = false;

for (const grid of document.querySelectorAll("[data-grid]")) {
  grid.addEventListener("keydown", (event) => {
    const rows = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!rows || event.target.tagName !== "INPUT" || event.isComposing) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    event.preventDefault();
    const cell = event.target.closest("th, td");
    const row = grid.rows[cell.parentElement.rowIndex + rows];
    const next = row && row.cells[cell.cellIndex].querySelector("input");
    if (next) next.focus();
  });
}
