"""The ladder: who must be told now, and when to look again.

A pure function of the rungs, of what has been decided so far and of `now`. It never looks at
whether an earlier task ran: a sweep that comes late decides everything that is due by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from accounts.domain.audiences import Audience
from tracker.domain.flags import FlagClass

SPARING = frozenset({FlagClass.EMERGENCY, FlagClass.SAME_DAY})
"""Classes whose clinic rungs go on although a caregiver has said "I have it"."""


class Reach(StrEnum):
    """Whether a rung's audience can be told at this moment."""

    NOW = "now"
    LATER = "later"  # everybody there has quiet hours: queued, and not waited for
    NOBODY = "nobody"  # no usable contact: skipped, and flagged


@dataclass(frozen=True, slots=True)
class LadderRung:
    """One level: `delay` after the ladder's start, `audience` is told.

    A rung as typed may ask to be told again, `repeat_times` times, each `repeat_delay` after the
    one before. The ladder that is climbed has a rung for each telling: `turn` is 0 for the first
    and n for the n-th repeat, which goes to a person's next contact point.
    """

    number: int
    delay: timedelta
    audience: Audience
    repeat_delay: timedelta = timedelta()
    repeat_times: int = 0
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """An acknowledgement: the ladder waits until `until_at`, then goes on from `rung`."""

    until_at: datetime
    rung: int
    is_clinic_held: bool  # a caregiver's word never stops the clinic's rungs of class E or D


@dataclass(frozen=True, slots=True)
class LadderState:
    """How far an alert has climbed: the last rung decided, its round, and a hold if any."""

    climb_from_at: datetime
    rung: int = 0
    round: int = 1
    hold: Hold | None = None
    is_listed: bool = False


@dataclass(frozen=True, slots=True)
class RungDue:
    """A rung that is to be decided now."""

    number: int
    round: int
    audience: Audience
    reach: Reach
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Climb:
    """What a look at the ladder decided: rungs now, the new state, the next look (None: never)."""

    due: tuple[RungDue, ...]
    state: LadderState
    has_lapsed: bool
    next_look_at: datetime | None


def climb(
    *,
    state: LadderState,
    rungs: Sequence[LadderRung],
    reach: Mapping[int, Reach],
    now: datetime,
) -> Climb:
    """Return the rungs due at `now`; behind the last one the alert stands on the worklist.

    A rung whose audience cannot be told now is not waited for: the next is decided at once, and
    the rungs after it keep their distance from that moment. Nothing becomes due later by that.
    """
    has_lapsed = state.hold is not None and now >= state.hold.until_at
    again, state = _lapse(state, rungs, reach) if has_lapsed else ((), state)
    ahead, state, look_at = _ahead(state, rungs, reach, now, skips=_skips(again))
    last = max((rung.number for rung in rungs if rung.turn == 0), default=0)
    if not state.is_listed and state.rung >= last:
        state = replace(state, is_listed=True)
    return Climb(
        due=(*again, *ahead),
        state=state,
        has_lapsed=has_lapsed,
        next_look_at=look_at,
    )


def hold_taken(
    before: Hold | None,
    *,
    rung: int,
    alert_class: str,
    is_clinic: bool,
    until_at: datetime,
    now: datetime,
) -> Hold:
    """Return the hold once somebody has said "I have it"; `before` is the one until then.

    A clinician's that still lasts stands as it was given when the clinic's rungs would not wait for
    the new word. After a caregiver's, the ladder goes on from the lowest rung that was held back.
    """
    is_clinic_held = is_clinic or alert_class not in SPARING
    if before is None:
        return Hold(until_at, rung, is_clinic_held)
    if before.is_clinic_held:
        stands = now < before.until_at and not is_clinic_held
        return before if stands else Hold(until_at, rung, is_clinic_held)
    return Hold(until_at, min(before.rung, rung), is_clinic_held)


def climb_brought_forward(
    climb_from_at: datetime, rung: int, rungs: Sequence[LadderRung], now: datetime
) -> datetime:
    """Return where the ladder starts, so that the rung after `rung` is due by `now`, if any."""
    higher = [each for each in rungs if each.number > rung]
    return min(climb_from_at, now - higher[0].delay) if higher else climb_from_at


def _lapse(
    state: LadderState, rungs: Sequence[LadderRung], reach: Mapping[int, Reach]
) -> tuple[tuple[RungDue, ...], LadderState]:
    """End the hold: the rung it stood on, and those it held back, are told one round later."""
    hold, round_ = state.hold, state.round + 1
    if hold is None:
        return (), state
    again = tuple(
        _due(rung, round_, reach)
        for rung in rungs
        if rung.number == hold.rung
        or (hold.rung < rung.number < state.rung and _is_held(rung, hold))
    )
    held = next((rung for rung in rungs if rung.number == hold.rung), None)
    if held is None or not hold.is_clinic_held:
        return again, replace(state, round=round_, hold=None)
    from_at = hold.until_at - held.delay
    return again, replace(state, climb_from_at=from_at, rung=held.number, round=round_, hold=None)


def _ahead(
    state: LadderState,
    rungs: Sequence[LadderRung],
    reach: Mapping[int, Reach],
    now: datetime,
    *,
    skips: bool,
) -> tuple[tuple[RungDue, ...], LadderState, datetime | None]:
    """Climb the rungs above the last one decided, as far as `now` and a hold allow."""
    due: list[RungDue] = []
    looks = [state.hold.until_at] if state.hold is not None else []
    for rung in rungs:
        if rung.number <= state.rung or _is_held(rung, state.hold):
            continue
        due_at = now if skips else state.climb_from_at + rung.delay
        if due_at > now:
            looks.append(due_at)
            break
        from_at = min(state.climb_from_at, due_at - rung.delay)
        state = replace(state, climb_from_at=from_at, rung=rung.number)
        due.append(_due(rung, state.round, reach))
        skips = _skips(due)
    return tuple(due), state, min(looks, default=None)


def _is_held(rung: LadderRung, hold: Hold | None) -> bool:
    if hold is None:
        return False
    return hold.is_clinic_held or rung.audience is not Audience.CLINIC


def _skips(due: Sequence[RungDue]) -> bool:
    """Tell whether the rung just decided reached nobody at this moment."""
    return bool(due) and due[-1].reach is not Reach.NOW


def outside_rungs(rungs: Sequence[LadderRung], *, is_emergency: bool) -> tuple[LadderRung, ...]:
    """Return the rungs for a fact that the patient already knows: everybody but the patient.

    The first of them is told at once and the others keep their distance from it; for an emergency
    all of them are told at once. The clinic is always among them.
    """
    outside = [rung for rung in rungs if rung.audience is not Audience.PATIENT]
    if all(rung.audience is not Audience.CLINIC for rung in outside):
        number = rungs[-1].number + 1 if rungs else 1
        delay = outside[-1].delay if outside else timedelta()
        outside.append(LadderRung(number=number, delay=delay, audience=Audience.CLINIC))
    first = outside[0].delay
    return tuple(
        replace(rung, delay=timedelta() if is_emergency else rung.delay - first) for rung in outside
    )


def tellings(rungs: Sequence[LadderRung]) -> tuple[LadderRung, ...]:
    """Return the ladder that is climbed: one rung for each telling, in order of time.

    Without repeats it is the ladder as typed. With repeats the rungs are numbered anew, and of two
    tellings at the same moment the rung comes before the repeat.
    """
    if not any(rung.repeat_times for rung in rungs):
        return tuple(rungs)
    found = [
        replace(rung, delay=rung.delay + turn * rung.repeat_delay, turn=turn)
        for rung in rungs
        for turn in range(rung.repeat_times + 1)
    ]
    found.sort(key=lambda rung: (rung.delay, rung.turn, rung.number))
    return tuple(replace(rung, number=place) for place, rung in enumerate(found, start=1))


def _due(rung: LadderRung, round_: int, reach: Mapping[int, Reach]) -> RungDue:
    return RungDue(
        number=rung.number,
        round=round_,
        audience=rung.audience,
        reach=reach[rung.number],
        turn=rung.turn,
    )
