"""The caregiver's feed and pages: open alerts first, and never more than the link allows."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.clock import database_now
from accounts.models import CareLink, Look, OpeningHours
from accounts.services.acceptance import invitation_accept
from accounts.services.care_links import care_link_invite
from accounts.templatetags.when import day_minute
from tests.cast import Cast, cast_make, mail_token, patient_join
from tests.tracker.alerting import alert_opened
from tests.tracker.days import log, plan_around, words
from tracker.domain.alerts import AlertEventKind, AlertKind
from tracker.models import Alert, AlertEvent, Entry, ExpectedDose
from tracker.services.alerts import alert_acknowledge
from tracker.services.checkins import check_in_add

MINUTE = timedelta(minutes=1)


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast at the database's present, because the doors read its clock."""
    return cast_make(database_now())


@pytest.fixture
def doses(cast: Cast) -> dict[str, ExpectedDose]:
    """A dose without a log two hours ago and one later."""
    return plan_around(cast, cast.now, silent=-120 * MINUTE, later=240 * MINUTE)


@pytest.fixture
def alert(cast: Cast, doses: dict[str, ExpectedDose]) -> Alert:
    """The silence of the first dose, told to Isla and passed on by Tomasz."""
    opened = alert_opened(dose=doses["silent"], kind=AlertKind.NO_LOG, now=cast.now - 120 * MINUTE)
    Alert.objects.filter(pk=opened.pk).update(rung=3, alert_class="W")
    opened.refresh_from_db()
    for minutes, kind, person, note in (
        (-120, AlertEventKind.TOLD, cast.ewan_user, ""),
        (-30, AlertEventKind.TOLD, cast.isla, ""),
        (-30, AlertEventKind.TOLD, cast.tomasz, ""),
        (-24, AlertEventKind.PASSED_ON, cast.tomasz, "At work until six."),
    ):
        AlertEvent(
            alert=opened, at=cast.now + minutes * MINUTE, kind=kind, rung=3, person=person,
            note=note,
        ).save()  # fmt: skip
    return opened


def helps_too(cast: Cast) -> None:
    """Let Samira join and Ewan help her."""
    patient_join(cast.samira, at=cast.now)
    link = care_link_invite(
        patient=cast.samira, by=cast.samira.user, email=cast.ewan_user.email, name="Ewan",
        relation="", is_alerted=True, may_log=False, now=cast.now,
    )  # fmt: skip
    token = mail_token(link.invitations.get(), at=cast.now)
    invitation_accept(token=token, user=cast.ewan_user, now=cast.now)


def html_of(cast: Cast, who, path: str = "/feed/") -> str:
    """A page as somebody gets it."""
    response = cast.client(who).get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_an_open_alert_comes_first_with_who_was_told_and_what_they_did(cast, alert) -> None:
    html = html_of(cast, cast.isla)
    text = words(html)
    assert "You are helping Ewan Macrae" in text
    assert text.index("No log for the") < text.index("Earlier")
    assert "Nobody has said what happened to it." in text
    assert re.search(r"You Told at \d\d:\d\d\. Waiting for you to react\.", text)
    assert re.search(r"Ewan Macrae Told at .+?\. No answer yet\.", text)
    assert "“At work until six.”" in text
    assert f'action="/alerts/{alert.pk}/acknowledge/"' in html
    assert "Pass on" in text
    assert 'href="tel:+447700900412"' in html
    assert "Log it for Ewan Macrae" in text
    assert "missed" not in text.lower()


def test_who_was_told_twice_and_could_not_be_reached_is_said_with_each_time(cast, alert) -> None:
    for minutes, kind in ((-75, AlertEventKind.TOLD), (-60, AlertEventKind.BOUNCED)):
        at = cast.now + minutes * MINUTE
        AlertEvent(alert=alert, at=at, kind=kind, rung=2, person=cast.ewan_user).save()
    text = words(html_of(cast, cast.isla))
    clock = r"(?:\S+ \d+ \w+ )?\d\d:\d\d"
    said = rf"Told at {clock}, again at {clock}\. The message came back at {clock}\."
    assert re.search(rf"Ewan Macrae {said}", text)


def test_whoever_passed_it_on_is_told_so_and_may_still_take_it(cast, alert) -> None:
    text = words(html_of(cast, cast.tomasz))
    assert "You passed it on at" in text
    assert "Pass it on: I cannot see to it" not in text
    assert "I have it" in text
    assert "You passed it on" not in words(html_of(cast, cast.isla))
    alert_acknowledge(alert=alert, by=cast.tomasz, now=cast.now)
    assert "You passed it on" not in words(html_of(cast, cast.tomasz))


def test_the_card_leads_to_every_message_and_from_there_back_to_the_feed(cast, alert) -> None:
    html = html_of(cast, cast.isla)
    assert f'href="/alerts/{alert.pk}/"' in html
    assert "Every message and answer: No log for the" in html
    assert 'class="backlink" href="/feed/"' in html_of(cast, cast.isla, f"/alerts/{alert.pk}/")


def test_a_closed_clinic_is_said_once_however_many_people_somebody_helps(cast) -> None:
    helps_too(cast)
    invited = care_link_invite(
        patient=cast.samira, by=cast.samira.user, email=cast.isla.email, name="Isla",
        relation="", is_alerted=True, may_log=False, now=cast.now,
    )  # fmt: skip
    token = mail_token(invited.invitations.get(), at=cast.now)
    invitation_accept(token=token, user=cast.isla, now=cast.now)
    OpeningHours.objects.all().delete()
    assert words(html_of(cast, cast.isla)).count("Harbour clinic has set no opening hours") == 1


def test_messages_of_one_minute_have_one_time_and_those_of_another_day_their_day(
    cast, doses, alert
) -> None:
    yesterday = cast.now - timedelta(days=1)
    for shift in (timedelta(0), timedelta(microseconds=1)):
        AlertEvent(
            alert=alert, at=yesterday + shift, kind=AlertEventKind.TOLD, rung=1, person=cast.admin
        ).save()
    AlertEvent(
        alert=alert, at=yesterday, kind=AlertEventKind.PASSED_ON, rung=1, person=cast.admin
    ).save()
    moment = day_minute(yesterday, "Europe/London")
    text = words(html_of(cast, cast.isla))
    assert text.count(moment) == 2
    assert f"Passed on at {moment}." in text


def test_somebody_who_has_it_is_named_until_when(cast, alert) -> None:
    alert_acknowledge(alert=alert, by=cast.isla, now=cast.now)
    assert "You have it. If nothing changes by" in words(html_of(cast, cast.isla))
    assert "Isla Macrae has it, until" in words(html_of(cast, cast.tomasz))


def test_a_caregiver_who_only_sees_has_no_button_and_no_door(cast, doses, alert) -> None:
    html = html_of(cast, cast.watcher) + html_of(cast, cast.watcher, f"/feed/{cast.ewan.pk}/")
    assert "I have it</button>" not in html
    assert "/acknowledge/" not in html
    assert "/log/" not in html
    person, dose = f"/feed/{cast.ewan.pk}", doses["silent"].pk
    for door in (
        *[f"{person}/log/{dose}/{name}" for name in ("", "taken/", "skip/", "missed/", "settle/")],
        f"{person}/extra/",
    ):
        for who in (cast.watcher, cast.tomasz):
            browser = cast.client(who)
            assert browser.get(door).status_code == 404, door
            refused = 405 if door.endswith(f"{dose}/") else 404  # that page only shows
            assert browser.post(door, {"client_id": uuid4()}).status_code == refused, door
    assert not Entry.objects.exists()


def test_a_caregiver_who_may_log_does_so_in_their_own_name(cast, doses) -> None:
    browser, door = cast.client(cast.isla), f"/feed/{cast.ewan.pk}/log/{doses['silent'].pk}/"
    assert "Your name stands beside what you log" in words(browser.get(door).content.decode())
    response = browser.post(f"{door}taken/", {"client_id": uuid4(), "quick": "dose"})
    entry = Entry.objects.get()
    assert response["Location"] == f"/feed/{cast.ewan.pk}/?logged={entry.pk}"
    assert (entry.by, entry.taken_at) == (cast.isla, doses["silent"].due_at)
    assert "Logged by you." in words(html_of(cast, cast.isla))


def test_a_caregiver_takes_back_only_what_is_their_own(cast, doses) -> None:
    his = log(cast, doses["silent"], cast.now)
    browser, entries = cast.client(cast.isla), f"/feed/{cast.ewan.pk}/entries"
    for name in ("undo", "correct", "take-back"):
        door = f"{entries}/{his.pk}/{name}/"
        assert browser.post(door, {"client_id": uuid4()}).status_code == 404
    hers = log(cast, doses["later"], cast.now, by=cast.isla)
    assert browser.post(f"{entries}/{hers.pk}/undo/").status_code == 302
    assert Entry.objects.get(void__isnull=False) == hers


def test_a_caregiver_cannot_settle_the_patients_entry_away(cast, doses) -> None:
    his = log(cast, doses["silent"], cast.now)
    hers = log(cast, doses["silent"], cast.now, by=cast.isla)
    door = f"/feed/{cast.ewan.pk}/log/{doses['silent'].pk}/settle/"
    browser = cast.client(cast.isla)
    assert browser.post(door, {"keep": hers.pk}).status_code == 404
    assert browser.post(door, {"keep": his.pk}).status_code == 302
    assert Entry.objects.get(void__isnull=False) == hers


def test_everybody_else_finds_nothing(cast, doses, alert) -> None:
    for who in (cast.ended_caregiver, cast.stranger, cast.priya, cast.juno, cast.ewan_user):
        browser = cast.client(who)
        for path in ("/feed/", f"/feed/{cast.ewan.pk}/", f"/feed/{cast.ewan.pk}/check-in/"):
            assert browser.get(path).status_code == 404, (who, path)
    assert cast.client(cast.isla).get(f"/feed/{cast.samira.pk}/").status_code == 404
    patient_join(cast.samira, at=cast.now)
    assert cast.client(cast.isla).get(f"/feed/{cast.samira.pk}/").status_code == 404


def test_every_visit_is_a_look_that_the_patient_can_read(cast, doses) -> None:
    html_of(cast, cast.isla, f"/feed/{cast.ewan.pk}/")
    html_of(cast, cast.isla)
    look = Look.objects.get()
    assert (look.actor, look.patient, look.capacity) == (cast.isla, cast.ewan, "caregiver")


def test_whatever_the_method_a_caregiver_who_comes_is_recorded(cast, doses) -> None:
    browser = cast.client(cast.isla)
    assert browser.post(f"/feed/{cast.ewan.pk}/check-in/", {"sign": "no such"}).status_code == 200
    look = Look.objects.get()
    assert (look.actor, look.capacity, look.page) == (cast.isla, "caregiver", "check-in")


def test_pages_that_only_show_answer_nothing_else(cast, doses) -> None:
    browser, helped = cast.client(cast.isla), f"/feed/{cast.ewan.pk}"
    for path in (f"{helped}/check-in/done/", f"{helped}/log/{doses['silent'].pk}/"):
        assert browser.get(path).status_code == 200, path
        assert browser.post(path).status_code == 405, path


def test_signs_that_somebody_reported_are_in_the_feed_with_whose_word_it_is(cast, doses) -> None:
    check_in_add(
        patient=cast.ewan, by=cast.ewan_user, signs=["headache"], note="", at=None,
        client_id=uuid4(), now=cast.now,
    )  # fmt: skip
    text = words(html_of(cast, cast.isla))
    assert "Sign reported: Headache" in text
    assert "by Ewan Macrae" in text


def test_with_nothing_open_the_feed_is_calm_and_promises_nothing(cast, doses) -> None:
    text = words(html_of(cast, cast.isla))
    assert "Nothing is open" in text
    assert "not a promise that all is well" in text


def test_several_capacities_are_chosen_between_and_each_page_says_which(cast, doses) -> None:
    browser = cast.client(cast.isla)
    assert browser.get("/")["Location"] == "/feed/"
    assert cast.client(cast.ewan_user).get("/")["Location"] == "/today/"
    assert cast.client(cast.priya).get("/")["Location"] == "/worklist/"
    assert "Nothing here belongs to you yet" in words(html_of(cast, cast.stranger, "/"))
    helps_too(cast)
    assert "Where do you want to go?" in words(html_of(cast, cast.ewan_user, "/"))
    assert "You are here as a patient." in words(html_of(cast, cast.ewan_user, "/today/"))
    assert "You are here as a caregiver." in words(html_of(cast, cast.ewan_user))


def test_every_page_of_a_record_says_as_what_somebody_of_several_looks(cast, doses, alert) -> None:
    helps_too(cast)
    dose = f"log/{doses['silent'].pk}/"
    for path in ("/today/", "/history/", "/check-in/", f"/today/doses/{doses['silent'].pk}/"):
        assert "You are here as a patient." in words(html_of(cast, cast.ewan_user, path)), path
    of_samira = words(html_of(cast, cast.ewan_user, f"/feed/{cast.samira.pk}/check-in/"))
    assert "You are here as a caregiver of Samira Haddad." in of_samira
    CareLink.objects.filter(caregiver=cast.isla).update(caregiver=cast.priya)
    for path in ("check-in/", dose):
        page = words(html_of(cast, cast.priya, f"/feed/{cast.ewan.pk}/{path}"))
        assert "You are here as a caregiver of Ewan Macrae." in page, path
    for path in (f"/patients/{cast.ewan.pk}/", f"/alerts/{alert.pk}/"):
        page = words(html_of(cast, cast.priya, path))
        assert "You are here as a clinician of Ewan Macrae." in page, path


def test_whoever_is_only_one_thing_is_not_reminded_of_it(cast, doses) -> None:
    assert "You are here as" not in words(
        html_of(cast, cast.isla, f"/feed/{cast.ewan.pk}/check-in/")
    )
    assert "You are here as" not in words(html_of(cast, cast.ewan_user, "/check-in/"))


def test_a_caregivers_pages_ask_the_database_at_most_twelve_times(
    cast, doses, alert, django_assert_max_num_queries
) -> None:
    log(cast, doses["later"], cast.now)
    browser = cast.client(cast.isla)
    look = 3  # one insert in a savepoint
    for path in ("/feed/", f"/feed/{cast.ewan.pk}/"):
        with django_assert_max_num_queries(12 + look):
            assert browser.get(path).status_code == 200


@pytest.fixture
def silence(cast: Cast, doses: dict[str, ExpectedDose]) -> Alert:
    """A dose without a log about which only the patient was asked."""
    opened = alert_opened(dose=doses["silent"], kind=AlertKind.NO_LOG, now=cast.now - 60 * MINUTE)
    happens(opened, AlertEventKind.TOLD, cast.now - 60 * MINUTE, cast.ewan_user)
    return opened


def happens(alert: Alert, kind: AlertEventKind, now, person) -> None:
    """Add one line to the thread."""
    AlertEvent(alert=alert, at=now, kind=kind, rung=1, person=person).save()


def test_a_silence_is_not_shown_before_a_caregivers_own_rung(cast, silence) -> None:
    assert "No log for the" not in words(html_of(cast, cast.isla))


@pytest.mark.parametrize("kind", [AlertEventKind.DECIDED, AlertEventKind.BOUNCED])
def test_a_silence_is_shown_to_whom_it_was_meant_for_even_when_the_message_came_back(
    cast, silence, kind
) -> None:
    happens(silence, kind, cast.now, cast.isla)
    assert "No log for the" in words(html_of(cast, cast.isla))
    assert "No log for the" not in words(html_of(cast, cast.tomasz))


def test_a_silence_on_the_worklist_is_shown_to_every_caregiver(cast, silence) -> None:
    Alert.objects.filter(pk=silence.pk).update(listed_at=cast.now)
    assert "No log for the" in words(html_of(cast, cast.watcher))


def test_having_an_emergency_says_that_the_clinic_goes_on_being_told(cast, silence) -> None:
    check_in_add(
        patient=cast.ewan, by=cast.ewan_user, signs=["seizure"], note="", at=None,
        client_id=uuid4(), now=cast.now,
    )  # fmt: skip
    emergency = Alert.objects.get(alert_class="E")
    happens(silence, AlertEventKind.TOLD, cast.now, cast.isla)
    browser = cast.client(cast.isla)
    for alert in (emergency, silence):
        browser.post(f"/alerts/{alert.pk}/acknowledge/", {"next": "/feed/"})
    text = words(browser.get("/feed/").content.decode())
    had = "The clinic goes on being told. It stays here until the clinic closes it."
    assert text.count(had) == 1
    assert text.count("It stays here until somebody says what happened.") == 1
    assert "until a fact closes it" not in text
