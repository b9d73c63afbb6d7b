"""What one version of a plan has otherwise than another, step by step, as entered.

Nothing is subtracted or weighed: an amount is one text, and either the same text or another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tracker.domain.schedule import StepSpec


@dataclass(frozen=True, slots=True)
class StepChange:
    """A step of one version beside the step of the other that begins on the same date."""

    before: StepSpec | None  # None: the step is new
    after: StepSpec | None  # None: the step is gone


def step_changes(old: Sequence[StepSpec], new: Sequence[StepSpec]) -> tuple[StepChange, ...]:
    """Return the steps that differ, by the date on which they begin; their numbers do not count."""
    before = {step.begins_on: step for step in old}
    after = {step.begins_on: step for step in new}
    pairs = ((before.get(on), after.get(on)) for on in sorted(before.keys() | after.keys()))
    return tuple(StepChange(*pair) for pair in pairs if not _is_same(*pair))


def _is_same(before: StepSpec | None, after: StepSpec | None) -> bool:
    if before is None or after is None:
        return False
    return replace(before, number=0) == replace(after, number=0)
