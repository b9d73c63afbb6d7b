"""Who was told of an alert, when, by which channel, with what answer: page, API and file."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.audiences import Audience
from accounts.domain.capacities import Capacity
from accounts.models import AuditRow, ContactPoint, Look, Patient, User
from accounts.services.care_links import care_link_end
from tests.cast import Cast
from tracker.domain.alerts import AlertEventKind
from tracker.domain.csv_cells import FORMULA_STARTS, cell_text
from tracker.models import Alert
from tracker.selectors.thread import alert_thread
from tracker.selectors.thread_messages import Turn
from tracker.services.alerts import (
    alert_acknowledge,
    alert_close_with_note,
    alert_event,
    alert_pass_on,
)

from .test_thread import MINUTE, SECOND, decided, plan, present, sign, silence, told

__all__ = ["plan", "present", "sign", "silence"]
CLINIC = [Capacity.CLINICIAN]


def bounced(alert: Alert, person: User, said: str) -> None:
    """The row that the engine writes when a provider gives a message back."""
    event = alert_event(
        alert,
        AlertEventKind.BOUNCED,
        alert.opened_at + 2 * SECOND,
        person=person,
        note=said,
        way="email",
        said=said,
        purpose="alert",
    )
    event.rung = 3
    event.save()


def turns_of(alert: Alert, present: Cast, capacities: list[Capacity]) -> list[Turn]:
    rungs = alert_thread(alert, present.now, capacities).rungs
    return [turn for rung in rungs for line in rung.lines for turn in line.turns]


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("email", "E-mail"),
        ("sms", "Text message"),
        ("push", "In the browser"),
        ("pigeon", "pigeon"),
    ],
)
def test_each_message_says_by_which_channel_it_left(
    present: Cast, silence: Alert, way: str, words: str
) -> None:
    decided(silence, present.isla, 3, 1)
    told(silence, present.isla, 3, 2, purpose="alert", way=way)
    (turn,) = turns_of(silence, present, CLINIC)
    assert (turn.words, turn.way_words) == ("Told", words)
    page = present.client(present.priya).get(f"/alerts/{silence.pk}/").content.decode()
    assert words in page


def test_a_message_that_came_back_and_left_by_another_way_is_two_rows(
    present: Cast, silence: Alert
) -> None:
    decided(silence, present.isla, 3, 1)
    bounced(silence, present.isla, "550 no such mailbox")
    told(silence, present.isla, 3, 3, purpose="alert", way="sms")
    assert [(turn.words, turn.way, turn.detail) for turn in turns_of(silence, present, CLINIC)] == [
        ("Came back", "email", "550 no such mailbox"),
        ("Told", "sms", ""),
    ]
    counted = alert_thread(silence, present.now, CLINIC).count
    assert (counted.messages, counted.people, counted.has_clinic) == (1, 1, False)


def test_a_message_that_had_nowhere_to_go_did_not_come_back(present: Cast, silence: Alert) -> None:
    event = alert_event(
        silence,
        AlertEventKind.BOUNCED,
        silence.opened_at + 2 * SECOND,
        person=present.isla,
        way="",
        said="",
        purpose="alert",
    )
    event.rung = 3
    event.save()
    words = ("Not sent", "no address there works")
    assert [(turn.words, turn.detail) for turn in turns_of(silence, present, CLINIC)] == [words]
    row = rows_of(present, present.priya, silence)[-1]
    assert (row[3].capitalize(), row[-1]) == words


def test_what_a_provider_said_is_not_for_other_caregivers(present: Cast, silence: Alert) -> None:
    decided(silence, present.tomasz, 3, 1)
    bounced(silence, present.tomasz, "550 tomasz@private.example is full")
    pages = {
        who: present.client(who).get(f"/alerts/{silence.pk}/").content.decode()
        for who in (present.isla, present.priya)
    }
    assert "tomasz@private.example" not in pages[present.isla]
    assert "tomasz@private.example" in pages[present.priya]


def test_a_message_says_what_its_reader_answered(present: Cast, silence: Alert) -> None:
    decided(silence, present.isla, 3, 1)
    told(silence, present.isla, 3, 2, purpose="alert")
    decided(silence, present.tomasz, 3, 1)
    alert_pass_on(
        alert=silence, by=present.tomasz, note="At work", now=silence.opened_at + 5 * MINUTE
    )
    alert_acknowledge(alert=silence, by=present.isla, now=silence.opened_at + 6 * MINUTE)
    (rung, *_rest) = alert_thread(silence, present.now, CLINIC).rungs
    answers = {line.who: line.answer for line in rung.lines}
    assert {who: said and (said.words, said.quote) for who, said in answers.items()} == {
        "Isla Macrae": ("“I have it”", ""),
        "Tomasz Wrona": ("Passed on", "At work"),
    }


def test_an_answer_given_before_somebody_was_told_again_is_not_the_answer_to_that(
    present: Cast, silence: Alert
) -> None:
    decided(silence, present.isla, 3, 1)
    alert_acknowledge(alert=silence, by=present.isla, now=silence.opened_at + MINUTE)
    second = alert_event(
        silence, AlertEventKind.DECIDED, silence.opened_at + 40 * MINUTE, person=present.isla
    )
    second.rung, second.round = 4, 1
    second.save()
    answers = [
        line.answer is not None
        for rung in alert_thread(silence, present.now, CLINIC).rungs
        for line in rung.lines
    ]
    assert answers == [True, False]


def test_the_worklist_is_a_row_and_no_message(present: Cast, silence: Alert) -> None:
    listed = alert_event(silence, AlertEventKind.LISTED, silence.opened_at + MINUTE)
    listed.rung = 4
    listed.save()
    thread = alert_thread(silence, present.now, CLINIC)
    ((line,),) = [rung.lines for rung in thread.rungs]
    assert (line.who, line.is_worklist, line.turns[0].words) == (
        "Harbour clinic",
        True,
        "On the list",
    )
    assert thread.count.messages == 0


def test_the_thread_says_what_its_ladder_goes_by(present: Cast, silence: Alert) -> None:
    terms = dict(alert_thread(silence, present.now, CLINIC).terms)
    assert terms["Ladder"].startswith("Plan version 1, signed ")
    assert terms["Signed by"] == "Dr Priya Raman"
    assert terms["Flagged when nobody has it after"] == "60 minutes"


def test_a_closed_clinic_without_a_contact_out_of_hours_says_so(
    present: Cast, silence: Alert
) -> None:
    assert alert_thread(silence, present.now, CLINIC).closed_until == ""
    ContactPoint.objects.filter(duty="out_of_hours").update(
        disabled_at=present.now, disabled_reason="bounced"
    )
    present.harbour.opening_hours.all().delete()
    words = alert_thread(silence, present.now, CLINIC).closed_until
    assert words == "The clinic has entered no opening hours. Do not count on an answer there."


def test_a_plan_that_no_longer_knows_the_rung_still_shows_its_messages(
    present: Cast, silence: Alert
) -> None:
    decided(silence, present.isla, 99, 1)
    (rung,) = alert_thread(silence, present.now, CLINIC).rungs
    assert rung.heading == "Rung 99"
    assert str(Audience.CLINIC) not in rung.heading


def test_a_message_that_waits_in_quiet_hours_says_until_when(present: Cast, silence: Alert) -> None:
    decided(silence, present.isla, 3, 1)
    now = silence.opened_at + MINUTE
    local = now.astimezone(silence.patient.zone_info)
    begins, ends = (local - 30 * MINUTE).time(), (local + 30 * MINUTE).time()
    ContactPoint.objects.filter(person=present.isla).update(
        quiet_from_time=begins, quiet_until_time=ends
    )
    ((line,),) = [rung.lines for rung in alert_thread(silence, now, CLINIC).rungs]
    assert line.standing == "Waiting"
    assert line.standing_detail.startswith("quiet hours there until ")
    assert line.standing_detail.endswith(f"{ends:%H:%M}")


def test_a_message_that_had_not_left_when_its_alert_closed_does_not_wait_for_ever(
    present: Cast, silence: Alert
) -> None:
    decided(silence, present.isla, 3, 1)
    alert_close_with_note(alert=silence, by=present.priya, note="Rang them", now=present.now)
    silence.refresh_from_db()
    page = present.client(present.priya).get(f"/alerts/{silence.pk}/").content.decode()
    ((line,),) = [rung.lines for rung in alert_thread(silence, present.now, CLINIC).rungs]
    said = present.client(present.priya).get(f"/api/v1/alerts/{silence.pk}/").json()
    assert line.standing == "Nothing came back"
    assert line.standing in page
    assert "Waiting" not in page
    assert said["rungs"][0]["messages"][0]["standing"] == line.standing


def test_a_message_to_somebody_who_no_longer_helps_does_not_wait_for_ever(
    present: Cast, silence: Alert
) -> None:
    decided(silence, present.isla, 3, 1)
    care_link_end(care_link=present.link_of(present.isla), by=present.ewan_user, now=present.now)
    ((line,),) = [rung.lines for rung in alert_thread(silence, present.now, CLINIC).rungs]
    assert line.standing == "Nothing came back"
    assert line.standing_detail.startswith("no longer helps here")


def test_page_and_api_say_the_outcome_on_the_clock_of_the_dose(
    present: Cast, silence: Alert
) -> None:
    alert_close_with_note(alert=silence, by=present.priya, note="Rang them", now=present.now)
    Patient.objects.filter(pk=present.ewan.pk).update(zone="Asia/Tokyo")
    said = present.client(present.priya).get(f"/api/v1/alerts/{silence.pk}/").json()
    silence = Alert.objects.get(pk=silence.pk)
    assert said["zone"] == "Europe/London"
    assert said["alert"]["outcome"] == alert_thread(silence, present.now, CLINIC).outcome


# --- The file


def rows_of(present: Cast, who: User, alert: Alert) -> list[list[str]]:
    answer = present.client(who).get(f"/alerts/{alert.pk}/thread.csv")
    assert answer.status_code == 200
    text = answer.content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_the_file_holds_every_event_and_asking_for_it_is_a_look(
    present: Cast, silence: Alert
) -> None:
    decided(silence, present.isla, 3, 1)
    told(silence, present.isla, 3, 2, purpose="alert", way="sms")
    alert_pass_on(
        alert=silence, by=present.isla, note='=HYPERLINK("x")', now=silence.opened_at + MINUTE
    )
    head, *rows = rows_of(present, present.priya, silence)
    assert len(rows) == silence.events.count()
    assert head[3:] == [
        "What happened", "Rung", "Round", "Who", "Duty", "Channel", "Kind of message", "Said",
    ]  # fmt: skip
    assert [row[3] for row in rows] == ["opened", "decided to tell", "told", "passed on"]
    assert rows[2][4:10] == ["3", "1", "Isla Macrae", "", "Text message", "alert"]
    assert rows[3][-1] == '\'=HYPERLINK("x")'
    assert Look.objects.filter(actor=present.priya, patient=present.ewan, page="alert").exists()
    assert AuditRow.objects.filter(actor=present.priya, action="alert.exported").exists()


def test_the_file_counts_rungs_as_the_page_does(present: Cast, sign: Alert) -> None:
    decided(sign, present.isla, 3, 1)
    (rung,) = alert_thread(sign, present.now, CLINIC).rungs
    assert rung.heading == "Rung 1, at once: caregivers"
    assert rows_of(present, present.priya, sign)[-1][4] == "1"


def test_the_file_says_as_the_page_who_was_not_reached_who_lists_it_and_why_it_closed(
    present: Cast, silence: Alert
) -> None:
    at = silence.opened_at + SECOND
    alert_event(silence, AlertEventKind.UNREACHABLE, at, note="Tomasz Wrona").save()
    alert_event(silence, AlertEventKind.LISTED, at).save()
    alert_close_with_note(alert=silence, by=present.priya, note="Rang them", now=present.now)
    silence.refresh_from_db()
    outcome = alert_thread(silence, present.now, CLINIC).outcome
    rows = [(row[3], row[6], row[8], row[10]) for row in rows_of(present, present.priya, silence)]
    assert rows[-3:] == [
        ("nobody to reach", "Tomasz Wrona", "", "no verified contact"),
        ("put on the worklist", "Harbour clinic", "Worklist", ""),
        ("closed", "Dr Priya Raman", "", f"{outcome}. Rang them"),
    ]


def test_the_files_name_names_nobody(present: Cast, silence: Alert) -> None:
    answer = present.client(present.priya).get(f"/alerts/{silence.pk}/thread.csv")
    assert answer["Content-Disposition"] == f'attachment; filename="alert-{silence.pk}.csv"'
    assert answer["Content-Type"] == "text/csv; charset=utf-8"


def test_only_clinicians_of_the_clinic_may_take_the_file(present: Cast, silence: Alert) -> None:
    others = [present.isla, present.ewan_user, present.juno, present.admin, present.stranger]
    for who in others:
        answer = present.client(who).get(f"/alerts/{silence.pk}/thread.csv")
        assert answer.status_code == 404
    assert not AuditRow.objects.filter(action="alert.exported").exists()


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@x",
        "\t=1",
        "\r=1",
        " =1",
        "\uff1d1",
        "\uff0b1",
        '"=1',
        "|x",
        "%x",
        "'=1",
    ],
)
def test_a_cell_that_a_spreadsheet_may_work_out_is_only_shown(text: str) -> None:
    assert cell_text(text).startswith("'")


@pytest.mark.parametrize(
    "text", ["", "Isla Macrae", "7.50 mg", "half a 10 mg tablet", "a=b", "“I have it”"]
)
def test_other_texts_stay_character_for_character(text: str) -> None:
    assert cell_text(text) == text


@given(st.text())
def test_no_text_becomes_a_formula_and_none_loses_a_word(text: str) -> None:
    cell = cell_text(text)
    assert not cell.lstrip(" ").startswith(FORMULA_STARTS)
    assert "".join(text.split()) in "".join(cell.split())
