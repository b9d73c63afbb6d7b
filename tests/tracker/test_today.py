"""Today: one dose in the large card, and nothing that is past is ever called due."""

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape

import pytest
from django.utils.translation import override

from accounts.clock import database_now
from tests.cast import Cast
from tests.tracker.days import (
    SECOND,
    SIGNED,
    at,
    day_of,
    dose_at,
    html_of_today,
    log,
    plan_around,
    plan_signed,
    tuesday_plan,
    words,
)
from tests.tracker.plans import dose, raw_step
from tracker.domain.hero import CardDose, Hero, hero_of
from tracker.models import ExpectedDose, Plan, PlanMove, StayKind
from tracker.services.stays import stay_record

WINDOW = timedelta(minutes=45)
EDGES = (-SECOND, timedelta(0), SECOND)

# --- the rule of the card, at its edges

EIGHT = CardDose(at(8), WINDOW, is_logged=False, is_away=False)
TWO = replace(EIGHT, due_at=at(14))


@pytest.mark.parametrize(
    ("moment", "shift", "expected"),
    [
        (at(8), -SECOND, (0, Hero.NEXT)),
        (at(8), timedelta(0), (0, Hero.DUE)),
        (at(8), SECOND, (0, Hero.DUE)),
        (at(8) + WINDOW, -SECOND, (0, Hero.DUE)),
        (at(8) + WINDOW, timedelta(0), (0, Hero.LATE)),
        (at(8) + WINDOW, SECOND, (0, Hero.LATE)),
        (at(11), -SECOND, (0, Hero.LATE)),
        (at(11), timedelta(0), (1, Hero.NEXT)),
        (at(11), SECOND, (1, Hero.NEXT)),
    ],
)
def test_the_card_is_due_inside_the_window_and_asks_half_way_to_the_next_dose(
    moment, shift, expected
) -> None:
    assert hero_of([EIGHT, TWO], moment + shift) == expected


def test_of_two_doses_inside_their_windows_the_earlier_one_is_asked_about() -> None:
    half_past = replace(EIGHT, due_at=at(8, 30))
    assert hero_of([EIGHT, half_past], at(8, 40)) == (0, Hero.DUE)
    assert hero_of([replace(EIGHT, is_logged=True), half_past], at(8, 40)) == (1, Hero.DUE)


def test_a_dose_during_a_stay_is_never_in_the_card() -> None:
    away = replace(EIGHT, is_away=True)
    assert hero_of([away], at(8)) is None
    assert hero_of([away, TWO], at(9)) == (1, Hero.NEXT)


def test_an_old_dose_is_asked_about_in_the_card_for_twelve_hours_at_most() -> None:
    assert hero_of([EIGHT], at(20) - SECOND) == (0, Hero.LATE)
    assert hero_of([EIGHT], at(20)) is None


# --- what the page says


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """Three doses a day from this morning on."""
    return tuesday_plan(cast)


def test_nothing_stale_is_called_due_at_any_edge_of_the_day(cast, plan) -> None:
    for edge in (at(8), at(8) + WINDOW, at(11), at(14), at(14) + WINDOW, at(17), at(20)):
        for now in (edge + shift for shift in EDGES):
            text = words(html_of_today(cast, now))
            inside = [hour for hour in (8, 14, 20) if at(hour) <= now < at(hour) + WINDOW]
            assert re.findall(r"Due now, (\d\d):00", text) == [f"{hour:02}" for hour in inside]
            assert text.count("Due now") == len(inside), text
            assert "overdue" not in text.lower()
            assert "missed" not in text.lower().replace("it was missed", "")


def test_the_amount_is_printed_character_for_character(cast, plan) -> None:
    amounts = (
        "7.50 mg",
        "half a 10 mg tablet",
        "7,5 mg  (two blanks)",
        "½ × 10 mg",
        "\u0661\u0660 \u0645\u0644\u063a",
        "<b>5</b> & “10” mg",
        "x" * 80,
    )
    for amount in amounts:
        ExpectedDose.objects.filter(plan=plan).update(amount=amount)
        for now in (at(7, 59), at(8), at(9), at(15)):
            html = html_of_today(cast, now)
            found = re.findall(r'<span class="amt[^"]*" dir="auto">(.*?)</span>', html)
            assert {unescape(each) for each in found} == {amount}


def test_a_late_dose_gets_hours_and_minutes_in_words_and_no_advice(cast, plan) -> None:
    text = words(html_of_today(cast, at(9, 2)))
    assert "What happened at 08:00?" in text
    assert "It is 09:02, 1 h 2 min after the time" in text
    assert "“taken, 1 h 2 min after the time”" in text
    assert "Stepdown cannot tell you whether to take it now" in text


def test_the_day_as_a_heading_begins_with_a_capital_in_every_language(cast, plan) -> None:
    assert "<h1>Tuesday 24 November</h1>" in html_of_today(cast, at(9))
    with override("es"):
        assert "<h1>Martes 24 de noviembre</h1>" in html_of_today(cast, at(9))


def test_a_time_is_asked_for_on_the_clock_of_a_place_and_not_of_a_technical_name(cast) -> None:
    page = cast.client(cast.ewan_user).get("/today/extra/")
    assert "Local time in London, the zone of the plan." in words(page.content.decode())


def test_the_day_says_who_would_be_told_next_and_when(cast, plan) -> None:
    told = day_of(cast, at(14)).told
    assert told is not None
    assert told.is_nobody
    assert [(line.who, line.first_at) for line in told.ahead] == [
        ("You", at(14)),
        ("You", at(14, 45)),
        ("Isla Macrae and Tomasz Wrona", at(15, 30)),
        ("Harbour clinic", at(17)),
    ]


def test_before_a_plan_is_signed_the_page_says_so(cast) -> None:
    text = words(html_of_today(cast, cast.now))
    assert "No doses are entered yet" in text
    assert "How are you right now?" in text


def test_a_plan_on_hold_expects_nothing_and_says_who_and_why(cast, plan) -> None:
    plan.doses.filter(due_at__gt=at(9)).update(cancelled_at=at(9), cancel_reason="held")
    reason = "in hospital, ward gives the doses"
    PlanMove(
        plan=plan, at=at(9), by=cast.priya, from_state="active", to_state="on_hold", reason=reason
    ).save()
    Plan.objects.filter(pk=plan.pk).update(state="on_hold")
    day, text = day_of(cast, at(14)), words(html_of_today(cast, at(14)))
    assert day.card is None
    for part in ("Your plan is on hold", "Dr Priya Raman", reason, "Warning signs still count"):
        assert part in text
    assert "Due now" not in text


def test_during_a_stay_nobody_is_asked_and_the_page_says_so(cast, plan) -> None:
    stay_record(
        patient=cast.ewan, by=cast.priya, kind=StayKind.HOSPITAL, from_at=at(7), until_at=None,
        note="", now=at(7),
    )  # fmt: skip
    day, text = day_of(cast, at(14, 5)), words(html_of_today(cast, at(14, 5)))
    assert (day.card, day.questions) == (None, ())
    assert "You are marked as in hospital" in text


def test_after_the_last_dose_check_ins_go_on_for_the_days_entered(cast) -> None:
    steps = [raw_step("2026-11-24", "2026-11-25", dose("08:00", "5 mg"))]
    plan = plan_signed(cast.ewan, cast.priya, SIGNED, steps, observation_days="3")
    for day in (24, 25):
        log(cast, dose_at(plan, 8, day=day), at(8, 1, day=day))
    assert day_of(cast, at(23, 59, day=25)).standing == "doses"
    first = day_of(cast, at(0, day=26))
    assert first.standing == "observation"
    assert first.course is not None
    assert first.course.observed_until_on == date(2026, 11, 28)
    assert "How are you today?" in words(html_of_today(cast, at(9, day=26)))
    assert day_of(cast, at(23, 59, day=28)).standing == "observation"
    assert day_of(cast, at(0, day=29)).standing == "over"


def test_the_day_before_a_step_the_change_is_announced_with_the_doses_as_entered(cast) -> None:
    steps = [
        raw_step("2026-11-24", "", dose("08:00", "15 mg")),
        raw_step("2026-11-26", "", dose("08:00", "half a 20 mg tablet")),
    ]
    plan_signed(cast.ewan, cast.priya, SIGNED, steps)
    assert day_of(cast, at(12)).begins_tomorrow is None
    found = day_of(cast, at(12, day=25)).begins_tomorrow
    assert found is not None
    assert found.number == 2
    assert day_of(cast, at(12, day=26)).begins_tomorrow is None


def test_a_past_dose_without_a_log_is_asked_about_and_stays_no_log(cast, plan) -> None:
    log(cast, dose_at(plan, 14), at(14, 5))
    day, text = day_of(cast, at(15)), words(html_of_today(cast, at(15)))
    assert [dose.due_at for dose in day.questions] == [at(8)]
    assert "What happened?" in text
    assert "missed" not in text.lower()


def test_the_entry_just_made_takes_the_cards_place_for_ten_minutes(cast, plan) -> None:
    entry = log(cast, dose_at(plan, 14), at(14, 5))
    inside = day_of(cast, at(14, 15) - SECOND).just_logged
    assert inside is not None
    assert (inside.entry.id, inside.entry.words) == (entry.pk, "Taken 14:05, on time")
    assert day_of(cast, at(14, 15)).just_logged is None


def test_another_persons_entry_says_whose_it_is(cast, plan) -> None:
    log(cast, dose_at(plan, 8), at(10, 2), by=cast.isla)
    text = words(html_of_today(cast, at(10, 5)))
    assert "Taken 10:02, 2 h 2 min after the time, by Isla Macrae" in text


def test_two_entries_for_one_dose_are_shown_until_somebody_settles_them(cast, plan) -> None:
    dose = dose_at(plan, 8)
    log(cast, dose, at(8, 2))
    log(cast, dose, at(8, 20), by=cast.isla)
    assert [line.id for line in day_of(cast, at(9)).to_settle] == [dose.pk]


def test_today_asks_the_database_at_most_twelve_times(cast, django_assert_max_num_queries) -> None:
    now = database_now()
    doses = plan_around(
        cast, now, early=-timedelta(minutes=130), late=-timedelta(minutes=50),
    )  # fmt: skip
    log(cast, doses["early"], now - timedelta(minutes=125))
    browser = cast.client(cast.ewan_user)
    with django_assert_max_num_queries(12):
        text = words(browser.get("/today/").content.decode())
    assert "What happened" in text
    assert "Who has been told" in text
