"""What the facts about one expected dose ask of its two alerts, "no log" and "not taken"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.domain.zones import instant
from tracker.domain.alerts import AlertKind, CloseReason
from tracker.domain.doses import Outcome
from tracker.domain.plan_states import PlanState

UNDONE = frozenset({CloseReason.ENTRY, CloseReason.STAY})
"""Why a silence stopped being asked about until that was taken back: it then opens again."""


@dataclass(frozen=True, slots=True)
class DoseFacts:
    """One dose as its alerts see it.

    `away` is why nobody is asked about it (a stay, a plan on hold or stopped, the dose cancelled),
    `outcome` that of its standing entry, `last_silence` why its newest closed "no log" episode
    closed. `is_silent_anew` says that an entry came and went after that; `is_told` that a "not
    taken" episode opened since the standing entry arrived.
    """

    due_at: datetime
    first_delay: timedelta
    away: CloseReason | None
    outcome: Outcome | None
    opened: frozenset[AlertKind]
    last_silence: CloseReason | None
    is_silent_anew: bool
    is_told: bool


@dataclass(frozen=True, slots=True)
class Settlement:
    """What to close, with the reason, what to open, and when to look again (None: at a fact)."""

    closes: tuple[tuple[AlertKind, CloseReason], ...] = ()
    opens: AlertKind | None = None
    next_look_at: datetime | None = None


def settle(facts: DoseFacts, now: datetime) -> Settlement:
    """Return what the facts ask for at `now`. Nothing closes because time has passed."""
    if facts.away is not None:
        closes = tuple((kind, facts.away) for kind in sorted(facts.opened))
        return Settlement(closes, next_look_at=_after_stay(facts, now))
    if facts.outcome is None:
        return _silence(facts, now)
    closes = _closing(facts, AlertKind.NO_LOG, CloseReason.ENTRY)
    if facts.outcome is Outcome.TAKEN:
        return Settlement((*closes, *_closing(facts, AlertKind.NOT_TAKEN, CloseReason.ENTRY)))
    is_new = AlertKind.NOT_TAKEN not in facts.opened and not facts.is_told
    return Settlement(closes, opens=AlertKind.NOT_TAKEN if is_new else None)


def away(
    due_at: datetime,
    *,
    plan_state: PlanState,
    stays: Iterable[tuple[datetime, datetime | None]],
    is_cancelled: bool,
) -> CloseReason | None:
    """Return why nobody is asked about a dose; None when somebody is.

    A stay is its first instant and the one at which it is over, None while it lasts.
    """
    if plan_state is PlanState.ON_HOLD:
        return CloseReason.PLAN_HELD
    if plan_state is not PlanState.ACTIVE:
        return CloseReason.PLAN_STOPPED
    if any(begins <= due_at and (ends is None or due_at < ends) for begins, ends in stays):
        return CloseReason.STAY
    return CloseReason.PLAN_CHANGED if is_cancelled else None


def climbs_from(kind: AlertKind, episode: int, due_at: datetime, now: datetime) -> datetime:
    """Return where the ladder of an episode starts.

    The first episode of a silence climbs from the dose's own time; later ones, and doses that
    somebody said were not taken, climb from `now`.
    """
    is_first_silence = kind is AlertKind.NO_LOG and episode == 1
    return due_at if is_first_silence else now


def _after_stay(facts: DoseFacts, now: datetime) -> datetime | None:
    """Return when to look at a dose ahead in a stay: the stay may be over before the dose is due.

    A look during the stay, for an entry or its void, must not be the last.
    """
    first_at = facts.due_at + facts.first_delay
    is_ahead = instant(now) < instant(first_at)
    return first_at if facts.away is CloseReason.STAY and is_ahead else None


def _silence(facts: DoseFacts, now: datetime) -> Settlement:
    closes = _closing(facts, AlertKind.NOT_TAKEN, CloseReason.ENTRY_VOIDED)
    if AlertKind.NO_LOG in facts.opened:
        return Settlement(closes)
    first_at = facts.due_at + facts.first_delay
    if instant(now) < instant(first_at):
        return Settlement(closes, next_look_at=first_at)
    last = facts.last_silence
    is_asked = last is None or last in UNDONE or facts.is_silent_anew
    return Settlement(closes, opens=AlertKind.NO_LOG if is_asked else None)


def _closing(
    facts: DoseFacts, kind: AlertKind, reason: CloseReason
) -> tuple[tuple[AlertKind, CloseReason], ...]:
    return ((kind, reason),) if kind in facts.opened else ()
