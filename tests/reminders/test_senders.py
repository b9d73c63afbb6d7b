"""Sending keeps no other waiting: a channel beside another, a pass beside a sweep."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Event
from uuid import uuid4

import pytest
from django.db import OperationalError, connection

from accounts.models import ContactPoint
from reminders.channels.base import DeliveryError, Letter
from reminders.models import Attempt, Message
from reminders.services.dispatch import BATCH, Prepared, messages_claim
from reminders.services.passes import dispatch_run
from reminders.services.recording import Claimed
from reminders.services.sending import SENDERS, Lanes
from reminders.services.sweep import sweep_run
from reminders.services.turns import leg_turn
from tests.cast import TUESDAY, Cast
from tests.reminders.engine import dispatch_all, states
from tests.reminders.providers import Provider, providers_put, second_way
from tests.support.postgres import Clone
from tests.tapers import taper_signed
from tracker.models import Plan

DUE = TUESDAY + timedelta(hours=1)
SECOND = timedelta(seconds=1)
LEASE = timedelta(seconds=120)
CAREGIVERS_AT = DUE + timedelta(minutes=90)
ISLA, TOMASZ = "isla.macrae@example.org", "tomasz.wrona@example.org"
PATIENCE = 20.0  # seconds in which a test gives up waiting for what should come at once


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Provider]:
    """A provider behind every kind of contact point."""
    return providers_put(monkeypatch)


@pytest.fixture
def plan(cast: Cast, providers: dict[str, Provider]) -> Plan:
    """Ewan's plan: alerts to both caregivers are waiting, his own reminders are sent."""
    plan = taper_signed(cast.ewan, by=cast.priya, now=TUESDAY)
    for minutes in (0, 45):
        sweep_run(now=DUE + timedelta(minutes=minutes))
        dispatch_all(DUE + timedelta(minutes=minutes))
    sweep_run(now=CAREGIVERS_AT)
    return plan


def letters(count: int, kind: str = "email") -> list[Prepared]:
    """Letters that are ready to leave."""
    return [
        Prepared(
            claimed=Claimed(uuid4(), uuid4()),
            letter=Letter(
                key=uuid4(),
                address=f"{number}@example.org",
                subject="",
                body="",
                short="",
                payload="",
                written_at=TUESDAY,
            ),
            point=ContactPoint(kind=kind),
        )
        for number in range(count)
    ]


@pytest.fixture
def stuck(providers: dict[str, Provider]) -> Iterator[Event]:
    """Mail hangs until this is set."""
    is_free = Event()

    def hang(letter: Letter) -> str:
        is_free.wait(PATIENCE)
        return "late"

    providers["email"].answer = hang
    yield is_free
    is_free.set()


def test_a_channel_whose_provider_hangs_holds_up_no_other(
    plan: Plan, cast: Cast, providers: dict[str, Provider]
) -> None:
    ContactPoint.objects.filter(person=cast.tomasz).update(disabled_at=TUESDAY, disabled_reason="x")
    second_way(cast.tomasz)
    is_told_by_text = Event()
    waited: list[bool] = []

    def hang(letter: Letter) -> str:
        waited.append(is_told_by_text.wait(PATIENCE))
        return "late"

    def tell(letter: Letter) -> str:
        is_told_by_text.set()
        return "soon"

    providers["email"].answer, providers["sms"].answer = hang, tell
    dispatch_all(CAREGIVERS_AT)

    assert waited
    assert all(waited)
    assert Attempt.objects.filter(provider_id="soon").exists()
    assert set(states()) == {"sent"}


def test_a_letter_that_no_sender_has_begun_can_be_taken_back(stuck: Event) -> None:
    ready = letters(SENDERS + 2)
    with Lanes() as lanes:
        assert lanes.put(ready[:SENDERS]) == []
        assert lanes.results(seconds=0.2) == []
        assert lanes.put(ready[SENDERS:]) == []
        assert lanes.stale() == []
        assert lanes.stale(fresh_seconds=0) == [each.claimed for each in ready[SENDERS:]]
        stuck.set()
        back = lanes.results(seconds=PATIENCE)
        assert len(back) == SENDERS
        assert not lanes.is_busy


def test_a_slow_channel_is_offered_no_more_than_it_can_send_while_the_facts_are_fresh(
    stuck: Event,
) -> None:
    with Lanes() as lanes:
        lanes.put(letters(SENDERS))
        assert lanes.results(seconds=0.2) == []
        lanes.put(letters(50))
        assert len(lanes.stale(fresh_seconds=0)) == 50
        assert len(lanes.put(letters(50))) == 50 - 2 * SENDERS
        assert lanes.put(letters(50, kind="sms")) == []


def test_many_letters_go_over_a_few_connections(providers: dict[str, Provider]) -> None:
    with Lanes() as lanes:
        assert lanes.put(letters(60)) == []
        assert len(lanes.results(seconds=PATIENCE)) == 60
    assert 1 <= providers["email"].connections <= SENDERS


def test_results_are_written_while_other_letters_are_still_on_their_way(
    plan: Plan, providers: dict[str, Provider]
) -> None:
    is_written = Event()

    def answer(letter: Letter) -> str:
        if letter.address == ISLA:
            assert is_written.wait(PATIENCE)
        return "taken"

    def clock() -> datetime:
        if Message.objects.filter(person__email=TOMASZ, state="sent").exists():
            is_written.set()
        return CAREGIVERS_AT

    providers["email"].answer = answer
    dispatch_run(clock=clock)

    assert is_written.is_set()
    assert set(states()) == {"sent"}


def test_what_a_sender_that_died_may_have_sent_says_that_it_is_a_repeat(
    plan: Plan, providers: dict[str, Provider]
) -> None:
    messages_claim(now=CAREGIVERS_AT)
    dispatch_all(CAREGIVERS_AT + LEASE)
    last = providers["email"].letters[-2:]
    assert all(letter.is_repeat for letter in last)
    assert all("(repeat)" in letter.subject for letter in last)
    assert all(letter.body.startswith("You may have had this message before.") for letter in last)
    keys = Message.objects.filter(purpose="alert", state="sent").values_list("pk", flat=True)
    assert {letter.key for letter in last} <= set(keys)


def test_what_was_refused_for_now_is_no_repeat_when_it_is_tried_again(
    plan: Plan, providers: dict[str, Provider]
) -> None:
    def busy(letter: Letter) -> str:
        raise DeliveryError("451 later", is_permanent=False)

    providers["email"].answer = busy
    dispatch_all(CAREGIVERS_AT)
    providers["email"].answer = None
    dispatch_all(CAREGIVERS_AT + timedelta(minutes=1))
    last = providers["email"].letters[-2:]
    assert sorted(letter.address for letter in last) == [ISLA, TOMASZ]
    assert not any(letter.is_repeat or "(repeat)" in letter.subject for letter in last)


def test_what_may_have_arrived_although_no_answer_came_says_that_it_is_a_repeat(
    plan: Plan, providers: dict[str, Provider]
) -> None:
    def silent(letter: Letter) -> str:
        raise DeliveryError("timed out", is_permanent=False, is_unclear=True)

    providers["email"].answer = silent
    dispatch_all(CAREGIVERS_AT)
    providers["email"].answer = None
    dispatch_all(CAREGIVERS_AT + timedelta(minutes=1))
    last = providers["email"].letters[-2:]
    assert sorted(letter.address for letter in last) == [ISLA, TOMASZ]
    assert all("(repeat)" in letter.subject for letter in last)


def test_an_address_keeps_what_its_provider_said_last_and_stays_in_use(
    plan: Plan, cast: Cast, providers: dict[str, Provider]
) -> None:
    def busy(letter: Letter) -> str:
        raise DeliveryError("451 later", is_permanent=False)

    providers["email"].answer = busy
    dispatch_all(CAREGIVERS_AT)
    point = cast.isla.contact_points.get()
    assert (point.last_error, point.last_error_at) == ("451 later", CAREGIVERS_AT)
    assert point.is_usable


def test_a_sender_that_fails_in_a_way_nobody_foresaw_ends_the_pass_and_loses_nothing(
    plan: Plan, providers: dict[str, Provider]
) -> None:
    def sick(letter: Letter) -> str:
        raise ZeroDivisionError

    providers["email"].answer = sick
    with pytest.raises(ZeroDivisionError):
        dispatch_all(CAREGIVERS_AT)
    providers["email"].answer = None
    before = len(providers["email"].letters)
    dispatch_all(CAREGIVERS_AT + LEASE)
    assert len(providers["email"].letters) == before + 2
    assert set(states()) == {"sent"}


def test_results_outlive_a_connection_to_the_database_that_broke(
    plan: Plan, providers: dict[str, Provider]
) -> None:
    before = len(providers["email"].letters)
    broken: list[datetime] = []

    def clock() -> datetime:
        if len(providers["email"].letters) == before + 2 and not broken:
            broken.append(CAREGIVERS_AT)
            raise OperationalError("server closed the connection unexpectedly")
        return CAREGIVERS_AT

    with suppress(OperationalError):
        dispatch_run(clock=clock)

    assert broken
    assert set(states()) == {"sent"}
    assert not Message.objects.filter(attempts__gt=1).exists()


def test_a_connection_to_the_database_that_breaks_after_the_claim_costs_no_lease(
    plan: Plan, providers: dict[str, Provider]
) -> None:
    asked: list[datetime] = []
    is_broken = Event()

    def clock() -> datetime:
        asked.append(CAREGIVERS_AT)
        if len(asked) == 3:  # it was asked by the reaper and by the claim
            is_broken.set()
            raise OperationalError("server closed the connection unexpectedly")
        return CAREGIVERS_AT

    def answer(letter: Letter) -> str:
        assert is_broken.wait(PATIENCE)
        return "taken"

    providers["email"].answer = answer
    with suppress(OperationalError):
        dispatch_run(clock=clock)
    dispatch_all(CAREGIVERS_AT)

    assert set(states()) == {"sent"}
    assert not Message.objects.filter(attempts__gt=1).exists()


def test_the_queue_is_read_in_its_indexs_order_however_many_wait_since_one_instant(
    plan: Plan,
) -> None:
    waiting = Message.objects.waiting(CAREGIVERS_AT)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    read = waiting.most_urgent_first()[:BATCH].explain()
    assert "message_queue" in read
    assert "Seq Scan" not in read
    assert "Sort" not in read


def test_one_pass_of_each_leg_at_a_time_goes_on_in_a_worker(
    cast: Cast, test_database: Clone
) -> None:
    with leg_turn(leg="dispatch", worker="a") as is_ours, test_database.connect() as elsewhere:
        assert is_ours
        held = elsewhere.execute(
            "SELECT classid, objid FROM pg_locks JOIN pg_database ON pg_database.oid = database"
            " WHERE locktype = 'advisory' AND datname = current_database()"
        ).fetchall()
        assert len(held) == 1
        taken = elsewhere.execute("SELECT pg_try_advisory_lock(%s, %s)", held[0]).fetchone()
        assert taken == (False,)
    with test_database.connect() as elsewhere:
        elsewhere.execute("SELECT pg_advisory_lock(%s, %s)", held[0])
        with leg_turn(leg="dispatch", worker="a") as is_ours:
            assert not is_ours
        with leg_turn(leg="sweep", worker="a") as is_ours:
            assert is_ours
        with leg_turn(leg="dispatch", worker="b") as is_ours:
            assert is_ours
