"""An alert's thread, "I have it", passing on, and closing with a note."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.clock import database_now
from accounts.domain.capacities import Capacity
from accounts.models import AuditRow, Look, Patient, User
from tests.cast import Cast, cast_make
from tests.tracker.alerting import alert_opened
from tracker.domain.alerts import AlertEventKind, AlertKind, CloseReason
from tracker.domain.doses import Outcome
from tracker.models import Alert, AlertEvent, Plan
from tracker.selectors.matters import open_matters
from tracker.selectors.thread import alert_thread
from tracker.services.alerts import alert_acknowledge, alert_event, alert_unhold
from tracker.services.checkins import check_in_add
from tracker.services.entries import entry_void

from .charting import DAY, doses_until, plan_signed, say

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def present(db: None) -> Cast:
    """The cast as they stand now: the doors read the real clock."""
    return cast_make(database_now())


@pytest.fixture
def plan(present: Cast) -> Plan:
    """A running plan with doses of the last days."""
    at = present.now - 3 * DAY
    steps = [(at.date(), "", [("00:30", "7.50 mg"), ("12:30", "half a 10 mg tablet")])]
    plan = plan_signed(present.ewan, by=present.priya, at=at, steps=steps)
    doses_until(plan, present.now)
    return plan


@pytest.fixture
def sign(present: Cast) -> Alert:
    """An alert about an emergency sign, a quarter of an hour old."""
    check_in_add(
        patient=present.ewan,
        by=present.isla,
        signs=["hallucination"],
        note="",
        at=None,
        client_id=uuid4(),
        now=present.now - 15 * MINUTE,
    )
    return Alert.objects.select_related("patient__clinic", "flag", "dose", "held_by").get()


@pytest.fixture
def silence(present: Cast, plan: Plan) -> Alert:
    """A no-log alert about the newest dose that is past, an hour old."""
    dose = plan.doses.filter(due_at__lt=present.now - 60 * MINUTE).latest("due_at")
    alert = alert_opened(dose=dose, kind=AlertKind.NO_LOG, now=present.now - 60 * MINUTE)
    return Alert.objects.select_related("patient__clinic", "flag", "dose__version").get(pk=alert.pk)


def decided(alert: Alert, person: User, rung: int, at_seconds: int) -> AlertEvent:
    """The row that the engine writes before anything is sent."""
    event = alert_event(
        alert, AlertEventKind.DECIDED, alert.opened_at + at_seconds * SECOND, person=person
    )
    event.rung = rung
    event.save()
    return event


def told(alert: Alert, person: User, rung: int, at_seconds: int, **facts: str) -> AlertEvent:
    """The row that the engine writes once a provider has taken the message."""
    at = alert.opened_at + at_seconds * SECOND
    event = alert_event(
        alert, AlertEventKind.TOLD, at, person=person, **{"channel": "email", **facts}
    )
    event.rung = rung
    event.save()
    return event


# --- What the thread says


def test_each_rung_shows_who_was_told_and_what_came_of_it(present: Cast, silence: Alert) -> None:
    decided(silence, present.isla, 3, 1)
    told(silence, present.isla, 3, 2, purpose="alert")
    decided(silence, present.tomasz, 3, 1)
    bounced = alert_event(
        silence,
        AlertEventKind.BOUNCED,
        silence.opened_at + 3 * SECOND,
        person=present.tomasz,
        detail="mailbox full",
    )
    bounced.rung = 3
    bounced.save()
    (rung,) = alert_thread(silence, present.now, [Capacity.CLINICIAN]).rungs
    assert rung.heading == "Rung 3, after 90 minutes: caregivers"
    assert [
        (
            line.who,
            line.relation,
            [(turn.words, turn.way_words, turn.detail) for turn in line.turns],
        )
        for line in rung.lines
    ] == [
        ("Isla Macrae", "caregiver", [("Told", "E-mail", "")]),
        ("Tomasz Wrona", "caregiver", [("Came back", "", "mailbox full")]),
    ]


def test_a_message_that_was_decided_is_a_line_before_it_is_sent(
    present: Cast, silence: Alert
) -> None:
    decided(silence, present.isla, 3, 1)
    (rung,) = alert_thread(silence, present.now).rungs
    assert [line.turns for line in rung.lines] == [()]
    page = present.client(present.priya).get(f"/alerts/{silence.pk}/").content.decode()
    assert "decided, nothing has come back yet" in page


def test_follow_ups_stand_apart_at_the_end(present: Cast, silence: Alert) -> None:
    decided(silence, present.isla, 3, 1)
    told(silence, present.isla, 3, 2, purpose="alert")
    told(silence, present.isla, 3, 900, purpose="follow_up")
    rungs = alert_thread(silence, present.now).rungs
    assert [rung.heading for rung in rungs] == [
        "Rung 3, after 90 minutes: caregivers",
        "Closed: those who had been told are told",
    ]


def test_a_second_round_says_that_the_fact_still_stands(present: Cast, silence: Alert) -> None:
    decided(silence, present.isla, 3, 1)
    again = alert_event(
        silence, AlertEventKind.DECIDED, silence.opened_at + 600 * SECOND, person=present.isla
    )
    again.rung, again.round = 3, 2
    again.save()
    headings = [rung.heading for rung in alert_thread(silence, present.now).rungs]
    assert headings[1] == "Rung 3 again, the alert was held and still stands: caregivers"


def test_the_stair_goes_from_opened_to_closed_in_at_most_four_treads(
    present: Cast, silence: Alert
) -> None:
    told(silence, present.isla, 3, 5)
    alert_acknowledge(alert=silence, by=present.isla, now=silence.opened_at + MINUTE)
    assert silence.dose is not None
    silence.refresh_from_db()
    stages = alert_thread(silence, silence.opened_at + MINUTE).stages
    assert [stage.fact for stage in stages] == ["Opened", "Others told", "Acknowledged"]
    assert stages[0].text.startswith("No log for the")
    assert "missed" not in stages[0].text


def test_entries_of_the_dose_stay_readable_when_they_are_taken_back(
    present: Cast, plan: Plan, silence: Alert
) -> None:
    dose = plan.doses.select_related("plan__patient__clinic", "version").get(pk=silence.dose_id)
    entry = say(dose, Outcome.MISSED, by=present.isla, late=5 * MINUTE)
    entry_void(entry=entry, by=present.ewan_user, reason="I had taken it.", now=present.now)
    lines = alert_thread(silence, present.now).entries
    assert [(line.fact.endswith("somebody said so."), line.quote) for line in lines] == [
        (True, ""),
        (False, "I had taken it."),
    ]


# --- Who may open it


def test_everybody_who_sees_the_patient_can_read_the_thread_and_it_is_a_look(
    present: Cast, sign: Alert
) -> None:
    for who in (present.priya, present.isla, present.watcher, present.ewan_user):
        answer = present.client(who).get(f"/alerts/{sign.pk}/")
        assert answer.status_code == 200
        assert "Sign reported: hallucinations" in answer.content.decode()
        assert Look.objects.filter(actor=who, patient=present.ewan, page="alert").exists()


@pytest.mark.parametrize("door", ["", "acknowledge/", "pass-on/", "close/"])
def test_for_others_the_alert_does_not_exist(present: Cast, sign: Alert, door: str) -> None:
    for who in (present.juno, present.ended_caregiver, present.ended_clinician, present.stranger):
        browser = present.client(who)
        send = browser.post if door else browser.get
        theirs, nothing = (send(f"/alerts/{key}/{door}") for key in (sign.pk, uuid4()))
        assert theirs.status_code == nothing.status_code == 404
        assert b"hallucinations" not in theirs.content
    sign.refresh_from_db()
    assert (sign.held_by, sign.closed_at) == (None, None)


def test_the_patient_and_a_caregiver_who_only_sees_have_no_button_and_no_door(
    present: Cast, sign: Alert
) -> None:
    for who in (present.ewan_user, present.watcher):
        browser = present.client(who)
        assert "I have it" not in browser.get(f"/alerts/{sign.pk}/").content.decode()
        assert browser.post(f"/alerts/{sign.pk}/acknowledge/").status_code == 404
    sign.refresh_from_db()
    assert sign.held_by is None


# --- What people may do


def test_i_have_it_is_recorded_with_a_name_and_leads_back(present: Cast, sign: Alert) -> None:
    answer = present.client(present.isla).post(
        f"/alerts/{sign.pk}/acknowledge/", {"next": "/feed/"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/feed/")
    sign.refresh_from_db()
    assert sign.held_by == present.isla
    assert AuditRow.objects.filter(actor=present.isla, action="alert.acknowledged").exists()
    event = sign.events.get(kind=AlertEventKind.ACKNOWLEDGED)
    assert event.person == present.isla


def test_reading_a_button_changes_nothing(present: Cast, sign: Alert) -> None:
    browser = present.client(present.priya)
    for door in ("acknowledge", "pass-on"):
        assert browser.get(f"/alerts/{sign.pk}/{door}/").status_code == 405
    browser.get(f"/alerts/{sign.pk}/close/")
    sign.refresh_from_db()
    assert (sign.held_by, sign.closed_at) == (None, None)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example/",
        "https://evil.example/",
        "https:evil.example",
        "\\\\evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "worklist/",
        "/x\r\nSet-Cookie: a=b",
        "",
    ],
)
def test_a_button_never_leads_to_another_site(present: Cast, sign: Alert, elsewhere: str) -> None:
    answer = present.client(present.priya).post(
        f"/alerts/{sign.pk}/acknowledge/", {"next": elsewhere}
    )
    assert answer.headers["Location"] == f"/alerts/{sign.pk}/"


def test_passing_on_keeps_the_words_and_frees_the_alert(present: Cast, sign: Alert) -> None:
    alert_acknowledge(alert=sign, by=present.isla, now=present.now - MINUTE)
    present.client(present.isla).post(f"/alerts/{sign.pk}/pass-on/", {"note": "At work until six."})
    sign.refresh_from_db()
    assert sign.held_by is None
    acts = alert_thread(sign, database_now()).acts
    assert ("Isla Macrae passed on.", "At work until six.") in [
        (act.fact, act.quote) for act in acts
    ]


def test_an_alert_that_closed_meanwhile_says_so_and_stays_closed(
    present: Cast, sign: Alert
) -> None:
    Alert.objects.filter(pk=sign.pk).update(
        closed_at=present.now, close_reason=CloseReason.FLAG_CLOSED
    )
    answer = present.client(present.priya).post(f"/alerts/{sign.pk}/acknowledge/", follow=True)
    assert "This alert is closed" in answer.content.decode()


@pytest.mark.parametrize("note", ["", "   ", "x" * 501])
def test_a_flag_does_not_close_without_a_note(present: Cast, sign: Alert, note: str) -> None:
    assert sign.flag is not None
    answer = present.client(present.priya).post(f"/flags/{sign.flag_id}/close/", {"note": note})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'role="alert"' in page
    assert note in page
    sign.flag.refresh_from_db()
    assert sign.flag.closed_at is None


def test_a_flag_closes_by_a_named_person_with_a_note(present: Cast, sign: Alert) -> None:
    assert sign.flag is not None
    answer = present.client(present.priya).post(
        f"/flags/{sign.flag_id}/close/", {"note": "Called, seen.", "next": "/worklist/?show=all"}
    )
    assert answer.headers["Location"] == "/worklist/?show=all"
    sign.flag.refresh_from_db()
    sign.refresh_from_db()
    assert sign.flag.closed_at is not None
    assert sign.close_reason == CloseReason.FLAG_CLOSED
    closing = sign.flag.events.get(kind="closed")
    assert (closing.by, closing.note) == (present.priya, "Called, seen.")


def test_only_clinicians_of_the_clinic_close_flags(present: Cast, sign: Alert) -> None:
    for who in (present.isla, present.ewan_user, present.juno, present.admin):
        browser = present.client(who)
        assert browser.post(f"/flags/{sign.flag_id}/close/", {"note": "x"}).status_code == 404
        assert browser.get(f"/flags/{sign.flag_id}/close/").status_code == 404
    assert sign.flag is not None
    sign.flag.refresh_from_db()
    assert sign.flag.closed_at is None


def test_an_alert_about_a_flag_closes_through_its_flag(present: Cast, sign: Alert) -> None:
    answer = present.client(present.priya).get(f"/alerts/{sign.pk}/close/")
    assert answer.headers["Location"] == f"/flags/{sign.flag_id}/close/"


def test_an_alert_about_a_dose_closes_with_a_note(present: Cast, silence: Alert) -> None:
    browser = present.client(present.priya)
    assert browser.post(f"/alerts/{silence.pk}/close/", {"note": " "}).status_code == 200
    answer = browser.post(f"/alerts/{silence.pk}/close/", {"note": "Reached by phone."})
    assert answer.headers["Location"] == f"/patients/{present.ewan.pk}/"
    silence.refresh_from_db()
    assert silence.close_reason == CloseReason.NOTED


def test_the_closing_note_is_for_the_patient_and_the_clinic_only(
    present: Cast, silence: Alert
) -> None:
    words = "Drank at the weekend, reached by phone."
    present.client(present.priya).post(f"/alerts/{silence.pk}/close/", {"note": words})

    def page_of(who: User) -> str:
        return present.client(who).get(f"/alerts/{silence.pk}/").content.decode()

    for who in (present.ewan_user, present.priya, present.adaeze):
        assert words in page_of(who)
    for who in (present.isla, present.tomasz, present.watcher):
        assert "The clinic closed it with a note" in page_of(who)
        assert words not in page_of(who)
    silence.refresh_from_db()
    assert words not in str(alert_thread(silence, database_now()).acts)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (AlertEventKind.LAPSED, "Isla Macrae no longer has it; the ladder goes on."),
        (AlertEventKind.PASSED_ON, "Isla Macrae passed on."),
    ],
)
def test_an_answer_that_ended_does_not_stand_on_the_stair_as_one_that_holds(
    silence: Alert, present: Cast, kind, text
) -> None:
    alert_acknowledge(alert=silence, by=present.isla, now=present.now - 50 * MINUTE)
    alert_event(silence, kind, present.now - 20 * MINUTE, person=present.isla).save()

    last = alert_thread(silence, present.now).stages[-1]

    assert (last.fact, last.text) == ("Nobody has it", text)


def test_an_answer_stands_while_only_somebody_else_passed_on(silence: Alert, present: Cast) -> None:
    alert_acknowledge(alert=silence, by=present.isla, now=present.now - 50 * MINUTE)
    alert_event(silence, AlertEventKind.PASSED_ON, present.now - 20 * MINUTE, person=present.tomasz)

    assert alert_thread(silence, present.now).stages[-1].fact == "Acknowledged"


def test_the_stair_says_how_long_after_being_told_somebody_answered(
    silence: Alert, present: Cast
) -> None:
    told(silence, present.isla, 3, 20)
    alert_acknowledge(alert=silence, by=present.isla, now=silence.opened_at + 45 * MINUTE)
    silence.refresh_from_db()

    last = alert_thread(silence, silence.opened_at + 45 * MINUTE + SECOND).stages[-1]

    assert last.text == "Isla Macrae said “I have it”, 44 minutes after being told."


def test_the_stair_and_the_worklist_name_who_has_it_though_somebody_spoke_later(
    sign: Alert, present: Cast
) -> None:
    at = present.now - 10 * MINUTE
    alert_acknowledge(alert=sign, by=present.priya, now=at)
    alert_acknowledge(alert=sign, by=present.isla, now=at + MINUTE)
    sign.refresh_from_db()

    thread = alert_thread(sign, present.now)
    patients = Patient.objects.filter(pk=sign.patient_id)
    (matter,) = open_matters(patients, now=present.now)[sign.patient_id].matters

    assert (thread.stages[-1].at, thread.stages[-1].text) == (
        at,
        "Dr Priya Raman said “I have it”.",
    )
    assert [held and held.since_at for held in (thread.holder, matter.holder)] == [at, at]


def test_the_stair_names_who_let_go_and_not_who_spoke_last(sign: Alert, present: Cast) -> None:
    at = present.now - 10 * MINUTE
    alert_acknowledge(alert=sign, by=present.priya, now=at)
    alert_acknowledge(alert=sign, by=present.isla, now=at + MINUTE)
    sign.refresh_from_db()
    alert_unhold(alert=sign, now=at + 2 * MINUTE)

    last = alert_thread(sign, present.now).stages[-1]

    assert (last.fact, last.text) == (
        "Nobody has it",
        "Dr Priya Raman no longer has it; the ladder goes on.",
    )


def test_the_stair_says_that_nobody_has_it_from_the_very_end_of_a_hold(
    silence: Alert, present: Cast
) -> None:
    alert_acknowledge(alert=silence, by=present.isla, now=silence.opened_at + MINUTE)
    silence.refresh_from_db()
    over_at = silence.held_until_at
    assert over_at is not None

    before, after = (alert_thread(silence, at).stages[-1] for at in (over_at - SECOND, over_at))

    assert before.fact == "Acknowledged"
    assert (after.fact, after.at) == ("Nobody has it", over_at)
    assert after.text == "Isla Macrae no longer has it; the ladder goes on."
