"""A plan's life through the API: amended, held, resumed, signed twice, completed, seen."""

from datetime import timedelta

import pytest

from tests.api.callers import Answer
from tests.api.worlds import World, change_of, world_make
from tests.cast import PASSWORD


@pytest.fixture
def world(live_cast) -> World:
    return world_make(live_cast)


def post(by, world: World, what: str, who: str = "priya", **body: object) -> Answer:
    return by(who).post(f"/plans/{world.plan.pk}/{what}/", body)


def signature(by, world: World) -> dict[str, object]:
    preview = by("priya").get(f"/plans/{world.plan.pk}/preview/").body
    return {
        "text_sha256": preview["text_sha256"],
        "ticked_steps": preview["steps"],
        "has_confirmed_hours": True,
        "password": PASSWORD,
    }


def hold(by, world: World, **changed: object) -> Answer:
    body = {
        "reason": "Surgery",
        "review_on": (world.cast.now + timedelta(days=9)).date().isoformat(),
        "has_read_warning": True,
    }
    return post(by, world, "hold", **(body | changed))


def test_an_amended_plan_answers_both_versions_and_who_has_seen_the_new_one(
    world: World, by
) -> None:
    kept = post(by, world, "versions", kind="amend", **change_of(world))
    assert kept.status == 201, kept
    assert kept.body["draft"]["kind"] == "amend"
    assert [version["number"] for version in kept.body["versions"]] == [1]

    made = post(by, world, "sign", **signature(by, world)).body
    assert made["draft"] is None
    second = made["versions"][1]
    assert (second["kind"], second["content"]["change_reason"]) == ("amend", "Spasms at night")
    assert second["content"]["steps"][0]["doses"][0]["amount"] == "7,5 mg"

    assert post(by, world, "seen", "ewan", version_number=2).body["by"]["name"] == "Ewan Macrae"
    assert post(by, world, "seen", "ewan", version_number=1).status == 409
    shown = by("isla").get(f"/plans/{world.plan.pk}/").body
    assert [each["by"]["name"] for each in shown["versions"][1]["seen"]] == ["Ewan Macrae"]


def test_what_nobody_has_signed_is_answered_to_the_clinic_alone(world: World, by) -> None:
    post(by, world, "versions", kind="amend", **change_of(world))
    drafts = {
        who: by(who).get(f"/plans/{world.plan.pk}/").body["draft"]
        for who in ("priya", "ewan", "isla")
    }
    assert drafts["priya"] is not None
    assert (drafts["ewan"], drafts["isla"]) == (None, None)


def test_of_two_who_amend_at_once_the_second_is_told_whose_change_stands(world: World, by) -> None:
    post(by, world, "versions", "adaeze", kind="amend", **change_of(world))
    late = post(by, world, "versions", kind="amend", **change_of(world))
    assert (late.status, late.codes) == (409, {"conflict"})
    assert "Nurse Adaeze Obi" in late.text


def test_an_amend_into_the_past_is_refused_in_words(world: World, by) -> None:
    yesterday = (world.cast.now - timedelta(days=1)).date().isoformat()
    said = post(by, world, "versions", kind="amend", **change_of(world, counts_from_on=yesterday))
    assert said.status == 400
    assert "what is past never changes" in said.text


def test_a_hold_asks_for_a_date_and_for_the_warning_to_be_read(world: World, by) -> None:
    assert "suddenly" in hold(by, world, has_read_warning=False).text
    assert hold(by, world, review_on=world.cast.now.date().isoformat()).status == 400
    held = hold(by, world).body
    assert held["state"] == "on_hold"
    assert held["moves"][-1]["review_on"] is not None
    assert hold(by, world).status == 409


def test_a_held_plan_is_resumed_with_every_begin_entered(world: World, by) -> None:
    hold(by, world)
    assert post(by, world, "versions", kind="amend", **change_of(world)).status == 409
    assert post(by, world, "resume", **change_of(world)).status == 201
    made = post(by, world, "sign", **signature(by, world)).body
    assert (made["state"], made["versions"][1]["kind"]) == ("active", "resume")


def test_a_draft_can_be_thrown_away(world: World, by) -> None:
    post(by, world, "versions", kind="step_back", **change_of(world))
    assert post(by, world, "discard").status == 204
    assert post(by, world, "discard").status == 409
    assert by("priya").get(f"/plans/{world.plan.pk}/").body["draft"] is None


def test_two_signatures_make_a_version_and_one_can_be_withdrawn(world: World, by) -> None:
    world.cast.harbour.is_cosign_required = True
    world.cast.harbour.save()
    post(by, world, "versions", kind="amend", **change_of(world))
    first = post(by, world, "sign", **signature(by, world)).body
    assert first["draft"]["first_signed_by"]["name"] == "Dr Priya Raman"
    assert len(first["versions"]) == 1
    assert post(by, world, "cosign", **signature(by, world)).status == 400
    withdrawn = post(by, world, "withdraw", "adaeze").body
    assert withdrawn["draft"]["first_signed_by"] is None
    post(by, world, "sign", **signature(by, world))
    made = post(by, world, "cosign", "adaeze", **signature(by, world)).body
    assert made["versions"][1]["cosigned_by"]["name"] == "Nurse Adaeze Obi"


def test_a_completed_plan_makes_no_move_after_its_end(world: World, by) -> None:
    assert post(by, world, "complete").body["state"] == "observation"
    assert "ended" in post(by, world, "complete").text
    assert post(by, world, "versions", kind="amend", **change_of(world)).status == 409
    assert hold(by, world).status == 409
