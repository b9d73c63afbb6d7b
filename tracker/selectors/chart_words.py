"""What a calendar cell says: the four outcomes apart, each in words."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.domain.zones import local_date
from tracker.domain.doses import DoseState, Outcome, Timing, dose_state, minutes_from_due, timing
from tracker.models import Entry, ExpectedDose
from tracker.selectors.reasons import reason_words
from tracker.selectors.span_words import span_text


class CellKind(StrEnum):
    """How one dose is marked; taken is three kinds, by time alone."""

    TAKEN = "taken"
    EARLY = "early"
    LATE = "late"
    SKIPPED = "skipped"
    MISSED = "missed"
    NOT_LOGGED = "not_logged"
    DUE = "due"
    UPCOMING = "upcoming"
    AWAY = "away"


TAKEN_KINDS = frozenset({CellKind.TAKEN, CellKind.EARLY, CellKind.LATE})

_BY_TIMING = {
    Timing.ON_TIME: CellKind.TAKEN,
    Timing.EARLY: CellKind.EARLY,
    Timing.LATE: CellKind.LATE,
}
_BY_STATE = {
    DoseState.SKIPPED: CellKind.SKIPPED,
    DoseState.MISSED: CellKind.MISSED,
    DoseState.NOT_LOGGED: CellKind.NOT_LOGGED,
    DoseState.DUE: CellKind.DUE,
    DoseState.UPCOMING: CellKind.UPCOMING,
}


def cell_kind(dose: ExpectedDose, *, is_away: bool, now: datetime) -> CellKind | None:
    """Return how a dose is marked; None for one that was cancelled and never logged.

    What a person said stays visible, also inside a hold or a stay.
    """
    entry = dose.standing_entry
    state = dose_state(
        due_at=dose.due_at,
        window=dose.version.on_time_window,
        outcome=Outcome(entry.outcome) if entry is not None else None,
        is_cancelled=dose.cancelled_at is not None,
        now=now,
    )
    if entry is not None and entry.taken_at is not None:
        window = dose.version.on_time_window
        return _BY_TIMING[timing(taken_at=entry.taken_at, due_at=dose.due_at, window=window)]
    if is_away and state not in {DoseState.SKIPPED, DoseState.MISSED}:
        return CellKind.AWAY
    return _BY_STATE.get(state)


def cell_words(dose: ExpectedDose, kind: CellKind, zone: ZoneInfo, now: datetime) -> str:
    """Return what the mark means, complete without its colour or shape."""
    entry = dose.standing_entry
    if entry is not None:
        return _entry_words(entry, dose, kind, zone)
    is_today = dose.local_date == local_date(now, zone)
    return {
        CellKind.NOT_LOGGED: _("not logged, nobody said"),
        CellKind.DUE: _("due now"),
        CellKind.UPCOMING: _("due later today") if is_today else to_come_words(),
    }[kind]


def _entry_words(entry: Entry, dose: ExpectedDose, kind: CellKind, zone: ZoneInfo) -> str:
    if kind is CellKind.SKIPPED:
        reason = reason_words(entry.reason)
        return _("skipped: %(reason)s") % {"reason": reason} if reason else _("skipped")
    if kind is CellKind.MISSED:
        return _("missed, said by %(name)s") % {"name": entry.by.name}
    if kind is CellKind.TAKEN or entry.taken_at is None:
        return _("taken, on time")
    local = entry.taken_at.astimezone(zone)
    words = _("taken early, %(time)s, %(span)s before")
    if kind is CellKind.LATE:
        words = _("taken late, %(time)s, %(span)s after")
    span = span_text(minutes_from_due(entry.taken_at, dose.due_at))
    return words % {"time": f"{local:%H:%M}", "span": span}


def hold_words() -> str:
    """Return what a plan on hold is called where hospital stays are named too."""
    return _("on hold")


def to_come_words() -> str:
    """Return what is said of a dose of a later day."""
    return _("still to come")
