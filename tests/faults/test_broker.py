"""Valkey stopped, started empty, frozen: it holds only ticks, and the next tick derives them."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.faults.conftest import Report
from tests.faults.scene import alive_again, rest, world_on
from tests.faults.world import TOLD
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.faults]
GROUP = "Valkey"
AWAY_SECONDS = 12


def stopped(stack: Stack) -> None:
    """Stopped for a while, then started; it starts empty."""
    stack.stop("valkey")
    time.sleep(AWAY_SECONDS)
    stack.start("valkey")


def restarted(stack: Stack) -> None:
    """Stopped and started again and again, empty each time."""
    for _ in range(4):
        stack.stop("valkey")
        stack.start("valkey")
        time.sleep(1.5)


def frozen(stack: Stack) -> None:
    """SIGSTOP for a while: connections stay open and nothing answers."""
    stack.freeze("valkey")
    time.sleep(AWAY_SECONDS)
    stack.thaw("valkey")


def killed(stack: Stack) -> None:
    """SIGKILL in the middle of its work."""
    stack.freeze("valkey")
    stack.stop("valkey")
    stack.start("valkey")


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("name", "fault", "strikes"),
    [
        ("stopped for 12 s and started empty", stopped, 1),
        ("restarted empty four times", restarted, 4),
        ("frozen for 12 s (SIGSTOP)", frozen, 1),
        ("frozen, then ended", killed, 1),
    ],
)
def test_a_broker_that_goes_away_loses_nothing(
    idle_stack: Stack, report: Report, name: str, fault: Callable[[Stack], None], strikes: int
) -> None:
    report.begin(f"Valkey {name}, while doses fall due")
    stack = idle_stack
    world_on(stack, seconds=[-600, 8, 14, 20], copies=5)
    stack.start("valkey", "smtp", "worker", "beat")
    alive_again(stack)
    fault(stack)
    report.strikes += strikes
    alive_again(stack)
    rest(stack)
    report.verify(stack.database, stack.inbox.mails, told=TOLD)
    assert stack.runs("worker")
