"""Every operation of the API for everybody: who may, who may not, and what they learn from a no."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client

from accounts.models import User
from accounts.services.care_links import care_link_invite
from tests.api.callers import NOT_FOUND, NOT_SIGNED_IN, ROOT, Caller
from tests.api.operations import (
    ABOUT_ONESELF,
    DENIED_EVERYWHERE,
    PEOPLE,
    POLICY,
    PUBLIC,
    Operation,
    body_of,
    operations,
)
from tests.api.worlds import World
from tests.cast import accept_by_mail, person_make

ABOUT_A_RECORD = [each for each in operations() if (each.method, each.route) in POLICY]


@contextmanager
def undone() -> Iterator[None]:
    """Take back whatever the calls inside write."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def person(world: World, name: str) -> User:
    """Somebody of the cast, or somebody who is on the way in."""
    cast = world.cast
    if name == "ewan":
        return cast.ewan_user
    if name == "invited":
        user = person_make("Nadia Moss", at=cast.now)
        assert world.asked_link.invitations.get().email == user.email
        return user
    if name == "unagreed":
        link = care_link_invite(
            patient=cast.ewan,
            by=cast.priya,
            email="uma.gray@example.org",
            name="Uma Gray",
            relation="",
            is_alerted=True,
            may_log=True,
            now=cast.now,
        )
        return accept_by_mail(link.invitations.get(), at=cast.now)
    return getattr(cast, name)


def test_every_operation_has_a_policy() -> None:
    known = set(POLICY) | ABOUT_ONESELF | PUBLIC
    found = {(each.method, each.route) for each in operations()}

    assert found - known == set(), "say in POLICY who may do this"
    assert known - found == set(), "the policy names an operation that does not exist"


@pytest.mark.parametrize("who", DENIED_EVERYWHERE)
def test_whoever_has_no_live_reason_finds_nothing(world: World, who: str) -> None:
    caller = Caller(person(world, who))
    told = {}
    for operation in ABOUT_A_RECORD:
        if who == "juno" and "<" not in operation.route:
            continue  # a clinician of another clinic: their own worklist, their own intake
        for body in (None, body_of(operation, world)):
            with undone():
                answer = caller.send(operation.method, operation.path(world), body)
            if (answer.status, answer.text) != (404, _text(NOT_FOUND)):
                told[operation] = answer
    assert told == {}


def test_a_clinician_of_another_clinic_finds_their_own_worklist_empty(world: World) -> None:
    juno = Caller(world.cast.juno)
    take_in = body_of(Operation("POST", "patients/"), world)

    assert juno.get("/worklist/").body == {"next": None, "results": []}
    assert juno.post("/patients/", take_in).attrs == {"clinic"}


def test_nobody_signed_in_finds_nothing(world: World) -> None:
    caller = Caller(None)
    told = {}
    for operation in operations():
        if (operation.method, operation.route) in PUBLIC:
            continue
        answer = caller.send(operation.method, operation.path(world), body_of(operation, world))
        if (answer.status, answer.text) != (401, _text(NOT_SIGNED_IN)):
            told[operation] = answer
    assert told == {}


@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_else_may_do_what_the_policy_says_and_no_more(world: World, who: str) -> None:
    caller = Caller(person(world, who))
    wrong = {}
    for operation in ABOUT_A_RECORD:
        with undone():
            answer = caller.send(operation.method, operation.path(world), body_of(operation, world))
        is_allowed = who in POLICY[operation.method, operation.route]
        is_found = answer.status in {200, 201, 409}
        if is_found != is_allowed or (not is_allowed and answer.text != _text(NOT_FOUND)):
            wrong[operation] = answer
    assert wrong == {}


@pytest.mark.parametrize("who", PEOPLE)
def test_what_does_not_exist_answers_in_the_same_words(world: World, who: str) -> None:
    caller = Caller(person(world, who))
    for operation in ABOUT_A_RECORD:
        if "<" in operation.route:
            answer = caller.send(operation.method, operation.nowhere(), body_of(operation, world))
            assert (answer.status, answer.text) == (404, _text(NOT_FOUND)), operation


def test_no_refusal_has_a_byte_of_the_record(world: World) -> None:
    secrets = (
        "Ewan", "Macrae", "Priya", "Harbour", "10 mg", "seizure", "shook", "baclofen", "7700",
        "Europe",
    )  # fmt: skip
    for refusal in (_text(NOT_FOUND), _text(NOT_SIGNED_IN)):
        assert not any(secret.lower() in refusal.lower() for secret in secrets)
        with pytest.raises(ValueError, match="badly formed"):
            UUID(refusal)


def test_a_deactivated_person_is_nobody(world: World) -> None:
    caller = Caller(world.cast.priya)
    User.objects.filter(pk=world.cast.priya.pk).update(is_active=False)

    assert caller.get(f"/patients/{world.cast.ewan.pk}/").body == NOT_SIGNED_IN
    assert caller.get("/patients/").body == NOT_SIGNED_IN


def test_every_write_needs_the_token_that_me_hands_out(world: World) -> None:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(world.cast.priya)
    token = client.get(f"{ROOT}/me/").json()["csrf_token"]
    for operation in operations():
        if operation.method == "GET":
            continue
        address = ROOT + operation.path(world)
        forged = client.generic(operation.method, address, b"{}", content_type="application/json")
        assert forged.status_code == 403, operation
        assert forged.json()["type"] == "client_error", operation
        with undone():
            meant = client.generic(
                operation.method,
                address,
                b"{}",
                content_type="application/json",
                headers={"X-CSRFToken": token},
            )
        assert meant.status_code != 403, operation


def test_no_other_method_does_anything(world: World) -> None:
    caller = Caller(world.cast.priya)
    offered: dict[str, set[str]] = {}
    for operation in operations():
        offered.setdefault(operation.path(world), set()).add(operation.method)
    for path, methods in offered.items():
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - methods:
            assert caller.send(method, path).status == 405, (method, path)


def test_an_address_that_the_api_does_not_have_answers_in_the_same_words(world: World) -> None:
    caller = Caller(world.cast.priya)
    for path in ("/nothing/", "/patients/12/", "/me", "/", f"/patients/{world.cast.ewan.pk}/x/"):
        for method in ("GET", "POST", "DELETE"):
            answer = caller.send(method, path)
            assert (answer.status, answer.text) == (404, _text(NOT_FOUND)), (method, path)


def test_answers_are_kept_by_no_cache(world: World) -> None:
    for path in ("/me/", f"/patients/{world.cast.ewan.pk}/", "/nothing/"):
        assert "no-store" in Caller(world.cast.priya).get(path).headers["Cache-Control"]


def _text(body: dict[str, object]) -> str:
    code, detail = body["errors"][0]["code"], body["errors"][0]["detail"]
    return (
        f'{{"type":"client_error","errors":[{{"code":"{code}","detail":"{detail}","attr":null}}]}}'
    )
