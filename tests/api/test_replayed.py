"""What a phone kept without a network arrives late: each answer is the same whatever the order."""

from datetime import datetime, timedelta

import pytest

from accounts.clock import database_now
from tests.api.callers import new_id
from tests.api.worlds import World
from tracker.domain.doses import Outcome, Via
from tracker.models import CheckIn, Entry, Flag, Report
from tracker.services.answers import SignsAnswer, dose_skip_none_left, signs_answer
from tracker.services.entries import entry_add


def tapped(world: World, **changed: object) -> tuple[str, dict[str, object]]:
    """The address of the dose that nobody has logged, and "taken" as said two hours ago."""
    said_at = (world.cast.now - timedelta(hours=2)).isoformat()
    body: dict[str, object] = {"client_id": new_id(), "outcome": "taken", "said_at": said_at}
    return f"/doses/{world.past_dose.pk}/entries/", body | changed


def at(text: object) -> datetime:
    return datetime.fromisoformat(str(text))


def plan_stopped(world: World, by) -> None:
    reason = {"reason": "Side effects", "has_read_warning": True}
    assert by("priya").post(f"/plans/{world.plan.pk}/stop/", reason).status == 200


def test_a_tap_that_waited_counts_at_the_time_of_the_tap(world: World, by) -> None:
    path, body = tapped(world)

    stored = by("ewan").post(path, body | {"device_now": database_now().isoformat()}).body["entry"]

    assert at(stored["taken_at"]) == at(body["said_at"])
    assert at(stored["received_at"]) > at(stored["taken_at"])
    assert stored["is_clock_wrong"] is False


def test_a_tap_that_arrived_after_all_is_the_same_request_when_it_is_sent_again(
    world: World, by
) -> None:
    path, body = tapped(world)
    arrived = entry_add(
        patient=world.cast.ewan,
        by=world.cast.ewan_user,
        via=Via.PAGE,
        outcome=Outcome.TAKEN,
        taken_at=None,
        device_at=None,
        client_id=body["client_id"],
        now=world.cast.now,
        dose=world.past_dose,
    ).entry

    again = by("ewan").post(path, body)

    assert (again.status, again.body["entry"]["id"]) == (200, str(arrived.pk))
    assert at(again.body["entry"]["taken_at"]) == arrived.taken_at
    assert Entry.objects.filter(dose=world.past_dose).count() == 1


def test_the_same_tap_twice_with_other_clocks_is_one_entry_and_other_content_conflicts(
    world: World, by
) -> None:
    path, body = tapped(world)
    later = world.cast.now.isoformat()

    answers = [
        by("ewan").post(path, body),
        by("ewan").post(path, body | {"said_at": later, "device_now": later}),
        by("ewan").post(path, body | {"amount_differs": True}),
    ]

    assert [answer.status for answer in answers] == [201, 200, 409]
    assert answers[0].body == answers[1].body
    assert "sent before with other content" in answers[2].text
    assert Entry.objects.filter(dose=world.past_dose).count() == 1


@pytest.mark.parametrize("first", ["ewan", "isla"])
def test_a_dose_that_two_people_logged_asks_whichever_arrives_first(
    world: World, by, first: str
) -> None:
    second = "isla" if first == "ewan" else "ewan"
    answers = []
    for who in (first, second):
        path, body = tapped(world)
        answers.append(by(who).post(path, body).body)

    assert [answer["question"] for answer in answers] == ["", "two_people"]
    assert answers[1]["standing_entry"] == answers[0]["entry"]["id"]
    flag = Flag.objects.get(rule="F12", subject=str(world.past_dose.pk))
    assert flag.closed_at is None


def test_a_dose_cancelled_before_the_phone_could_tell_becomes_an_extra_dose(
    world: World, by
) -> None:
    plan_stopped(world, by)
    path = f"/doses/{world.coming_dose.pk}/entries/"
    _, body = tapped(world)

    stored, again = by("ewan").post(path, body), by("ewan").post(path, body)

    assert (stored.status, again.status) == (201, 200)
    assert stored.body == again.body
    entry = Entry.objects.get(pk=stored.body["entry"]["id"])
    assert (entry.dose, entry.taken_at) == (None, at(body["said_at"]))
    assert Flag.objects.filter(rule="F12", subject=str(entry.pk)).count() == 1


def test_a_skip_of_a_cancelled_dose_says_that_nothing_is_to_be_logged(world: World, by) -> None:
    plan_stopped(world, by)
    path = f"/doses/{world.coming_dose.pk}/entries/"
    _, body = tapped(world, outcome="skipped", reason="Vomiting")

    refused = by("ewan").post(path, body)

    assert refused.status == 400
    assert "Nothing is to be logged for it." in refused.text


@pytest.mark.parametrize("off", [timedelta(days=3), -timedelta(days=3)])
def test_a_phone_clock_three_days_off_is_kept_marked_and_asked_about(
    world: World, by, off: timedelta
) -> None:
    on_the_phone = (database_now() + off).replace(microsecond=0)
    said_at = max(on_the_phone, world.plan.versions.get().counts_from_at)
    path, body = tapped(world, said_at=said_at.isoformat(), device_now=on_the_phone.isoformat())

    stored, again = by("ewan").post(path, body).body, by("ewan").post(path, body).body

    assert stored == again
    assert (stored["question"], stored["entry"]["is_clock_wrong"]) == ("clock", True)
    assert at(stored["entry"]["taken_at"]) == said_at
    assert at(stored["entry"]["device_at"]) == on_the_phone


def test_entries_that_arrive_in_another_order_leave_the_same_doses_logged(world: World, by) -> None:
    past = tapped(world)
    logged = (f"/doses/{world.logged_dose.pk}/entries/", tapped(world)[1])
    extra = (f"/patients/{world.cast.ewan.pk}/entries/", {"client_id": new_id()})
    sent = [extra, logged, past]

    questions = [by("ewan").post(path, body).body["question"] for path, body in sent]

    assert questions == ["", "one_or_two", ""]
    again = [by("ewan").post(path, body) for path, body in reversed(sent)]
    assert [answer.status for answer in again] == [200, 200, 200]
    assert Entry.objects.filter(by=world.cast.ewan_user).count() == 4


def test_none_left_that_waited_reports_the_supply_of_the_day_it_was_said(world: World, by) -> None:
    said_at = world.cast.now - timedelta(days=1)
    path, body = tapped(
        world, outcome="skipped", reason="None left", none_left=True, said_at=said_at.isoformat()
    )

    assert [by("ewan").post(path, body).status for _ in range(2)] == [201, 200]
    report = Report.objects.get()
    assert (report.runs_out_on, report.at) == (said_at.date(), said_at)


def test_none_left_that_arrived_after_all_is_not_reported_twice(world: World, by) -> None:
    path, body = tapped(world, outcome="skipped", reason="None left", none_left=True)
    dose_skip_none_left(
        patient=world.cast.ewan,
        dose=world.past_dose,
        by=world.cast.ewan_user,
        via=Via.PAGE,
        reason="None left",
        client_id=body["client_id"],
        now=world.cast.now,
    )

    assert by("ewan").post(path, body).status == 200
    assert Report.objects.count() == 1
    refused = by("ewan").post(path, tapped(world, none_left=True)[1])
    assert (refused.status, refused.attrs) == (400, {"none_left"})


def test_a_whole_check_in_that_waited_is_stored_once_and_as_of_when_it_was_said(
    world: World, by
) -> None:
    said_at = world.cast.now - timedelta(hours=3)
    runs_out_on = world.cast.now.date()
    body = {
        "client_id": new_id(), "signs": ["fever"], "has_stopped": True, "note": "Since noon",
        "runs_out_on": runs_out_on.isoformat(), "said_at": said_at.isoformat(),
    }  # fmt: skip
    path = f"/patients/{world.cast.ewan.pk}/signs-answers/"

    answers = [by("ewan").post(path, body) for _ in range(2)]

    assert [(answer.status, answer.body) for answer in answers] == [(201, {"is_urgent": True})] * 2
    check_in = CheckIn.objects.get(by=world.cast.ewan_user)
    assert (check_in.at, check_in.note) == (said_at, "Since noon")
    assert list(Report.objects.order_by("kind").values_list("kind", "at", "runs_out_on")) == [
        ("stopped", said_at, None),
        ("supply", said_at, runs_out_on),
    ]
    assert Flag.objects.filter(rule="F4").count() == 1


def test_a_check_in_that_arrived_after_all_is_stored_once(world: World, by) -> None:
    body = {"client_id": new_id(), "is_none": True, "said_at": world.cast.now.isoformat()}
    signs_answer(
        patient=world.cast.ewan,
        by=world.cast.ewan_user,
        answer=SignsAnswer((), True, False, None, ""),
        client_id=body["client_id"],
        now=world.cast.now,
    )
    path = f"/patients/{world.cast.ewan.pk}/signs-answers/"

    assert by("ewan").post(path, body).body == {"is_urgent": False}
    assert CheckIn.objects.filter(by=world.cast.ewan_user).count() == 1
    for wrong in ({"signs": ["fever"]}, {"is_none": False}):
        refused = by("ewan").post(path, body | {"client_id": new_id()} | wrong)
        assert refused.status == 400
