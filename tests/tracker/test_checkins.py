"""Check-ins and reports: documented signs, "none of these", stopped suddenly, supply."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from accounts.domain.problems import Conflict, Refusal
from accounts.models import AuditRow, User
from tests.cast import Cast, cast_make
from tests.support.committed import at_once, committed_database
from tests.tracker.days import SECOND, at, tuesday_plan
from tracker.domain.medicine import Urgency
from tracker.domain.plan_states import PlanState, Route
from tracker.models import Alert, CheckIn, CheckInSign, Flag, Plan, Report, ReportKind
from tracker.selectors.ladders import ladder_behind
from tracker.selectors.medicine import baclofen
from tracker.services.answers import SignsAnswer, signs_answer
from tracker.services.checkins import CheckInResult, check_in_add, report_add
from tracker.services.flags import flag_close

NOON = at(12)
OTHER_MONTH = date(2026, 12, 24)


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """Ewan's plan by mouth."""
    return tuesday_plan(cast)


def tick(cast: Cast, *signs: str, by: User | None = None, **said: Any) -> CheckInResult:
    """Send one check-in with these signs ticked."""
    asked = {"note": "", "at": None, "client_id": uuid4(), "now": NOON} | said
    return check_in_add(patient=cast.ewan, by=by or cast.ewan_user, signs=signs, **asked)


def report(cast: Cast, kind: ReportKind, **said: Any) -> Report:
    """Send one report."""
    asked = {"at": None, "client_id": uuid4(), "now": NOON} | said
    return report_add(patient=cast.ewan, by=cast.ewan_user, kind=kind, **asked)


def opened() -> dict[str, list[str]]:
    """The rules of the open flags, each with the signs that it states."""
    return {flag.rule: flag.evidence.get("signs", []) for flag in Flag.objects.open()}


def test_an_emergency_sign_is_urgent_and_alerts_at_once(cast: Cast, plan: Plan) -> None:
    found = tick(cast, "hallucination")

    assert found.is_urgent
    assert opened() == {"F1": ["hallucination"]}
    alert = Alert.objects.get()
    assert (alert.alert_class, alert.next_look_at, alert.climb_from_at) == ("E", NOON, NOON)
    assert alert.flag.plan == plan


def test_a_same_day_sign_alerts_and_sends_nobody_to_the_urgent_page(cast: Cast, plan: Plan) -> None:
    found = tick(cast, "anxiety")

    assert not found.is_urgent
    assert opened() == {"F2": ["anxiety"]}
    assert Alert.objects.get().alert_class == "D"


def test_signs_of_both_kinds_open_a_flag_for_each(cast: Cast, plan: Plan) -> None:
    assert tick(cast, "insomnia", "seizure", "anxiety", "fever").is_urgent

    assert opened() == {"F1": ["fever", "seizure"], "F2": ["anxiety", "insomnia"]}


@pytest.mark.parametrize("sign", [sign.id for sign in baclofen().signs])
def test_every_documented_sign_alerts_as_its_urgency_by_mouth_says(
    cast: Cast, plan: Plan, sign: str
) -> None:
    urgency = next(each.urgency(Route.ORAL) for each in baclofen().signs if each.id == sign)

    found = tick(cast, sign)

    rule = {Urgency.EMERGENCY: "F1", Urgency.SAME_DAY_CALL: "F2"}[urgency]
    assert opened() == {rule: [sign]}
    assert found.is_urgent is (urgency is Urgency.EMERGENCY)
    assert CheckInSign.objects.get().urgency == urgency


@pytest.mark.parametrize("sign", [each.id for each in baclofen().look_alikes])
def test_what_looks_like_too_much_is_an_emergency_too(cast: Cast, plan: Plan, sign: str) -> None:
    assert tick(cast, sign).is_urgent

    assert opened() == {"F1": [sign]}


def test_none_of_these_is_an_answer_of_its_own_and_alerts_nobody(cast: Cast, plan: Plan) -> None:
    found = tick(cast, note=" slept well ")

    check_in = CheckIn.objects.get()
    assert (check_in.note, check_in.signs.count(), found.is_urgent) == ("slept well", 0, False)
    assert check_in.content_version == baclofen().version
    assert opened() == {}


def test_none_of_these_takes_nothing_back_that_was_said_before(cast: Cast, plan: Plan) -> None:
    tick(cast, "seizure")
    tick(cast, now=at(13))

    flag = Flag.objects.open().get(rule="F1")
    flag_close(flag=flag, by=cast.priya, note="Seen in hospital", now=at(14))
    assert opened() == {}


def test_a_sign_that_is_not_documented_is_refused_by_name_and_nothing_is_saved(
    cast: Cast, plan: Plan
) -> None:
    with pytest.raises(Refusal) as refused:
        tick(cast, "seizure", "hiccups", "Seizure")

    texts = [str(problem.text) for problem in refused.value.problems]
    assert texts == [
        "“hiccups” is not one of the documented signs.",
        "“Seizure” is not one of the documented signs.",
    ]
    assert not CheckIn.objects.exists()
    assert not Flag.objects.exists()


def test_a_sign_that_is_ticked_twice_counts_once(cast: Cast, plan: Plan) -> None:
    tick(cast, "fever", "fever")

    assert CheckInSign.objects.count() == 1
    assert opened() == {"F1": ["fever"]}


def test_each_check_in_has_its_own_flag_that_says_who_and_when(cast: Cast, plan: Plan) -> None:
    tick(cast, "fever", at=at(9))
    tick(cast, "fever", by=cast.isla)

    stated = {(flag.evidence["by"], flag.evidence["at"]) for flag in Flag.objects.filter(rule="F1")}
    assert stated == {
        ("Ewan Macrae", at(9).isoformat()),
        ("Isla Macrae", NOON.isoformat()),
    }


def test_the_same_check_in_again_gets_the_same_answer_and_writes_nothing(
    cast: Cast, plan: Plan
) -> None:
    client_id = uuid4()
    first = tick(cast, "fever", "anxiety", client_id=client_id, note="bad night")
    rows = AuditRow.objects.count()

    again = tick(cast, "anxiety", "fever", client_id=client_id, note="bad night", now=at(13))

    assert (first.is_repeat_of_request, again.is_repeat_of_request) == (False, True)
    assert (again.check_in, again.is_urgent) == (first.check_in, True)
    assert (CheckIn.objects.count(), Flag.objects.count()) == (1, 2)
    assert AuditRow.objects.count() == rows


@pytest.mark.parametrize(
    ("signs", "said"),
    [
        (("fever", "anxiety"), {}),
        ((), {}),
        (("fever",), {"note": "x"}),
        (("fever",), {"at": at(9)}),
    ],
    ids=str,
)
def test_the_same_id_with_another_answer_is_a_conflict_and_changes_nothing(
    cast: Cast, plan: Plan, signs: tuple[str, ...], said: dict[str, Any]
) -> None:
    client_id = uuid4()
    tick(cast, "fever", client_id=client_id)

    with pytest.raises(Conflict, match="Nothing was changed"):
        tick(cast, *signs, client_id=client_id, **said)
    assert CheckInSign.objects.get().sign == "fever"
    assert opened() == {"F1": ["fever"]}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (None, NOON),
        (at(9), at(9)),
        (NOON - SECOND, NOON - SECOND),
        (NOON, NOON),
        (NOON + SECOND, NOON),
        (NOON + timedelta(days=3), NOON),
    ],
    ids=str,
)
def test_a_time_ahead_counts_as_now_and_an_earlier_one_is_kept(
    cast: Cast, plan: Plan, said: datetime | None, kept: datetime
) -> None:
    assert tick(cast, at=said).check_in.at == kept
    assert report(cast, ReportKind.STOPPED, at=said).at == kept


@pytest.mark.parametrize("length", [500, 501])
def test_a_note_of_more_than_five_hundred_characters_is_refused(
    cast: Cast, plan: Plan, length: int
) -> None:
    note = "n" * length
    if length <= 500:
        assert tick(cast, note=f" {note} ").check_in.note == note
        assert report(cast, ReportKind.STOPPED, note=note).note == note
        return
    with pytest.raises(Refusal, match="500"):
        tick(cast, "fever", note=note)
    with pytest.raises(Refusal, match="500"):
        report(cast, ReportKind.STOPPED, note=note)
    assert opened() == {}


@pytest.mark.parametrize("state", [None, PlanState.STOPPED, PlanState.OBSERVATION])
def test_a_sign_alerts_without_a_running_plan_too(
    cast: Cast, plan: Plan, state: PlanState | None
) -> None:
    if state is None:
        patient, by = cast.samira, cast.priya
    else:
        Plan.objects.update(state=state)
        patient, by = cast.ewan, cast.ewan_user
    check_in_add(
        patient=patient, by=by, signs=["fever"], note="", at=None, client_id=uuid4(), now=NOON
    )

    alert = Alert.objects.get()
    assert alert.flag.plan == (plan if state is PlanState.OBSERVATION else None)
    audiences = {rung.audience.value for rung in ladder_behind(alert)}
    assert audiences == {"caregivers", "clinic"}


def test_stopped_suddenly_is_an_emergency(cast: Cast, plan: Plan) -> None:
    report(cast, ReportKind.STOPPED, note="ran out on Sunday")

    flag = Flag.objects.get(rule="F4")
    assert (flag.flag_class, flag.evidence["by"]) == ("E", "Ewan Macrae")
    assert Alert.objects.get(flag=flag).alert_class == "E"


def test_a_date_of_supply_opens_nothing_by_itself_and_asks_the_plans_rules_to_look(
    cast: Cast, plan: Plan
) -> None:
    Plan.objects.update(next_look_at=None)

    report(cast, ReportKind.SUPPLY, runs_out_on=OTHER_MONTH)

    plan.refresh_from_db()
    assert plan.next_look_at == NOON
    assert opened() == {}


@pytest.mark.parametrize(
    ("kind", "runs_out_on"), [(ReportKind.SUPPLY, None), (ReportKind.STOPPED, OTHER_MONTH)]
)
def test_a_date_belongs_to_a_report_of_supply_and_to_no_other(
    cast: Cast, plan: Plan, kind: ReportKind, runs_out_on: date | None
) -> None:
    with pytest.raises(Refusal, match="on which date"):
        report(cast, kind, runs_out_on=runs_out_on)
    assert not Report.objects.exists()


def test_a_report_that_comes_twice_is_one_row_and_with_other_words_a_conflict(
    cast: Cast, plan: Plan
) -> None:
    client_id = uuid4()
    first = report(cast, ReportKind.STOPPED, client_id=client_id)

    assert report(cast, ReportKind.STOPPED, client_id=client_id, now=at(13)) == first
    for other in ({"note": "x"}, {"at": at(9)}):
        with pytest.raises(Conflict):
            report(cast, ReportKind.STOPPED, client_id=client_id, **other)
    with pytest.raises(Conflict):
        report(cast, ReportKind.SUPPLY, client_id=client_id, runs_out_on=OTHER_MONTH)
    assert Flag.objects.filter(rule="F4").count() == 1


def answer(cast: Cast, client_id: UUID, **said: Any) -> bool:
    """Send the check-in page's form."""
    nothing = {"signs": (), "is_none": False, "has_stopped": False, "runs_out_on": None, "note": ""}
    return signs_answer(
        patient=cast.ewan,
        by=cast.ewan_user,
        answer=SignsAnswer(**(nothing | said)),
        client_id=client_id,
        now=NOON,
    )


@pytest.mark.parametrize(
    ("said", "is_urgent", "rows"),
    [
        ({"is_none": True}, False, (1, 0)),
        ({"signs": ("anxiety",)}, False, (1, 0)),
        ({"signs": ("fever",)}, True, (1, 0)),
        ({"has_stopped": True}, True, (0, 1)),
        ({"runs_out_on": OTHER_MONTH}, False, (0, 1)),
        ({"has_stopped": True, "runs_out_on": OTHER_MONTH, "is_none": True}, True, (1, 2)),
    ],
    ids=str,
)
def test_a_page_of_answers_is_stored_whole_and_once(
    cast: Cast, plan: Plan, said: dict[str, Any], is_urgent: bool, rows: tuple[int, int]
) -> None:
    client_id = uuid4()

    assert [answer(cast, client_id, note="so it is", **said) for _ in range(2)] == [is_urgent] * 2

    assert (CheckIn.objects.count(), Report.objects.count()) == rows
    notes = [*CheckIn.objects.values_list("note", flat=True)]
    notes += Report.objects.values_list("note", flat=True)
    assert sorted(notes)[-1] == "so it is"
    assert notes.count("so it is") == 1


def test_a_page_without_an_answer_is_refused(cast: Cast, plan: Plan) -> None:
    with pytest.raises(Refusal, match="None of these"):
        answer(cast, uuid4())
    with pytest.raises(Refusal):
        answer(cast, uuid4(), note="only words")
    assert not CheckIn.objects.exists()


def test_of_a_page_with_a_wrong_sign_nothing_is_stored(cast: Cast, plan: Plan) -> None:
    with pytest.raises(Refusal):
        answer(cast, uuid4(), signs=("hiccups",), has_stopped=True)
    assert not Report.objects.exists()
    assert opened() == {}


@pytest.fixture
def committed_cast(test_server, django_test_environment, django_db_blocker) -> Iterator[Cast]:
    """The cast in a database of its own, committed, so that several connections see it."""
    with committed_database(test_server, django_db_blocker, purpose="checkins"):
        yield cast_make()


def test_a_check_in_that_arrives_twice_at_once_is_one_row(committed_cast: Cast) -> None:
    cast, client_id = committed_cast, uuid4()

    found = at_once([partial(tick, cast, "fever", client_id=client_id)] * 4)

    assert {result.check_in.pk for result in found} == {CheckIn.objects.get().pk}
    assert all(result.is_urgent for result in found)
    assert Flag.objects.count() == 1
