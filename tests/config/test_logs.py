"""A log line gives the moment in UTC, names its runbook section, and gives nobody away."""

import json
import logging
import re
import sys
from datetime import UTC, datetime

import pytest
from django.conf import settings

from config.logs import UtcFormatter, UtcJsonFormatter, without_people


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Forbidden: /join/Yb8j7v24PIIv-iKbn/", "Forbidden: /join/.../"),
        ("Not Found: /t/z4g5nkzdptW_Jsh", "Not Found: /t/..."),
        ("Gone: /verify/abc/ twice /verify/def/", "Gone: /verify/.../ twice /verify/.../"),
        ("/account/password/reset/key/1-abc-def/", "/account/password/reset/key/.../"),
        ("Not Found: /today/", "Not Found: /today/"),
    ],
)
def test_a_secret_link_never_reaches_the_log(said, kept) -> None:
    record = logging.LogRecord("django.request", logging.WARNING, "", 1, "%s", (said,), None)
    assert UtcFormatter("%(message)s").format(record) == kept


REFUSED_ROW = """duplicate key value violates unique constraint "user_email_once"
DETAIL:  Key (lower(email::text))=(ewan.macrae@example.org) already exists."""
BROKEN_ROW = "DETAIL:  Failing row contains (4f1c, Ewan Macrae, +44 7700 900412, 2026-11-24)."

WRITTEN_LIKE_ITS_END = """DETAIL:  Failing row contains (4f1c, asked (twice). Isla said: not
well) so she went to (Ewan Macrae), +44 7700 900412)."""
HELD_TWICE = """DETAIL:  Key (name, at)=((Mum) Macrae, 1) conflicts with existing key (name, at)=(
Ewan (x). Macrae, 2)."""
AFTER = "\n\nThe above exception was the direct cause of the following exception:\n\nIt stays."


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 <ewan.macrae@example.org>: no such user", "550 <<address>>: no such user"),
        ("to=ewan@example.org, relay=x", "to=<address>, relay=x"),
        ("21211 +447700900412 is not a number", "21211 <number> is not a number"),
        ("call +44 7700 900412 now", "call <number> now"),
        (
            "Plan 7d9e2c5a-9c53-4a0c-8a3a-0a4d3c1a2b3c could not",
            "Plan 7d9e2c5a-9c53-4a0c-8a3a-0a4d3c1a2b3c could not",
        ),
        ("at 2026-11-24T16:00:00.000+00:00", "at 2026-11-24T16:00:00.000+00:00"),
    ],
)
def test_what_a_provider_quotes_of_a_person_is_left_out(said, kept) -> None:
    assert without_people(said) == kept


@pytest.mark.parametrize("said", [REFUSED_ROW, BROKEN_ROW, WRITTEN_LIKE_ITS_END, HELD_TWICE])
@pytest.mark.parametrize("after", ["", AFTER, "')\nTraceback: It stays."])
def test_what_postgresql_quotes_of_a_row_is_left_out(said, after) -> None:
    kept = without_people(said + after)

    assert not any(word in kept for word in ("ewan", "Ewan", "Macrae", "7700", "Isla", "well"))
    assert ("It stays." in kept) is ("It stays." in after)
    assert "(...)" in kept


def warning() -> logging.LogRecord:
    """A warning with its section, made while an exception quotes somebody."""
    try:
        raise ValueError(REFUSED_ROW)
    except ValueError:
        trace = sys.exc_info()
    record = logging.LogRecord(
        "reminders.services.sweep", logging.WARNING, "", 1, "Plan %s is late", ("7",), trace
    )
    record.runbook = "the engine is slow"
    record.created = datetime(2026, 11, 24, 15, 0, tzinfo=UTC).timestamp()
    return record


def test_a_json_line_is_one_object_with_its_section_and_without_people() -> None:
    line = UtcJsonFormatter().format(warning())

    assert "\n" not in line
    assert "ewan" not in line
    found = json.loads(line)
    assert found.pop("exc_info").startswith("Traceback")
    assert found == {
        "at": "2026-11-24T15:00:00.000+00:00",
        "level": "WARNING",
        "logger": "reminders.services.sweep",
        "message": "Plan 7 is late",
        "runbook": "the engine is slow",
    }


def test_a_plain_line_names_its_section() -> None:
    formatter = UtcFormatter(settings.LOGGING["formatters"]["plain"]["format"])

    first, *_trace = formatter.format(warning()).splitlines()

    assert first == (
        "2026-11-24T15:00:00.000+00:00 WARNING reminders.services.sweep Plan 7 is late"
        " (docs/operations.md, 'the engine is slow')"
    )


@pytest.mark.stack
def test_web_and_worker_write_objects_when_asked(idle_stack) -> None:
    idle_stack.extra_environment |= {"LOG_FORMAT": "json", "ENGINE_PING_URL": "http://127.0.0.1:1"}
    idle_stack.start("valkey", "web", "worker", "beat")
    assert idle_stack.get("/no-such-page/")[0] == 404
    worker = idle_stack.folder / "worker.log"
    idle_stack.wait_until(lambda: "outside monitor" in worker.read_text())
    idle_stack.stop("beat", "worker", "web")

    lines = [
        line
        for name in ("web.log", "worker.log", "beat.log")
        for line in (idle_stack.folder / name).read_text().splitlines()
    ]
    objects = [json.loads(line) for line in lines if line.startswith("{")]
    assert {"django.request", "reminders.channels.ping"} <= {found["logger"] for found in objects}
    assert not [line for line in lines if re.match(r"\d{4}-", line)]
