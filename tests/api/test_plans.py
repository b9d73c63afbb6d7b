"""A plan through the API: typed, read back, signed, stopped; amounts character for character."""

import json
from datetime import timedelta

import pytest
from hypothesis import given

from tests.api.callers import NOT_FOUND, Answer
from tests.api.worlds import World
from tests.cast import PASSWORD, Cast
from tests.tracker.plans import WHO, amounts, dose, raw_plan, raw_step
from tracker.api.plan_shapes import PlanContentShape, shape_of
from tracker.domain.plan_content import plan_content_from
from tracker.models import ExpectedDose, Plan, PlanVersion

AMOUNTS = [
    "7.5 mg",
    "7.50 mg",
    "7,5 mg",
    "half a 10 mg tablet",
    "½",
    "10 mg  (two 5 mg)",
    "\u0661\u0660 \u0645\u062c\u0645",
]


def typed(cast: Cast, **changed: object) -> dict[str, object]:
    """A plan for the coming weeks with an amount of every kind, as somebody would send it."""
    today = cast.now.date()
    steps = [
        raw_step(
            (today + timedelta(days=7 * number)).isoformat(),
            (today + timedelta(days=7 * number + 6)).isoformat(),
            dose("08:00", amount),
            dose("20:00:30", amount),
        )
        for number, amount in enumerate(AMOUNTS)
    ]
    return raw_plan(steps=steps, named_clinician=str(cast.priya.pk)) | changed


def amounts_in(shape: dict[str, object]) -> list[str]:
    return [each["amount"] for step in shape["steps"] for each in step["doses"]]


def drafted(cast: Cast, by, **changed: object) -> Answer:
    return by("priya").post(f"/patients/{cast.ewan.pk}/plans/", typed(cast, **changed))


def signed(by, plan_id: str, **changed: object) -> Answer:
    preview = by("priya").get(f"/plans/{plan_id}/preview/").body
    body = {
        "text_sha256": preview["text_sha256"],
        "ticked_steps": preview["steps"],
        "has_confirmed_hours": True,
        "password": PASSWORD,
    }
    return by("priya").post(f"/plans/{plan_id}/sign/", body | changed)


def test_a_draft_is_kept_as_it_was_typed(live_cast: Cast, by) -> None:
    made = drafted(live_cast, by)

    assert made.status == 201, made
    assert made.body["state"] == "draft"
    content = made.body["draft"]["content"]
    assert amounts_in(content) == [amount for amount in AMOUNTS for _twice in range(2)]
    assert content["observation_days"] == "28"
    assert content["missed_doses_threshold"] is None
    assert any("½" in warning for warning in made.body["draft"]["warnings"])
    assert not ExpectedDose.objects.exists()


def test_a_draft_can_be_sent_back_as_it_was_answered(live_cast: Cast, by) -> None:
    draft = drafted(live_cast, by).body
    content = draft["draft"]["content"]

    again = by("priya").put(
        f"/plans/{draft['id']}/", content | {"opened_at": draft["draft"]["saved_at"]}
    )

    assert again.status == 200, again
    assert again.body["draft"]["content"] == content


def test_a_draft_that_somebody_else_saved_meanwhile_is_not_overwritten(live_cast: Cast, by) -> None:
    draft = drafted(live_cast, by).body
    path, content = f"/plans/{draft['id']}/", draft["draft"]["content"]
    opened = {"opened_at": draft["draft"]["saved_at"]}
    by("adaeze").put(path, content | opened | {"risk_note": "Seen on Tuesday"})

    late = by("priya").put(path, content | opened)

    assert (late.status, late.codes) == (409, {"conflict"})
    assert "Nurse Adaeze Obi" in late.text
    shown = by("priya").get(path).body["draft"]["content"]
    assert shown["risk_note"] == "Seen on Tuesday"


def test_a_second_draft_by_the_same_route_conflicts(live_cast: Cast, by) -> None:
    drafted(live_cast, by)

    assert drafted(live_cast, by).status == 409
    assert Plan.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "attr"),
    [
        ({"zone": "Mars/Base"}, "zone"),
        ({"zone": 7.5}, "zone"),
        ({"steps": []}, "steps"),
        ({"rungs": []}, "rungs"),
        ({"observation_days": ""}, "observation_days"),
        ({"named_clinician": str(WHO)}, "named_clinician"),
        ({"steps": [raw_step("2027-01-04", "", dose("08:00", ""))]}, "1.dose 08:00"),
        ({"steps": [raw_step("2027-01-04", "", dose("08:00", 7.5))]}, "1.dose 08:00"),
        ({"steps": [raw_step("2027-01-04", "", dose("08:00", "5\u202emg"))]}, "1.dose 08:00"),
        ({"steps": [raw_step("2027-01-04", "", dose("8", "5 mg"))]}, "1.time 8"),
        ({"steps": [raw_step("04/01/2027", "", dose("08:00", "5 mg"))]}, "1.begins_on"),
        ({"steps": [raw_step("2027-01-04", "2027-01-01", dose("08:00", "5 mg"))]}, "1.ends_on"),
        ({"steps": [raw_step("2027-01-04", "")]}, "1.doses"),
        ({"rungs": [{"delay": "x", "audience": "clinic"}]}, "1.delay"),
        ({"steps": "all"}, "steps"),
        ({"surprise": "x"}, "surprise"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_naming_row_and_field(
    live_cast: Cast, by, changed: dict[str, object], attr: str
) -> None:
    refused = drafted(live_cast, by, **changed)

    assert refused.status == 400, refused
    assert any(str(each) == attr or str(each).startswith(f"{attr}.") for each in refused.attrs), (
        refused.attrs
    )
    assert not Plan.objects.exists()


def test_unknown_fields_inside_a_step_are_refused_too(live_cast: Cast, by) -> None:
    step = raw_step("2027-01-04", "", dose("08:00", "5 mg")) | {"total": "5 mg"}

    refused = drafted(live_cast, by, steps=[step])

    assert (refused.status, refused.codes) == (400, {"unknown_field"})


def test_the_preview_says_every_coming_dose_and_who_would_be_told(live_cast: Cast, by) -> None:
    plan_id = drafted(live_cast, by).body["id"]

    preview = by("priya").get(f"/plans/{plan_id}/preview/").body

    shown = [each["amount"] for day in preview["days"] for each in day["doses"]]
    assert set(shown) == set(AMOUNTS)
    assert preview["version_number"] == 1
    assert preview["obstacles"] == []
    names = {
        listener["name"]
        for ladder in preview["ladders"]
        for rung in ladder["rungs"]
        for listener in rung["listeners"]
    }
    assert {"Ewan Macrae", "Isla Macrae", "Tomasz Wrona", "Harbour clinic, desk"} <= names
    for amount in AMOUNTS:
        assert amount in preview["text"]


def test_a_signature_starts_exactly_what_was_read(live_cast: Cast, by) -> None:
    plan_id = drafted(live_cast, by).body["id"]

    plan = signed(by, plan_id)

    assert plan.status == 200, plan
    assert (plan.body["state"], plan.body["draft"]) == ("active", None)
    (version,) = plan.body["versions"]
    assert amounts_in(version["content"]) == [amount for amount in AMOUNTS for _twice in range(2)]
    stored = PlanVersion.objects.get()
    assert version["signed_text"] == stored.signed_text
    assert [move["to_state"] for move in plan.body["moves"]] == ["active"]
    doses = by("ewan").get(f"/patients/{live_cast.ewan.pk}/doses/").body["results"]
    assert doses
    assert {each["amount"] for each in doses} <= set(AMOUNTS)
    assert by("priya").get(f"/plans/{plan_id}/preview/").status == 409


@pytest.mark.parametrize(
    ("changed", "status", "attr"),
    [
        ({"password": "wrong"}, 400, "password"),
        ({"ticked_steps": [1]}, 400, "ticked_steps"),
        ({"ticked_steps": [1, 2, 3, 4, 5, 6, 7, 8]}, 400, "ticked_steps"),
        ({"text_sha256": "0" * 64}, 409, None),
        ({"has_confirmed_hours": "true"}, 400, "has_confirmed_hours"),
    ],
)
def test_a_signature_without_what_it_needs_starts_nothing(
    live_cast: Cast, by, changed: dict[str, object], status: int, attr: str | None
) -> None:
    plan_id = drafted(live_cast, by).body["id"]

    refused = signed(by, plan_id, **changed)

    assert (refused.status, refused.attrs) == (status, {attr})
    assert not PlanVersion.objects.exists()
    assert not ExpectedDose.objects.exists()


def test_guesses_on_the_page_and_by_the_api_are_counted_together(live_cast: Cast, by) -> None:
    plan_id = drafted(live_cast, by).body["id"]
    browser = live_cast.client(live_cast.priya)
    for _number in range(3):
        browser.post(f"/plans/{plan_id}/read-back/", {"password": "wrong"})
    for _number in range(2):
        assert "not your password" in signed(by, plan_id, password="wrong").text

    refused = signed(by, plan_id)

    assert (refused.status, refused.attrs) == (400, {"password"})
    assert "Too many wrong passwords" in refused.text
    read = by("priya").get(f"/plans/{plan_id}/preview/").body["text_sha256"]
    typed_right = {"password": PASSWORD, "text_sha256": read}
    page = browser.post(f"/plans/{plan_id}/read-back/", typed_right)
    assert "Too many wrong passwords" in page.content.decode()
    assert not PlanVersion.objects.exists()


def test_a_plan_is_stopped_with_a_reason_after_the_warning(world: World, by) -> None:
    path = f"/plans/{world.plan.pk}/stop/"

    unread = by("priya").post(path, {"reason": "Side effects", "has_read_warning": False})
    assert (unread.status, unread.attrs) == (400, {"has_read_warning"})
    assert "Never stop baclofen suddenly" in unread.text
    assert by("priya").post(path, {"reason": " ", "has_read_warning": True}).attrs == {"reason"}

    stopped = by("priya").post(path, {"reason": "Side effects", "has_read_warning": True})

    assert stopped.body["state"] == "observation"
    assert stopped.body["moves"][-2]["reason"] == "Side effects"
    again = by("priya").post(path, {"reason": "Again", "has_read_warning": True})
    assert again.status == 409
    world.coming_dose.refresh_from_db()
    assert world.coming_dose.cancelled_at is not None


def test_nobody_outside_the_clinic_reads_a_draft(live_cast: Cast, by) -> None:
    plan_id = drafted(live_cast, by).body["id"]

    for who in ("ewan", "isla", "watcher", "admin", "juno"):
        assert by(who).get(f"/plans/{plan_id}/").body == NOT_FOUND
        assert by(who).get(f"/plans/{plan_id}/preview/").body == NOT_FOUND
    for who in ("ewan", "isla"):
        assert by(who).get(f"/patients/{live_cast.ewan.pk}/plans/").body["results"] == []
    assert len(by("adaeze").get(f"/patients/{live_cast.ewan.pk}/plans/").body["results"]) == 1


def test_the_patient_reads_the_signed_plan_and_its_text(world: World, by) -> None:
    (row,) = by("ewan").get(f"/patients/{world.cast.ewan.pk}/plans/").body["results"]
    assert (row["state"], row["version_number"]) == ("active", 1)

    plan = by("ewan").get(f"/plans/{row['id']}/").body

    assert amounts_in(plan["versions"][0]["content"]) == ["10 mg"]
    assert "10 mg" in plan["versions"][0]["signed_text"]


def test_caregivers_read_the_doses_of_a_plan_and_not_its_risk_context(live_cast: Cast, by) -> None:
    plan_id = drafted(live_cast, by, risk_note="Status epilepticus in 2019").body["id"]
    signed(by, plan_id)
    for who in ("ewan", "priya"):
        content = by(who).get(f"/plans/{plan_id}/").body["versions"][0]["content"]
        assert (content["risk_factors"], content["risk_note"]) == (
            ["epilepsy"],
            "Status epilepticus in 2019",
        )
    for who in ("isla", "watcher"):
        shown = by(who).get(f"/plans/{plan_id}/")
        assert set(amounts_in(shown.body["versions"][0]["content"])) == set(AMOUNTS)
        assert shown.body["versions"][0]["content"]["risk_note"] is None
        assert "epilep" not in shown.text.lower()


@given(amount=amounts())
def test_any_amount_passes_through_the_api_unchanged(amount: str) -> None:
    sent = raw_plan(steps=[raw_step("2027-01-04", "2027-01-10", dose("08:00", amount))])

    reader = PlanContentShape(data=json.loads(json.dumps(sent)))
    assert reader.is_valid(), reader.errors
    answered = PlanContentShape(shape_of(plan_content_from(reader.validated_data))).data

    assert amounts_in(json.loads(json.dumps(answered))) == [amount]


def test_a_plan_of_nonsense_is_refused_whole(live_cast: Cast, by) -> None:
    nonsense = [
        {"steps": [{"doses": [{"time": {}, "amount": []}]}]},
        {"steps": [{"begins_on": ["2027-01-04"], "doses": {}}]},
        {"steps": [raw_step("2027-01-04", "", dose("08:00", "5 mg"))] * 2001},
        {"steps": [[]]},
        {"rungs": [{"delay": {}, "audience": []}] * 50},
        {"rungs": {"0": {"delay": "0", "audience": "clinic"}}},
        {"risk_factors": "epilepsy"},
        {"risk_factors": [["epilepsy"]]},
        {"named_clinician": "x" * 3000},
        {"on_time_window": "9" * 3000},
        {"observation_days": "-1"},
        {"missed_dose_advice": "x" * 501},
    ]
    for changed in nonsense:
        refused = drafted(live_cast, by, **changed)
        assert refused.status == 400, (changed, refused)
    assert not Plan.objects.exists()


def test_a_plan_of_another_patient_is_not_signed_by_another_clinic(world: World, by) -> None:
    for act in ("sign", "stop"):
        assert by("juno").post(f"/plans/{world.draft.pk}/{act}/", {}).body == NOT_FOUND
