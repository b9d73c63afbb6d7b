"""The urgent page: numbers first, facts to show, and never a cause or an amount to take."""

import re
from datetime import UTC, datetime, time, timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.template.loader import render_to_string
from django.test import Client

from accounts.clock import database_now
from accounts.domain.opening_hours import OpenSpan
from accounts.services.clinics import clinic_set_opening_hours
from tests.cast import Cast, cast_make
from tests.tracker.days import at, log, plan_around, tuesday_plan, words
from tracker.domain.alerts import AlertEventKind
from tracker.models import Alert, AlertEvent
from tracker.selectors.around import patient_around
from tracker.selectors.urgent import urgent_call_of
from tracker.services.checkins import check_in_add
from tracker.services.entries import entry_void

FORBIDDEN = ("withdrawal", "overdose", "underdose", "withdrawing")
WHAT = "(it|your|another|the dose|a dose|one)"
ADVICE = re.compile(rf"\b(take|skip|restart|resume|double|halve|increase|reduce) {WHAT}", re.I)


@pytest.fixture
def cast_now(db: None) -> Cast:
    """The cast at the database's present, because the doors read its clock."""
    return cast_make(database_now())


def report(cast: Cast, *signs: str, now: datetime) -> None:
    """Tick signs as Ewan."""
    check_in_add(
        patient=cast.ewan, by=cast.ewan_user, signs=signs, note="", at=None, client_id=uuid4(),
        now=now,
    )  # fmt: skip


def pages(cast: Cast) -> dict[str, str]:
    """The urgent page as everybody sees it, whole."""
    own, helped = "/urgent/", f"/feed/{cast.ewan.pk}/urgent/"
    seen = {
        "nobody": Client().get(own),
        "ewan": cast.client(cast.ewan_user).get(own),
        "ewan, stopped": cast.client(cast.ewan_user).get(f"{own}?stopped=1"),
        "isla": cast.client(cast.isla).get(helped),
        "isla, unnamed": cast.client(cast.isla).get(own),
        "stranger": cast.client(cast.stranger).get(own),
    }
    assert {response.status_code for response in seen.values()} == {200}
    return {who: response.content.decode() for who, response in seen.items()}


def test_it_never_says_which_it_is_and_never_what_to_take(cast_now) -> None:
    cast = cast_now
    doses = plan_around(cast, cast.now, past=-timedelta(hours=3), due=-timedelta(minutes=5))
    log(cast, doses["past"], cast.now - timedelta(hours=2))
    before = pages(cast)
    report(cast, "hallucination", "fever", now=cast.now)
    for who, html in [*before.items(), *pages(cast).items()]:
        text = unescape(html).lower()
        assert not [word for word in FORBIDDEN if word in text], who
        assert not ADVICE.search(words(html)), (who, ADVICE.search(words(html)))
        assert "Stepdown is not an emergency service. Do not wait for a reply here." in words(html)
        assert "cannot tell you what to take" in words(html)


def test_the_numbers_of_the_clinics_country_and_desk_can_be_called(cast_now) -> None:
    for who, html in pages(cast_now).items():
        if who in {"nobody", "stranger", "isla, unnamed"}:
            assert "Call your local emergency number" in words(html), who
        else:
            assert 'href="tel:999"' in html, who
            assert 'href="tel:+44163296011' in html, who


def test_it_works_without_a_plan_and_says_that_none_is_entered(cast_now) -> None:
    text = words(pages(cast_now)["ewan"])
    assert "None is entered here" in text
    assert "I take baclofen" in text
    assert "Opening this page tells nobody." in text


def test_what_was_ticked_is_what_to_say_and_who_is_being_told_is_not_yet_told(cast_now) -> None:
    cast = cast_now
    report(cast, "hallucination", now=cast.now)
    text = words(pages(cast)["ewan"])
    assert "This is happening now: Hallucinations (Seeing, hearing or feeling things" in text
    for name in ("Isla Macrae", "Tomasz Wrona", "Harbour clinic"):
        assert f"{name}: being told" in text
    alert = Alert.objects.get()
    AlertEvent(alert=alert, at=cast.now, kind=AlertEventKind.TOLD, rung=1, person=cast.isla).save()
    text = words(pages(cast)["ewan"])
    assert "Isla Macrae Told at " in text
    assert "Isla Macrae: being told" not in text
    assert "Nobody has said “I have it” yet. Call, whoever answers here." in text


def test_the_panel_shows_the_doses_as_entered_and_the_last_one_taken(cast) -> None:
    plan = tuesday_plan(cast)
    log(cast, plan.doses.get(due_at=at(8)), at(8, 2))
    around = patient_around(cast.ewan_user, at(15))
    assert around is not None
    call = urgent_call_of(around, reader=cast.ewan_user, now=at(15))
    assert call.last_taken is not None
    assert (call.last_taken.amount, call.last_taken.taken_at) == ("15 mg", at(8, 2))
    assert [dose.amount for dose in call.doses_today] == ["15 mg"] * 3


def test_a_closed_clinic_says_until_when_and_offers_its_out_of_hours_number(cast) -> None:
    saturday = datetime(2026, 11, 28, 12, tzinfo=UTC)
    around = patient_around(cast.ewan_user, saturday)
    assert around is not None
    clinic = around.clinic
    assert (clinic.is_open, clinic.is_covered, clinic.is_unseen) == (False, True, False)
    assert clinic.opens_at == datetime(2026, 11, 30, 8, tzinfo=UTC)
    cast.harbour.contact_points.filter(duty="out_of_hours").update(
        disabled_at=saturday, disabled_reason="gone"
    )
    again = patient_around(cast.ewan_user, saturday)
    assert again is not None
    assert again.clinic.is_unseen


def test_the_desks_last_hour_is_an_instant_in_the_clinics_zone(cast) -> None:
    for shift, is_open in ((-1, True), (0, False), (1, False)):
        moment = at(18) + timedelta(seconds=shift)
        around = patient_around(cast.ewan_user, moment)
        assert around is not None
        assert around.clinic.is_open is is_open
        assert around.clinic.closes_at == (at(18) if is_open else None)


def test_stopped_altogether_shows_the_numbers_first_and_reports_on_a_clear_answer(cast_now) -> None:
    browser = cast_now.client(cast_now.ewan_user)
    html = browser.get("/urgent/?stopped=1").content.decode()
    text = words(html)
    assert text.index("Call 999") < text.index("Yes, it was stopped: tell them")
    assert not Alert.objects.exists()
    assert browser.post("/urgent/stopped/", {"client_id": uuid4()})["Location"] == "/urgent/"
    assert Alert.objects.get().flag.rule == "F4"
    text = words(browser.get("/urgent/?stopped=1").content.decode())
    assert "the medicine was stopped suddenly" in text
    assert "Yes, it was stopped" not in text


def test_nobody_else_opens_ewans_urgent_page(cast_now) -> None:
    cast = cast_now
    for who in (cast.stranger, cast.juno, cast.priya, cast.ended_caregiver):
        assert cast.client(who).get(f"/feed/{cast.ewan.pk}/urgent/").status_code == 404
        assert cast.client(who).post(f"/feed/{cast.ewan.pk}/urgent/stopped/").status_code == 404


def call_at(cast: Cast, now: datetime):
    """The urgent page's facts at `now`, as Ewan reads them."""
    around = patient_around(cast.ewan_user, now)
    assert around is not None
    return urgent_call_of(around, reader=cast.ewan_user, now=now)


def test_the_last_one_taken_may_be_an_extra_dose_unless_it_was_taken_back(cast) -> None:
    plan = tuesday_plan(cast)
    log(cast, plan.doses.get(due_at=at(8)), at(8, 2))
    extra = log(cast, None, at(10), amount_note="two tablets")
    last = call_at(cast, at(15)).last_taken
    assert (last.taken_at, last.is_extra, last.amount) == (at(10), True, "")
    (today,) = call_at(cast, at(15)).extras_today
    assert (today.amount_note, today.words) == ("two tablets", "Taken 10:00, beside the plan")
    entry_void(entry=extra, by=cast.ewan_user, reason="Wrong", now=at(11))
    assert call_at(cast, at(15)).last_taken.amount == "15 mg"
    assert call_at(cast, at(15)).extras_today == ()


def test_what_is_shown_to_helpers_says_that_the_amount_differed(cast_now) -> None:
    cast = cast_now
    doses = plan_around(cast, cast.now, past=-timedelta(minutes=9), due=-timedelta(minutes=5))
    log(cast, doses["past"], cast.now, is_amount_different=True, amount_note="half of it")
    text = words(pages(cast)["ewan"])
    is_of_today = doses["past"].local_date == cast.now.date()  # minutes ago may be yesterday
    assert text.count("amount differed: “ half of it ”") == 1 + is_of_today, text
    log(cast, None, cast.now + timedelta(seconds=1))
    assert "extra dose, amount not said" in words(pages(cast)["ewan"])


@pytest.mark.parametrize(("weekdays", "said"), [((1,), "open until midnight"), ((1, 2), "all day")])
def test_a_desk_that_is_there_at_midnight_is_not_said_to_close_today(cast, weekdays, said) -> None:
    spans = [OpenSpan(weekday, time(0), time(0)) for weekday in weekdays]
    clinic_set_opening_hours(clinic=cast.harbour, spans=spans, job="test", now=cast.now)
    around = patient_around(cast.ewan_user, at(15))
    assert around is not None
    facts = {"clinic": around.clinic, "zone": around.clinic.zone, "now": at(15)}
    text = render_to_string("tracker/patient/_calls.html", facts)
    assert said in text
    assert "today" not in text


def test_a_phone_clock_that_runs_ahead_does_not_put_the_last_dose_into_the_future(cast) -> None:
    plan = tuesday_plan(cast)
    log(cast, plan.doses.get(due_at=at(8)), at(8, 2), taken_at=at(20))

    assert call_at(cast, at(15)).last_taken.taken_at == at(8, 2)
