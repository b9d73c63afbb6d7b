"""The pages of travel: who comes there, what they say, and what a wrong form leaves as it was."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Clinic, OpeningHours
from tests.cast import Cast
from tests.tracker.days import plan_signed, words
from tests.tracker.plans import dose, raw_step
from tracker.models import Plan, ZoneChange
from tracker.selectors.chart_record import chart_record
from tracker.selectors.chart_timeline import timeline
from tracker.services.zones import zone_answer_keep, zone_answer_move

PAGE = "/today/zone/"
NEW_YORK = "America/New_York"
SCRIPT = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def plan(live_cast: Cast) -> Plan:
    """08:00 and 14:00 in London, from today on."""
    cells = [dose(clock, "15 mg") for clock in ("08:00", "14:00")]
    steps = [raw_step(live_cast.now.date().isoformat(), "", *cells)]
    return plan_signed(live_cast.ewan, live_cast.priya, live_cast.now, steps)


@pytest.fixture
def ewan(live_cast: Cast) -> Client:
    return live_cast.client(live_cast.ewan_user)


def of_ewan(cast: Cast) -> str:
    return f"/feed/{cast.ewan.pk}/zone/"


def test_a_script_is_given_the_question_alone_and_nothing_where_none_is_open(
    live_cast: Cast, plan: Plan, ewan: Client
) -> None:
    asked = ewan.get(PAGE, {"device": NEW_YORK}, **SCRIPT)
    assert asked.status_code == 200
    assert "<html" not in asked.content.decode()
    assert "Your phone is in New York. Dose times are kept in London time" in asked.content.decode()
    for device in ("Europe/London", "Europe/Lisbon", "Mars/X", ""):
        assert ewan.get(PAGE, {"device": device}, **SCRIPT).status_code == 204
    ewan.post(PAGE, {"zone": NEW_YORK, "answer": "keep"})
    assert ewan.get(PAGE, {"device": NEW_YORK}, **SCRIPT).status_code == 204
    assert "You are in New York" in ewan.get(PAGE, {"device": NEW_YORK}).content.decode()


def test_without_a_plan_the_page_says_so_and_takes_no_answer(live_cast: Cast, ewan: Client) -> None:
    assert "nothing to move or to keep" in words(ewan.get(PAGE).content.decode())
    assert ewan.get(PAGE, {"device": NEW_YORK}, **SCRIPT).status_code == 204
    assert ewan.post(PAGE, {"zone": NEW_YORK, "answer": "move"}).status_code == 302
    assert not ZoneChange.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"answer": "move"},
        {"zone": NEW_YORK},
        {"zone": NEW_YORK, "answer": "both"},
        {"zone": "Mars/X", "answer": "move"},
        {"zone": "Europe/London", "answer": "move"},
        {"zone": "\u202eEurope/Paris", "answer": "keep"},
    ],
)
def test_what_is_not_an_answer_changes_nothing(
    live_cast: Cast, plan: Plan, ewan: Client, body: dict[str, str]
) -> None:
    answer = ewan.post(PAGE, body, follow=True)
    assert answer.status_code == 200
    assert not ZoneChange.objects.exists()


def test_a_move_that_is_refused_says_which_dose_and_whom_to_ask(
    live_cast: Cast, plan: Plan, ewan: Client
) -> None:
    device = {"device": "Pacific/Kiritimati"}
    text = words(ewan.get(PAGE, device).content.decode())
    assert "These times cannot move by themselves. Ask your clinic." in text
    assert "would fall away" in text
    assert "Harbour clinic: +44 1632 960118" in text
    assert "Move to Kiritimati time" not in text
    sent = ewan.post(PAGE, {"zone": device["device"], "answer": "move"}, follow=True)
    assert "Ask your clinic" in words(sent.content.decode())
    assert not ZoneChange.objects.exists()


def test_a_refused_move_offers_the_number_that_answers_now(live_cast: Cast, ewan: Client) -> None:
    cells = [dose(clock, "15 mg") for clock in ("04:13", "20:11")]
    steps = [raw_step(live_cast.now.date().isoformat(), "", *cells)]
    plan_signed(live_cast.ewan, live_cast.priya, live_cast.now, steps)
    OpeningHours.objects.all().delete()
    Clinic.objects.update(out_of_hours_phone="01632 960 144")

    page = ewan.get(PAGE, {"device": NEW_YORK}).content.decode()
    assert "These times cannot move by themselves." in page
    assert "tel:01632960144" in page
    assert "has set no opening hours" in page


def test_a_caregiver_who_may_log_answers_in_their_own_name(live_cast: Cast, plan: Plan) -> None:
    isla = live_cast.client(live_cast.isla)
    page = words(isla.get(of_ewan(live_cast), {"device": NEW_YORK}).content.decode())
    assert "If Ewan Macrae is not there with you, keep the times." in page
    assert isla.post(of_ewan(live_cast), {"zone": NEW_YORK, "answer": "move"}).status_code == 302
    assert ZoneChange.objects.get().by == live_cast.isla
    assert "data-dose-zone" in isla.get(f"/feed/{live_cast.ewan.pk}/").content.decode()


@pytest.mark.parametrize(
    "who", ["tomasz", "watcher", "ended_caregiver", "stranger", "priya", "juno", "admin"]
)
def test_nobody_else_finds_the_page(live_cast: Cast, plan: Plan, who: str) -> None:
    browser = live_cast.client(getattr(live_cast, who))
    for address in (PAGE, of_ewan(live_cast)):
        assert browser.get(address).status_code == 404
        assert browser.post(address, {"zone": NEW_YORK, "answer": "move"}).status_code == 404
    assert not ZoneChange.objects.exists()


def test_a_caregiver_who_may_not_log_is_not_asked(live_cast: Cast, plan: Plan) -> None:
    html = live_cast.client(live_cast.tomasz).get(f"/feed/{live_cast.ewan.pk}/").content.decode()
    assert "data-dose-zone" not in html
    assert "In another time zone" not in html


def test_today_says_that_the_times_are_about_to_move(
    live_cast: Cast, plan: Plan, ewan: Client
) -> None:
    ewan.post(PAGE, {"zone": NEW_YORK, "answer": "move"})
    text = words(ewan.get("/today/").content.decode())
    assert "Dose times move to New York time:" in text
    page = words(ewan.get(PAGE).content.decode())
    assert "Answered by Ewan Macrae" in page
    assert "Keep London time after all" in page


def test_the_question_costs_at_most_twelve_queries(
    live_cast: Cast, plan: Plan, ewan: Client, django_assert_max_num_queries
) -> None:
    with django_assert_max_num_queries(12):
        ewan.get(PAGE, {"device": NEW_YORK}, **SCRIPT)


def test_both_answers_stand_on_the_chart_with_who_gave_them(cast: Cast) -> None:
    cells = [dose("08:00", "15 mg")]
    plan = plan_signed(
        cast.ewan, cast.priya, cast.now, [raw_step(cast.now.date().isoformat(), "", *cells)]
    )
    said = {"plan": plan, "device_zone": NEW_YORK}
    zone_answer_keep(**said, by=cast.isla, now=cast.now)
    zone_answer_move(**said, by=cast.ewan_user, now=cast.now + timedelta(seconds=1))
    record = chart_record(cast.ewan, plan_id=None, now=cast.now + timedelta(seconds=2))
    assert record is not None
    assert record.shown is not None
    lines = timeline(
        entries=(),
        check_ins=(),
        reports=(),
        flag_events=(),
        alert_events=(),
        versions=(),
        moves=(),
        stays=(),
        zone=record.zone,
        zone_changes=record.shown.zone_changes,
    )
    assert [(line.fact, line.text) for line in lines] == [
        (
            "Dose times move from London to New York time from Thu 26 Nov 00:00 there.",
            "Answered by Ewan Macrae.",
        ),
        ("In New York: dose times stay on London time.", "Answered by Isla Macrae."),
    ]
