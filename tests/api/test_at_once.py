"""Requests at the same moment, and requests while PostgreSQL is away: real connections."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.db import connection

from accounts.clock import database_now
from accounts.models import AuditRow
from tests.api.callers import Answer, Caller, new_id
from tests.api.worlds import change_of, world_make
from tests.cast import PASSWORD, cast_make
from tests.support.stack import Stack
from tracker.models import Entry, PlanDraft

pytestmark = pytest.mark.stack


def test_the_same_request_many_times_at_once_is_one_row_and_one_answer(idle_stack: Stack) -> None:
    with idle_stack.orm():
        world = world_make(cast_make(database_now()))
        caller = Caller(world.cast.ewan_user)
        path, body = (
            f"/doses/{world.past_dose.pk}/entries/",
            {
                "client_id": new_id(),
                "outcome": "taken",
            },
        )

        def log(_number: int) -> Answer:
            try:
                return caller.post(path, body)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as phones:
            answers = list(phones.map(log, range(16)))

        assert sorted(answer.status for answer in answers) == [200] * 15 + [201]
        assert len({answer.text for answer in answers}) == 1
        assert Entry.objects.filter(dose=world.past_dose).count() == 1


def test_people_who_log_one_dose_at_once_are_all_kept_and_one_stands(idle_stack: Stack) -> None:
    with idle_stack.orm():
        world = world_make(cast_make(database_now()))
        path = f"/doses/{world.past_dose.pk}/entries/"
        people = [world.cast.ewan_user, world.cast.isla, world.cast.priya]
        callers = [Caller(person) for person in people * 3]

        def log(caller: Caller) -> Answer:
            try:
                return caller.post(path, {"client_id": new_id(), "outcome": "taken"})
            finally:
                connection.close()

        with ThreadPoolExecutor(9) as phones:
            answers = list(phones.map(log, callers))

        assert {answer.status for answer in answers} == {201}
        assert len({answer.body["standing_entry"] for answer in answers}) == 1
        assert Entry.objects.filter(dose=world.past_dose).count() == 9
        assert sum(answer.body["question"] == "" for answer in answers) == 1


def test_of_two_clinicians_who_amend_at_once_one_change_stands_and_is_named(
    idle_stack: Stack,
) -> None:
    with idle_stack.orm():
        world = world_make(cast_make(database_now()))
        body = change_of(world, kind="amend")
        people = {
            world.cast.priya.name: world.cast.priya,
            world.cast.adaeze.name: world.cast.adaeze,
        }

        def amend(name: str) -> Answer:
            try:
                return Caller(people[name]).post(f"/plans/{world.plan.pk}/versions/", body)
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as desks:
            answers = dict(zip(people, desks.map(amend, people), strict=True))

        kept = PlanDraft.objects.get(plan=world.plan).saved_by.name
        (late,) = set(people) - {kept}
        assert (answers[kept].status, answers[late].status) == (201, 409)
        assert kept in answers[late].text


def test_a_change_signed_by_two_at_once_is_one_version(idle_stack: Stack) -> None:
    with idle_stack.orm():
        world = world_make(cast_make(database_now()))
        priya, adaeze = Caller(world.cast.priya), Caller(world.cast.adaeze)
        path = f"/plans/{world.plan.pk}"
        priya.post(f"{path}/versions/", change_of(world, kind="amend"))
        preview = priya.get(f"{path}/preview/").body
        said = {
            "text_sha256": preview["text_sha256"],
            "ticked_steps": preview["steps"],
            "has_confirmed_hours": True,
            "password": PASSWORD,
        }

        def sign(caller: Caller) -> Answer:
            try:
                return caller.post(f"{path}/sign/", said)
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as desks:
            answers = list(desks.map(sign, (priya, adaeze)))

        assert sorted(answer.status for answer in answers) == [200, 409]
        assert world.plan.versions.count() == 2
        doses = world.plan.doses.standing().values_list("local_date", "wall_time")
        assert len(doses) == len(set(doses))


def at_once(*requests: Callable[[], Answer]) -> list[Answer]:
    """Send these at the same time, each over a connection of its own."""

    def send(request: Callable[[], Answer]) -> Answer:
        try:
            return request()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(requests)) as desks:
        return list(desks.map(send, requests))


def signature(caller: Caller, path: str) -> dict[str, object]:
    """Sign everything that the preview shows."""
    preview = caller.get(f"{path}/preview/").body
    return {
        "text_sha256": preview["text_sha256"],
        "ticked_steps": preview["steps"],
        "has_confirmed_hours": True,
        "password": PASSWORD,
    }


def test_a_plan_that_is_held_stopped_signed_and_moved_at_once_stays_one_plan(
    idle_stack: Stack,
) -> None:
    with idle_stack.orm():
        world = world_make(cast_make(database_now()))
        priya, adaeze = Caller(world.cast.priya), Caller(world.cast.adaeze)
        ewan, path = Caller(world.cast.ewan_user), f"/plans/{world.plan.pk}"
        priya.post(f"{path}/versions/", change_of(world, kind="amend"))
        said = signature(priya, path)
        review_on = (world.cast.now + timedelta(days=9)).date().isoformat()
        hold = {"reason": "Surgery", "review_on": review_on, "has_read_warning": True}
        move = {"zone": "America/New_York", "answer": "move"}

        answers = at_once(
            lambda: priya.post(f"{path}/sign/", said),
            lambda: adaeze.post(f"{path}/hold/", hold),
            lambda: priya.post(f"{path}/hold/", hold),
            lambda: adaeze.post(f"{path}/discard/", None),
            lambda: ewan.post(f"/patients/{world.cast.ewan.pk}/zone/", move),
        )

        assert {answer.status for answer in answers} <= {200, 201, 204, 400, 409}
        assert sorted(answer.status for answer in answers[1:3]) == [200, 409]
        assert world.plan.versions.count() == 1 + (answers[0].status == 200)
        assert not world.plan.doses.standing().filter(due_at__gt=database_now()).exists()


def test_a_first_signature_that_is_used_withdrawn_and_overtaken_at_once_counts_once(
    idle_stack: Stack,
) -> None:
    with idle_stack.orm():
        world = world_make(cast_make(database_now()))
        world.cast.harbour.is_cosign_required = True
        world.cast.harbour.save()
        priya, adaeze = Caller(world.cast.priya), Caller(world.cast.adaeze)
        path = f"/plans/{world.plan.pk}"
        priya.post(f"{path}/versions/", change_of(world, kind="amend"))
        said = signature(priya, path)
        assert priya.post(f"{path}/sign/", said).status == 200
        assert priya.post(f"{path}/cosign/", said).attrs == {"by"}

        signed, withdrawn, stopped = at_once(
            lambda: adaeze.post(f"{path}/cosign/", said),
            lambda: priya.post(f"{path}/withdraw/", None),
            lambda: adaeze.post(f"{path}/stop/", {"reason": "Rash", "has_read_warning": True}),
        )

        assert {signed.status, withdrawn.status} <= {200, 409}
        assert 409 in {signed.status, withdrawn.status}
        assert stopped.status == 200
        assert world.plan.versions.count() == 1 + (signed.status == 200)
        assert not world.plan.doses.standing().filter(due_at__gt=database_now()).exists()


def test_a_pump_date_that_is_confirmed_many_times_at_once_is_confirmed_once(
    idle_stack: Stack,
) -> None:
    with idle_stack.orm():
        world = world_make(cast_make(database_now()))
        priya = Caller(world.cast.priya)
        path = f"/pumps/{world.pump.pk}/dates/{world.pump_date.pk}/confirm/"
        body = {"falls_on": world.pump_date.falls_on.isoformat()}

        answers = at_once(*[lambda: priya.post(path, body)] * 4)

        assert sorted(answer.status for answer in answers) == [200, 400, 400, 400]
        assert AuditRow.objects.filter(action="pump.date_confirmed").count() == 1


def test_without_its_database_the_api_says_so_in_the_one_shape_and_recovers(
    idle_stack: Stack,
) -> None:
    idle_stack.start("valkey", "web")

    def me() -> tuple[int, dict, str | None]:
        request = Request(f"{idle_stack.url}/api/v1/me/", headers={"Cookie": "session=" + "a" * 32})
        try:
            with urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer), None
        except HTTPError as refusal:
            return refusal.code, json.load(refusal), refusal.headers["Retry-After"]

    idle_stack.block_database()
    status, body, retry_after = me()
    assert (status, body["type"], retry_after) == (503, "server_error", "10")
    assert body["errors"][0]["code"] == "database_away"
    idle_stack.unblock_database()
    assert me()[0] == 401
