"""What can be logged and what cannot: times, texts, doses that are gone, requests at once."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from accounts.domain.problems import Refusal
from tests.cast import Cast, cast_make
from tests.support.committed import at_once, committed_database
from tests.tracker.days import SECOND, SIGNED, at, dose_at, tuesday_plan
from tests.tracker.entering import NOON, add, standing, stated
from tracker.domain.doses import Outcome
from tracker.models import Entry, ExpectedDose, Flag, Plan
from tracker.services.doses import doses_cancel
from tracker.services.entries import CLOCK_TOLERANCE
from tracker.services.plan_moves import plan_stop

TAKEN, SKIPPED, MISSED = Outcome


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """08:00, 14:00 and 20:00 from Tuesday on, signed at 06:00."""
    return tuesday_plan(cast)


@pytest.fixture
def dose(plan: Plan) -> ExpectedDose:
    """Tuesday's dose of 08:00."""
    return dose_at(plan, 8)


@pytest.mark.parametrize(("seconds", "is_kept"), [(-1, False), (0, True), (1, True)])
@pytest.mark.parametrize("is_extra", [False, True])
def test_nothing_can_be_taken_before_the_plan(
    cast: Cast, dose: ExpectedDose, seconds: int, is_kept: bool, is_extra: bool
) -> None:
    said = {"taken_at": SIGNED + seconds * SECOND}
    if is_kept:
        assert add(cast, None if is_extra else dose, **said).entry.taken_at == said["taken_at"]
        return
    with pytest.raises(Refusal, match="before the plan was signed") as refused:
        add(cast, None if is_extra else dose, **said)
    assert [problem.field for problem in refused.value.problems] == ["taken_at"]
    assert not Entry.objects.exists()


def test_without_a_plan_there_is_nothing_to_log(cast: Cast) -> None:
    with pytest.raises(Refusal, match="no plan"):
        add(cast, None)


def test_after_the_plan_was_stopped_what_was_done_is_still_kept(cast: Cast, plan: Plan) -> None:
    plan_stop(plan=plan, by=cast.priya, reason="Enough", now=at(13))

    late = add(cast, dose_at(plan, 8), taken_at=at(8, 5), now=at(14)).entry
    extra = add(cast, None, taken_at=at(13, 30), now=at(14)).entry

    assert standing(dose_at(plan, 8)) == late
    assert extra.dose is None
    assert Flag.objects.open().get(rule="F12").plan == plan


@pytest.mark.parametrize(
    ("ahead", "kept", "question"),
    [
        (timedelta(), NOON, ""),
        (SECOND, NOON, ""),
        (CLOCK_TOLERANCE - SECOND, NOON, ""),
        (CLOCK_TOLERANCE, NOON, ""),
        (CLOCK_TOLERANCE + SECOND, NOON + CLOCK_TOLERANCE + SECOND, "clock"),
    ],
    ids=str,
)
def test_a_phone_clock_up_to_ten_minutes_ahead_counts_as_the_received_time(
    cast: Cast, dose: ExpectedDose, ahead: timedelta, kept: datetime, question: str
) -> None:
    found = add(cast, dose, taken_at=NOON + ahead, device_at=NOON + ahead)

    assert (found.entry.taken_at, found.question) == (kept, question)
    assert found.entry.is_clock_wrong is bool(question)
    assert found.entry.device_at == NOON + ahead
    assert standing(dose) == found.entry


def test_a_dose_that_is_no_longer_expected_is_refused_with_its_reason(
    cast: Cast, plan: Plan
) -> None:
    doses_cancel(plan=plan, reason="The plan was changed", now=NOON)

    with pytest.raises(Refusal, match="no longer expected: The plan was changed"):
        add(cast, dose_at(plan, 14))
    assert add(cast, dose_at(plan, 8)).question == ""


@pytest.mark.parametrize("note", ["7.50 mg", " half a 10 mg tablet ", "½", "<b>5</b>", "\u0665 mg"])
def test_a_note_about_the_amount_is_kept_character_for_character(
    cast: Cast, dose: ExpectedDose, note: str
) -> None:
    add(cast, dose, is_amount_different=True, amount_note=note)

    assert Entry.objects.get().amount_note == note
    assert stated() == [["amount"]]


def test_an_amount_is_different_when_a_person_ticks_it_and_never_by_comparing(
    cast: Cast, dose: ExpectedDose
) -> None:
    add(cast, dose, amount_note="999 mg")

    assert stated() == []


def test_texts_that_are_too_long_are_refused_together_and_nothing_is_saved(
    cast: Cast, dose: ExpectedDose
) -> None:
    with pytest.raises(Refusal) as refused:
        add(cast, dose, reason="r" * 201, amount_note="a" * 201)

    assert [problem.field for problem in refused.value.problems] == ["reason", "amount_note"]
    assert not Entry.objects.exists()
    assert len(add(cast, dose, reason="r" * 200, amount_note="a" * 200).entry.reason) == 200


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"taken_at": None}, "entry_taken_has_its_time"),
        ({"outcome": SKIPPED}, "entry_taken_has_its_time"),
        ({"outcome": SKIPPED, "taken_at": None, "dose": None}, "entry_extra_is_taken"),
    ],
    ids=str,
)
def test_the_database_itself_keeps_outcomes_apart(
    cast: Cast, dose: ExpectedDose, changed: dict[str, Any], rule: str
) -> None:
    entry = Entry(
        patient=cast.ewan,
        by=cast.ewan_user,
        received_at=NOON,
        client_id=uuid4(),
        **({"dose": dose, "outcome": TAKEN, "taken_at": NOON} | changed),
    )
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        entry.save()


@pytest.fixture
def committed_cast(test_server, django_test_environment, django_db_blocker) -> Iterator[Cast]:
    """The cast in a database of its own, committed, so that several connections see it."""
    with committed_database(test_server, django_db_blocker, purpose="entries"):
        yield cast_make()


def test_one_request_that_arrives_twice_at_once_is_one_entry(committed_cast: Cast) -> None:
    cast = committed_cast
    dose, client_id = dose_at(tuesday_plan(cast), 8), uuid4()

    found = at_once([partial(add, cast, dose, client_id=client_id)] * 4)

    assert {result.entry.pk for result in found} == {Entry.objects.get().pk}
    assert sorted(result.is_repeat_of_request for result in found) == [False, True, True, True]


def test_of_two_people_who_log_one_dose_at_once_one_entry_stands(committed_cast: Cast) -> None:
    cast = committed_cast
    dose = dose_at(tuesday_plan(cast), 8)

    found = at_once([partial(add, cast, dose, by=who) for who in (cast.ewan_user, cast.isla)])

    assert sorted(result.question for result in found) == ["", "two_people"]
    assert Entry.objects.count() == 2
    assert stated() == [["two_people"]]
