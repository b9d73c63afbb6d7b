"""Many engines at once, real connections: everything is decided exactly once, nothing is lost."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from threading import Thread
from time import sleep
from uuid import uuid4

import pytest
from django.core import mail
from django.db import IntegrityError, connections, transaction
from django.db.models import Func, TextField, Value
from django.db.models.functions import Cast as AsText

from reminders.domain.grouping import Line
from reminders.domain.messages import Purpose
from reminders.domain.recipients import Recipient
from reminders.models import Attempt, Message, Notification
from reminders.services.dispatch import letters_prepare, messages_claim
from reminders.services.follow_ups import SENDING_PAUSE
from reminders.services.outbox import lines_queue
from reminders.services.passes import dispatch_run
from reminders.services.recording import Delivery, sent_record
from reminders.services.sweep import claim, sweep_run
from tests.cast import TUESDAY, Cast, cast_make
from tests.reminders.engine import dispatch_all, states, sweep_and_dispatch
from tests.support.committed import at_once, committed_database
from tests.tapers import first_dose, taper_signed
from tracker.domain.doses import Outcome
from tracker.models import Alert, AlertEvent, Entry, ExpectedDose, Plan
from tracker.selectors.due_doses import DueDose, due_doses
from tracker.services.checkins import check_in_add
from tracker.services.entries import entry_add

DUE = TUESDAY + timedelta(hours=1)
SECOND = timedelta(seconds=1)
LATE = DUE + timedelta(hours=5)
TIMES = tuple(f"16:{minute:02}" for minute in range(0, 60, 5))


@pytest.fixture
def committed_cast(test_server, django_test_environment, django_db_blocker) -> Iterator[Cast]:
    """The cast in a database of its own, committed, so that several connections see it."""
    with committed_database(test_server, django_db_blocker, purpose="outbox"):
        yield cast_make()


def decided() -> Counter[tuple[object, ...]]:
    """Every line that was decided, by what makes it the same line."""
    names = ("alert__dose", "alert__episode", "rung", "round", "person", "clinic", "duty")
    return Counter(Notification.objects.values_list(*names, "purpose"))


def log(plan: Plan, now: datetime) -> None:
    """Ewan logs the first dose."""
    entry_add(
        patient=plan.patient,
        by=plan.patient.user,
        via="page",
        outcome=Outcome.TAKEN,
        taken_at=None,
        device_at=None,
        client_id=uuid4(),
        now=now,
        dose=first_dose(plan),
    )


def test_sweeps_at_once_decide_everything_exactly_once(committed_cast: Cast) -> None:
    plan = taper_signed(committed_cast.ewan, by=committed_cast.priya, now=TUESDAY, times=TIMES)

    at_once([partial(sweep_run, now=LATE)] * 4)
    sweep_run(now=LATE)

    lines = decided()
    assert set(lines.values()) == {1}
    # Ewan's two rungs, two caregivers, then the clinic's out-of-hours contact and Dr Raman.
    assert len(lines) == len(TIMES) * 6
    assert Alert.objects.filter(kind="no_log").count() == len(TIMES)
    events = Counter(AlertEvent.objects.values_list("alert", "kind", "rung", "person", "clinic"))
    assert set(events.values()) == {1}
    assert plan.doses.count() == len(set(plan.doses.values_list("local_date", "wall_time")))


def test_the_engine_stopped_at_any_moment_has_decided_all_of_a_batch_or_nothing(
    committed_cast: Cast,
) -> None:
    taper_signed(committed_cast.ewan, by=committed_cast.priya, now=TUESDAY)

    class PowerCut(Exception):
        """The machine goes off before the commit."""

    with suppress(PowerCut), transaction.atomic():
        sweep_run(now=LATE)
        raise PowerCut
    assert not Notification.objects.exists()
    assert not Alert.objects.exists()

    sweep_run(now=LATE)
    assert len(decided()) == 6


def test_a_sweep_passes_over_what_another_holds_and_waits_for_nobody(
    committed_cast: Cast,
) -> None:
    plan = taper_signed(committed_cast.ewan, by=committed_cast.priya, now=TUESDAY, times=TIMES[:2])
    dose = first_dose(plan)

    with transaction.atomic():
        ExpectedDose.objects.select_for_update(no_key=True).get(pk=dose.pk)
        at_once([partial(sweep_run, now=LATE)])
        asked_about = set(Alert.objects.values_list("dose", flat=True))
    sweep_run(now=LATE)

    assert len(asked_about) == 1
    assert dose.pk not in asked_about
    assert Alert.objects.filter(dose=dose).exists()


def test_what_somebody_says_of_a_dose_is_stored_while_a_sweep_looks_at_it(
    committed_cast: Cast,
) -> None:
    cast = committed_cast
    plan = taper_signed(cast.ewan, by=cast.priya, now=TUESDAY)
    entry = Entry(
        patient=cast.ewan,
        dose=first_dose(plan),
        outcome=Outcome.MISSED,
        received_at=DUE,
        by=cast.ewan_user,
        via="page",
        client_id=uuid4(),
    )

    def insert() -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute("SET lock_timeout = '500ms'")
        entry.save()

    with transaction.atomic():
        assert len(claim(ExpectedDose.objects.all(), DUE)) == 1
        at_once([insert])
    assert Entry.objects.count() == 1


def test_a_dose_logged_while_a_sweep_was_reaching_for_it_is_seen_as_logged(
    committed_cast: Cast,
) -> None:
    plan = taper_signed(committed_cast.ewan, by=committed_cast.priya, now=TUESDAY)
    gate = Func(Value(7), function="pg_advisory_xact_lock", output_field=TextField())
    slow = ExpectedDose.objects.alias(gate=AsText(gate, TextField()))
    found: list[DueDose] = []

    def reach() -> None:
        """Take the snapshot, wait at the gate, then lock: as a statement over many rows may."""
        with transaction.atomic():
            found.extend(due_doses(claim(slow.filter(gate__isnull=False), DUE)))
        connections.close_all()

    shut_gate()
    thread = Thread(target=reach)
    thread.start()
    wait_for_somebody_at_the_gate()
    log(plan, DUE - SECOND)
    open_gate()
    thread.join(20)

    assert [dose.facts.outcome for dose in found] == [Outcome.TAKEN]


def shut_gate() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(7)")


def open_gate() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(7)")


def wait_for_somebody_at_the_gate() -> None:
    for _ in range(400):
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND objid = 7")
            if cursor.fetchone() == (1,):
                return
        sleep(0.05)
    pytest.fail("nobody came to the gate")


def test_a_line_decided_twice_is_refused_by_the_database(cast: Cast) -> None:
    taper_signed(cast.ewan, by=cast.priya, now=TUESDAY)
    sweep_run(now=DUE)
    told = Notification.objects.get()
    line = Line(
        alert_id=told.alert_id,
        dose_id=told.dose_id,
        alert_class="",
        rung=told.rung,
        round=told.round,
        recipient=Recipient(person_id=told.person_id),
        purpose=Purpose(told.purpose),
    )

    with pytest.raises(IntegrityError, match="notification_decided_once"), transaction.atomic():
        lines_queue([line], now=DUE + timedelta(hours=1))
    assert Notification.objects.get() == told


@pytest.mark.parametrize(("seconds", "messages"), [(0, 1), (59, 1), (60, 2)])
def test_what_is_decided_for_one_person_within_a_minute_is_one_message(
    cast: Cast, seconds: int, messages: int
) -> None:
    second = DUE + seconds * SECOND
    taper_signed(
        cast.ewan,
        by=cast.priya,
        now=TUESDAY,
        times=("15:59:59", second.time().isoformat()),
        rungs=[{"delay": "60", "audience": "caregivers"}, {"delay": "120", "audience": "clinic"}],
    )
    for now in (DUE + timedelta(minutes=60), second + timedelta(minutes=60)):
        sweep_run(now=now)

    to_isla = Message.objects.filter(person=cast.isla, purpose="alert")
    assert to_isla.count() == messages
    assert Notification.objects.filter(message__in=to_isla).count() == 2


def test_what_is_more_urgent_does_not_wait_in_a_message_that_is_less(cast: Cast) -> None:
    taper_signed(cast.ewan, by=cast.priya, now=TUESDAY)
    told_at = DUE + timedelta(minutes=90)
    sweep_run(now=told_at)
    check_in_add(
        patient=cast.ewan,
        by=cast.ewan_user,
        signs=["anxiety"],
        note="",
        at=None,
        client_id=uuid4(),
        now=told_at + SECOND,
    )
    sweep_run(now=told_at + SECOND)

    to_isla = Message.objects.filter(person=cast.isla, purpose="alert").order_by("urgency")
    assert [message.message_class for message in to_isla] == ["D", ""]
    assert [message.lines.count() for message in to_isla] == [1, 1]


def test_a_message_that_was_tried_takes_no_more_lines(cast: Cast) -> None:
    taper_signed(cast.ewan, by=cast.priya, now=TUESDAY, times=("16:00", "16:00:10"))
    sweep_and_dispatch(TUESDAY)
    sweep_and_dispatch(DUE)
    sweep_and_dispatch(DUE + 10 * SECOND)

    prompts = Message.objects.filter(purpose="prompt")
    assert [message.lines.count() for message in prompts] == [1, 1]
    assert states()["sent"] >= 2


def test_those_told_while_the_alert_was_closing_are_told_its_outcome(
    committed_cast: Cast,
) -> None:
    cast = committed_cast
    plan = taper_signed(cast.ewan, by=cast.priya, now=TUESDAY)
    for minutes in (0, 45):
        sweep_and_dispatch(DUE + timedelta(minutes=minutes))
    told_at = DUE + timedelta(minutes=90)
    sweep_run(now=told_at)
    letters = letters_prepare(claimed=messages_claim(now=told_at), now=told_at)
    log(plan, told_at)
    closing = Thread(target=lambda: at_once([partial(sweep_run, now=told_at)]))

    with transaction.atomic():
        sent_record(
            deliveries=[Delivery(each.claimed, each.point) for each in letters], now=told_at
        )
        closing.start()
        sleep(1)  # the other engine gets as far as it can before this one commits
    closing.join(20)
    then = told_at + SENDING_PAUSE
    sweep_run(now=then)

    mails = dispatch_all(then)
    assert sorted(letter.to[0] for letter in mails) == [cast.isla.email, cast.tomasz.email]
    assert all("Logged as taken" in letter.body for letter in mails)


def test_senders_at_once_hand_every_message_over_exactly_once(committed_cast: Cast) -> None:
    cast = committed_cast
    taper_signed(cast.ewan, by=cast.priya, now=TUESDAY)
    sweep_run(now=LATE)
    waiting = Message.objects.count()

    at_once([partial(dispatch_run, clock=lambda: LATE)] * 4)

    assert states() == {"sent": waiting}
    keys = Counter(letter.extra_headers["Message-ID"] for letter in mail.outbox)
    assert len(keys) == waiting
    assert set(keys.values()) == {1}
    assert Attempt.objects.count() == waiting
    assert dispatch_all(LATE + timedelta(hours=1)) == []
