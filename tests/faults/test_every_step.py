"""A pass that dies, or that PostgreSQL refuses, at its n-th step, for every n there is.

Each pass is a process of its own on a database of its own. After it, whole passes run until nothing
is left; then everything must be as if nothing had happened.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from itertools import count
from uuid import uuid4

import pytest

from accounts.clock import database_now
from config.commands import ROOT
from tests.faults.conftest import Report
from tests.faults.points import CONFLICT, KILL, Fault
from tests.faults.reckoning import is_at_rest
from tests.faults.world import TOLD, world_make
from tests.support.postgres import Clone, copied
from tests.support.stack import Stack
from tracker.domain.doses import Outcome
from tracker.services.entries import entry_add

pytestmark = [pytest.mark.stack, pytest.mark.faults]
GROUP = "Every step of decide and send"

SILENT_FOR = timedelta(minutes=60)
EVERY = {KILL: 1, CONFLICT: 4}  # a refused step is one of those that were killed
MOST_PASSES = 40
WHOLE = {"signal": 0, "code": 0}
# The lease of the dead runs out, and what waits for a later try waits no longer.
TIME_PASSES = """
UPDATE reminders_message SET lease_until_at = clock_timestamp() WHERE state = 'sending';
UPDATE reminders_message SET next_try_at = clock_timestamp() WHERE state = 'queued';
UPDATE tracker_alert SET next_look_at = clock_timestamp()
WHERE next_look_at < clock_timestamp() + interval '1 minute'
"""


class Passes:
    """One warm process that runs single passes, each in a child of its own."""

    def __init__(self, stack: Stack) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.launcher", "passes"],
            env=stack.environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=(stack.folder / "passes.log").open("ab"), text=True,
        )  # fmt: skip

    def run(self, leg: str, database: Clone, fault: Fault | None = None) -> dict[str, int]:
        """Run one pass; return the signal or the exit code that ended it."""
        asked = {"leg": leg, "database": database.name, "fault": asdict(fault) if fault else None}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        """No more passes."""
        self.process.stdin.close()
        self.process.wait(timeout=20)

    def go_on(self, database: Clone) -> None:
        """Run whole passes, time passing between them, until nothing is left to do."""
        with database.connect_as_owner() as connection:
            for _ in range(MOST_PASSES):
                connection.execute(TIME_PASSES)
                for leg in ("sweep", "dispatch"):
                    assert self.run(leg, database) == WHOLE
                if is_at_rest(connection):
                    return
        pytest.fail("the engine does not come to rest")


@contextmanager
def prepared(stack: Stack, chapter: str) -> Iterator[tuple[Stack, Passes]]:
    """A database in which the pass under test is the next thing to happen."""
    stack.start("smtp")
    passes = Passes(stack)
    try:
        with stack.orm():
            world = world_make(now=database_now(), due=[database_now() - SILENT_FOR])
        if chapter != "a silence is decided":
            assert passes.run("sweep", stack.database)["code"] == 0
        if chapter in {"an entry closes it", "its outcome is sent"}:
            passes.go_on(stack.database)
            with stack.orm():
                plan = world.plans[0]
                entry_add(
                    patient=plan.patient, by=plan.patient.user, via="page",
                    dose=plan.doses.earliest("due_at"), outcome=Outcome.TAKEN, taken_at=None,
                    device_at=None, client_id=uuid4(), now=database_now(),
                )  # fmt: skip
        if chapter == "its outcome is sent":
            assert passes.run("sweep", stack.database)["code"] == 0
        yield stack, passes
    finally:
        passes.end()


CHAPTERS = [
    ("sweep", "a silence is decided"),
    ("dispatch", "what was decided is sent"),
    ("sweep", "an entry closes it"),
    ("dispatch", "its outcome is sent"),
]
SILENT = {chapter for _leg, chapter in CHAPTERS[:2]}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("deed", [KILL, CONFLICT])
@pytest.mark.parametrize(("leg", "chapter"), CHAPTERS)
def test_a_pass_that_ends_at_any_step_loses_nothing(
    idle_stack: Stack, report: Report, leg: str, chapter: str, deed: str
) -> None:
    what = "killed" if deed == KILL else "refused (serialization failure)"
    which = "every step" if EVERY[deed] == 1 else f"every {EVERY[deed]}th step"
    report.begin(f"{leg} {what} at {which} while {chapter}")
    with prepared(idle_stack, chapter) as (stack, passes):
        earlier = stack.inbox.mails
        for number in count(1, EVERY[deed]):
            before = len(stack.inbox.mails)
            with copied(stack.database, name=f"{stack.database.name}_copy") as database:
                fault = Fault(leg=leg, number=number, deed=deed)
                ended = passes.run(leg, database, fault)
                passes.go_on(database)
                told = TOLD if chapter in SILENT else None
                found = report.count(database, earlier + stack.inbox.mails[before:], told=told)
                assert not found.wrong, (number, *found.wrong)
            if ended == WHOLE:
                break
            report.strikes += 1
    assert report.strikes > 4
