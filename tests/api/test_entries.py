"""Logging through the API: what is stored, what stands, what is refused, what is sent twice."""

from datetime import datetime, timedelta, timezone

import pytest

from accounts.clock import database_now
from tests.api.callers import NOT_FOUND, new_id
from tests.api.worlds import World
from tests.cast import Cast
from tests.tapers import first_dose, taper_signed
from tracker.models import Entry, EntryVoid, Flag


def logged(world: World, **changed: object) -> tuple[str, dict[str, object]]:
    """The address of the dose that nobody has logged, and a body that logs it."""
    body: dict[str, object] = {"client_id": new_id(), "outcome": "taken"}
    return f"/doses/{world.past_dose.pk}/entries/", body | changed


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_the_doses_of_a_period_come_with_all_that_was_said(world: World, by) -> None:
    path = f"/patients/{world.cast.ewan.pk}/doses/"
    day = world.logged_dose.local_date.isoformat()

    (dose,) = by("isla").get(path, **{"from": day, "to": day}).body["results"]

    assert dose["id"] == str(world.logged_dose.pk)
    assert (dose["amount"], dose["wall_time"], dose["zone"]) == (
        "10 mg",
        "16:00:00",
        "Europe/London",
    )
    assert at(dose["due_at"]) == world.logged_dose.due_at
    assert (dose["state"], dose["standing_entry"]) == ("taken", str(world.entry.pk))
    (entry,) = dose["entries"]
    assert (entry["by"]["name"], entry["timing"], entry["minutes_from_due"]) == (
        "Ewan Macrae",
        "on_time",
        0,
    )
    assert entry["void"] is None


def test_a_dose_that_nobody_spoke_of_is_not_logged_and_never_missed(world: World, by) -> None:
    doses = by("ewan").get(f"/patients/{world.cast.ewan.pk}/doses/").body["results"]

    states = {dose["id"]: dose["state"] for dose in doses}
    day = world.past_dose.local_date.isoformat()
    past = by("ewan").get(f"/patients/{world.cast.ewan.pk}/doses/", **{"from": day, "to": day})
    assert past.body["results"][0]["state"] == "not_logged"
    assert states[str(world.coming_dose.pk)] == "upcoming"
    assert "missed" not in states.values()


def test_one_call_logs_a_dose(world: World, by) -> None:
    path, body = logged(world)

    stored = by("ewan").post(path, body)

    assert stored.status == 201
    assert stored.body["question"] == ""
    entry = Entry.objects.get(dose=world.past_dose)
    assert (entry.outcome, entry.via, entry.by) == ("taken", "api", world.cast.ewan_user)
    assert stored.body["standing_entry"] == stored.body["entry"]["id"] == str(entry.pk)
    assert stored.body["entry"]["timing"] == "late"


def test_the_same_request_twice_is_one_row_and_the_same_answer(world: World, by) -> None:
    path, body = logged(world, taken_at=world.past_dose.due_at.isoformat(), device_now=None)
    first = by("ewan").post(path, body)

    again = by("ewan").post(path, body | {"device_now": world.cast.now.isoformat()})

    assert (first.status, again.status) == (201, 200)
    assert again.body == first.body
    assert Entry.objects.filter(dose=world.past_dose).count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"outcome": "missed"},
        {"amount_differs": True},
        {"amount_note": "two"},
        {"taken_at": "2026-11-20T10:00:00Z"},
    ],
)
def test_the_same_client_id_with_another_body_conflicts_and_changes_nothing(
    world: World, by, other: dict[str, object]
) -> None:
    path, body = logged(world)
    first = by("ewan").post(path, body)

    changed = by("ewan").post(path, body | other)

    assert (changed.status, changed.codes) == (409, {"conflict"})
    assert (
        Entry.objects.get(dose=world.past_dose).pk
        == Entry.objects.get(pk=first.body["entry"]["id"]).pk
    )


def test_the_same_client_id_for_another_dose_conflicts(world: World, by) -> None:
    path, body = logged(world)
    by("ewan").post(path, body)

    assert by("ewan").post(f"/doses/{world.coming_dose.pk}/entries/", body).status == 409
    assert not Entry.objects.filter(dose=world.coming_dose).exists()


def test_two_people_may_have_made_the_same_client_id(world: World, by) -> None:
    path, body = logged(world)

    first, second = by("ewan").post(path, body), by("isla").post(path, body)

    assert (first.status, second.status) == (201, 201)
    assert second.body["question"] == "two_people"
    assert second.body["standing_entry"] == first.body["entry"]["id"]
    assert Flag.objects.filter(patient=world.cast.ewan, rule="F12").count() == 1


def test_a_skipped_dose_needs_a_reason_and_keeps_it_as_written(world: World, by) -> None:
    path, body = logged(world, outcome="skipped")
    assert by("ewan").post(path, body).attrs == {"reason"}
    assert by("ewan").post(path, body | {"reason": "   "}).attrs == {"reason"}

    stored = by("ewan").post(path, body | {"reason": "Vomiting – Dr said wait"})

    assert (stored.status, stored.body["entry"]["reason"]) == (201, "Vomiting – Dr said wait")


def test_only_a_taken_dose_has_a_time_and_an_amount_that_differed(world: World, by) -> None:
    path, body = logged(world, outcome="missed")

    for name, value in [
        ("taken_at", "2026-11-21T10:00:00Z"),
        ("amount_differs", True),
        ("amount_note", "half"),
    ]:
        assert by("ewan").post(path, body | {name: value}).attrs == {name}
    assert by("ewan").post(path, body).body["entry"]["outcome"] == "missed"


def test_nobody_missed_a_dose_that_is_not_due_yet(world: World, by) -> None:
    refused = by("ewan").post(
        f"/doses/{world.coming_dose.pk}/entries/", {"client_id": new_id(), "outcome": "missed"}
    )

    assert (refused.status, refused.attrs) == (400, {"outcome"})


def test_the_note_about_an_amount_is_kept_character_for_character(world: World, by) -> None:
    path, body = logged(world, amount_differs=True, amount_note="7.50 mg, ½ tablet × 1,5")

    entry = by("ewan").post(path, body).body["entry"]

    assert (entry["amount_differs"], entry["amount_note"]) == (True, "7.50 mg, ½ tablet × 1,5")
    assert Flag.objects.filter(rule="F12", patient=world.cast.ewan).exists()


def test_a_phone_up_to_ten_minutes_ahead_counts_as_received_now(world: World, by) -> None:
    ahead = database_now() + timedelta(minutes=8)
    path, body = logged(world, taken_at=ahead.isoformat(), device_now=ahead.isoformat())

    stored = by("ewan").post(path, body).body

    assert stored["question"] == ""
    assert at(stored["entry"]["taken_at"]) == at(stored["entry"]["received_at"])
    assert at(stored["entry"]["device_at"]) == ahead


def test_a_faster_phone_is_kept_marked_and_asked_about(world: World, by) -> None:
    ahead = world.cast.now + timedelta(days=3)
    path, body = logged(world, taken_at=ahead.isoformat(), device_now=ahead.isoformat())

    stored = by("ewan").post(path, body).body

    assert (stored["question"], stored["entry"]["is_clock_wrong"]) == ("clock", True)
    assert at(stored["entry"]["taken_at"]) == ahead


def test_a_time_before_the_plan_is_refused_with_the_reason(world: World, by) -> None:
    early = world.cast.now - timedelta(days=4)
    path, body = logged(world, taken_at=early.isoformat())

    refused = by("ewan").post(path, body)

    assert (refused.status, refused.attrs) == (400, {"taken_at"})
    assert "before the plan was signed" in refused.text
    assert not Entry.objects.filter(dose=world.past_dose).exists()


@pytest.mark.parametrize(
    "moment",
    ["2026-11-21T10:00:00", "2026-11-21", "10:00", "0001-01-01T00:00:00+14:00", "", 1795000000,
     "9999-12-31T23:59:59Z", "2026-11-21T23:59:60Z", "2026-02-30T10:00:00Z", True, [], {}],
)  # fmt: skip
def test_a_time_that_is_no_instant_is_refused(world: World, by, moment: object) -> None:
    path, body = logged(world, taken_at=moment)

    refused = by("ewan").post(path, body)

    assert (refused.status, refused.attrs) == (400, {"taken_at"})


@pytest.mark.parametrize("hours", [-11, 0, 5.75, 14])
def test_an_offset_says_which_instant_is_meant(world: World, by, hours: float) -> None:
    meant = world.past_dose.due_at + timedelta(minutes=7)
    path, body = logged(
        world, taken_at=meant.astimezone(timezone(timedelta(hours=hours))).isoformat()
    )

    taken_at = by("ewan").post(path, body).body["entry"]["taken_at"]

    assert taken_at.endswith("Z")
    assert at(taken_at) == meant


def test_a_dose_of_somebody_else_is_not_found(live_cast: Cast, by) -> None:
    plan = taper_signed(live_cast.samira, by=live_cast.adaeze, now=live_cast.now)
    theirs = first_dose(plan)

    for who in ("ewan", "isla", "stranger", "juno", "admin"):
        answer = by(who).post(
            f"/doses/{theirs.pk}/entries/", {"client_id": new_id(), "outcome": "taken"}
        )
        assert (answer.status, answer.body) == (404, NOT_FOUND)
    assert not Entry.objects.filter(dose=theirs).exists()


def test_a_caregiver_who_may_not_log_cannot(world: World, by) -> None:
    path, body = logged(world)

    for who in ("tomasz", "watcher", "ended_caregiver"):
        assert by(who).post(path, body).body == NOT_FOUND
    assert by("isla").post(path, body).status == 201


def test_an_entry_for_a_cancelled_dose_is_refused_and_says_what_to_do(world: World, by) -> None:
    by("priya").post(
        f"/plans/{world.plan.pk}/stop/", {"reason": "Side effects", "has_read_warning": True}
    )

    refused = by("ewan").post(
        f"/doses/{world.coming_dose.pk}/entries/", {"client_id": new_id(), "outcome": "taken"}
    )

    assert refused.status == 400
    assert "Side effects" in refused.text


def test_an_extra_dose_is_kept_and_the_clinic_is_told(world: World, by) -> None:
    path = f"/patients/{world.cast.ewan.pk}/entries/"
    body = {"client_id": new_id(), "amount_note": "one more 10 mg"}

    stored, again = by("ewan").post(path, body), by("ewan").post(path, body)

    assert (stored.status, again.status) == (201, 200)
    assert again.body == stored.body
    assert (stored.body["entry"]["dose"], stored.body["standing_entry"]) == (None, None)
    assert Flag.objects.filter(patient=world.cast.ewan, rule="F12").count() == 1
    for who in ("tomasz", "watcher", "stranger", "juno"):
        assert by(who).post(path, body).body == NOT_FOUND
    (extra,) = by("watcher").get(path).body["results"]
    assert (extra["dose"], extra["amount_note"]) == (None, "one more 10 mg")


def test_an_entry_is_taken_back_with_a_reason_and_stays_readable(world: World, by) -> None:
    path = f"/entries/{world.entry.pk}/void/"
    assert by("ewan").post(path, {}).attrs == {"reason"}

    voided = by("ewan").post(path, {"reason": "It was yesterday's"})

    assert voided.status == 201
    assert voided.body["void"]["reason"] == "It was yesterday's"
    assert voided.body["void"]["by"]["name"] == "Ewan Macrae"
    assert Entry.objects.filter(pk=world.entry.pk).exists()
    world.logged_dose.refresh_from_db()
    assert world.logged_dose.standing_entry is None
    assert by("ewan").post(path, {"reason": "Again"}).status == 400
    assert EntryVoid.objects.count() == 1


def test_a_caregiver_takes_back_their_own_entry_only(world: World, by) -> None:
    path, body = logged(world)
    own = by("isla").post(path, body).body["entry"]["id"]

    assert by("isla").post(f"/entries/{world.entry.pk}/void/", {"reason": "x"}).body == NOT_FOUND
    assert by("isla").post(f"/entries/{own}/void/", {"reason": "Wrong day"}).status == 201


def test_a_second_entry_of_ones_own_asks_and_two_makes_it_an_extra_dose(world: World, by) -> None:
    path, body = logged(world)
    by("ewan").post(path, body)
    second = by("ewan").post(path, body | {"client_id": new_id()}).body
    assert second["question"] == "one_or_two"
    assert not Flag.objects.filter(rule="F12").exists()

    extra = by("ewan").post(f"/entries/{second['entry']['id']}/count-as-extra/")

    assert (extra.status, extra.body["dose"]) == (201, None)
    assert Flag.objects.filter(rule="F12", patient=world.cast.ewan).exists()
    assert EntryVoid.objects.get().entry_id == Entry.objects.get(pk=second["entry"]["id"]).pk
