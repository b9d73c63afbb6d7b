"""The page behind a prompt: looking changes nothing, and nothing that was done is turned away."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from reminders.models import OneTapLink
from reminders.services.one_tap import one_tap_log
from reminders.web import one_tap
from tests.cast import TUESDAY, Cast
from tests.reminders.engine import sweep_and_dispatch
from tests.tapers import first_dose, taper_signed
from tracker.domain.doses import Outcome
from tracker.models import Entry, EntryVoid, Flag
from tracker.services.doses import doses_cancel
from tracker.services.entries import entry_add, entry_void

DUE = TUESDAY + timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def plan(cast: Cast):
    """Ewan's plan with one dose at 16:00."""
    return taper_signed(cast.ewan, by=cast.priya, now=TUESDAY)


@pytest.fixture
def address(plan) -> str:
    """The address in the prompt's mail."""
    body = sweep_and_dispatch(DUE)[0].body
    found = re.search(r"https?://[^/\s]+(/t/[^\s]+)", body)
    assert found is not None
    return found.group(1)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch):
    """Sets the clock that the door reads."""

    def set_clock(now) -> None:
        monkeypatch.setattr(one_tap, "database_now", lambda: now)

    set_clock(DUE + timedelta(minutes=2))
    return set_clock


def test_looking_shows_the_clock_time_and_nothing_else(address, at) -> None:
    page = Client().get(address)
    words = page.content.decode()
    assert "16:00" in words
    for secret in ("Ewan", "Macrae", "10 mg", "aclofen", "Harbour"):
        assert secret not in words
    assert page["Referrer-Policy"] == "strict-origin"
    assert not Entry.objects.exists()


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_scanner_that_looks_writes_nothing(address, at, method) -> None:
    getattr(Client(), method)(address)
    assert not Entry.objects.exists()


def test_one_tap_writes_the_entry_and_a_second_tap_adds_nothing(address, at, plan) -> None:
    first = Client().post(address)
    assert "Logged" in first.content.decode()
    at(DUE + timedelta(hours=3))
    second = Client().post(address)
    assert second.status_code == 200
    entry = Entry.objects.get()
    assert (entry.via, entry.outcome) == ("link", "taken")
    assert first_dose(plan).standing_entry_id == entry.pk


@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 410), (1, 410)])
def test_a_link_opens_until_twenty_four_hours_after_the_dose(address, at, seconds, status) -> None:
    at(DUE + timedelta(hours=24) + seconds * SECOND)
    assert Client().get(address).status_code == status


def test_after_the_window_the_time_is_asked_for_and_stored_as_said(address, at, plan) -> None:
    at(DUE + timedelta(hours=2))
    assert "say when" in Client().get(address).content.decode()
    assert Client().post(address).status_code == 400
    answer = Client().post(address, {"day": "2026-11-24", "time": "17:10"})
    assert answer.status_code == 200
    assert Entry.objects.get().taken_at == DUE + timedelta(minutes=70)


def test_a_typed_time_that_lies_ahead_is_refused_in_words(address, at) -> None:
    at(DUE + timedelta(hours=2))
    answer = Client().post(address, {"day": "2026-11-24", "time": "23:59"})
    assert answer.status_code == 400
    assert "That is still ahead" in answer.content.decode()
    assert not Entry.objects.exists()


def test_a_dose_that_was_cancelled_becomes_an_extra_dose_and_a_flag(address, at, plan) -> None:
    doses_cancel(plan=plan, reason="plan changed", now=DUE - timedelta(minutes=1))
    answer = Client().post(address, {"day": "2026-11-24", "time": "16:01"})
    assert answer.status_code == 200
    assert Entry.objects.get().dose is None
    assert Flag.objects.open().get(rule="F12").evidence["what"] == ["extra"]


def test_a_change_between_the_look_and_the_tap_turns_nothing_away(address, plan) -> None:
    link = OneTapLink.objects.select_related("dose__plan__patient").get()
    doses_cancel(plan=plan, reason="plan changed", now=DUE - timedelta(minutes=1))

    result = one_tap_log(link=link, taken_at=None, now=DUE + timedelta(minutes=2))

    assert result.entry.dose is None
    assert Flag.objects.open().get(rule="F12").evidence["what"] == ["extra"]


def test_a_link_whose_dose_was_cancelled_says_that_nothing_is_expected_then(
    address, at, plan
) -> None:
    doses_cancel(plan=plan, reason="plan changed", now=DUE - timedelta(minutes=1))

    page = Client().get(address).content.decode()
    assert "nothing is expected at this time any more" in page
    assert "The time for this one has passed" not in page
    assert "Sign in to see what is expected now" in page


@pytest.mark.parametrize(("answer", "extras"), [("one", 0), ("two", 1)])
@pytest.mark.usefixtures("at")
def test_a_dose_that_was_logged_on_the_page_too_is_asked_about(
    address, plan, cast, answer, extras
) -> None:
    entry_add(
        patient=plan.patient,
        by=cast.ewan_user,
        via="page",
        outcome=Outcome.TAKEN,
        taken_at=None,
        device_at=None,
        client_id="5a1b3c5e-0000-4000-8000-000000000001",
        now=DUE + timedelta(minutes=1),
        dose=first_dose(plan),
    )
    assert "one dose or two" in Client().post(address).content.decode()
    assert Entry.objects.count() == 2
    assert Client().post(address, {"answer": answer}).status_code == 200
    assert EntryVoid.objects.count() == 1
    assert Entry.objects.filter(dose=None).count() == extras
    assert Flag.objects.open().filter(rule="F12").count() == extras


def test_only_the_hash_of_a_link_is_kept(address, at) -> None:
    token = address.removeprefix("/t/").strip("/")
    link = OneTapLink.objects.get()
    assert token not in str(link.__dict__)
    assert len(token) >= 22


def test_a_link_that_never_was_is_not_found(at, db) -> None:
    assert Client().get("/t/AAAAAAAAAAAAAAAAAAAAAA/").status_code == 404


def test_the_tap_is_protected_against_other_sites(address, at) -> None:
    assert Client(enforce_csrf_checks=True).post(address).status_code == 403
    assert not Entry.objects.exists()


def test_a_tap_after_the_entry_was_taken_back_is_a_new_entry(address, at, plan, cast) -> None:
    Client().post(address)
    entry_void(entry=Entry.objects.get(), by=cast.ewan_user, reason="a slip", now=DUE)
    Client().post(address)
    assert Entry.objects.count() == 2
    assert first_dose(plan).standing_entry == Entry.objects.get(void=None)


@pytest.mark.parametrize("answer", ["one", "two", "nonsense"])
def test_an_answer_to_nothing_that_was_asked_takes_nothing_back(address, at, plan, answer) -> None:
    Client().post(address)
    assert Client().post(address, {"answer": answer}).status_code == 400
    assert not EntryVoid.objects.exists()
    assert first_dose(plan).standing_entry is not None
