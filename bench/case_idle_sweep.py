"""A sweep that finds nothing: however many rows there are, and whatever others hold open."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from datetime import datetime

from bench.cluster import clock, copied, dropped, leave, populated, work_on
from bench.due import DUE, LATE, due_database, sweepers_ready, swept
from bench.measuring import Result, Sizes, timed
from bench.population import Population
from config.local_postgres import LocalPostgres
from reminders.services.sweep import sweep_run

CASE = "sweep that finds nothing"
NAME = "bench_idle"
PEOPLE = 10_000
WARM_UP = 10
OLD_SNAPSHOT = "bench_snapshot"


def measure(server: LocalPostgres, sizes: Sizes) -> Iterator[Result]:
    """Yield the median in milliseconds for each number of rows, then under an old snapshot."""
    medians: dict[int, float] = {}
    for doses in sizes.idle_doses:
        now = clock(server).replace(second=0, microsecond=0)
        people = min(PEOPLE, doses // 10)
        each = Population(people=people, doses_each=doses // people, due=0, due_at=now)
        populated(server, NAME, each)
        found = _sweeps(server, NAME, now, sizes.idle_sweeps)
        dropped(server, NAME)
        medians[doses] = statistics.median(found)
        yield _flat(doses, medians, min(sizes.idle_doses), max(sizes.idle_doses), len(found))
    yield _under_an_old_snapshot(server, sizes)


def _flat(doses: int, medians: dict[int, float], fewest: int, most: int, count: int) -> Result:
    ratio = medians[doses] / medians[fewest]
    is_last = doses == most
    return Result(
        case=CASE, what=f"{doses:,} rows", value=medians[doses] * 1000, unit="ms",
        beside=f"{fewest:,} rows, ratio {ratio:.2f}" if doses > fewest else "",
        goal="ratio ≤ 1.25" if is_last else "", is_met=ratio <= 1.25 if is_last else None,
        note=f"median of {count}",
    )  # fmt: skip


def _under_an_old_snapshot(server: LocalPostgres, sizes: Sizes) -> Result:
    """Sweep many due doses while somebody holds a snapshot from before; then sweep idly."""
    due_at = due_database(server, sizes)
    copied(server, DUE, OLD_SNAPSHOT)
    now = due_at + LATE
    with server.connect(OLD_SNAPSHOT) as reader:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT count(*) FROM tracker_alert")
        swept(sweepers_ready(server, OLD_SNAPSHOT, now))
        found = _sweeps(server, OLD_SNAPSHOT, now, sizes.idle_sweeps)
        reader.execute("ROLLBACK")
    dropped(server, OLD_SNAPSHOT)
    median = statistics.median(found) * 1000
    return Result(
        case=CASE, what=f"after {sizes.due:,} due, while another transaction holds an old snapshot",
        value=median, unit="ms", goal="< 100 ms", is_met=median < 100,
        note=f"median of {len(found)}, longest {max(found) * 1000:.1f} ms",
    )  # fmt: skip


def _sweeps(server: LocalPostgres, name: str, now: datetime, count: int) -> list[float]:
    work_on(server, name)
    for _ in range(WARM_UP):
        sweep_run(now=now)
    found = [timed(lambda: sweep_run(now=now)) for _ in range(count)]
    leave()
    return found
