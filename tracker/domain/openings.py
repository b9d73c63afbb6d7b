"""Which expected dose an opening of a bottle or cap stands for.

The rule, in full:

1. The opening belongs to the expected dose whose due instant is nearest; between two that are
   equally near, to the earlier one.
2. A dose reaches half the way to its neighbour on the side of the opening. Where the plan has no
   dose on that side, its neighbour on the other side sets the reach. A dose time comes back each
   day, so a neighbour counts as a day away at most, and a dose without any neighbour reaches half
   a day.
3. An opening beyond that reach, or whose dose already has an entry, is an extra dose. Nothing is
   moved to another dose to make it fit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from accounts.domain.zones import instant

IdT = TypeVar("IdT")

_FARTHEST_NEIGHBOUR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OpenDose(Generic[IdT]):
    """An expected dose that an opening may belong to."""

    id: IdT
    due_at: datetime  # aware
    is_logged: bool  # it has an entry, whatever its outcome


def match_opening(opened_at: datetime, doses: Sequence[OpenDose[IdT]]) -> IdT | None:
    """Return the id of the dose that was opened, or None when the opening is an extra dose.

    `doses` are the plan's expected doses around the opening, in any order, with at least the next
    ones on either side of it. Of two doses due at the same instant the one without an entry is
    meant. Times are aware; ValueError otherwise.
    """
    at = instant(opened_at)
    nearest = min(
        doses,
        key=lambda dose: (abs(instant(dose.due_at) - at), instant(dose.due_at), dose.is_logged),
        default=None,
    )
    if nearest is None or nearest.is_logged:
        return None
    due_at = instant(nearest.due_at)
    reach = _reach(due_at, at >= due_at, (instant(dose.due_at) for dose in doses))
    return nearest.id if abs(at - due_at) <= reach else None


def _reach(due_at: datetime, is_after: bool, due_instants: Iterable[datetime]) -> timedelta:
    """Return how far a dose reaches towards the side of an opening after or before it."""
    gaps = [other - due_at for other in due_instants if other != due_at]
    later = [gap for gap in gaps if gap > timedelta()]
    earlier = [-gap for gap in gaps if gap < timedelta()]
    same_side, other_side = (later, earlier) if is_after else (earlier, later)
    return min([_FARTHEST_NEIGHBOUR, *(same_side or other_side)]) / 2
