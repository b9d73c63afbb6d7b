"""Keeps labels of one line of time apart: each stands in the first row where it fits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

CHARACTER = 7.6  # a little more than the average width of one at the drawing's sizes


@dataclass(frozen=True, slots=True)
class Placed:
    """One label: where it begins, its row (0 first) and the width that it takes up."""

    x: float
    row: int
    width: float
    text: str

    @staticmethod
    def width_of(text: str) -> float:
        """Return about how wide a text is drawn."""
        return len(text) * CHARACTER


def place_in_rows(
    labels: Iterable[tuple[float, str]], *, padding: float, right: float
) -> list[Placed]:
    """Return the labels, given as (x, text) from left to right, in the same order.

    A label that would run over the right edge begins as much further left. None is left out.
    """
    ends: list[float] = []
    placed = []
    for start, text in labels:
        width = round(Placed.width_of(text) + padding, 1)
        x = round(max(0.0, min(start, right - width)), 1)
        row = next((number for number, end in enumerate(ends) if end <= x), len(ends))
        ends[row : row + 1] = [x + width]
        placed.append(Placed(x=x, row=row, width=width, text=text))
    return placed
