"""Travel through the API: where the dose times stand, the question of a device, both answers."""

import pytest

from tests.api.callers import Caller, new_id
from tests.cast import Cast
from tests.tracker.days import plan_signed
from tests.tracker.plans import dose, raw_step
from tracker.models import Plan, ZoneChange


@pytest.fixture
def plan(live_cast: Cast) -> Plan:
    """08:00 and 14:00 in London, from yesterday on."""
    cells = [dose(clock, "15 mg") for clock in ("08:00", "14:00")]
    steps = [raw_step(live_cast.now.date().isoformat(), "", *cells)]
    return plan_signed(live_cast.ewan, live_cast.priya, live_cast.now, steps)


def address(cast: Cast) -> str:
    return f"/patients/{cast.ewan.pk}/zone/"


def test_a_device_elsewhere_reads_both_answers_and_gives_one(live_cast: Cast, plan: Plan) -> None:
    ewan = Caller(live_cast.ewan_user)
    found = ewan.get(address(live_cast), device="America/New_York").body
    assert found["zone"] == "Europe/London"
    assert (found["ahead"], found["answers"]) == (None, [])
    assert found["question"]["is_asked"] is True
    assert found["question"]["reasons"] == []
    assert set(found["question"]["doses"][0]) == {
        "local_date",
        "wall_time",
        "kept_at",
        "moved_at",
    }
    kept = ewan.send("POST", address(live_cast), {"zone": "America/New_York", "answer": "keep"})
    assert (kept.status, kept.body["answer"], kept.body["counts_from_at"]) == (201, "keep", None)
    found = ewan.get(address(live_cast), device="America/New_York").body
    assert found["question"]["is_asked"] is False
    moved = ewan.send("POST", address(live_cast), {"zone": "America/New_York", "answer": "move"})
    again = ewan.send("POST", address(live_cast), {"zone": "America/New_York", "answer": "move"})
    assert (moved.status, again.body["id"]) == (201, moved.body["id"])
    found = ewan.get(address(live_cast), device="America/New_York").body
    assert found["ahead"]["id"] == moved.body["id"]
    assert [row["answer"] for row in found["answers"]] == ["move", "keep"]
    assert found["question"] is None


def test_a_move_that_would_drop_a_dose_says_which_and_changes_nothing(
    live_cast: Cast, plan: Plan
) -> None:
    zone = "Pacific/Kiritimati"
    isla = Caller(live_cast.isla)
    reasons = isla.get(address(live_cast), device=zone).body["question"]["reasons"]
    assert reasons
    refused = isla.send("POST", address(live_cast), {"zone": zone, "answer": "move"})
    assert refused.status == 400
    assert "Ask your clinic" in refused.text
    assert not ZoneChange.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"zone": "America/New_York"},
        {"answer": "move"},
        {"zone": "Mars/X", "answer": "move"},
        {"zone": "", "answer": "keep"},
        {"zone": 5, "answer": "keep"},
        {"zone": "America/New_York", "answer": "perhaps"},
        {"zone": "America/New_York", "answer": "keep", "at": "now"},
        {"zone": "../../etc/passwd", "answer": "keep"},
        {"zone": "A" * 65, "answer": "keep"},
    ],
)
def test_what_is_not_an_answer_is_refused(live_cast: Cast, plan: Plan, body: dict) -> None:
    assert Caller(live_cast.ewan_user).send("POST", address(live_cast), body).status == 400
    assert not ZoneChange.objects.exists()


def test_a_device_in_no_known_place_is_refused(live_cast: Cast, plan: Plan) -> None:
    assert Caller(live_cast.ewan_user).get(address(live_cast), device="Mars/X").status == 400


def test_without_a_plan_there_is_nothing_to_answer(live_cast: Cast) -> None:
    ewan = Caller(live_cast.ewan_user)
    found = ewan.get(address(live_cast), device="America/New_York").body
    assert found == {"zone": None, "ahead": None, "question": None, "answers": []}
    body = {"zone": "America/New_York", "answer": "keep"}
    assert ewan.send("POST", address(live_cast), body).status == 409


@pytest.mark.parametrize("who", ["tomasz", "watcher", "priya", "stranger", "juno", "admin"])
def test_nobody_else_may_answer(live_cast: Cast, plan: Plan, who: str) -> None:
    caller = Caller(getattr(live_cast, who))
    body = {"zone": "America/New_York", "answer": "move"}
    assert caller.send("POST", address(live_cast), body).status == 404
    assert caller.send("POST", f"/patients/{new_id()}/zone/", body).status == 404
    assert not ZoneChange.objects.exists()
