"""Whatever is sent: one error shape, nothing stored, never a 500."""

import gzip
import json
from collections import Counter
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings

from tests.api.callers import Answer, Caller
from tests.api.operations import POLICY, Operation, body_of, operations
from tests.api.worlds import World
from tests.cast import Cast

WITHOUT_A_BODY = {
    "acknowledge", "complete", "consent", "count-as-extra", "discard", "remove", "test", "withdraw",
}  # fmt: skip
READING = [
    each
    for each in operations()
    if each.method != "GET"
    and each.route.rstrip("/").rpartition("/")[2] not in WITHOUT_A_BODY
    and "<uuid:link_id>" not in each.route
]
UNREADABLE = {
    "cut short": b'{"a": 1',
    "no JSON": b"client_id=1&outcome=taken",
    "latin-1": '{"note": "caf\u00e9"}'.encode("latin-1"),
    "utf-16": '{"note": "x"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "NaN": b'{"a": NaN}',
    "a key twice": b'{"outcome": "taken", "outcome": "skipped"}',
    "bottomless": b"[" * 100_000,
    "deep": b'{"a":' * 30 + b"1" + b"}" * 30,
    "half a surrogate": b'{"note": "\\ud800"}',
    "half a surrogate in a key": b'{"\\udfff": 1}',
    "NUL": b'{"note": "a\\u0000b"}',
    "NUL in a list": b'{"signs": [["\\u0000"]]}',
    "raw NUL": b'{"note": "a\x00b"}',
    "gzip": gzip.compress(b'{"a": 1}'),
    "a number of 5000 digits": b'{"a": ' + b"9" * 5000 + b"}",
}
JUNK: list[Any] = [None, True, 7, -1.5, "", " ", "x" * 5000, "\u202e\u2028\u0007", [], [[]], {}]
COUNTED = ("accounts", "tracker")


def mover(operation: Operation, world: World) -> Caller:
    """Somebody who may do this."""
    allowed = POLICY.get((operation.method, operation.route), {"ewan"})  # or about oneself
    name = "priya" if "priya" in allowed else "ewan"
    return Caller(world.cast.priya if name == "priya" else world.cast.ewan_user)


def rows() -> Counter[str]:
    """How many rows there are of everything."""
    return Counter(
        {
            model._meta.label: model._base_manager.count()
            for app in COUNTED
            for model in apps.get_app_config(app).get_models()
        }
    )


def is_one_shape(answer: Answer) -> bool:
    """Whether an error has the one shape."""
    body = answer.body
    return (
        set(body) == {"type", "errors"}
        and body["type"] in {"validation_error", "client_error"}
        and bool(body["errors"])
        and all(set(error) == {"code", "detail", "attr"} for error in body["errors"])
    )


def id_of(operation: Operation) -> str:
    return f"{operation.method} {operation.route}"


@pytest.mark.parametrize("operation", READING, ids=id_of)
def test_what_cannot_be_read_is_refused_in_the_one_shape(
    world: World, operation: Operation
) -> None:
    caller, path, before = mover(operation, world), operation.path(world), rows()
    wrong = {}
    for name, content in UNREADABLE.items():
        answer = caller.send_raw(operation.method, path, content)
        if answer.status != 400 or not is_one_shape(answer):
            wrong[name] = answer
    for value in (b"[]", b'"text"', b"7", b"true", b"null"):
        answer = caller.send_raw(operation.method, path, value)
        if answer.status not in {200, 400} or (answer.status == 400 and not is_one_shape(answer)):
            wrong[value] = answer

    assert wrong == {}
    assert rows() - before == Counter() or operation.route.endswith("pass-on/")


@pytest.mark.parametrize("operation", READING, ids=id_of)
def test_too_much_and_other_kinds_are_refused(world: World, operation: Operation) -> None:
    caller, path = mover(operation, world), operation.path(world)
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    large = json.dumps({"note": "x" * most}).encode()
    forms = {
        "application/x-www-form-urlencoded": b"note=" + b"x" * 100,
        "multipart/form-data; boundary=x": b"--x\r\ngarbage",
        "multipart/form-data": b"no boundary",
        "text/plain": b"{}",
        "application/xml": b"<a/>",
        "": b"{}",
    }

    too_large = caller.send_raw(operation.method, path, large)
    assert (too_large.status, too_large.codes) == (413, {"too_large"})
    too_large_form = caller.send_raw(
        operation.method, path, b"note=" + b"x" * most, "application/x-www-form-urlencoded"
    )
    assert too_large_form.status in {413, 415}, too_large_form
    for kind, content in forms.items():
        answer = caller.send_raw(operation.method, path, content, kind)
        assert answer.status in {400, 415}, (kind, answer)
        assert is_one_shape(answer), (kind, answer)


@pytest.mark.parametrize("operation", READING, ids=id_of)
def test_a_field_that_is_not_there_is_refused(world: World, operation: Operation) -> None:
    caller, path, before = mover(operation, world), operation.path(world), rows()
    body = body_of(operation, world)
    assert body is not None

    for name in ("id", "by", "patient", "state", "received_at", "is_staff", "__class__", "é", ""):
        answer = caller.send(operation.method, path, body | {name: "x"})
        assert (answer.status, answer.attrs, answer.codes) == (400, {name}, {"unknown_field"})
    assert rows() == before


@pytest.mark.parametrize("operation", READING, ids=id_of)
def test_no_field_of_the_wrong_kind_breaks_anything(world: World, operation: Operation) -> None:
    caller, path = mover(operation, world), operation.path(world)
    body = body_of(operation, world)
    assert body is not None
    broken = {}
    for name in body:
        for junk in JUNK:
            answer = caller.send(operation.method, path, body | {name: junk})
            is_good = answer.status in {200, 201, 409} or (
                answer.status == 400 and is_one_shape(answer)
            )
            if not is_good:
                broken[name, repr(junk)[:20]] = answer
    assert broken == {}


FILTERED = ("doses/", "adherence/", "flags/", "alerts/")


@pytest.mark.parametrize("last", FILTERED)
def test_filters_that_make_no_sense_are_refused(world: World, last: str) -> None:
    caller = Caller(world.cast.priya)
    path = f"/patients/{world.cast.ewan.pk}/{last}"
    for filters in (
        {"from": "yesterday"},
        {"from": "\x00"},
        {"to": "0001-01-01"},
        {"from": "9999-12-31"},
        {"from": "2026-01-01", "to": "2027-06-01"},
        {"from": "2026-02-02", "to": "2026-02-01"},
        {"plan": "\x00", "open": "perhaps"},
        {"patient__name__startswith": "E"},
        {"_connector": "OR"},
    ):
        answer = caller.get(path, **filters)
        assert answer.status == 400, (filters, answer)
        assert is_one_shape(answer)


def test_a_period_may_have_one_end_only(world: World) -> None:
    caller = Caller(world.cast.priya)
    for last in ("doses/", "adherence/"):
        path = f"/patients/{world.cast.ewan.pk}/{last}"
        for filters in ({"from": "1950-01-01"}, {"to": "1950-01-01"}, {"from": "2190-01-01"}):
            assert caller.get(path, **filters).status == 200, (last, filters)


@pytest.mark.parametrize(
    "cursor",
    ["x", "\x00", "cD0=", "cD14", "bz05OTk5OTk5", "cj0yJnA9eA==", "cD1ub3ctJTAw", "====", "é", ""],
)
def test_a_made_up_cursor_is_not_found_or_shows_the_first_page(
    live_cast: Cast, cursor: str
) -> None:
    caller = Caller(live_cast.priya)
    for path in ("/patients/", f"/patients/{live_cast.ewan.pk}/doses/", "/worklist/"):
        answer = caller.get(path, cursor=cursor)
        assert answer.status in {200, 404}, (path, answer)
