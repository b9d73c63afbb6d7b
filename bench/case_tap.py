"""A patient logs a dose: alone, and while a sweep goes over the very same doses."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from itertools import islice
from uuid import UUID, uuid4

from django.db import OperationalError

from accounts.models import User
from bench.cluster import copied, dropped, leave, work_on
from bench.due import DUE, LATE, due_database, started, sweepers_ready, swept
from bench.measuring import Result, Sizes, quantiles, timed
from config.local_postgres import LocalPostgres
from config.processes import wait_until
from tracker.domain.doses import Outcome, Via
from tracker.models import Alert, ExpectedDose
from tracker.services.entries import entry_add

CASE = "a patient's tap"
NAME = "bench_tap"
WARM_UP = 20


def measure(server: LocalPostgres, sizes: Sizes) -> Iterator[Result]:
    """Yield the milliseconds from the request to the stored entry, without and with a sweep."""
    due_at = due_database(server, sizes)
    copied(server, DUE, NAME)
    now = due_at + LATE
    work_on(server, NAME)
    doses = _due(due_at)
    random.Random(4).shuffle(doses)  # noqa: S311 - the order of taps is no secret
    taps = islice(doses, len(doses))
    for dose in islice(taps, WARM_UP):
        _tap(dose, now)
    alone = [timed(partial(_tap, dose, now)) for dose in islice(taps, sizes.taps)]
    yield _result("no sweep at the same time", alone, beside="")
    with started(sweepers_ready(server, NAME, now)) as sweepers:
        _wait_for_the_sweep()
        some = islice(taps, sizes.taps)  # each makes its dose due for a look: the sweep goes on
        during, refused = _until(lambda: sweepers[0].poll() is None, some, now)
        swept(sweepers)
    leave()
    dropped(server, NAME)
    what = f"while a sweep of {sizes.due:,} due doses runs"
    beside = f"median without {quantiles(alone)[0] * 1000:.1f} ms"
    yield _result(what, during, beside=beside)
    yield Result(
        case=CASE, what="taps that ended in an error meanwhile", value=float(refused), unit="taps",
        goal="0", is_met=refused == 0,
    )  # fmt: skip


def _result(what: str, seconds: list[float], *, beside: str) -> Result:
    median, most, longest = (each * 1000 for each in quantiles(seconds))
    return Result(
        case=CASE, what=what, value=median if seconds else None, unit="ms", beside=beside,
        note=f"median of {len(seconds)}; p99 {most:.1f}, max {longest:.1f}",
    )  # fmt: skip


def _due(due_at: datetime) -> list[UUID]:
    return list(ExpectedDose.objects.filter(due_at=due_at).values_list("pk", flat=True))


def _wait_for_the_sweep() -> None:
    """Return once the sweep has decided something."""
    wait_until(Alert.objects.exists, seconds=60)


def _until(
    is_running: Callable[[], bool], taps: Iterator[UUID], now: datetime
) -> tuple[list[float], int]:
    """Tap until the sweep is over; return the seconds of each, and how many were refused."""
    found, refused = [], 0
    for dose in taps:
        if not is_running():
            break
        try:
            found.append(timed(partial(_tap, dose, now)))
        except OperationalError:  # it waited for a lock for longer than anybody waits
            refused += 1
    return found, refused


def _tap(dose_id: UUID, now: datetime) -> None:
    """Do what the page does for one tap on "taken"."""
    dose = ExpectedDose.objects.select_related("plan__patient").get(pk=dose_id)
    entry_add(
        patient=dose.plan.patient,
        by=User.objects.get(patient=dose.plan.patient_id),
        via=Via.PAGE,
        outcome=Outcome.TAKEN,
        taken_at=None,
        device_at=None,
        client_id=uuid4(),
        now=now,
        dose=dose,
    )
