"""Runs all faults when `make faults` asks, and otherwise only those without the mark `faults`."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence

import pytest

from tests.faults.reckoning import Reckoning, reckoning
from tests.faults.records import RUNS, Record, record_of, record_write
from tests.support.inbox import Mail
from tests.support.postgres import Clone


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes minutes, unless it was asked for."""
    if os.environ.get(RUNS):
        return
    left_out = [item for item in items if item.get_closest_marker("faults")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(autouse=True)
def quick_end(request: pytest.FixtureRequest) -> Iterator[None]:
    """End the parts of a stack without waiting for them."""
    stacks = [
        request.getfixturevalue(name)
        for name in ("idle_stack", "own_stack")
        if name in request.fixturenames
    ]
    yield
    for stack in stacks:
        stack.kill_all()


class Report:
    """What one test says about its fault; written whether the test passes or not."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.fault = ""
        self.strikes = 0
        self.note = ""
        self.found: list[Reckoning] = []
        self.started = time.monotonic()

    def begin(self, fault: str) -> None:
        """Name the fault, as the report will."""
        self.fault = fault

    def count(
        self,
        database: Clone,
        mails: Sequence[Mail],
        *,
        told: Mapping[int, int] | None = None,
        failed: int = 0,
    ) -> Reckoning:
        """Reckon once more."""
        with database.connect_as_owner() as connection:
            found = reckoning(connection, mails, told=told, failed=failed)
        self.found.append(found)
        return found

    def verify(self, *arguments: object, **options: object) -> Reckoning:
        """Reckon, and fail with every sentence about what is wrong."""
        found = self.count(*arguments, **options)  # type: ignore[arg-type]
        assert not found.wrong, "\n" + "\n".join(found.wrong[:40])
        return found


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Iterator[Report]:
    """The line of this test in docs/faults.md."""
    report = Report(group=request.module.GROUP)
    yield report
    outcome = getattr(request.node, "outcome_of_call", None)
    if outcome is None or outcome.skipped:
        return
    record = record_of(
        report.found,
        group=report.group,
        fault=report.fault or request.node.name,
        strikes=report.strikes,
        seconds=time.monotonic() - report.started,
        note=report.note if outcome.passed else f"FAILED: {_last_words(outcome)}",
    )
    record_write(record)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Remember how the test ended; write down what could not be run, with the reason."""
    outcome = yield
    if outcome.when == "call" or outcome.skipped:
        item.outcome_of_call = outcome
    if outcome.skipped and hasattr(item, "module"):
        reason = str(outcome.longrepr[2]).removeprefix("Skipped: ")
        name = (item.function.__doc__ or item.name).splitlines()[0]
        record_write(Record(group=item.module.GROUP, fault=name, not_run=reason))
    return outcome


def _last_words(outcome: pytest.TestReport) -> str:
    lines = [line for line in str(outcome.longreprtext).splitlines() if line.startswith("E ")]
    return (lines or ["no words"])[0].removeprefix("E").strip()[:160]
