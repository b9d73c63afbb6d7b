"""Who to call first: the order of the worklist, as a sort key and nothing else.

Highest open class; within it what nobody has before what somebody has; then the oldest; then the
name. No score and no sum: every part of the key is a fact that the row shows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from accounts.domain.zones import instant
from tracker.domain.flags import FlagClass

CLASS_PLACE: Mapping[FlagClass, int] = MappingProxyType(
    {flag_class: place for place, flag_class in enumerate(FlagClass)}
)

MatterKey = tuple[int, bool, datetime]
RowKey = tuple[int, bool, datetime, str, str]


@dataclass(frozen=True, slots=True)
class Rank:
    """What the order looks at of one open flag or listed alert."""

    flag_class: FlagClass
    is_held: bool  # somebody has it, and their hold has not run out
    since_at: datetime  # aware


def matter_key(rank: Rank) -> MatterKey:
    """Return the place of one open flag or alert among those of the same patient."""
    return (CLASS_PLACE[rank.flag_class], rank.is_held, instant(rank.since_at))


def row_key(ranks: Iterable[Rank], *, name: str, patient_id: str) -> RowKey:
    """Return the place of one patient: that of their first matter, then name.

    `patient_id` only keeps two people of one name in the same order from one look to the next.
    ValueError when nothing is open.
    """
    first = min((matter_key(rank) for rank in ranks), default=None)
    if first is None:
        raise ValueError("A patient with nothing open has no place in the order.")
    return (*first, name.casefold(), patient_id)


def highest_class(classes: Sequence[FlagClass]) -> FlagClass:
    """Return the most urgent of these classes; ValueError when there is none."""
    return min(classes, key=CLASS_PLACE.__getitem__)
