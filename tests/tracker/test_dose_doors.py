"""Logging from the pages: one tap is one entry, and nothing that somebody did is lost."""

from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from accounts.clock import database_now
from tests.cast import Cast, cast_make
from tests.tracker.days import hidden_id, log, plan_around, wall, words
from tracker.models import Entry, ExpectedDose, Flag, Report
from tracker.selectors.said import supply_said_since

MINUTE = timedelta(minutes=1)


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast at the database's present, because the doors read its clock."""
    return cast_make(database_now())


@pytest.fixture
def doses(cast: Cast) -> dict[str, ExpectedDose]:
    """An old dose without a log, one that is due now, and one later."""
    now = cast.now
    return plan_around(cast, now, old=-400 * MINUTE, due=-5 * MINUTE, later=240 * MINUTE)


def test_a_double_tap_is_one_entry_and_the_same_answer(cast, doses) -> None:
    browser = cast.client(cast.ewan_user)
    form = {"client_id": hidden_id(browser.get("/today/").content.decode())}
    door = f"/today/doses/{doses['due'].pk}/take/"
    first, second = browser.post(door, form), browser.post(door, form)
    entry = Entry.objects.get()
    assert first["Location"] == second["Location"] == f"/today/?logged={entry.pk}"
    text = words(browser.get(first["Location"]).content.decode())
    assert "taken, 15 mg" in text
    assert "Undo stays until" in text


def test_another_persons_dose_is_not_found_at_any_door(cast, doses) -> None:
    theirs = doses["due"].pk
    entry = log(cast, doses["old"], cast.now)
    doors = [
        *[f"/today/doses/{theirs}/{name}" for name in ("", "take/", "taken/", "skip/", "missed/")],
        f"/today/doses/{theirs}/settle/",
        f"/today/entries/{entry.pk}/undo/",
        f"/today/entries/{entry.pk}/correct/",
        f"/today/entries/{entry.pk}/take-back/",
        f"/today/entries/{entry.pk}/signs/",
    ]
    for who in (cast.stranger, cast.isla, cast.priya, cast.juno, cast.ended_caregiver):
        browser = cast.client(who)
        for door in doors:
            sent, opened = browser.post(door, {"client_id": uuid4()}), browser.get(door)
            # A door that takes only one method refuses the other to everybody alike.
            statuses = {sent.status_code, opened.status_code}
            assert statuses in ({404}, {404, 405}), (who, door)
    assert Entry.objects.count() == 1


def test_one_tap_from_a_page_left_open_asks_for_the_time(cast, doses) -> None:
    door = f"/today/doses/{doses['old'].pk}/take/"
    response = cast.client(cast.ewan_user).post(door, {"client_id": uuid4()})
    assert response["Location"] == f"/today/doses/{doses['old'].pk}/taken/"
    assert not Entry.objects.exists()


def test_a_time_before_the_plan_is_refused_with_the_reason(cast, doses) -> None:
    door = f"/today/doses/{doses['old'].pk}/taken/"
    before = wall(doses["old"].due_at - timedelta(days=2))
    response = cast.client(cast.ewan_user).post(door, {"client_id": uuid4(), **before})
    assert "before the plan was signed" in words(response.content.decode())
    assert not Entry.objects.exists()


def test_a_time_still_ahead_or_missing_is_refused_at_its_field(cast, doses) -> None:
    browser, door = cast.client(cast.ewan_user), f"/today/doses/{doses['due'].pk}/taken/"
    ahead = wall(cast.now + timedelta(days=1))
    text = words(browser.post(door, {"client_id": uuid4(), **ahead}).content.decode())
    assert "That is still ahead" in text
    text = words(browser.post(door, {"client_id": uuid4(), "taken_on": ""}).content.decode())
    assert "At what time?" in text
    assert "Which day was it?" in text
    assert not Entry.objects.exists()


def test_another_time_is_kept_as_the_instant_it_means_in_the_plans_zone(cast, doses) -> None:
    moment = (doses["due"].due_at + 2 * MINUTE).replace(second=0)
    door = f"/today/doses/{doses['due'].pk}/taken/"
    cast.client(cast.ewan_user).post(door, {"client_id": uuid4(), **wall(moment)})
    assert Entry.objects.get().taken_at == moment


def test_a_different_amount_is_kept_in_own_words_and_opens_the_signs(cast, doses) -> None:
    form = {"client_id": uuid4(), "quick": "now", "amount_note": "only ½, 7,50 mg"}
    response = cast.client(cast.ewan_user).post(f"/today/doses/{doses['due'].pk}/taken/", form)
    entry = Entry.objects.get()
    assert (entry.is_amount_different, entry.amount_note) == (True, "only ½, 7,50 mg")
    assert response["Location"] == f"/today/entries/{entry.pk}/signs/"
    assert Flag.objects.open().filter(rule="F12").exists()


def test_a_skipped_dose_keeps_its_reason_and_none_left_reports_the_supply(cast, doses) -> None:
    browser = cast.client(cast.ewan_user)
    door = f"/today/doses/{doses['due'].pk}/skip/"
    assert "Choose one reason" in words(browser.post(door, {"client_id": uuid4()}).content.decode())
    other = {"client_id": uuid4(), "reason": "other"}
    assert "Say in a few words why" in words(browser.post(door, other).content.decode())
    response = browser.post(door, {"client_id": uuid4(), "reason": "none"})
    assert response["Location"] == "/today/supply/"
    assert Entry.objects.get().reason == "None left"
    assert Report.objects.get().kind == "supply"
    text = words(browser.get("/today/supply/").content.decode())
    assert "Never stop baclofen suddenly" in text


def test_missed_is_an_answer_for_past_doses_only(cast, doses) -> None:
    browser = cast.client(cast.ewan_user)
    form = {"client_id": uuid4()}
    browser.post(f"/today/doses/{doses['due'].pk}/missed/", form)
    browser.post(f"/today/doses/{doses['later'].pk}/missed/", form)
    assert not Entry.objects.exists()
    browser.post(f"/today/doses/{doses['old'].pk}/missed/", form)
    assert Entry.objects.get().outcome == "missed"


def test_an_extra_dose_is_beside_the_plan_and_opens_the_look_alikes(cast, doses) -> None:
    browser = cast.client(cast.ewan_user)
    response = browser.post("/today/extra/", {"client_id": uuid4(), "quick": "now"})
    entry = Entry.objects.get()
    assert entry.dose is None
    page = browser.get(response["Location"]).content.decode()
    text = words(page)
    assert "Extra dose logged" in text
    assert "Slow or shallow breathing" in text
    none = browser.post(response["Location"], {"client_id": hidden_id(page), "none": "1"})
    assert none["Location"] == "/today/"
    assert "Nothing was sent." in words(browser.get("/today/").content.decode())
    assert "It is on Harbour clinic’s list." in text
    ticked = {"client_id": hidden_id(page), "sign": "too_much_slow_breathing", "send": "1"}
    assert browser.post(response["Location"], ticked)["Location"] == "/urgent/"
    assert Flag.objects.open().filter(rule="F1").exists()


def test_undo_takes_the_entry_back_and_after_ten_minutes_asks_to_correct(cast, doses) -> None:
    browser = cast.client(cast.ewan_user)
    old = log(cast, doses["old"], cast.now - 20 * MINUTE)
    late = browser.post(f"/today/entries/{old.pk}/undo/")
    assert late["Location"] == f"/today/entries/{old.pk}/correct/"
    fresh = log(cast, doses["due"], cast.now)
    assert browser.post(f"/today/entries/{fresh.pk}/undo/")["Location"] == "/today/"
    doses["due"].refresh_from_db()
    assert doses["due"].standing_entry is None
    assert Entry.objects.count() == 2
    assert browser.post(f"/today/entries/{fresh.pk}/undo/")["Location"] == "/today/"


def test_a_correction_keeps_both_entries_and_the_new_one_counts(cast, doses) -> None:
    wrong = log(cast, doses["due"], cast.now, by=cast.isla)
    form = {"client_id": uuid4(), "outcome": "skipped", "reason": "Being sick"}
    browser = cast.client(cast.ewan_user)
    for _ in range(2):
        browser.post(f"/today/entries/{wrong.pk}/correct/", form)
    doses["due"].refresh_from_db()
    assert Entry.objects.count() == 2
    assert doses["due"].standing_entry.outcome == "skipped"
    assert Entry.objects.get(pk=wrong.pk).void.by == cast.ewan_user
    assert "Taken back by you" in words(browser.get("/history/").content.decode())


def test_a_correction_begins_with_the_day_and_time_that_were_said_and_no_amount(
    cast, doses
) -> None:
    wrong = log(cast, doses["due"], cast.now, amount_note="half of it")
    page = cast.client(cast.ewan_user).get(f"/today/entries/{wrong.pk}/correct/")
    local = wrong.taken_at.astimezone(ZoneInfo("UTC"))
    html = page.content.decode()
    assert f'name="taken_on" value="{local:%Y-%m-%d}"' in html
    assert f'name="taken_time" value="{local:%H:%M}"' in html
    assert 'name="amount_note" value=' not in html


def test_a_history_without_a_fact_says_so_and_what_will_stand_there(cast) -> None:
    text = words(cast.client(cast.ewan_user).get("/history/").content.decode())
    assert "Nothing is logged here yet." in text
    assert "are left out" not in text


def test_a_logged_dose_shows_who_logged_it_before_anybody_logs_it_again(cast, doses) -> None:
    log(cast, doses["due"], cast.now, by=cast.isla)
    text = words(
        cast.client(cast.ewan_user).get(f"/today/doses/{doses['due'].pk}/taken/").content.decode()
    )
    assert "Already logged" in text
    assert "by Isla Macrae" in text
    assert "I took another one as well" in text


def test_a_second_tap_on_another_page_is_kept_and_asks_one_dose_or_two(cast, doses) -> None:
    browser, dose = cast.client(cast.ewan_user), doses["due"]
    for _ in range(2):
        response = browser.post(f"/today/doses/{dose.pk}/take/", {"client_id": uuid4()})
    assert response["Location"] == f"/today/doses/{dose.pk}/settle/"
    assert "one dose or two?" in words(browser.get(response["Location"]).content.decode())
    dose.refresh_from_db()
    repeat = Entry.objects.exclude(pk=dose.standing_entry_id).get()
    answer = browser.post(response["Location"], {"keep": dose.standing_entry_id})
    assert answer["Location"] == "/today/"
    assert Entry.objects.filter(void=None).get() == dose.standing_entry
    assert repeat.void.by == cast.ewan_user
    assert not Flag.objects.open().filter(rule="F12").exists()


def test_only_the_answer_two_makes_the_repeat_an_extra_dose(cast, doses) -> None:
    browser, dose = cast.client(cast.ewan_user), doses["due"]
    for _ in range(2):
        response = browser.post(f"/today/doses/{dose.pk}/take/", {"client_id": uuid4()})
    dose.refresh_from_db()
    repeat = Entry.objects.exclude(pk=dose.standing_entry_id).get()
    answer = browser.post(response["Location"], {"two": repeat.pk})
    extra = Entry.objects.get(dose=None)
    assert answer["Location"] == f"/today/entries/{extra.pk}/signs/"
    assert Flag.objects.open().filter(rule="F12").exists()


def test_when_two_people_differ_the_patient_says_whose_entry_stands(cast, doses) -> None:
    mine = log(cast, doses["old"], cast.now)
    hers = log(cast, doses["old"], cast.now, by=cast.isla, outcome="missed")
    browser, door = cast.client(cast.ewan_user), f"/today/doses/{doses['old'].pk}/settle/"
    text = words(browser.get(door).content.decode())
    assert "Two people logged this dose" in text
    assert "Slow or shallow breathing" in text
    browser.post(door, {"keep": hers.pk})
    doses["old"].refresh_from_db()
    assert doses["old"].standing_entry == hers
    assert Entry.objects.get(pk=mine.pk).void.reason.startswith("Settled")


def test_todays_extra_dose_is_listed_and_can_be_taken_back(cast, doses) -> None:
    browser = cast.client(cast.ewan_user)
    extra = log(cast, None, cast.now, amount_note="half a tablet")
    html = browser.get("/today/").content.decode()
    assert "half a tablet" in words(html)
    assert f"/today/entries/{extra.pk}/correct/" in html
    browser.post(f"/today/entries/{extra.pk}/take-back/")
    assert "half a tablet" not in words(browser.get("/today/").content.decode())


def test_none_left_that_is_undone_no_longer_says_that_the_supply_ran_out(cast, doses) -> None:
    browser = cast.client(cast.ewan_user)
    form = {"client_id": uuid4(), "reason": "none"}
    browser.post(f"/today/doses/{doses['due'].pk}/skip/", form)
    report = Report.objects.get()
    assert supply_said_since(cast.ewan, cast.now) == report.runs_out_on
    browser.post(f"/today/entries/{Entry.objects.get().pk}/undo/")
    assert report.void.by == cast.ewan_user
    assert supply_said_since(cast.ewan, cast.now) is None
