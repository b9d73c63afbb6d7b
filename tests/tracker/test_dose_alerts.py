"""What the facts about one dose ask of its alerts, fact by fact, without a database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tracker.domain.alerts import AlertKind, CloseReason
from tracker.domain.dose_alerts import DoseFacts, Settlement, away, climbs_from, settle
from tracker.domain.doses import Outcome
from tracker.domain.plan_states import PlanState

DUE = datetime(2026, 11, 24, 8, tzinfo=UTC)
FIRST = DUE + timedelta(minutes=30)
SECOND = timedelta(seconds=1)
NO_LOG, NOT_TAKEN = AlertKind.NO_LOG, AlertKind.NOT_TAKEN
NOTHING = Settlement()
FRESH = DoseFacts(
    due_at=DUE,
    first_delay=timedelta(minutes=30),
    away=None,
    outcome=None,
    opened=frozenset(),
    last_silence=None,
    is_silent_anew=False,
    is_told=False,
)


@pytest.mark.parametrize(
    ("seconds", "found"),
    [
        (-1, Settlement(next_look_at=FIRST)),
        (0, Settlement(opens=NO_LOG)),
        (1, Settlement(opens=NO_LOG)),
    ],
)
def test_a_silence_is_asked_about_at_the_first_rung_and_not_a_second_before(
    seconds: int, found: Settlement
) -> None:
    assert settle(FRESH, FIRST + seconds * SECOND) == found


@pytest.mark.parametrize("days", [0, 1, 400])
def test_an_open_silence_stays_open_however_long_it_lasts(days: int) -> None:
    silent = replace(FRESH, opened=frozenset({NO_LOG}))

    assert settle(silent, FIRST + timedelta(days=days)) == NOTHING


@pytest.mark.parametrize(
    ("last", "is_silent_anew", "opens"),
    [
        (CloseReason.ENTRY, False, NO_LOG),  # the entry is gone, or the dose would not be silent
        (CloseReason.STAY, False, NO_LOG),
        (CloseReason.NOTED, False, None),
        (CloseReason.NOTED, True, NO_LOG),
        (CloseReason.PLAN_HELD, False, None),
    ],
)
def test_a_silence_that_was_closed_opens_again_when_its_reason_was_taken_back(
    last: CloseReason, is_silent_anew: bool, opens: AlertKind | None
) -> None:
    facts = replace(FRESH, last_silence=last, is_silent_anew=is_silent_anew)

    assert settle(facts, FIRST).opens is opens


def test_a_dose_logged_as_taken_closes_both_its_alerts_and_opens_none() -> None:
    facts = replace(FRESH, outcome=Outcome.TAKEN, opened=frozenset({NO_LOG, NOT_TAKEN}))

    found = settle(facts, FIRST)

    assert dict(found.closes) == {NO_LOG: CloseReason.ENTRY, NOT_TAKEN: CloseReason.ENTRY}
    assert (found.opens, found.next_look_at) == (None, None)


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.TAKEN])
@pytest.mark.parametrize(
    ("opened", "is_told", "opens"),
    [
        (frozenset({NO_LOG}), False, NOT_TAKEN),
        (frozenset({NO_LOG, NOT_TAKEN}), True, None),
        (frozenset({NO_LOG}), True, None),  # closed by a note, and nothing new was said since
    ],
)
def test_a_dose_said_not_to_be_taken_ends_its_silence_and_is_told_once(
    outcome: Outcome, opened: frozenset[AlertKind], is_told: bool, opens: AlertKind | None
) -> None:
    facts = replace(FRESH, outcome=outcome, opened=opened, is_told=is_told)

    assert settle(facts, FIRST) == Settlement(((NO_LOG, CloseReason.ENTRY),), opens=opens)


def test_an_entry_that_is_taken_back_closes_what_it_opened_and_leaves_a_silence() -> None:
    facts = replace(FRESH, opened=frozenset({NOT_TAKEN}))

    assert settle(facts, FIRST) == Settlement(
        ((NOT_TAKEN, CloseReason.ENTRY_VOIDED),), opens=NO_LOG
    )


@pytest.mark.parametrize("outcome", [None, *Outcome])
def test_while_the_person_is_away_nothing_opens_and_what_is_open_says_why_it_closed(
    outcome: Outcome | None,
) -> None:
    opened = frozenset({NO_LOG, NOT_TAKEN})
    facts = replace(FRESH, away=CloseReason.PLAN_HELD, outcome=outcome, opened=opened)

    found = settle(facts, FIRST)

    assert dict(found.closes) == dict.fromkeys(opened, CloseReason.PLAN_HELD)
    assert (found.opens, found.next_look_at) == (None, None)


@pytest.mark.parametrize(
    ("reason", "at", "look"),
    [
        (CloseReason.STAY, FIRST - SECOND, FIRST),
        (CloseReason.STAY, FIRST, None),
        (CloseReason.PLAN_STOPPED, FIRST - SECOND, None),
    ],
)
def test_a_dose_ahead_in_a_stay_is_looked_at_again_for_the_stay_may_be_over_by_then(
    reason: CloseReason, at: datetime, look: datetime | None
) -> None:
    assert settle(replace(FRESH, away=reason), at).next_look_at == look


@pytest.mark.parametrize(
    ("kind", "episode", "start"),
    [(NO_LOG, 1, DUE), (NO_LOG, 2, FIRST), (NOT_TAKEN, 1, FIRST), (NOT_TAKEN, 2, FIRST)],
)
def test_only_the_first_silence_about_a_dose_climbs_from_the_doses_own_time(
    kind: AlertKind, episode: int, start: datetime
) -> None:
    assert climbs_from(kind, episode, DUE, FIRST) == start


@pytest.mark.parametrize(
    ("begins", "ends", "is_away"),
    [
        (DUE, None, True),
        (DUE + SECOND, None, False),
        (DUE - SECOND, DUE + SECOND, True),
        (DUE - SECOND, DUE, False),
    ],
)
def test_a_stay_covers_the_doses_due_from_its_first_second_to_before_its_end(
    begins: datetime, ends: datetime | None, is_away: bool
) -> None:
    why = away(DUE, plan_state=PlanState.ACTIVE, stays=[(begins, ends)], is_cancelled=False)

    assert why is (CloseReason.STAY if is_away else None)


@pytest.mark.parametrize(
    ("state", "is_cancelled", "why"),
    [
        (PlanState.ACTIVE, False, None),
        (PlanState.ACTIVE, True, CloseReason.PLAN_CHANGED),
        (PlanState.ON_HOLD, True, CloseReason.PLAN_HELD),
        (PlanState.STOPPED, True, CloseReason.PLAN_STOPPED),
        (PlanState.OBSERVATION, False, CloseReason.PLAN_STOPPED),
    ],
)
def test_of_a_dose_that_counts_no_more_nobody_is_asked_and_the_plan_says_why(
    state: PlanState, is_cancelled: bool, why: CloseReason | None
) -> None:
    assert away(DUE, plan_state=state, stays=(), is_cancelled=is_cancelled) is why
