"""The check-in: documented signs in plain words; an emergency opens the urgent page at once."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.clock import database_now
from accounts.domain.zones import local_date
from tests.cast import Cast, cast_make
from tests.tracker.days import hidden_id, words
from tracker.domain.medicine import Urgency
from tracker.domain.plan_states import Route
from tracker.models import Alert, CheckIn, CheckInSign, Flag, Report
from tracker.selectors.medicine import baclofen
from tracker.services.alerts import alert_acknowledge
from tracker.services.flags import flag_close


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast at the database's present, because the doors read its clock."""
    return cast_make(database_now())


def post(cast: Cast, door: str = "/check-in/", who=None, **said):
    """Send an answer as this person, Ewan if nobody is named."""
    form = {"client_id": uuid4(), **said}
    return cast.client(who or cast.ewan_user).post(door, form)


def test_every_documented_sign_is_asked_in_plain_words_emergencies_first(cast) -> None:
    html = cast.client(cast.ewan_user).get("/check-in/").content.decode()
    text, facts = words(html), baclofen()
    places = [text.index(sign.plain) for sign in facts.patient_signs()]
    assert places == sorted(places)
    last_emergency = facts.patient_signs_by(Route.ORAL, Urgency.EMERGENCY)[-1]
    assert text.index("The medicine was stopped suddenly") > text.index(last_emergency.plain)
    assert text.index("call the clinic today") > text.index("The medicine was stopped suddenly")
    assert html.count('class="btn" form="ci"') == 2, "two answers of equal weight"


def test_none_of_these_is_an_answer_of_its_own(cast) -> None:
    response = post(cast, none="1", note="Slept well")
    assert response["Location"] == "/check-in/done/"
    found = CheckIn.objects.get()
    assert (found.signs.count(), found.note) == (0, "Slept well")
    text = words(cast.client(cast.ewan_user).get("/check-in/done/").content.decode())
    assert "None of these" in text
    assert "If anything changes, come back here or call." in text


def test_an_emergency_sign_opens_the_urgent_page_at_once(cast) -> None:
    response = post(cast, sign=["hallucination", "headache"], send="1")
    assert response["Location"] == "/urgent/"
    assert set(CheckInSign.objects.values_list("sign", flat=True)) == {"hallucination", "headache"}
    assert set(Flag.objects.open().values_list("rule", flat=True)) == {"F1", "F2"}
    text = words(cast.client(cast.ewan_user).get("/urgent/").content.decode())
    assert "Hallucinations" in text
    assert "Headache" not in text.split("All warning signs")[0]


def test_a_same_day_sign_asks_for_a_call_today(cast) -> None:
    assert post(cast, sign="headache", send="1")["Location"] == "/check-in/done/"
    text = words(cast.client(cast.ewan_user).get("/check-in/done/").content.decode())
    assert "Call the clinic today." in text
    assert "+44 1632 96011" in text
    assert "It is on Harbour clinic’s list; a call is faster and surer." in text


def test_an_open_emergency_stands_on_today_until_the_clinic_closes_it(cast) -> None:
    post(cast, sign="hallucination", send="1")
    browser = cast.client(cast.ewan_user)
    text = words(browser.get("/today/").content.decode())
    assert "This is open: get help now" in text
    assert "allucination" in text.split("Numbers to call, who has been told")[0], text
    assert "Being told: Isla Macrae, Tomasz Wrona" in text
    flag_close(flag=Flag.objects.get(), by=cast.priya, note="Seen today.", now=database_now())
    assert "This is open" not in words(browser.get("/today/").content.decode())


def test_a_same_day_sign_stands_on_today_with_who_has_it_and_whom_to_call(cast) -> None:
    post(cast, sign="headache", send="1")
    browser = cast.client(cast.ewan_user)

    def panel() -> str:
        text = words(browser.get("/today/").content.decode())
        return text[text.index("Call the clinic today.") : text.index("Last check-in")]

    assert "Sign reported: headache" in panel()
    assert "It is on Harbour clinic’s list; a call is faster and surer." in panel()
    assert "Call Harbour clinic" in panel()
    alert = Alert.objects.get()
    alert_acknowledge(alert=alert, by=cast.priya, now=database_now())
    assert "Dr Priya Raman has said “I have it”." in panel()
    flag_close(flag=Flag.objects.get(), by=cast.priya, note="Spoke.", now=database_now())
    assert "Call the clinic today." not in words(browser.get("/today/").content.decode())


def test_words_alone_are_not_sent_and_the_numbers_stand_beside_that(cast) -> None:
    html = post(cast, send="1", note="I feel odd").content.decode()
    assert "Your words are not sent yet." in words(html)
    assert "I feel odd" in html
    assert 'href="tel:999"' in html
    assert 'href="tel:+44163296011' in html
    assert not CheckIn.objects.exists()


def test_stopped_suddenly_is_an_emergency_without_any_sign(cast) -> None:
    assert post(cast, has_stopped="on", send="1", note="Lost on a train")["Location"] == "/urgent/"
    assert (Report.objects.get().kind, Report.objects.get().note) == ("stopped", "Lost on a train")
    assert Flag.objects.open().filter(rule="F4").exists()
    assert not CheckIn.objects.exists()


def test_the_day_on_which_the_supply_runs_out_is_kept(cast) -> None:
    form = {"runs_out_on": "2036-12-24", "has_stopped": "on", "send": "1"}
    post(cast, **form)
    assert set(Report.objects.values_list("kind", flat=True)) == {"stopped", "supply"}
    text = words(cast.client(cast.ewan_user).get("/check-in/done/").content.decode())
    assert "The supply runs out on 24 December 2036" in text
    assert "Call today." not in text


def test_a_day_that_has_passed_is_refused_and_today_means_a_call_today(cast) -> None:
    today = local_date(cast.now, cast.ewan.zone_info)
    past = post(cast, runs_out_on=today - timedelta(days=1), send="1")
    assert "That day has passed. If nothing is left, choose today or call." in words(
        past.content.decode()
    )
    assert not Report.objects.exists()
    assert post(cast, runs_out_on=today, send="1")["Location"] == "/check-in/done/"
    text = words(cast.client(cast.ewan_user).get("/check-in/done/").content.decode())
    assert "Call today." in text


def test_an_answer_that_contradicts_itself_or_is_empty_is_asked_again(cast) -> None:
    text = words(post(cast, none="1", sign="seizure").content.decode())
    assert "with something ticked" in text
    assert "Tick what is true now" in words(post(cast, send="1").content.decode())
    assert "Tick what is true now" in words(post(cast, send="1", note="hm").content.decode())
    assert not CheckIn.objects.exists()


def test_what_was_ticked_stays_ticked_when_the_page_asks_again(cast) -> None:
    html = post(cast, none="1", sign="seizure").content.decode()
    assert 'value="seizure" checked' in html


def test_the_same_check_in_sent_twice_is_one_row(cast) -> None:
    browser = cast.client(cast.ewan_user)
    form = {"client_id": hidden_id(browser.get("/check-in/").content.decode()), "sign": "fever"}
    for _ in range(2):
        assert browser.post("/check-in/", form)["Location"] == "/urgent/"
    assert CheckIn.objects.count() == 1


def test_a_caregiver_reports_a_sign_in_their_own_name(cast) -> None:
    door = f"/feed/{cast.ewan.pk}/check-in/"
    text = words(cast.client(cast.watcher).get(door).content.decode())
    assert "How is Ewan Macrae right now?" in text
    response = post(cast, door, cast.watcher, sign="confusion", send="1")
    assert response["Location"] == f"/feed/{cast.ewan.pk}/urgent/"
    assert CheckIn.objects.get().by == cast.watcher


def test_nobody_else_can_check_in_for_ewan(cast) -> None:
    door = f"/feed/{cast.ewan.pk}/check-in/"
    for who in (cast.stranger, cast.juno, cast.priya, cast.ended_caregiver, cast.ewan_user):
        assert post(cast, door, who, none="1").status_code == 404, who
    for who in (cast.stranger, cast.isla, cast.priya):
        assert post(cast, "/check-in/", who, none="1").status_code == 404, who
    assert not CheckIn.objects.exists()


def test_the_page_says_when_nobody_at_the_clinic_will_see_it(cast) -> None:
    cast.harbour.opening_hours.all().delete()
    text = words(cast.client(cast.ewan_user).get("/check-in/").content.decode())
    assert "Harbour clinic has set no opening hours" in text
    assert "Messages go to its out-of-hours contact." in text
    cast.harbour.contact_points.filter(duty="out_of_hours").update(
        disabled_at=cast.now, disabled_reason="gone"
    )
    text = words(cast.client(cast.ewan_user).get("/check-in/").content.decode())
    assert "Do not count on anybody there seeing this" in text
