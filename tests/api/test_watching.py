"""Check-ins, reports, flags, alerts, the worklist, stays and the measures."""

from datetime import timedelta

from accounts.models import Look
from tests.api.callers import NOT_FOUND, new_id
from tests.api.worlds import World
from tests.cast import Cast
from tracker.models import AlertEvent, CheckIn, Flag, FlagEvent, Report, Stay


def test_an_emergency_sign_is_urgent_and_opens_a_flag_at_once(live_cast: Cast, by) -> None:
    path = f"/patients/{live_cast.ewan.pk}/check-ins/"
    body = {"client_id": new_id(), "signs": ["hallucination"], "note": "Saw cats"}

    stored, again = by("ewan").post(path, body), by("ewan").post(path, body)

    assert (stored.status, again.status) == (201, 200)
    assert again.body == stored.body
    assert stored.body["is_urgent"] is True
    assert stored.body["check_in"]["signs"] == [{"sign": "hallucination", "urgency": "emergency"}]
    assert CheckIn.objects.count() == 1
    assert Flag.objects.get(patient=live_cast.ewan).rule == "F1"
    listed = by("priya").get(path).body["results"]
    assert [row["note"] for row in listed] == ["Saw cats"]


def test_none_of_these_is_an_answer_and_has_to_be_given(live_cast: Cast, by) -> None:
    path = f"/patients/{live_cast.ewan.pk}/check-ins/"

    assert by("watcher").post(path, {"client_id": new_id()}).attrs == {"signs"}
    none = by("watcher").post(path, {"client_id": new_id(), "signs": []})

    assert (none.status, none.body["is_urgent"]) == (201, False)
    assert not Flag.objects.exists()


def test_a_sign_that_is_not_documented_is_refused(live_cast: Cast, by) -> None:
    path = f"/patients/{live_cast.ewan.pk}/check-ins/"

    refused = by("ewan").post(path, {"client_id": new_id(), "signs": ["seizure", "hiccups"]})

    assert (refused.status, refused.attrs) == (400, {"signs"})
    assert not CheckIn.objects.exists()


def test_the_same_check_in_id_with_other_signs_conflicts(live_cast: Cast, by) -> None:
    path = f"/patients/{live_cast.ewan.pk}/check-ins/"
    body = {"client_id": new_id(), "signs": ["fever"]}
    by("ewan").post(path, body)

    assert by("ewan").post(path, body | {"signs": []}).status == 409
    assert CheckIn.objects.count() == 1


def test_stopped_suddenly_is_urgent_and_told(live_cast: Cast, by) -> None:
    path = f"/patients/{live_cast.ewan.pk}/reports/"
    body = {"client_id": new_id(), "kind": "stopped"}

    stored, again = by("isla").post(path, body), by("isla").post(path, body)

    assert (stored.status, again.status, stored.body["is_urgent"]) == (201, 200, True)
    assert again.body == stored.body
    assert Report.objects.count() == 1
    assert Flag.objects.get(patient=live_cast.ewan).rule == "F4"


def test_a_supply_report_names_its_date(live_cast: Cast, by) -> None:
    path = f"/patients/{live_cast.ewan.pk}/reports/"
    body: dict[str, object] = {"client_id": new_id(), "kind": "supply"}

    assert by("ewan").post(path, body).attrs == {"runs_out_on"}
    for wrong in ("soon", "0001-01-01", "9999-12-31", "2026-02-30", 20261201):
        assert by("ewan").post(path, body | {"runs_out_on": wrong}).attrs == {"runs_out_on"}
    stored = by("ewan").post(path, body | {"runs_out_on": "2036-12-01"})
    assert (stored.status, stored.body["runs_out_on"]) == (201, "2036-12-01")


def test_flags_are_facts_with_their_basis(world: World, by) -> None:
    (flag,) = by("isla").get(f"/patients/{world.cast.ewan.pk}/flags/", open="true").body["results"]

    assert (flag["flag_class"], flag["class_word"]) == ("E", "Emergency")
    assert "seizure" in flag["headline"].lower()
    assert flag["detail"].startswith("By Isla Macrae")
    assert flag["basis"]
    assert {"score", "weight", "risk"}.isdisjoint(flag)


def test_a_clinician_closes_a_flag_with_a_note_and_nobody_else(world: World, by) -> None:
    path = f"/flags/{world.flag.pk}/close/"
    assert by("priya").post(path, {"note": " "}).attrs == {"note"}
    for who in ("ewan", "isla", "admin", "juno"):
        assert by(who).post(path, {"note": "x"}).body == NOT_FOUND

    closed = by("priya").post(path, {"note": "Seen in clinic, sent to A&E"})

    assert closed.body["closed_at"] is not None
    assert FlagEvent.objects.get(flag=world.flag, kind="closed").by == world.cast.priya
    assert by("priya").post(path, {"note": "Again"}).status == 400
    listed = by("isla").get(f"/patients/{world.cast.ewan.pk}/flags/", open="true")
    assert listed.body["results"] == []
    alert = by("isla").get(f"/alerts/{world.alert.pk}/").body["alert"]
    assert alert["close_reason"] == "flag_closed"
    assert "resolved" not in alert["outcome"].lower()


def test_caregivers_do_not_read_the_note_with_which_the_clinic_closed(world: World, by) -> None:
    words = "Seen in clinic, sent to A&E"
    by("priya").post(f"/flags/{world.flag.pk}/close/", {"note": words})

    def quotes(who: str) -> list[str]:
        acts = by(who).get(f"/alerts/{world.alert.pk}/").body["acts"]
        return [act["quote"] for act in acts if act["quote"]]

    assert quotes("ewan") == quotes("priya") == [words]
    for who in ("isla", "tomasz", "watcher"):
        assert quotes(who) == []


def test_a_caregiver_says_i_have_it_and_all_read_who(world: World, by) -> None:
    path = f"/alerts/{world.alert.pk}/"

    held = by("tomasz").post(f"{path}acknowledge/")

    assert held.status == 200, held
    assert held.body["held_by"]["name"] == "Tomasz Wrona"
    thread = by("ewan").get(path).body
    assert thread["alert"]["held_by"]["name"] == "Tomasz Wrona"
    assert any("Tomasz Wrona" in act["fact"] for act in thread["acts"])
    passed = by("tomasz").post(f"{path}pass-on/", {"note": "On a train"})
    assert passed.body["held_by"] is None
    assert [act["quote"] for act in by("priya").get(path).body["acts"] if act["quote"]] == [
        "On a train"
    ]


def test_the_patient_and_a_watcher_cannot_say_i_have_it(world: World, by) -> None:
    for who in ("ewan", "watcher", "admin"):
        for act in ("acknowledge", "pass-on"):
            assert by(who).post(f"/alerts/{world.alert.pk}/{act}/").body == NOT_FOUND
    assert not AlertEvent.objects.filter(kind__in=["acknowledged", "passed_on"]).exists()


def test_a_closed_alert_cannot_be_taken_up(world: World, by) -> None:
    by("priya").post(f"/flags/{world.flag.pk}/close/", {"note": "Seen"})

    refused = by("priya").post(f"/alerts/{world.alert.pk}/acknowledge/")

    assert (refused.status, refused.attrs) == (400, {"alert"})


def test_the_alerts_of_one_patient_are_listed_newest_first(world: World, by) -> None:
    (alert,) = by("ewan").get(f"/patients/{world.cast.ewan.pk}/alerts/").body["results"]

    assert (alert["kind"], alert["flag"], alert["alert_class"]) == (
        "flag",
        str(world.flag.pk),
        "E",
    )
    assert alert["outcome"] == ""


def test_the_worklist_says_whom_to_call_first_and_why(world: World, by) -> None:
    rows = by("priya").get("/worklist/").body["results"]

    assert [row["name"] for row in rows] == ["Ewan Macrae"]
    first = rows[0]["matters"][0]
    assert (first["flag_class"], first["flag"], first["held_by"]) == (
        "E",
        str(world.flag.pk),
        None,
    )
    assert by("priya").get("/worklist/", show="mine").body["results"] == []
    assert by("priya").get("/worklist/", show="worst").attrs == {"show"}
    assert not Look.objects.filter(actor=world.cast.priya).exists()


def test_the_worklist_is_the_clinic_s_alone(world: World, by) -> None:
    for who in ("ewan", "isla", "admin", "stranger", "ended_clinician"):
        assert by(who).get("/worklist/").body == NOT_FOUND
    assert by("juno").get("/worklist/").body["results"] == []


def test_a_stay_is_recorded_and_ended_by_the_clinic(live_cast: Cast, by) -> None:
    path = f"/patients/{live_cast.ewan.pk}/stays/"
    began = (live_cast.now - timedelta(days=2)).isoformat()
    body = {"kind": "hospital", "from_at": began, "note": "Ward 4"}

    made = by("priya").post(path, body)
    assert (made.status, made.body["until_at"]) == (201, None)
    assert by("priya").post(path, body).attrs == {"from_at"}
    one = f"{path}{made.body['id']}/end/"
    assert by("priya").post(one, {"until_at": "2020-01-01T00:00:00Z"}).attrs == {"until_at"}
    ended = by("priya").post(one, {"until_at": live_cast.now.isoformat()})
    assert ended.body["until_at"] is not None
    assert by("ewan").get(path).body["results"][0]["note"] == "Ward 4"
    assert by("isla").get(path).body["results"][0]["note"] is None
    for who in ("ewan", "isla", "admin", "juno"):
        assert by(who).post(path, body).body == NOT_FOUND
    assert Stay.objects.count() == 1


def test_a_stay_is_corrected_and_taken_back_and_every_state_is_answered(
    live_cast: Cast, by
) -> None:
    path = f"/patients/{live_cast.ewan.pk}/stays/"
    began = live_cast.now - timedelta(days=2)
    body = {"kind": "hospital", "from_at": began.isoformat(), "note": "Ward 4"}
    made = by("priya").post(path, body).body["id"]

    assert by("priya").post(f"{path}{made}/correct/", body | {"reason": " "}).attrs == {"reason"}
    meant = body | {"kind": "not_monitored", "reason": "Abroad, not admitted"}
    corrected = by("adaeze").post(f"{path}{made}/correct/", meant)
    taken_back = by("priya").post(f"{path}{corrected.body['id']}/take-back/", {"reason": "Home"})

    assert corrected.status == 201
    assert taken_back.body["taken_back_at"] is not None
    shown = {each["id"]: each for each in by("ewan").get(path).body["results"]}
    assert [event["reason"] for event in shown[made]["events"]] == ["Abroad, not admitted"]
    assert shown[made]["events"][0]["by"]["name"] == live_cast.adaeze.name
    to_caregiver = by("isla").get(path).body["results"]
    assert {event["reason"] for each in to_caregiver for event in each["events"]} == {None}
    again = by("priya").post(f"{path}{made}/take-back/", {"reason": "Twice"})
    assert again.attrs == {"stay"}


def test_a_risk_factor_is_put_on_file_and_taken_off_and_caregivers_read_none(
    live_cast: Cast, by
) -> None:
    path = f"/patients/{live_cast.ewan.pk}/risks/"

    made = by("priya").post(path, {"factor": "stroke", "note": "2019"})
    assert (made.status, made.body["name"], made.body["removal"]) == (201, "Stroke", None)
    assert by("priya").post(path, {"factor": "stroke"}).attrs == {"factor"}
    assert by("priya").post(path, {"factor": "tall"}).attrs == {"factor"}
    off = by("priya").post(f"{path}{made.body['id']}/take-off/", {"reason": "Another person's"})
    assert off.body["removal"]["reason"] == "Another person's"
    assert by("ewan").get(path).body["results"] == [off.body]
    for who in ("isla", "tomasz", "juno", "admin"):
        assert by(who).get(path).body == NOT_FOUND


def test_a_stay_of_somebody_else_is_not_found_under_this_record(world: World, by) -> None:
    path = f"/patients/{world.cast.samira.pk}/stays/{world.stay.pk}/end/"

    assert by("priya").post(path, {"until_at": world.cast.now.isoformat()}).body == NOT_FOUND


def test_doses_in_a_stay_say_so(world: World, by) -> None:
    span = {
        "from_at": (world.past_dose.due_at - timedelta(hours=1)).isoformat(),
        "until_at": (world.past_dose.due_at + timedelta(hours=1)).isoformat(),
    }
    by("priya").post(f"/patients/{world.cast.ewan.pk}/stays/", {"kind": "hospital"} | span)

    day = world.past_dose.local_date.isoformat()
    path = f"/patients/{world.cast.ewan.pk}/doses/"
    (dose,) = by("ewan").get(path, **{"from": day, "to": day}).body["results"]

    assert dose["is_away"] is True


def test_measures_bring_formula_n_period_and_where_they_come_from(world: World, by) -> None:
    answer = by("priya").get(f"/patients/{world.cast.ewan.pk}/adherence/").body

    assert answer["plan"] == str(world.plan.pk)
    assert answer["zone"] == "Europe/London"
    taking = answer["measures"][0]
    assert (taking["name"], taking["numerator"]) == ("taking_adherence", 1)
    assert taking["denominator"] == taking["n"] >= 2
    assert taking["extras"] == 0
    for measure in answer["measures"]:
        assert measure["formula"]
        assert measure["published_in"]
        assert measure["basis"] == "self-logged"
        assert measure["text"]
        assert "n" in measure


def test_measures_of_a_period_and_of_a_plan(world: World, by) -> None:
    path = f"/patients/{world.cast.ewan.pk}/adherence/"
    day = world.logged_dose.local_date.isoformat()

    one = by("isla").get(path, **{"from": day, "to": day, "plan": str(world.plan.pk)}).body
    assert one["period"] == {"first_on": day, "last_on": day}
    assert (one["measures"][0]["numerator"], one["measures"][0]["denominator"]) == (1, 1)
    assert by("isla").get(path, plan=str(world.draft.pk)).body == NOT_FOUND
    assert by("isla").get(path, plan="x").attrs == {"plan"}
    assert by("isla").get(path, **{"from": "2026-05-02", "to": "2026-05-01"}).attrs == {"to"}


def test_nothing_signed_is_nothing_measured(live_cast: Cast, by) -> None:
    answer = by("ewan").get(f"/patients/{live_cast.ewan.pk}/adherence/").body

    assert answer == {"plan": None, "zone": None, "period": None, "measures": []}
