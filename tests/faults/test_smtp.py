"""A mail server that hangs, resets, refuses for now or for good, greylists, or is slow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiosmtpd.smtp import SMTP

from tests.faults.conftest import Report
from tests.faults.scene import alive_again, rest, world_on
from tests.faults.world import TOLD
from tests.support.inbox import Behaviour
from tests.support.stack import LEASE_SECONDS, Stack

pytestmark = [pytest.mark.stack, pytest.mark.faults]
GROUP = "The mail server"
# Every try that fails doubles the wait before the next one, from ten seconds on.
SECONDS = 4 * LEASE_SECONDS + 60


def first_times(count: int, deed: Callable[[SMTP], Awaitable[str | None]]) -> Behaviour:
    """Do this with the first few, then answer as a server should."""
    left = [count]

    async def behave(server: SMTP, _what: str) -> str | None:
        if left[0] <= 0:
            return None
        left[0] -= 1
        return await deed(server)

    return behave


def first_time_for_each(answer: str) -> Behaviour:
    """Refuse each message once: greylisting."""
    known: set[str] = set()

    async def behave(_server: SMTP, what: str) -> str | None:
        if what in known:
            return None
        known.add(what)
        return answer

    return behave


async def hang(_server: SMTP) -> str | None:
    """Say nothing for longer than anybody waits."""
    await asyncio.sleep(600)
    return None


async def reset(server: SMTP) -> str | None:
    """Break the connection off."""
    server.transport.abort()
    return "250 nobody hears this"


async def later(_server: SMTP) -> str | None:
    """Refuse for now."""
    return "451 4.3.0 try again later"


async def busy(_server: SMTP) -> str | None:
    """Refuse this message with a 5xx answer that is not about the recipient."""
    return "554 5.7.0 not now"


async def slow(_server: SMTP) -> str | None:
    """Take its time."""
    await asyncio.sleep(1.5)
    return None


BEFORE_KEEPING = [
    ("hangs with two messages", first_times(2, hang), 2),
    ("resets the connection three times before it takes a message", first_times(3, reset), 3),
    ("answers 451 to the first five messages", first_times(5, later), 5),
    ("answers 554 to the first three messages", first_times(3, busy), 3),
    ("greylists every message once", first_time_for_each("450 4.7.1 greylisted"), 0),
    ("takes 1.5 s for each message", first_times(10_000, slow), 0),
]
AFTER_KEEPING = [
    ("takes two messages and resets the connection", first_times(2, reset), 2),
    ("takes two messages and never says so", first_times(2, hang), 2),
    ("takes two messages and answers 451", first_times(2, later), 2),
]


def begin(stack: Stack) -> None:
    world_on(stack, seconds=[-600, -8])
    stack.start("valkey", "smtp", "worker", "beat")
    alive_again(stack)


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("name", "behaviour", "strikes"), BEFORE_KEEPING)
def test_what_a_mail_server_does_not_take_arrives_later(
    idle_stack: Stack, report: Report, name: str, behaviour: Behaviour, strikes: int
) -> None:
    report.begin(f"SMTP {name}")
    idle_stack.inbox.before_keeping = behaviour
    begin(idle_stack)
    rest(idle_stack, seconds=SECONDS)
    found = report.verify(idle_stack.database, idle_stack.inbox.mails, told=TOLD)
    report.strikes = strikes or found.arrived
    assert found.repeated == 0


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("name", "behaviour", "strikes"), AFTER_KEEPING)
def test_what_a_mail_server_takes_in_silence_arrives_again_with_the_same_key(
    idle_stack: Stack, report: Report, name: str, behaviour: Behaviour, strikes: int
) -> None:
    report.begin(f"SMTP {name}")
    report.strikes = strikes
    idle_stack.inbox.after_keeping = behaviour
    begin(idle_stack)
    rest(idle_stack, seconds=SECONDS)
    found = report.verify(idle_stack.database, idle_stack.inbox.mails, told=TOLD)
    assert 1 <= found.repeated <= strikes


@pytest.mark.timeout(400)
def test_a_recipient_refused_for_good_is_left_and_flagged_and_the_ladder_goes_on(
    idle_stack: Stack, report: Report
) -> None:
    report.begin("SMTP answers 550 to one caregiver's address")
    report.strikes = 1

    async def behave(_server: SMTP, address: str) -> str | None:
        return "550 5.1.1 no such user" if address.startswith("ada.friend") else None

    idle_stack.inbox.at_recipient = behave
    begin(idle_stack)
    rest(idle_stack, seconds=SECONDS)
    report.verify(idle_stack.database, idle_stack.inbox.mails, told=TOLD, failed=1)
    assert idle_stack.query("SELECT count(*) FROM tracker_flag WHERE rule = 'F23'") == [(1,)]
    assert idle_stack.query(
        "SELECT count(*) FROM accounts_contactpoint WHERE disabled_at IS NOT NULL"
    ) == [(1,)]


@pytest.mark.timeout(400)
def test_a_mail_server_that_is_away_and_comes_back_gets_everything(
    idle_stack: Stack, report: Report
) -> None:
    report.begin("SMTP refuses every connection until a try has failed")
    report.strikes = 1
    stack = idle_stack
    world_on(stack, seconds=[-600, -8])
    stack.start("valkey", "worker", "beat")
    alive_again(stack)
    stack.wait_until(
        lambda: stack.query("SELECT count(*) FROM reminders_attempt") != [(0,)], seconds=15
    )
    stack.start("smtp")
    rest(stack, seconds=SECONDS)
    report.verify(stack.database, stack.inbox.mails, told=TOLD)
