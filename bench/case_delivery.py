"""From due to delivered through the real engine: broker, worker and beat as `make run` has them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from bench.cluster import dropped, environment, populated
from bench.mailing import sink
from bench.measuring import Result, Sizes
from bench.population import Population
from bench.running import broker, due_minute, minute_after, processes
from config import commands
from config.local_postgres import LocalPostgres
from config.processes import LOOPBACK

CASE = "due to delivered"
NAME = "bench_delivery"
BUILT_EACH_SECOND = 500


def measure(server: LocalPostgres, sizes: Sizes) -> Iterator[Result]:
    """Yield seconds and memory for each number of doses that are due in the same minute."""
    for number in sizes.minutes_due:
        due_at = minute_after(40 + number / BUILT_EACH_SECOND)
        moment = datetime.fromtimestamp(due_at, tz=UTC)
        each = Population(people=number, doses_each=3, due=number, due_at=moment)
        populated(server, NAME, each)
        with sink() as mails, broker() as address:
            variables = environment(
                server, NAME, REDIS_URL=address, EMAIL_HOST=LOOPBACK, EMAIL_PORT=str(mails.port)
            )
            engine = {"worker": commands.worker_command(), "beat": commands.beat_command()}
            with processes(engine, variables) as pids:
                yield from due_minute(CASE, number, due_at, mails, pids)
        dropped(server, NAME)
