"""Kill -9 of worker, beat and web, at named steps, in whole parts that go on by themselves.

Three of them run in `make test` as well.
"""

from __future__ import annotations

from uuid import uuid4

import pytest

from accounts.models import CareLink
from tests.faults.conftest import Report
from tests.faults.points import (
    AFTER,
    BEFORE,
    COMMIT,
    KILL,
    KILL_PART,
    PUBLISH,
    SEND,
    STATEMENT,
    Fault,
)
from tests.faults.scene import Caller, alive_again, launch, rest, world_on
from tests.faults.world import TOLD, World
from tests.support.stack import LEASE_SECONDS, Stack

pytestmark = pytest.mark.stack
GROUP = "Kill -9 of a part"

ALERTS = r'(?:INSERT INTO|COPY) "?tracker_alert"?\s'
LINES = r'(?:INSERT INTO|COPY) "?reminders_notification'
CLAIMED = r'UPDATE "?reminders_message"? SET .*\yclaim'.replace(r"\y", r"\b")
ENTRY = r'INSERT INTO "?tracker_entry"?\s'
ANSWER = r'INSERT INTO "?tracker_alertevent"?\s'
ATTEMPT = r'(?:INSERT INTO|COPY) "?reminders_attempt'
HEARTBEAT = r'"?reminders_heartbeat'
OLD, JUST_NOW = -600.0, -8.0

SWEEPING = [
    ("before an alert is written", Fault(leg="sweep", step=STATEMENT, words=ALERTS)),
    ("after an alert is written", Fault(leg="sweep", step=STATEMENT, words=ALERTS, side=AFTER)),
    ("before the lines are written", Fault(leg="sweep", step=STATEMENT, words=LINES)),
    ("before the commit of the lines", Fault(leg="sweep", step=COMMIT, since=LINES)),
    ("after the commit of the lines", Fault(leg="sweep", step=COMMIT, since=LINES, side=AFTER)),
    ("before its heartbeat", Fault(leg="sweep", step=STATEMENT, words=HEARTBEAT)),
]
SENDING = [
    ("before the commit of the claim", Fault(leg="dispatch", step=COMMIT, since=CLAIMED)),
    ("before the first message goes out", Fault(leg="dispatch", step=SEND)),
    ("after the first message went out", Fault(leg="dispatch", step=SEND, side=AFTER)),
    ("after the third message went out", Fault(leg="dispatch", step=SEND, side=AFTER, number=3)),
    ("before an attempt is recorded", Fault(leg="dispatch", step=STATEMENT, words=ATTEMPT)),
    ("before the commit of an attempt", Fault(leg="dispatch", step=COMMIT, since=ATTEMPT)),
    (
        "after the commit of an attempt",
        Fault(leg="dispatch", step=COMMIT, since=ATTEMPT, side=AFTER),
    ),
]
TICKING = [
    ("before it publishes a sweep", Fault(leg="beat", step=PUBLISH, words="sweep", number=1)),
    ("after it published a sweep", Fault(leg="beat", step=PUBLISH, words="sweep", side=AFTER)),
    ("before it publishes a dispatch", Fault(leg="beat", step=PUBLISH, words="dispatch")),
    (
        "after it published a dispatch",
        Fault(leg="beat", step=PUBLISH, words="dispatch", side=AFTER),
    ),
]
SERVING = [
    ("before an entry is written", Fault(leg="web", step=STATEMENT, words=ENTRY)),
    ("after an entry is written", Fault(leg="web", step=STATEMENT, words=ENTRY, side=AFTER)),
    ("before the commit of an entry", Fault(leg="web", step=COMMIT, since=ENTRY)),
    ("after the commit of an entry", Fault(leg="web", step=COMMIT, since=ENTRY, side=AFTER)),
]
ANSWERING = [
    ("before “I have it” is written", Fault(leg="web", step=STATEMENT, words=ANSWER)),
    ("before the commit of “I have it”", Fault(leg="web", step=COMMIT, since=ANSWER)),
    ("after the commit of “I have it”", Fault(leg="web", step=COMMIT, since=ANSWER, side=AFTER)),
]
IN_MAKE_TEST = {
    "before the commit of the lines",
    "after the first message went out",
    "after it published a sweep",
}


def kills(points: list[tuple[str, Fault]], *deeds: str) -> list:
    """The parameters of one test; all but three are left to `make faults`."""
    return [
        pytest.param(
            where,
            fault,
            deed,
            marks=[] if where in IN_MAKE_TEST and deed == KILL_PART else pytest.mark.faults,
            id=f"{where}, {deed}",
        )
        for where, fault in points
        for deed in deeds
    ]


def struck(fault: Fault, deed: str) -> Fault:
    return Fault(
        leg=fault.leg,
        step=fault.step,
        words=fault.words,
        since=fault.since,
        side=fault.side,
        number=fault.number,
        deed=deed,
    )


def go_on(stack: Stack, report: Report, *, seconds: float = LEASE_SECONDS + 60) -> None:
    """Wait until everything is decided and sent, and reckon."""
    report.strikes += 1
    alive_again(stack)
    rest(stack, seconds=seconds)
    report.verify(stack.database, stack.inbox.mails, told=TOLD)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("where", "fault", "deed"),
    kills(SWEEPING + SENDING, KILL_PART) + kills(SWEEPING[3:5] + SENDING[2:5], KILL),
)
def test_a_killed_worker_loses_nothing(
    idle_stack: Stack, report: Report, where: str, fault: Fault, deed: str
) -> None:
    who = "sweeper" if fault.leg == "sweep" else "sender"
    what = "one process of the worker" if deed == KILL else "the worker"
    report.begin(f"{what}, as {who}, {where}")
    stack = idle_stack
    world_on(stack, seconds=[OLD, JUST_NOW])
    stack.start("valkey", "smtp")
    fired = launch(stack, "worker", struck(fault, deed))
    stack.start("beat")
    stack.wait_until(fired.exists, seconds=60, what="the fault")
    if deed == KILL_PART:
        stack.collect("worker")
        stack.start("worker")
    go_on(stack, report)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("where", "fault", "deed"), kills(TICKING, KILL_PART))
def test_a_killed_beat_loses_nothing(
    idle_stack: Stack, report: Report, where: str, fault: Fault, deed: str
) -> None:
    report.begin(f"beat {where}")
    stack = idle_stack
    world_on(stack, seconds=[OLD, JUST_NOW])
    stack.start("valkey", "smtp", "worker")
    fired = launch(stack, "beat", struck(fault, deed))
    stack.wait_until(fired.exists, seconds=60, what="the fault")
    stack.collect("beat")
    stack.start("beat")
    go_on(stack, report)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("where", "fault", "deed"), kills(SERVING, KILL_PART, KILL))
def test_a_killed_web_server_loses_no_entry_and_files_none_twice(
    idle_stack: Stack, report: Report, where: str, fault: Fault, deed: str
) -> None:
    what = "one process of the web server" if deed == KILL else "the web server"
    report.begin(f"{what}, {where}")
    stack = idle_stack
    world = world_on(stack, seconds=[OLD, OLD])
    stack.start("valkey", "smtp", "worker", "beat")
    fired = launch(stack, "web", struck(fault, deed))
    rest(stack)
    path, body, caller = _tap(stack, world)
    assert caller.post(path, body) != 201
    assert fired.exists()
    if deed == KILL_PART:
        stack.collect("web")
        stack.start("web")
    stack.wait_until(lambda: caller.post(path, body) in {200, 201}, what="the entry filed")
    go_on(stack, report)
    assert stack.query("SELECT count(*) FROM tracker_entry") == [(1,)]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("where", "fault", "deed"), kills(ANSWERING, KILL_PART))
def test_a_killed_web_server_loses_nobodys_answer_to_an_alert(
    idle_stack: Stack, report: Report, where: str, fault: Fault, deed: str
) -> None:
    report.begin(f"the web server, {where}")
    stack = idle_stack
    world = world_on(stack, seconds=[OLD, OLD])
    stack.start("valkey", "smtp", "worker", "beat")
    fired = launch(stack, "web", struck(fault, deed))
    rest(stack)
    patient = world.plans[0].patient_id
    with stack.orm():
        friend = CareLink.objects.select_related("caregiver").get(patient=patient).caregiver
    caller = Caller(stack, friend)
    ((alert,),) = stack.query("SELECT id FROM tracker_alert WHERE patient_id = %s", patient)
    path = f"/alerts/{alert}/acknowledge/"
    assert caller.post(path, {}) == 0
    assert fired.exists()
    stack.collect("web")
    stack.start("web")
    stack.wait_until(lambda: caller.post(path, {}) == 200, what="the answer filed")
    go_on(stack, report)
    said = "SELECT count(*) FROM tracker_alertevent WHERE kind = 'acknowledged' AND person_id = %s"
    assert stack.query(said, friend.pk) == [(2 if fault.side == AFTER else 1,)]


def _tap(stack: Stack, world: World) -> tuple[str, dict[str, str], Caller]:
    """The request with which a patient's telephone logs the silent dose."""
    plan = world.plans[0]
    with stack.orm():
        patient = plan.patient.user
    caller = Caller(stack, patient)
    ((dose,),) = stack.query(
        "SELECT id FROM tracker_expecteddose WHERE plan_id = %s ORDER BY due_at LIMIT 1", plan.pk
    )
    return f"/doses/{dose}/entries/", {"client_id": str(uuid4()), "outcome": "taken"}, caller


def test_a_fault_strikes_before_or_after_what_it_names() -> None:
    from tests.faults.launcher import Watch

    for side in (BEFORE, AFTER):
        watch = Watch(Fault(leg="sweep", step=COMMIT, since="lines", side=side))
        watch.begin("reminders.tasks.sweep")
        kinds = [("COMMIT", COMMIT), ("insert lines", STATEMENT), ("COMMIT", COMMIT)]
        found = []
        for text, kind in kinds:
            found.append(watch._is_the_one(kind, text))
            watch.step(STATEMENT, text, lambda: None)
        assert found == ["", "", side]
