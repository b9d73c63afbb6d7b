"""Properties of the ladder under any order of looks, holds and unreachable people."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from accounts.domain.audiences import Audience
from tracker.domain.ladder import Climb, Hold, LadderRung, LadderState, Reach, RungDue, climb

START = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

audiences = st.sampled_from(Audience)
reaches = st.sampled_from(Reach)
spans = st.integers(0, 400).map(lambda minutes: minutes * MINUTE)


@st.composite
def ladders(draw: st.DrawFn) -> tuple[LadderRung, ...]:
    """Any ladder: one to six rungs, none before the one below it."""
    delays = sorted(draw(st.lists(spans, min_size=1, max_size=6)))
    return tuple(
        LadderRung(number, delay, draw(audiences)) for number, delay in enumerate(delays, start=1)
    )


def look(
    state: LadderState, rungs: tuple[LadderRung, ...], now: datetime, reach: Reach = Reach.NOW
) -> Climb:
    """Look once, everybody being reachable alike."""
    found = {rung.number: reach for rung in rungs}
    return climb(state=state, rungs=rungs, reach=found, now=now)


def punctual(
    state: LadderState, rungs: tuple[LadderRung, ...], until: datetime
) -> tuple[list[RungDue], LadderState]:
    """Look whenever the ladder asks for it, up to `until`."""
    decided: list[RungDue] = []
    look_at: datetime | None = state.climb_from_at
    while look_at is not None and look_at <= until:
        found = look(state, rungs, look_at)
        decided += found.due
        state, look_at = found.state, found.next_look_at
    return decided, state


def keys(decided: list[RungDue] | tuple[RungDue, ...]) -> list[tuple[int, int]]:
    return sorted((due.round, due.number) for due in decided)


@given(rungs=ladders(), late=spans)
def test_a_look_that_comes_late_decides_the_same_rungs_as_punctual_ones(
    rungs: tuple[LadderRung, ...], late: timedelta
) -> None:
    state = LadderState(climb_from_at=START)

    on_time, state_then = punctual(state, rungs, START + late)
    at_once = look(state, rungs, START + late)

    assert keys(at_once.due) == keys(on_time)
    assert at_once.state == state_then


@given(rungs=ladders(), before=spans, hold=spans, late=spans, is_clinic_held=st.booleans())
def test_a_hold_that_lapsed_unseen_leaves_nobody_out(
    rungs: tuple[LadderRung, ...],
    before: timedelta,
    hold: timedelta,
    late: timedelta,
    is_clinic_held: bool,
) -> None:
    held_at = START + before
    _, state = punctual(LadderState(climb_from_at=START), rungs, held_at)
    until = held_at + hold + MINUTE
    state = LadderState(
        climb_from_at=state.climb_from_at,
        rung=state.rung,
        hold=Hold(until, state.rung, is_clinic_held),
        is_listed=state.is_listed,
    )

    on_time, _ = punctual(state, rungs, until + late)
    at_once = look(state, rungs, until + late)

    assert sorted(due.number for due in at_once.due) == sorted(due.number for due in on_time)


@given(rungs=ladders(), late=spans, reach=reaches)
def test_whatever_was_due_by_now_is_decided_now_whoever_can_be_reached(
    rungs: tuple[LadderRung, ...], late: timedelta, reach: Reach
) -> None:
    found = look(LadderState(climb_from_at=START), rungs, START + late, reach)

    assert {due.number for due in found.due} >= {
        rung.number for rung in rungs if rung.delay <= late
    }


class LadderMachine(RuleBasedStateMachine):
    """An alert's ladder: time passes, people take it, give it back, and cannot be reached."""

    def __init__(self) -> None:
        """Begin before anybody was told."""
        super().__init__()
        self.now = START
        self.state = LadderState(climb_from_at=START)
        self.rungs: tuple[LadderRung, ...] = ()
        self.last: Climb | None = None
        self.decided: list[tuple[int, int]] = []

    @initialize(rungs=ladders())
    def signed(self, rungs: tuple[LadderRung, ...]) -> None:
        self.rungs = rungs

    @rule(later=spans, reach=st.dictionaries(st.integers(1, 6), reaches))
    def look(self, later: timedelta, reach: dict[int, Reach]) -> None:
        self.now += later
        before = self.state
        found = climb(
            state=before,
            rungs=self.rungs,
            reach={rung.number: reach.get(rung.number, Reach.NOW) for rung in self.rungs},
            now=self.now,
        )
        self.holds_what_is_held(before, found)
        self.waits_for_nobody(found)
        self.decided += [(due.round, due.number) for due in found.due]
        self.state, self.last = found.state, found

    @precondition(lambda self: self.state.hold is None)
    @rule(minutes=st.integers(1, 120), is_clinic_held=st.booleans())
    def acknowledge(self, minutes: int, is_clinic_held: bool) -> None:
        until = self.now + minutes * MINUTE
        self.state = LadderState(
            climb_from_at=self.state.climb_from_at,
            rung=self.state.rung,
            round=self.state.round,
            hold=Hold(until, self.state.rung, is_clinic_held),
            is_listed=self.state.is_listed,
        )
        self.last = None

    def holds_what_is_held(self, before: LadderState, found: Climb) -> None:
        hold = before.hold
        if hold is None or self.now >= hold.until_at:
            return
        assert not found.has_lapsed
        assert found.state.hold == hold
        told = {due.audience for due in found.due}
        assert told <= (set() if hold.is_clinic_held else {Audience.CLINIC})

    def waits_for_nobody(self, found: Climb) -> None:
        """A rung that reached nobody is followed at once by the next, unless that is held."""
        hold = found.state.hold
        free = [
            rung.number
            for rung in self.rungs
            if hold is None or (not hold.is_clinic_held and rung.audience is Audience.CLINIC)
        ]
        due = [each.number for each in found.due]
        if found.due and found.due[-1].reach is not Reach.NOW:
            assert max([found.state.rung, *due]) >= max(free, default=0)

    @invariant()
    def no_rung_is_decided_twice_in_a_round(self) -> None:
        assert len(set(self.decided)) == len(self.decided)

    @invariant()
    def within_a_round_rungs_are_decided_in_order(self) -> None:
        for earlier, later in pairwise(self.decided):
            assert later[0] >= earlier[0]
            assert later[0] > earlier[0] or later[1] > earlier[1]

    @invariant()
    def the_next_look_is_after_now(self) -> None:
        if self.last is not None and self.last.next_look_at is not None:
            assert self.last.next_look_at > self.now

    @invariant()
    def a_ladder_is_looked_at_again_until_its_end(self) -> None:
        if self.last is not None and self.last.next_look_at is None:
            assert self.state.is_listed
            assert self.state.rung == self.rungs[-1].number
            assert self.state.hold is None


TestLadder = LadderMachine.TestCase
