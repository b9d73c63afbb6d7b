"""The same due minute with what people would pick: django-celery-beat, and Celery ETA tasks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from bench.cluster import dropped, environment
from bench.mailing import sink
from bench.measuring import Result, Sizes
from bench.running import broker, due_minute, minute_after, processes
from config.commands import ROOT
from config.local_postgres import OWNER_ROLE, LocalPostgres
from config.processes import LOOPBACK

NAME = "bench_peers"
FILLED_EACH_SECOND = {"entries": 1000, "etas": 400}
CASES = {
    "entries": "peer: one PeriodicTask for each dose time (django-celery-beat)",
    "etas": "peer: one Celery task with an ETA for each dose",
}
CELERY = [sys.executable, "-m", "celery", "--app", "bench.peers.app", "--quiet"]
WORKER = [*CELERY, "worker", "--concurrency", "2", "--loglevel", "WARNING"]
SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
BEAT = [*CELERY, "beat", "--scheduler", SCHEDULER, "--loglevel", "WARNING"]


def measure(server: LocalPostgres, sizes: Sizes) -> Iterator[Result]:
    """Yield for both peers what `due to delivered` yields for the engine."""
    for number in sizes.peer_minutes_due:
        for how, case in CASES.items():
            yield from _measured(server, how, case, number)


def _measured(server: LocalPostgres, how: str, case: str, number: int) -> Iterator[Result]:
    dropped(server, NAME)
    server.make_database(NAME)
    with sink() as mails, broker() as address:
        variables = environment(
            server, NAME, REDIS_URL=address, EMAIL_HOST=LOOPBACK, EMAIL_PORT=str(mails.port),
            DJANGO_SETTINGS_MODULE="bench.peers.settings",
            DATABASE_URL=server.url(OWNER_ROLE, NAME),
        )  # fmt: skip
        _run(["django", "migrate", "--verbosity", "0"], variables)
        due_at = minute_after(45 + number / FILLED_EACH_SECOND[how])
        _run(["bench.peers.fill", how, str(number), str(due_at)], variables)
        commands = {"worker": WORKER, **({"beat": BEAT} if how == "entries" else {})}
        with processes(commands, variables) as pids:
            yield from due_minute(case, number, due_at, mails, pids, is_peer=True)
    dropped(server, NAME)


def _run(arguments: list[str], variables: dict[str, str]) -> None:
    subprocess.run([sys.executable, "-m", *arguments], env=variables, cwd=ROOT, check=True)
