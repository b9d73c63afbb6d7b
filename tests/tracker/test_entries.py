"""Entries: what people say happened to a dose. All of it is kept, at most one stands."""

from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from accounts.domain.problems import Conflict, Refusal
from accounts.models import AuditRow
from tests.cast import Cast
from tests.tracker.days import at, dose_at, tuesday_plan
from tests.tracker.entering import NOON, add, standing, stated
from tracker.domain.doses import Outcome
from tracker.models import Entry, EntryVoid, ExpectedDose, Flag, Plan
from tracker.selectors.wording import flag_detail
from tracker.services.entries import entry_count_as_extra, entry_void

TAKEN, SKIPPED, MISSED = Outcome
LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """08:00, 14:00 and 20:00 from Tuesday on, signed at 06:00."""
    return tuesday_plan(cast)


@pytest.fixture
def dose(plan: Plan) -> ExpectedDose:
    """Tuesday's dose of 08:00."""
    return dose_at(plan, 8)


@pytest.mark.parametrize(
    ("outcome", "taken_at"), [(TAKEN, at(8, 5)), (SKIPPED, None), (MISSED, None)]
)
def test_each_outcome_is_kept_as_what_it_is(
    cast: Cast, dose: ExpectedDose, outcome: Outcome, taken_at: datetime | None
) -> None:
    found = add(cast, dose, outcome=outcome, taken_at=at(8, 5), reason=" felt ill ")

    entry = Entry.objects.get()
    assert (entry.outcome, entry.taken_at) == (outcome, taken_at)
    assert (entry.reason, entry.received_at, entry.by) == ("felt ill", NOON, cast.ewan_user)
    assert standing(dose) == found.standing == entry
    assert found.question == ""


def test_silence_writes_nothing_and_no_outcome_stands_for_it(dose: ExpectedDose) -> None:
    assert standing(dose) is None
    assert "not_logged" not in set(Outcome)


def test_every_entry_asks_the_sweep_to_look_at_its_dose_and_its_plan(
    cast: Cast, plan: Plan, dose: ExpectedDose
) -> None:
    add(cast, dose)

    dose.refresh_from_db()
    plan.refresh_from_db()
    assert dose.next_look_at == plan.next_look_at == NOON


def test_a_dose_taken_without_a_time_was_taken_now(cast: Cast, dose: ExpectedDose) -> None:
    assert add(cast, dose).entry.taken_at == NOON


def test_the_same_persons_second_entry_is_kept_and_asked_about(
    cast: Cast, dose: ExpectedDose
) -> None:
    first = add(cast, dose).entry

    second = add(cast, dose, via="link")

    assert (second.question, second.standing) == ("one_or_two", first)
    assert Entry.objects.count() == 2
    assert standing(dose) == first
    assert stated() == []


@pytest.mark.parametrize("outcome", [TAKEN, SKIPPED, MISSED])
def test_another_persons_entry_is_kept_as_conflicting_and_flagged(
    cast: Cast, dose: ExpectedDose, outcome: Outcome
) -> None:
    first = add(cast, dose).entry

    second = add(cast, dose, by=cast.isla, outcome=outcome)

    assert (second.question, second.standing) == ("two_people", first)
    assert standing(dose) == first
    assert stated() == [["two_people"]]
    assert Flag.objects.get(rule="F12").subject == str(dose.pk)


@pytest.mark.parametrize("taken_back", [0, 1])
def test_two_peoples_entries_are_settled_by_taking_one_of_them_back(
    cast: Cast, dose: ExpectedDose, taken_back: int
) -> None:
    entries = [add(cast, dose).entry, add(cast, dose, by=cast.isla).entry]

    entry_void(entry=entries[taken_back], by=cast.priya, reason="one dose", now=at(13))

    assert standing(dose) == entries[1 - taken_back]
    assert stated() == []
    assert Flag.objects.get(rule="F12").closed_at == at(13)


def test_three_entries_are_not_settled_before_a_single_one_is_left(
    cast: Cast, dose: ExpectedDose
) -> None:
    first = add(cast, dose).entry
    others = [add(cast, dose, by=who).entry for who in (cast.isla, cast.priya)]

    entry_void(entry=others[0], by=cast.priya, reason="one dose", now=at(13))
    assert stated() == [["two_people"]]
    entry_void(entry=others[1], by=cast.priya, reason="one dose", now=at(14))

    assert stated() == []
    assert standing(dose) == first


def test_settling_whose_entry_stands_does_not_undo_that_the_amount_differed(
    cast: Cast, dose: ExpectedDose
) -> None:
    first = add(cast, dose).entry
    add(cast, dose, by=cast.isla, is_amount_different=True)
    assert stated() == [["amount"], ["two_people"]]

    entry_void(entry=first, by=cast.priya, reason="Isla was there", now=at(13))

    assert stated() == [["amount"]]


def test_the_same_request_again_gets_the_same_answer_and_writes_nothing(
    cast: Cast, dose: ExpectedDose
) -> None:
    client_id, said = uuid4(), {"taken_at": at(8, 5), "reason": "late", "amount_note": "7,5 mg"}
    first = add(cast, dose, client_id=client_id, **said)
    rows = AuditRow.objects.count()

    again = add(cast, dose, client_id=client_id, now=at(13), via="api", device_at=at(7), **said)

    assert (first.is_repeat_of_request, again.is_repeat_of_request) == (False, True)
    assert again.entry == first.entry
    assert Entry.objects.count() == 1
    assert AuditRow.objects.count() == rows


@pytest.mark.parametrize(
    "changed",
    [
        {"outcome": SKIPPED},
        {"taken_at": at(8, 6)},
        {"taken_at": None},
        {"reason": "other"},
        {"is_amount_different": True},
        {"amount_note": "half"},
    ],
    ids=str,
)
def test_the_same_id_with_another_body_is_a_conflict_and_changes_nothing(
    cast: Cast, dose: ExpectedDose, changed: dict[str, Any]
) -> None:
    client_id, said = uuid4(), {"taken_at": at(8, 5)}
    first = add(cast, dose, client_id=client_id, **said).entry
    rows = AuditRow.objects.count()

    with pytest.raises(Conflict, match="Nothing was changed"):
        add(cast, dose, client_id=client_id, **(said | changed))

    assert Entry.objects.get() == standing(dose) == first
    assert AuditRow.objects.count() == rows
    assert stated() == []


def test_the_same_id_for_another_dose_is_a_conflict(cast: Cast, plan: Plan) -> None:
    client_id = uuid4()
    add(cast, dose_at(plan, 8), client_id=client_id)

    for other in (dose_at(plan, 14), None):
        with pytest.raises(Conflict):
            add(cast, other, client_id=client_id)
    assert Entry.objects.count() == 1


def test_two_people_may_use_the_same_id(cast: Cast, plan: Plan) -> None:
    client_id = uuid4()
    add(cast, dose_at(plan, 8), client_id=client_id)
    add(cast, dose_at(plan, 14), client_id=client_id, by=cast.isla)

    assert Entry.objects.count() == 2


def test_an_entry_is_taken_back_once_with_a_reason_and_stays(
    cast: Cast, dose: ExpectedDose
) -> None:
    entry = add(cast, dose).entry
    with pytest.raises(Refusal, match="Say why"):
        entry_void(entry=entry, by=cast.ewan_user, reason="  ", now=at(13))

    entry_void(entry=entry, by=cast.ewan_user, reason=" wrong dose ", now=at(13))

    with pytest.raises(Refusal, match="taken back already"):
        entry_void(entry=entry, by=cast.isla, reason="again", now=at(14))
    void = EntryVoid.objects.get()
    assert (void.reason, void.by, void.at) == ("wrong dose", cast.ewan_user, at(13))
    assert Entry.objects.get() == entry
    assert standing(dose) is None


def test_taking_an_entry_back_asks_the_sweep_to_look(cast: Cast, plan: Plan) -> None:
    dose = dose_at(plan, 8)
    entry = add(cast, dose).entry
    ExpectedDose.objects.update(next_look_at=None)

    entry_void(entry=entry, by=cast.ewan_user, reason="wrong dose", now=at(13))

    dose.refresh_from_db()
    plan.refresh_from_db()
    assert dose.next_look_at == plan.next_look_at == at(13)


def test_the_earliest_entry_that_is_left_stands_next(cast: Cast, dose: ExpectedDose) -> None:
    entries = [add(cast, dose, now=at(12, minute)).entry for minute in range(4)]
    entry_void(entry=entries[1], by=cast.ewan_user, reason="twice", now=at(13))
    assert standing(dose) == entries[0]

    entry_void(entry=entries[0], by=cast.ewan_user, reason="twice", now=at(13))

    assert standing(dose) == entries[2]


def test_an_extra_dose_belongs_to_no_expected_one_and_is_flagged(
    cast: Cast, dose: ExpectedDose
) -> None:
    found = add(cast, None, taken_at=at(10))

    assert (found.standing, found.question) == (None, "")
    assert standing(dose) is None
    assert stated() == [["extra"]]


def test_the_flag_of_an_extra_dose_says_who_said_it_and_when(cast: Cast, plan: Plan) -> None:
    add(cast, None, by=cast.isla, taken_at=at(9))
    assert flag_detail(Flag.objects.get(), LONDON) == "By Isla Macrae, Tue 24 Nov 12:00."


def test_two_said_for_one_dose_keeps_the_second_as_an_extra_dose(
    cast: Cast, dose: ExpectedDose
) -> None:
    first = add(cast, dose).entry
    second = add(cast, dose, taken_at=at(11), amount_note=" half ", is_amount_different=True).entry

    extra = entry_count_as_extra(entry=second, by=cast.ewan_user, now=at(13))

    assert (extra.dose, extra.taken_at, extra.amount_note) == (None, at(11), " half ")
    assert standing(dose) == first
    assert EntryVoid.objects.get().entry == second
    assert ["extra", "amount"] in stated()
    with pytest.raises(Refusal, match="taken back already"):
        entry_count_as_extra(entry=second, by=cast.ewan_user, now=at(13))


@pytest.mark.parametrize("outcome", [SKIPPED, MISSED])
def test_only_what_was_taken_can_be_an_extra_dose(
    cast: Cast, dose: ExpectedDose, outcome: Outcome
) -> None:
    entry = add(cast, dose, outcome=outcome).entry

    with pytest.raises(Refusal, match="Only a dose that was taken"):
        entry_count_as_extra(entry=entry, by=cast.ewan_user, now=at(13))
    assert not EntryVoid.objects.exists()
