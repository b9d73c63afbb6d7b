"""What a patient's phone keeps: two days of their own, amounts as entered, nobody's name."""

from datetime import timedelta

import pytest

from accounts.clock import database_now
from accounts.models import Look
from tests.api.callers import Caller
from tests.cast import Cast
from tests.tracker.days import log, plan_around, plan_signed
from tests.tracker.plans import dose, raw_step
from tracker.selectors.device import device_day_of
from tracker.services.plan_moves import plan_hold

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
ADDRESS = "/me/device/"


def test_it_holds_the_doses_of_today_and_tomorrow_with_amounts_exactly_as_entered(
    live_cast: Cast,
) -> None:
    now = live_cast.now
    today = now.date()
    words = ["7.50 mg", "half a 10 mg tablet", "½ × 10 mg, with food"]
    clocks = [f"{hour:02}:00" for hour in (1, 9, 17)]
    cells = [dose(clock, amount) for clock, amount in zip(clocks, words, strict=True)]
    steps = [raw_step((today - timedelta(days=1)).isoformat(), "", *cells)]
    signed_at = now - timedelta(days=2)
    plan_signed(live_cast.ewan, live_cast.priya, signed_at, steps, zone="UTC")

    kept = Caller(live_cast.ewan_user).get(ADDRESS).body

    assert {each["local_date"] for each in kept["doses"]} == {
        today.isoformat(),
        (today + timedelta(days=1)).isoformat(),
    }
    assert [each["amount"] for each in kept["doses"]] == words * 2
    assert kept["plan_version"] == 1
    assert kept["version_from_on"] <= today.isoformat()
    assert (kept["zone"], kept["route"], kept["is_on_hold"]) == ("UTC", "oral", False)
    assert kept["clinic"]["emergency_number"] == "999"


def test_it_says_what_is_logged_and_by_whom_it_was_without_a_name(live_cast: Cast) -> None:
    doses = plan_around(live_cast, live_cast.now, mine=-HOUR, hers=HOUR / 2)
    log(live_cast, doses["mine"], live_cast.now)
    log(live_cast, doses["hers"], live_cast.now, by=live_cast.isla)

    answer = Caller(live_cast.ewan_user).get(ADDRESS)

    found = {each["id"]: each for each in answer.body["doses"]}
    mine, hers = found[str(doses["mine"].pk)], found[str(doses["hers"].pk)]
    assert (mine["state"], mine["logged"]["is_mine"]) == ("taken", True)
    assert (hers["state"], hers["logged"]["is_mine"]) == ("taken", False)
    for personal in ("Ewan", "Isla", "Macrae", "born", "aclofen"):
        assert personal not in answer.text


def test_amounts_end_at_the_next_step_or_change_that_is_signed(live_cast: Cast) -> None:
    now = live_cast.now
    today, tomorrow = now.date(), now.date() + timedelta(days=1)
    steps = [
        raw_step(
            (today - timedelta(days=3)).isoformat(), today.isoformat(), dose("08:00", "15 mg")
        ),
        raw_step(tomorrow.isoformat(), "", dose("08:00", "10 mg")),
    ]
    signed_at = now - timedelta(days=4)
    plan = plan_signed(live_cast.ewan, live_cast.priya, signed_at, steps, zone="UTC")
    kept = Caller(live_cast.ewan_user).get(ADDRESS).body

    assert kept["next_step_on"] == tomorrow.isoformat()
    assert kept["next_change_at"] == f"{tomorrow.isoformat()}T00:00:00Z"
    assert [each["step_number"] for each in kept["doses"]] == [1, 2]

    plan_hold(
        plan=plan, by=live_cast.priya, reason="in hospital", review_on=tomorrow, now=database_now()
    )
    assert Caller(live_cast.ewan_user).get(ADDRESS).body["is_on_hold"] is True


def test_only_the_patient_has_one_and_it_is_their_own_look(live_cast: Cast) -> None:
    plan_around(live_cast, live_cast.now, due=-HOUR / 12)
    before = Look.objects.count()
    assert Caller(live_cast.ewan_user).get(ADDRESS).status == 200
    assert Look.objects.count() == before
    for who in (live_cast.isla, live_cast.priya, live_cast.admin, live_cast.stranger):
        assert Caller(who).get(ADDRESS).status == 404, who
    assert Caller(None).get(ADDRESS).status == 401


def test_a_patient_without_a_plan_keeps_the_numbers_alone(live_cast: Cast) -> None:
    kept = Caller(live_cast.ewan_user).get(ADDRESS).body

    assert (kept["doses"], kept["plan_version"], kept["next_change_at"]) == ([], None, None)
    assert kept["clinic"]["name"] == "Harbour clinic"


def test_it_takes_at_most_twelve_queries(live_cast: Cast, django_assert_max_num_queries) -> None:
    doses = plan_around(live_cast, live_cast.now, one=-HOUR, two=-HOUR / 2, three=HOUR)
    log(live_cast, doses["one"], live_cast.now)
    log(live_cast, doses["one"], live_cast.now, by=live_cast.isla)
    caller = Caller(live_cast.ewan_user)
    with django_assert_max_num_queries(12):
        assert caller.get(ADDRESS).status == 200
    assert device_day_of(live_cast.priya, live_cast.now) is None
