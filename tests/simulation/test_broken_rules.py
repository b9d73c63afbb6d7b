"""Each invariant is really checked: with one rule broken the simulator stops, and says which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.domain.zones import instant
from reminders.domain.standing import LineFacts, Place, place_of
from tests.simulation.people import case_from
from tests.simulation.rules import Rules
from tests.simulation.shrink import broken_by, case_text, shrunk
from tracker.domain.alerts import AlertKind, CloseReason
from tracker.domain.dose_alerts import DoseFacts, Settlement, settle
from tracker.domain.doses import DoseState, dose_state
from tracker.domain.ladder import Climb, Reach, climb
from tracker.domain.schedule import occurrences

SEEDS, DAYS = 100, 30
Broken = Mapping[str, Callable[..., Any]]


def closes_in_time(facts: DoseFacts, now: datetime) -> Settlement:
    """A silence that closes because six hours have passed."""
    found, over_at = settle(facts, now), facts.due_at + timedelta(hours=6)
    if found.opens is AlertKind.NO_LOG:
        return replace(found, next_look_at=over_at)
    if AlertKind.NO_LOG in facts.opened and instant(now) >= over_at and not found.closes:
        return Settlement(((AlertKind.NO_LOG, CloseReason.ENTRY),))
    return found


def silence_is_a_miss(**facts: Any) -> DoseState:
    """Whoever does not log has missed."""
    state = dose_state(**facts)
    return DoseState.MISSED if state is DoseState.NOT_LOGGED else state


def silence_is_not_taken(facts: DoseFacts, now: datetime) -> Settlement:
    """A silence that is told as “not taken”."""
    found = settle(facts, now)
    if found.opens is AlertKind.NO_LOG and AlertKind.NOT_TAKEN not in facts.opened:
        return replace(found, opens=AlertKind.NOT_TAKEN)
    return found


def never_asks_again(facts: DoseFacts, now: datetime) -> Settlement:
    """An entry that is taken back opens nothing."""
    found = settle(facts, now)
    return found if facts.last_silence is None else replace(found, opens=None)


def forgets_the_round(**asked: Any) -> Climb:
    """After a hold the same rungs are decided in the same round."""
    found = climb(**asked)
    if not found.has_lapsed:
        return found
    due = tuple(replace(each, round=asked["state"].round) for each in found.due)
    return replace(found, due=due, state=replace(found.state, round=asked["state"].round))


def skips_the_middle(**asked: Any) -> Climb:
    """A look that comes late decides the first rung that is due only, and no other after it."""
    found = climb(**asked)
    return replace(found, next_look_at=None)


def never_lists(**asked: Any) -> Climb:
    """Nothing ever stands on the worklist."""
    found = climb(**asked)
    return replace(found, state=replace(found.state, is_listed=asked["state"].is_listed))


def waits_for_nobody(**asked: Any) -> Climb:
    """A rung on which nobody can be told now is waited for like any other."""
    return climb(**{**asked, "reach": dict.fromkeys(asked["reach"], Reach.NOW)})


def emergencies_wait(ends: Any, *, turn: int, is_emergency: bool, now: datetime) -> Place:
    """Quiet hours hold back an emergency as well."""
    return place_of(ends, turn=turn, is_emergency=False, now=now)


def everything_stands(line: LineFacts) -> bool:
    """No second look."""
    return False


def nothing_stands(line: LineFacts) -> bool:
    """A second look that drops what still stands."""
    return True


def every_dose_twice(*asked: Any) -> list[Any]:
    """Each dose is expected twice."""
    return [each for dose in occurrences(*asked) for each in (dose, dose)]


def no_dose_on_sundays(*asked: Any) -> list[Any]:
    """A day of the week is forgotten."""
    return [each for each in occurrences(*asked) if each.local_date.weekday() != 6]


def silent_only_after(beats: Mapping[str, datetime], now: datetime, limit: timedelta) -> bool:
    """A beat from before the clock was put back counts as new for as long as it is ahead."""
    return any(leg not in beats or now - beats[leg] >= limit for leg in ("sweep", "dispatch"))


def beats_never_go_back(before: datetime | None, now: datetime, limit: timedelta) -> datetime:
    """The living engine does not beat anew after the clock was put back."""
    return now if before is None else max(before, now)


TABLE: tuple[tuple[int, str, Broken], ...] = (
    (3, "an alert closes in time", {"settle": closes_in_time}),
    (3, "silence is called a miss", {"dose_state": silence_is_a_miss}),
    (3, "silence is told as not taken", {"settle": silence_is_not_taken}),
    (4, "an entry that is taken back is forgotten", {"settle": never_asks_again}),
    (4, "a round is forgotten", {"climb": forgets_the_round}),
    (4, "no later rung is looked at", {"climb": skips_the_middle}),
    (4, "what stands is dropped", {"is_moot": nothing_stands}),
    (4, "a failed try is never repeated", {"next_try_at": lambda *, now, **_: now + YEAR}),
    (4, "a day has no doses", {"occurrences": no_dose_on_sundays}),
    (5, "silence is never said", {"is_engine_silent": lambda *_: False}),
    (5, "a clock put back hides the silence", {"is_engine_silent": silent_only_after}),
    (5, "a clock put back makes the living silent", {"beat_after": beats_never_go_back}),
    (11, "every message names amounts", {"names_amount": lambda *_, **__: True}),
    (13, "nothing is listed", {"climb": never_lists}),
    (13, "who cannot be reached is waited for", {"climb": waits_for_nobody}),
    (13, "an emergency waits for the morning", {"place_of": emergencies_wait}),
    (14, "nothing is looked at a second time", {"is_moot": everything_stands}),
    (14, "each dose is expected twice", {"occurrences": every_dose_twice}),
)
YEAR = timedelta(days=365)


@pytest.mark.parametrize(
    ("invariant", "broken"),
    [(invariant, broken) for invariant, _, broken in TABLE],
    ids=[name for _, name, _ in TABLE],
)
def test_a_broken_rule_breaks_its_invariant(invariant: int, broken: Broken) -> None:
    rules = Rules(**broken)
    found = (broken_by(case_from(seed, days=DAYS), rules) for seed in range(SEEDS))
    first = next((each for each in found if each is not None), None)
    assert first is not None, f"{SEEDS} cases did not notice"
    assert first.invariant == invariant, str(first)


def test_every_invariant_of_the_engine_has_a_broken_rule() -> None:
    assert {invariant for invariant, _, _ in TABLE} == {3, 4, 5, 11, 13, 14}


def test_a_failing_case_is_cut_down_to_a_test_that_fails_as_long_as_the_rule_is_broken() -> None:
    rules = Rules(climb=never_lists)
    case = next(c for c in map(case_from, range(SEEDS)) if broken_by(c, rules) is not None)
    small = shrunk(case, 13, rules)
    broken = broken_by(small, rules)
    assert broken is not None
    assert broken.invariant == 13
    assert len(small.patients) == 1
    assert (small.days, len(small.faults), len(small.acts)) <= (5, 0, 3)
    made: dict[str, Any] = {}
    text = case_text(small, invariant=13, said=str(broken))
    exec(compile(text, "case", "exec"), made)  # noqa: S102 - our own text
    assert made["CASE"] == small
    made[f"test_seed_{case.seed}_keeps_invariant_13"]()  # with the rule mended it passes
