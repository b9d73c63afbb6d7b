"""What "I have it" makes of the hold before it, fact by fact, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.domain.audiences import Audience
from tracker.domain.ladder import Hold, LadderRung, climb_brought_forward, hold_taken

NOW = datetime(2026, 11, 24, 18, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
UNTIL = NOW + 20 * MINUTE


def taken(before: Hold | None, alert_class: str, *, is_clinic: bool, rung: int = 3) -> Hold:
    """Somebody says "I have it" now, with the alert on this rung."""
    return hold_taken(
        before,
        rung=rung,
        alert_class=alert_class,
        is_clinic=is_clinic,
        until_at=UNTIL,
        now=NOW,
    )


@pytest.mark.parametrize(
    ("alert_class", "is_clinic", "is_clinic_held"),
    [
        ("E", False, False),
        ("D", False, False),
        ("W", False, True),
        ("", False, True),
        ("E", True, True),
        ("D", True, True),
    ],
)
def test_a_caregivers_word_holds_the_clinics_rungs_of_what_is_not_urgent_alone(
    alert_class: str, is_clinic: bool, is_clinic_held: bool
) -> None:
    assert taken(None, alert_class, is_clinic=is_clinic) == Hold(UNTIL, 3, is_clinic_held)


@pytest.mark.parametrize("alert_class", ["E", "D"])
@pytest.mark.parametrize(("seconds", "stands"), [(-1, False), (0, False), (1, True)])
def test_a_clinicians_word_stands_to_its_last_second_whatever_a_caregiver_says(
    alert_class: str, seconds: int, stands: bool
) -> None:
    clinicians = Hold(NOW + seconds * SECOND, 2, is_clinic_held=True)

    found = taken(clinicians, alert_class, is_clinic=False)

    assert found == (clinicians if stands else Hold(UNTIL, 3, is_clinic_held=False))


def test_a_second_clinician_begins_the_wait_anew() -> None:
    first = Hold(NOW + MINUTE, 2, is_clinic_held=True)

    assert taken(first, "E", is_clinic=True) == Hold(UNTIL, 3, is_clinic_held=True)


@pytest.mark.parametrize("is_clinic", [False, True])
@pytest.mark.parametrize(("held_rung", "rung"), [(1, 3), (3, 1)])
def test_after_a_caregivers_word_the_ladder_goes_on_from_the_lowest_rung_held_back(
    is_clinic: bool, held_rung: int, rung: int
) -> None:
    caregivers = Hold(NOW + MINUTE, held_rung, is_clinic_held=False)

    assert taken(caregivers, "E", is_clinic=is_clinic, rung=rung).rung == 1


RUNGS = tuple(
    LadderRung(number, delay * MINUTE, Audience.CAREGIVERS)
    for number, delay in ((1, 0), (2, 30), (3, 60))
)


@pytest.mark.parametrize(
    ("minutes", "rung", "start"),
    [
        (10, 1, NOW - 30 * MINUTE),  # the second was due in 20 minutes: it is due now
        (10, 2, NOW - 60 * MINUTE),
        (45, 1, NOW - 45 * MINUTE),  # it is due already: nothing is put off
        (10, 3, NOW - 10 * MINUTE),  # there is no rung after the last
    ],
)
def test_bringing_the_next_rung_forward_makes_it_due_now_and_never_later(
    minutes: int, rung: int, start: datetime
) -> None:
    assert climb_brought_forward(NOW - minutes * MINUTE, rung, RUNGS, NOW) == start
