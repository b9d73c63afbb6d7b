"""What several cases share: a database with many doses due in the same minute, and sweepers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from bench.cluster import clock, environment, instant, populated
from bench.measuring import Sizes
from bench.population import Population
from config.commands import ROOT
from config.local_postgres import LocalPostgres

DUE = "bench_due"
DOSES_EACH = 10
LATE = timedelta(seconds=10)
"""How long after its doses are due a sweep of the bench comes."""
READY_SECONDS = 6


def due_database(server: LocalPostgres, sizes: Sizes) -> datetime:
    """Have the database `bench_due`, made once for all cases; return when its doses are due."""
    with server.connect() as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        is_there = connection.execute(query, [DUE]).fetchone() is not None
    if not is_there:
        due_at = clock(server).replace(second=0, microsecond=0)
        population = Population(
            people=sizes.people, doses_each=DOSES_EACH, due=sizes.due, due_at=due_at
        )
        populated(server, DUE, population)
    return instant(server, DUE, "SELECT min(due_at) FROM tracker_expecteddose")


def sweepers_ready(
    server: LocalPostgres, name: str, now: datetime, *, sweepers: int = 1
) -> list[subprocess.Popen[str]]:
    """Start sweepers that begin at the same moment, a few seconds from now."""
    start = time.time() + READY_SECONDS
    return [
        subprocess.Popen(
            [sys.executable, "-m", "bench.sweeper", now.isoformat(), str(start)],
            env=environment(server, name),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(sweepers)
    ]


@contextmanager
def started(processes: list[subprocess.Popen[str]]) -> Iterator[list[subprocess.Popen[str]]]:
    """Leave none of these processes behind, whatever happens in the block."""
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def swept(processes: list[subprocess.Popen[str]]) -> float:
    """Wait for sweepers; return the seconds from the first one's begin to the last one's end."""
    with started(processes):
        said = [process.communicate()[0] for process in processes]
    failed = [process.returncode for process in processes if process.returncode]
    if failed:
        raise RuntimeError(f"a sweeper ended with {failed}")
    reports = [json.loads(text) for text in said]
    return float(max(each["ended"] for each in reports) - min(each["began"] for each in reports))
