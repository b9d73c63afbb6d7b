"""Many doses due among many more: the sweep, the plain statement, and two sweepers at once."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from datetime import datetime

import psycopg

from bench.cluster import copied, counts, dropped
from bench.due import DOSES_EACH, DUE, LATE, due_database, sweepers_ready, swept
from bench.measuring import Result, Sizes, timed
from bench.plain_sql import decide_all
from config.local_postgres import APP_ROLE, LocalPostgres

CASE = "sweep of what is due"
COPY = "bench_due_copy"
EXACTLY_ONCE = """
SELECT count(*) FROM tracker_expecteddose d WHERE d.due_at = %(due_at)s AND NOT (
    (SELECT count(*) FROM tracker_alert a WHERE a.dose_id = d.id) = 1
    AND (SELECT count(*) FROM reminders_notification n WHERE n.dose_id = d.id) = 1)
"""


def measure(server: LocalPostgres, sizes: Sizes) -> Iterator[Result]:
    """Yield speeds in doses a second, each round in a fresh copy, and their ratios."""
    due_at = due_database(server, sizes)
    plain, one, two = [], [], []
    written: set[tuple[tuple[str, int], ...]] = set()
    wrong = 0
    for _ in range(sizes.rounds):
        plain.append(sizes.due / _plainly(server, due_at))
        written.add(tuple(counts(server, COPY).items()))
        one.append(sizes.due / _swept(server, due_at, sweepers=1))
        written.add(tuple(counts(server, COPY).items()))
        wrong += _wrong(server, due_at)
        two.append(sizes.due / _swept(server, due_at, sweepers=2))
        written.add(tuple(counts(server, COPY).items()))
        wrong += _wrong(server, due_at)
    dropped(server, COPY)
    yield from _results(sizes, plain, one, two)
    yield Result(
        case=CASE, what="doses without exactly one alert and one line, all rounds",
        value=float(wrong), unit="doses", goal="0", is_met=wrong == 0,
    )  # fmt: skip
    rows = " / ".join(str(number) for _table, number in sorted(written)[0])
    yield Result(
        case=CASE, what="different numbers of rows written by the three (1: all the same)",
        value=float(len(written)), unit="", goal="1", is_met=len(written) == 1,
        note=f"alerts / events / messages / lines: {rows}",
    )  # fmt: skip


def _results(
    sizes: Sizes, plain: list[float], one: list[float], two: list[float]
) -> Iterator[Result]:
    share = statistics.median(mine / peer for mine, peer in zip(one, plain, strict=True))
    gain = statistics.median(both / mine for both, mine in zip(two, one, strict=True))
    what = f"{sizes.due:,} due among {sizes.people * DOSES_EACH:,}"
    peer = f"plain SQL {statistics.median(plain):,.0f}/s"
    yield Result(
        case=CASE, what=f"{what}: one sweeper", value=statistics.median(one), unit="doses/s",
        beside=f"{peer}, ratio {share:.2f}", goal="ratio ≥ 0.5 (reach for 0.8)",
        is_met=share >= 0.5, note=f"median of {len(one)} rounds",
    )  # fmt: skip
    yield Result(
        case=CASE, what=f"{what}: two sweepers", value=statistics.median(two), unit="doses/s",
        beside=f"one sweeper, ratio {gain:.2f}", goal="ratio ≥ 1.2", is_met=gain >= 1.2,
    )  # fmt: skip


def _plainly(server: LocalPostgres, due_at: datetime) -> float:
    copied(server, DUE, COPY)
    with psycopg.connect(server.url(APP_ROLE, COPY), autocommit=True) as connection:
        return timed(lambda: decide_all(connection, due_at + LATE))


def _swept(server: LocalPostgres, due_at: datetime, *, sweepers: int) -> float:
    copied(server, DUE, COPY)
    return swept(sweepers_ready(server, COPY, due_at + LATE, sweepers=sweepers))


def _wrong(server: LocalPostgres, due_at: datetime) -> int:
    with server.connect(COPY) as connection:
        row = connection.execute(EXACTLY_ONCE, {"due_at": due_at}).fetchone()
    return int(row[0]) if row else -1
