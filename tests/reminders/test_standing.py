"""The second look before sending, fact by fact, without a database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reminders.domain.messages import Purpose
from reminders.domain.standing import LineFacts, Place, Standing, is_moot, place_of
from tracker.domain.alerts import AlertKind
from tracker.domain.doses import Outcome

NOW = datetime(2026, 11, 24, 23, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SILENCE = LineFacts(
    purpose=Purpose.ALERT,
    kind=AlertKind.NO_LOG,
    has_right=True,
    is_closed=False,
    outcome=None,
    is_cancelled=False,
)
NOT_TAKEN = replace(SILENCE, kind=AlertKind.NOT_TAKEN, outcome=Outcome.SKIPPED)
FLAG = replace(SILENCE, kind=AlertKind.FLAG)
FOLLOW_UP = replace(SILENCE, purpose=Purpose.FOLLOW_UP, is_closed=True, outcome=Outcome.TAKEN)


@pytest.mark.parametrize("line", [SILENCE, NOT_TAKEN, FLAG, FOLLOW_UP])
def test_whoever_has_no_right_to_know_any_more_gets_nothing_outcomes_included(
    line: LineFacts,
) -> None:
    assert not is_moot(line)
    assert is_moot(replace(line, has_right=False))


@pytest.mark.parametrize("line", [SILENCE, NOT_TAKEN, FLAG])
def test_nothing_is_told_of_an_alert_that_has_closed_but_how_it_ended(line: LineFacts) -> None:
    assert is_moot(replace(line, is_closed=True))
    assert not is_moot(replace(line, is_closed=True, purpose=Purpose.FOLLOW_UP))


@pytest.mark.parametrize("purpose", [Purpose.PROMPT, Purpose.ALERT])
@pytest.mark.parametrize("outcome", Outcome)
def test_a_dose_about_which_something_was_said_is_no_silence(
    purpose: Purpose, outcome: Outcome
) -> None:
    assert is_moot(replace(SILENCE, purpose=purpose, outcome=outcome))


def test_nobody_is_asked_about_a_dose_that_is_not_expected_any_more() -> None:
    assert is_moot(replace(SILENCE, is_cancelled=True))


@pytest.mark.parametrize("outcome", [None, *Outcome])
def test_a_dose_not_taken_is_told_while_that_is_what_stands(outcome: Outcome | None) -> None:
    stands = outcome not in {None, Outcome.TAKEN}

    assert is_moot(replace(NOT_TAKEN, outcome=outcome)) is not stands


@pytest.mark.parametrize("outcome", [None, *Outcome])
def test_a_flag_is_told_whatever_is_said_of_a_dose(outcome: Outcome | None) -> None:
    assert not is_moot(replace(FLAG, outcome=outcome, is_cancelled=True))


def test_the_first_address_whose_quiet_hours_are_over_is_used() -> None:
    quiet = [NOW + SECOND, NOW, None]

    assert place_of(quiet, turn=0, is_emergency=False, now=NOW) == Place(Standing.SEND, index=1)


@pytest.mark.parametrize(("turn", "index"), [(0, 0), (1, 1), (2, 0), (3, 1)])
def test_each_repeat_begins_at_the_next_address_around_the_end(turn: int, index: int) -> None:
    found = place_of([None, None], turn=turn, is_emergency=False, now=NOW)

    assert found == Place(Standing.SEND, index=index)


def test_with_every_address_quiet_a_message_waits_for_the_first_and_an_emergency_does_not() -> None:
    quiet = [NOW + 9 * SECOND, NOW + SECOND]

    waits = place_of(quiet, turn=0, is_emergency=False, now=NOW)
    assert waits == Place(Standing.WAIT, wait_until_at=NOW + SECOND)
    assert place_of(quiet, turn=0, is_emergency=True, now=NOW) == Place(Standing.SEND, index=0)


def test_without_an_address_nobody_can_be_reached() -> None:
    assert place_of([], turn=0, is_emergency=True, now=NOW) == Place(Standing.UNREACHABLE)
