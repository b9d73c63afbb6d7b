"""The ladder, as a pure function: who must be told now, and when to look again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.audiences import Audience
from tracker.domain.ladder import (
    Climb,
    Hold,
    LadderRung,
    LadderState,
    Reach,
    climb,
    outside_rungs,
    tellings,
)

START = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
PATIENT, CAREGIVERS, CLINIC = Audience.PATIENT, Audience.CAREGIVERS, Audience.CLINIC

USUAL = (
    LadderRung(1, 0 * MINUTE, PATIENT),
    LadderRung(2, 45 * MINUTE, PATIENT),
    LadderRung(3, 90 * MINUTE, CAREGIVERS),
    LadderRung(4, 180 * MINUTE, CLINIC),
)
OUTSIDE = (
    LadderRung(1, 0 * MINUTE, CAREGIVERS),
    LadderRung(2, 30 * MINUTE, CAREGIVERS),
    LadderRung(3, 60 * MINUTE, CLINIC),
    LadderRung(4, 120 * MINUTE, CLINIC),
)
FRESH = LadderState(climb_from_at=START)


def looked(
    state: LadderState,
    now: datetime,
    rungs: Sequence[LadderRung] = USUAL,
    **reach: Reach,
) -> Climb:
    """Look at a ladder on which everybody can be told, but for the rungs named (r3=...)."""
    found: Mapping[int, Reach] = {
        rung.number: reach.get(f"r{rung.number}", Reach.NOW) for rung in rungs
    }
    return climb(state=state, rungs=rungs, reach=found, now=now)


def numbers(found: Climb) -> list[tuple[int, int]]:
    """The rungs due, each with its round."""
    return [(due.number, due.round) for due in found.due]


def after(minutes: int, seconds: int = 0) -> datetime:
    """A moment after the ladder's start."""
    return START + minutes * MINUTE + seconds * SECOND


def held(state: LadderState, until: datetime, *, is_clinic_held: bool = True) -> LadderState:
    """The same ladder with somebody's "I have it"."""
    return replace(state, hold=Hold(until, state.rung, is_clinic_held))


@pytest.mark.parametrize(
    ("seconds", "due", "look"),
    [(-1, [], after(45)), (0, [(2, 1)], after(90)), (1, [(2, 1)], after(90))],
)
def test_a_rung_is_due_at_its_delay_and_not_a_second_before(
    seconds: int, due: list[tuple[int, int]], look: datetime
) -> None:
    told_once = looked(FRESH, START).state

    found = looked(told_once, after(45, seconds))

    assert numbers(found) == due
    assert found.next_look_at == look


def test_behind_the_last_rung_the_alert_stands_on_the_worklist_and_nothing_follows() -> None:
    before = looked(FRESH, after(180, -1))
    assert not before.state.is_listed

    found = looked(before.state, after(180))

    assert numbers(found) == [(4, 1)]
    assert found.state.is_listed
    assert found.next_look_at is None
    assert numbers(looked(found.state, after(100_000))) == []


def test_a_ladder_without_a_rung_stands_on_the_worklist_at_once() -> None:
    found = looked(FRESH, START, rungs=())

    assert found.state.is_listed
    assert (found.due, found.next_look_at) == ((), None)


def test_what_was_on_the_worklist_stays_there() -> None:
    listed = replace(FRESH, is_listed=True)

    assert looked(listed, START - SECOND).state.is_listed


def test_a_late_look_decides_every_rung_that_is_due_by_then_in_order() -> None:
    found = looked(FRESH, after(179, 59))

    assert numbers(found) == [(1, 1), (2, 1), (3, 1)]
    assert [due.audience for due in found.due] == [PATIENT, PATIENT, CAREGIVERS]
    assert found.next_look_at == after(180)


@pytest.mark.parametrize("nobody", [Reach.NOBODY, Reach.LATER])
def test_a_rung_on_which_nobody_can_be_told_now_is_not_waited_for(nobody: Reach) -> None:
    state = looked(FRESH, after(45)).state

    found = looked(state, after(90), r3=nobody)

    assert numbers(found) == [(3, 1), (4, 1)]
    assert [due.reach for due in found.due] == [nobody, Reach.NOW]
    assert found.next_look_at is None


def test_a_chain_of_rungs_that_reach_nobody_is_passed_in_one_look() -> None:
    found = looked(FRESH, START, r1=Reach.NOBODY, r2=Reach.LATER, r3=Reach.NOBODY)

    assert numbers(found) == [(1, 1), (2, 1), (3, 1), (4, 1)]


def test_the_rungs_after_a_skipped_one_keep_their_distance_from_that_moment() -> None:
    found = looked(FRESH, START, r1=Reach.NOBODY)

    assert numbers(found) == [(1, 1), (2, 1)]
    assert found.next_look_at == after(45)  # 45 minutes lie between the second and the third


def test_passing_a_rung_over_never_puts_off_one_that_is_due_already() -> None:
    found = looked(FRESH, after(200), r2=Reach.NOBODY)

    assert numbers(found) == [(1, 1), (2, 1), (3, 1), (4, 1)]


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_a_hold_keeps_the_ladder_still_until_its_last_second(seconds: int) -> None:
    state = held(looked(FRESH, after(90)).state, after(200))

    found = looked(state, after(200, seconds))

    is_over = seconds >= 0
    assert found.has_lapsed is is_over
    assert numbers(found) == ([(3, 2)] if is_over else [])
    assert found.next_look_at == (after(290) if is_over else after(200))


def test_after_a_hold_the_ladder_goes_on_from_the_rung_it_stood_on() -> None:
    state = held(looked(FRESH, after(90)).state, after(200))

    lapsed = looked(state, after(200))
    last = looked(lapsed.state, after(290))

    assert numbers(last) == [(4, 2)]
    assert last.state.is_listed
    assert last.state.hold is None


def test_a_hold_that_lapsed_long_ago_is_made_up_for_in_one_look() -> None:
    state = held(looked(FRESH, after(90)).state, after(200))

    found = looked(state, after(290))

    assert numbers(found) == [(3, 2), (4, 2)]


def test_a_hold_on_a_rung_that_reaches_nobody_any_more_goes_on_to_the_next_at_once() -> None:
    state = held(looked(FRESH, after(90)).state, after(200))

    found = looked(state, after(200), r3=Reach.NOBODY)

    assert numbers(found) == [(3, 2), (4, 2)]


def test_a_hold_before_anybody_was_told_lets_every_overdue_rung_follow() -> None:
    state = held(FRESH, after(60))

    assert numbers(looked(state, after(60, -1))) == []
    assert numbers(looked(state, after(60))) == [(1, 2), (2, 2)]


def test_a_caregivers_hold_spares_the_clinics_rungs() -> None:
    state = looked(FRESH, START, OUTSIDE).state
    state = held(state, after(200), is_clinic_held=False)

    first = looked(state, after(60), OUTSIDE)
    second = looked(first.state, after(120), OUTSIDE)

    assert numbers(looked(state, after(60, -1), OUTSIDE)) == []
    assert (numbers(first), numbers(second)) == ([(3, 1)], [(4, 1)])
    assert first.next_look_at == after(120)
    assert second.next_look_at == after(200)


def test_the_clinics_hold_keeps_the_clinics_rungs_still_too() -> None:
    state = held(looked(FRESH, START, OUTSIDE).state, after(200))

    found = looked(state, after(150), OUTSIDE)

    assert (numbers(found), found.next_look_at) == ([], after(200))


def test_when_a_caregivers_hold_ends_those_it_held_back_are_told_too() -> None:
    state = held(looked(FRESH, START, OUTSIDE).state, after(130), is_clinic_held=False)
    state = looked(state, after(120), OUTSIDE).state

    found = looked(state, after(130), OUTSIDE)

    assert numbers(found) == [(1, 2), (2, 2)]
    assert found.next_look_at is None


def test_a_caregivers_hold_before_anybody_was_told_ends_with_everybody_told() -> None:
    at_once = outside_rungs(OUTSIDE, is_emergency=True)
    state = held(FRESH, after(20), is_clinic_held=False)

    first = looked(state, START, at_once)
    then = looked(first.state, after(20), at_once)

    assert numbers(first) == [(3, 1), (4, 1)]
    assert numbers(then) == [(1, 2), (2, 2)]


def test_after_a_caregivers_hold_the_clinics_rungs_come_when_they_would_have() -> None:
    state = held(looked(FRESH, START, OUTSIDE).state, after(50), is_clinic_held=False)

    lapsed = looked(state, after(50), OUTSIDE)

    assert numbers(lapsed) == [(1, 2), (2, 2)]
    assert lapsed.next_look_at == after(60)


def test_what_the_patient_said_climbs_only_the_people_outside_the_first_at_once() -> None:
    rungs = outside_rungs(USUAL, is_emergency=False)

    assert [(rung.number, rung.delay, rung.audience) for rung in rungs] == [
        (3, 0 * MINUTE, CAREGIVERS),
        (4, 90 * MINUTE, CLINIC),
    ]


def test_an_emergency_tells_everybody_outside_at_once() -> None:
    rungs = outside_rungs(USUAL, is_emergency=True)

    assert [rung.audience for rung in rungs] == [CAREGIVERS, CLINIC]
    assert {rung.delay for rung in rungs} == {0 * MINUTE}


@pytest.mark.parametrize("is_emergency", [False, True])
@pytest.mark.parametrize(
    ("rungs", "numbers_", "delays"),
    [
        ((), [1], [0]),
        (USUAL[:2], [3], [0]),
        (USUAL[:3], [3, 4], [0, 0]),
        ((USUAL[2], LadderRung(5, 120 * MINUTE, CAREGIVERS)), [3, 5, 6], [0, 30, 30]),
    ],
)
def test_the_clinic_is_among_the_people_outside_even_where_no_rung_names_it(
    rungs: tuple[LadderRung, ...], numbers_: list[int], delays: list[int], is_emergency: bool
) -> None:
    found = outside_rungs(rungs, is_emergency=is_emergency)

    assert [rung.number for rung in found] == numbers_
    assert found[-1].audience is CLINIC
    expected = [0] * len(delays) if is_emergency else delays
    assert [rung.delay for rung in found] == [minutes * MINUTE for minutes in expected]


def test_a_ladder_without_repeats_is_climbed_as_it_was_typed() -> None:
    assert tellings(USUAL) == USUAL


def test_each_repeat_of_a_rung_is_a_telling_of_its_own_in_order_of_time() -> None:
    rungs = (
        LadderRung(1, 0 * MINUTE, PATIENT, 20 * MINUTE, 2),
        LadderRung(2, 40 * MINUTE, CAREGIVERS, 30 * MINUTE, 1),
        LadderRung(3, 60 * MINUTE, CLINIC),
    )
    assert [
        (each.number, each.delay // MINUTE, each.audience, each.turn) for each in tellings(rungs)
    ] == [
        (1, 0, PATIENT, 0),
        (2, 20, PATIENT, 1),
        (3, 40, CAREGIVERS, 0),
        (4, 40, PATIENT, 2),
        (5, 60, CLINIC, 0),
        (6, 70, CAREGIVERS, 1),
    ]


@pytest.mark.parametrize(("seconds", "due"), [(-1, []), (0, [2]), (1, [2])])
def test_a_repeat_is_due_at_its_minutes_and_goes_to_the_next_contact(
    seconds: int, due: list[int]
) -> None:
    rungs = tellings((LadderRung(1, 0 * MINUTE, CAREGIVERS, 20 * MINUTE, 1),))
    told_once = looked(FRESH, START, rungs).state

    found = looked(told_once, after(20, seconds), rungs)

    assert [each.number for each in found.due] == due
    assert [each.turn for each in found.due] == [1] * len(due)


def test_the_alert_is_listed_at_the_clinics_rung_although_repeats_follow() -> None:
    rungs = tellings((LadderRung(1, 0 * MINUTE, CLINIC, 20 * MINUTE, 3),))

    found = looked(FRESH, START, rungs)

    assert found.state.is_listed
    assert found.next_look_at == after(20)


@st.composite
def ladders(draw: st.DrawFn) -> tuple[LadderRung, ...]:
    """Any ladder that a clinician may sign: later lines are not earlier."""
    delays = sorted(draw(st.lists(st.integers(0, 600), min_size=1, max_size=6)))
    return tuple(
        LadderRung(
            number,
            delay * MINUTE,
            draw(st.sampled_from(Audience)),
            draw(st.integers(1, 90)) * MINUTE if times else timedelta(),
            times,
        )
        for number, delay in enumerate(delays, 1)
        for times in [draw(st.integers(0, 4))]
    )


@given(ladders())
def test_a_ladder_told_out_loses_no_telling_and_adds_none(rungs: tuple[LadderRung, ...]) -> None:
    told = tellings(rungs)

    assert [each.number for each in told] == list(range(1, len(told) + 1))
    assert [each.delay for each in told] == sorted(each.delay for each in told)
    wanted = Counter(
        (rung.delay + turn * rung.repeat_delay, rung.audience, turn)
        for rung in rungs
        for turn in range(rung.repeat_times + 1)
    )
    assert Counter((each.delay, each.audience, each.turn) for each in told) == wanted


@given(ladders())
def test_repeats_change_neither_when_nor_in_which_order_the_rungs_themselves_come(
    rungs: tuple[LadderRung, ...],
) -> None:
    firsts = [each for each in tellings(rungs) if each.turn == 0]

    assert [(each.delay, each.audience) for each in firsts] == [
        (rung.delay, rung.audience) for rung in rungs
    ]


@given(ladders(), st.lists(st.integers(0, 1_500), max_size=8))
def test_sweeps_at_any_minutes_decide_every_telling_once(
    rungs: tuple[LadderRung, ...], minutes: list[int]
) -> None:
    told, state = tellings(rungs), FRESH
    decided: list[int] = []
    for minute in [*sorted(minutes), 10_000]:
        found = looked(state, after(minute), told)
        decided += [each.number for each in found.due]
        state = found.state

    assert decided == [each.number for each in told]


@given(ladders(), st.booleans())
def test_what_the_patient_said_is_repeated_to_the_people_outside_alone(
    rungs: tuple[LadderRung, ...], is_emergency: bool
) -> None:
    told = tellings(outside_rungs(rungs, is_emergency=is_emergency))

    assert told[0].delay == timedelta()
    assert {each.audience for each in told} <= {CAREGIVERS, CLINIC}
    assert any(each.audience is CLINIC for each in told)


@given(ladders(), st.data())
def test_whoever_cannot_be_told_the_alert_ends_on_the_worklist_and_nothing_comes_late(
    rungs: tuple[LadderRung, ...], data: st.DataObject
) -> None:
    told = tellings(rungs)
    reach = {rung.number: data.draw(st.sampled_from(Reach)) for rung in told}
    state, now, decided = FRESH, START, {}
    for _look in range(len(told) + 1):
        found = climb(state=state, rungs=told, reach=reach, now=now)
        decided |= {due.number: now for due in found.due}
        state = found.state
        if found.next_look_at is None:
            break
        now = found.next_look_at

    assert state.is_listed
    assert set(decided) == {rung.number for rung in told}
    assert all(decided[rung.number] <= START + rung.delay for rung in told)
