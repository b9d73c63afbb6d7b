"""The drawing of a chart as numbers and texts: what the template writes out as SVG, unchanged."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.selectors.chart_words import CellKind

WIDTH = 994
GUTTER = 84  # the column of dose times; app.css gives the calendar below the same share
NOW_WIDTH = 40


@dataclass(frozen=True, slots=True)
class Label:
    """A text on the drawing, and the line that leads down from it to its place."""

    x: float
    y: float
    text: str
    lead_to_y: float | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Band:
    """Days with an amount that has no height."""

    box: Box
    is_ahead: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """One dose on its lane, by what happened."""

    kind: CellKind
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class DrawnLane:
    """One dose time as drawn."""

    label: str
    label_y: float
    base_y: float
    line: str  # path of the entered amounts that have a height, up to today
    line_ahead: str  # the same for the days to come
    area: str
    bands: tuple[Band, ...]
    labels: tuple[Label, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class DrawnStep:
    """Where a step begins, or is under way where the axis begins."""

    box: Box
    text: str
    text_x: float
    text_y: float
    line_x: float | None  # None where the step began before the axis


@dataclass(frozen=True, slots=True)
class DrawnAway:
    """Days on hold or in a stay."""

    box: Box
    text: str
    text_y: float


@dataclass(frozen=True, slots=True)
class DrawnSign:
    """One check-in: signs, or none of them."""

    x: float
    label: Label | None
    is_emergency: bool


@dataclass(frozen=True, slots=True)
class Plot:
    """The whole drawing."""

    height: float
    description: str
    top_y: float
    bottom_y: float
    lanes: tuple[DrawnLane, ...]
    steps: tuple[DrawnStep, ...]
    away: tuple[DrawnAway, ...]
    signs_y: float
    signs: tuple[DrawnSign, ...]
    extras_y: float | None  # None where there is no extra dose
    extras: tuple[float, ...]
    now_x: float | None  # None where now is not on the axis
    now_label: str
    width: int = WIDTH
    gutter: int = GUTTER

    @property
    def signs_text_y(self) -> float:
        """The base line of the words beside the check-ins."""
        return self.signs_y + 4

    @property
    def extras_text_y(self) -> float | None:
        """The base line of the words beside the extra doses."""
        return None if self.extras_y is None else self.extras_y + 4

    @property
    def now_box(self) -> Box | None:
        """The box with the clock time, on top of the line of now."""
        if self.now_x is None:
            return None
        return Box(round(self.now_x - NOW_WIDTH / 2, 1), self.top_y - 2, NOW_WIDTH, 18)

    @property
    def now_text_x(self) -> float | None:
        """The middle of that box."""
        return self.now_x

    @property
    def now_text_y(self) -> float:
        """The base line of the clock time."""
        return self.top_y + 11
