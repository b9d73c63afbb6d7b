"""Which one dose stands at the top of a patient's day, and what the page may say about it.

A dose is called due only inside its window. What is past is asked about, never called due; and
only the dose that came last, for half the way to the next one, is asked about in the large card,
so that a tap meant for the next dose cannot land on an old one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from accounts.domain.zones import instant

FARTHEST_NEIGHBOUR = timedelta(days=1)
"""A dose time comes back each day: no dose is asked about in the large card for longer than half
of this."""


class Hero(StrEnum):
    """What the large card says about its dose."""

    DUE = "due"  # inside its window
    LATE = "late"  # the window is over, nobody has said what happened
    NEXT = "next"  # not due yet


@dataclass(frozen=True, slots=True)
class CardDose:
    """An expected dose as the rule sees it; `due_at` is aware."""

    due_at: datetime
    window: timedelta
    is_logged: bool
    is_away: bool  # it falls into a stay: nobody is asked about it


def hero_of(doses: Sequence[CardDose], now: datetime) -> tuple[int, Hero] | None:
    """Return the place in `doses` of the card's dose and what it is; None when there is none.

    `doses` are in the order in which they are due. Of two doses inside their windows the earlier
    one comes first.
    """
    now = instant(now)
    asked = [place for place, dose in enumerate(doses) if not dose.is_logged and not dose.is_away]
    for place in asked:
        dose = doses[place]
        if instant(dose.due_at) <= now < instant(dose.due_at) + dose.window:
            return place, Hero.DUE
    past = [place for place, dose in enumerate(doses) if instant(dose.due_at) <= now]
    if past and past[-1] in asked and now < _asked_until(doses, past[-1]):
        return past[-1], Hero.LATE
    ahead = next((place for place in asked if instant(doses[place].due_at) > now), None)
    return None if ahead is None else (ahead, Hero.NEXT)


def _asked_until(doses: Sequence[CardDose], place: int) -> datetime:
    due_at = instant(doses[place].due_at)
    later = (instant(dose.due_at) - due_at for dose in doses[place + 1 :])
    gap = next((gap for gap in later if gap > timedelta()), FARTHEST_NEIGHBOUR)
    return due_at + min(gap, FARTHEST_NEIGHBOUR) / 2
