"""A batch of the sweep: which index finds it, how few statements it takes, what it writes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reminders.models import Notification
from reminders.services.sweep import due_for_a_look, sweep_run
from tests.cast import TUESDAY, Cast
from tests.tapers import taper_signed
from tracker.models import Alert, AlertEvent, ExpectedDose, Plan

DUE = TUESDAY + timedelta(hours=1)
LATE = DUE + timedelta(hours=1)
MANY = tuple(f"16:{minute:02}" for minute in range(40))


@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (ExpectedDose.objects, "dose_next_look"),
        (Plan.objects, "plan_next_look"),
        (Alert.objects, "alert_next_look"),
    ],
    ids=["doses", "plans", "alerts"],
)
def test_a_claim_reads_its_partial_index_and_never_the_whole_table(db, rows, index) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # a small table is read whole otherwise

    plan = due_for_a_look(rows.all(), DUE)[:500].explain()

    assert index in plan
    assert "Seq Scan" not in plan


def test_a_batch_takes_as_many_statements_for_forty_doses_as_for_one(cast: Cast) -> None:
    plan = taper_signed(cast.ewan, by=cast.priya, now=TUESDAY, times=MANY)
    sweep_run(now=TUESDAY)
    plan.doses.filter(wall_time__gt="16:00").update(next_look_at=None)
    Plan.objects.update(next_look_at=None)
    with CaptureQueriesContext(connection) as for_one:
        sweep_run(now=LATE)
    plan.doses.filter(wall_time__gt="16:00", due_at__lte=LATE).update(next_look_at=DUE)
    with CaptureQueriesContext(connection) as for_many:
        sweep_run(now=LATE)

    assert Alert.objects.count() == len(MANY)
    assert len(for_many) <= len(for_one)


def test_an_alert_is_written_once_as_far_as_it_has_climbed(cast: Cast) -> None:
    taper_signed(cast.ewan, by=cast.priya, now=TUESDAY)
    sweep_run(now=DUE)

    alert = Alert.objects.get()
    assert (alert.rung, alert.round, alert.episode) == (1, 1, 1)
    assert alert.next_look_at == DUE + timedelta(minutes=45)
    kinds = AlertEvent.objects.order_by("pk").values_list("kind", "rung")
    assert list(kinds) == [("opened", 0), ("decided", 1)]
    assert Notification.objects.get().message.purpose == "prompt"
