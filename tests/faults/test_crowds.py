"""Two beats and four workers at once; 20,000 doses due in one minute; fifty random kills."""

from __future__ import annotations

import os
import random
import time

import pytest

from tests.faults.conftest import Report
from tests.faults.scene import alive_again, rest, world_on
from tests.faults.world import ONE_RUNG, TOLD, TOLD_AT_ONE_RUNG
from tests.support.stack import LEASE_SECONDS, Stack

pytestmark = [pytest.mark.stack, pytest.mark.faults]
GROUP = "Many at once"
DOSES = int(os.environ.get("FAULTS_DOSES", "20000"))
KILLS = int(os.environ.get("FAULTS_KILLS", "50"))
SEED = int(os.environ.get("FAULTS_SEED", "20261122"))
AS_DEPLOYED = {"SEND_LEASE_SECONDS": "120"}  # a task may run half of it
VICTIMS = ("worker", "worker2", "beat", "web")


@pytest.mark.timeout(400)
def test_two_beats_and_four_workers_decide_once(idle_stack: Stack, report: Report) -> None:
    report.begin("two beats and four workers at once")
    stack = idle_stack
    stack.extra_environment = AS_DEPLOYED
    world_on(stack, seconds=[-600, -8, 4, 8], copies=100)
    stack.start("valkey", "smtp", "worker", "worker2", "worker3", "worker4", "beat", "beat2")
    alive_again(stack)
    rest(stack, seconds=240)
    report.strikes = 1
    report.verify(stack.database, stack.inbox.mails, told=TOLD)


@pytest.mark.timeout(1500)
def test_a_minute_in_which_20000_doses_fall_due(idle_stack: Stack, report: Report) -> None:
    report.begin(f"{DOSES:,} doses due in the same minute")
    stack = idle_stack
    stack.extra_environment = AS_DEPLOYED
    quarter = DOSES // 4 - 1
    world_on(stack, seconds=[-58, -40, -20, -1], copies=quarter, rungs=ONE_RUNG, window="600")
    stack.start("valkey", "smtp", "worker", "beat")
    started = time.monotonic()
    alive_again(stack, seconds=1200)
    rest(stack, seconds=1200)
    report.strikes = 1
    report.note = f"all delivered {time.monotonic() - started:.0f} s after the worker started"
    found = report.verify(stack.database, stack.inbox.mails, told=TOLD_AT_ONE_RUNG)
    assert found.doses >= 4 * (quarter + 1)
    assert found.repeated == 0


@pytest.mark.timeout(900)
def test_fifty_random_kills_lose_nothing(idle_stack: Stack, report: Report) -> None:
    report.begin(f"{KILLS} random kills of two workers, beat and web (seed {SEED})")
    stack, chance = idle_stack, random.Random(SEED)  # noqa: S311 - which process dies, repeatably
    world_on(stack, seconds=[-600, *range(5, 85, 8)], copies=15)
    stack.start("valkey", "smtp", *VICTIMS)
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.2, 2.5))
        victim = chance.choice(VICTIMS)
        stack.kill(victim)
        report.strikes += 1
        stack.start_soon(victim)
    stack.wait_for_web()
    alive_again(stack)
    rest(stack, seconds=4 * LEASE_SECONDS + 120)
    report.verify(stack.database, stack.inbox.mails, told=TOLD)
