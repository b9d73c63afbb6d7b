"""PostgreSQL restarted, killed, cut off, full, and refusing what ran beside something else."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from config.local_postgres import LocalPostgres
from config.local_services import local_postgres
from config.processes import is_alive
from tests.faults.conftest import Report
from tests.faults.scene import alive_again, needs, rest, world_on
from tests.faults.world import TOLD
from tests.support.postgres import FOLDER, cloned, moved
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.faults]
GROUP = "PostgreSQL"
SMALL_DISK = "64m"
DISK_OF_THE_LOG = "256m"  # it has 16 MB a piece, and keeps a few that it writes over
LEAVE_FREE = 256 * 1024
SECONDS_DUE = [-600, 6, 12, 18]


@pytest.fixture
def own_server() -> Iterator[LocalPostgres]:
    """A server of the test's own that keeps what it committed (fsync on), gone afterwards."""
    server = local_postgres(FOLDER / "own" / uuid4().hex[:8], is_durable=True)
    server.start()
    try:
        yield server
    finally:
        server.destroy()


@pytest.fixture
def own_stack(
    own_server: LocalPostgres, django_test_environment, django_db_blocker, tmp_path: Path
) -> Iterator[Stack]:
    """A stack on that server."""
    with cloned(own_server, purpose="own") as clone:
        stack = Stack(clone, tmp_path, django_db_blocker)
        try:
            yield stack
        finally:
            stack.stop()


def restarted(server: LocalPostgres) -> None:
    """Stop it as an update would (fast), and start it again."""
    server.stop()
    server.revive()


def killed(server: LocalPostgres) -> None:
    """SIGKILL its main process; what it started ends by itself, and the log is played back."""
    pid = int((server.directory / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    while is_alive(pid):
        time.sleep(0.1)
    time.sleep(2)
    (server.directory / "postmaster.pid").unlink(missing_ok=True)
    server.revive()


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("name", "fault"), [("restarted", restarted), ("killed", killed)])
def test_a_database_that_restarts_loses_nothing(
    own_stack: Stack,
    own_server: LocalPostgres,
    report: Report,
    name: str,
    fault: Callable[[LocalPostgres], None],
) -> None:
    report.begin(f"PostgreSQL {name} three times, while doses fall due (fsync on)")
    stack = own_stack
    world_on(stack, seconds=SECONDS_DUE, copies=5)
    stack.start("valkey", "smtp", "worker", "beat")
    alive_again(stack)
    for _ in range(3):
        fault(own_server)
        report.strikes += 1
        time.sleep(4)
    alive_again(stack)
    rest(stack)
    report.verify(stack.database, stack.inbox.mails, told=TOLD)
    assert stack.runs("worker")
    assert stack.runs("beat")


@pytest.mark.timeout(300)
def test_connections_that_are_cut_lose_nothing(idle_stack: Stack, report: Report) -> None:
    report.begin("every connection cut, thirty times, while doses fall due")
    stack = idle_stack
    world_on(stack, seconds=SECONDS_DUE, copies=5)
    stack.start("valkey", "smtp", "worker", "beat")
    alive_again(stack)
    for number in range(30):
        stack.cut_connections()
        report.strikes += 1
        time.sleep(0.3 + 0.05 * (number % 7))
    alive_again(stack)
    rest(stack)
    report.verify(stack.database, stack.inbox.mails, told=TOLD)


@pytest.mark.timeout(300)
def test_a_database_that_refuses_connections_for_a_while_loses_nothing(
    idle_stack: Stack, report: Report
) -> None:
    report.begin("no connection allowed for 10 s, while doses fall due")
    stack = idle_stack
    world_on(stack, seconds=SECONDS_DUE, copies=5)
    stack.start("valkey", "smtp", "worker", "beat")
    alive_again(stack)
    stack.block_database()
    report.strikes += 1
    time.sleep(10)
    stack.unblock_database()
    alive_again(stack)
    rest(stack)
    report.verify(stack.database, stack.inbox.mails, told=TOLD)


@pytest.mark.timeout(400)
def test_serialization_failures_lose_nothing(idle_stack: Stack, report: Report) -> None:
    report.begin("every transaction serializable, four workers and two beats at once")
    stack = idle_stack
    world_on(stack, seconds=SECONDS_DUE, copies=20)
    with stack.database.server.connect() as connection:
        connection.execute(
            f"ALTER DATABASE {stack.database.name}"
            " SET default_transaction_isolation TO 'serializable'"
        )
    stack.start("valkey", "smtp", "worker", "worker2", "worker3", "worker4", "beat", "beat2")
    alive_again(stack)
    rest(stack, seconds=200)
    logs = [path.read_text(errors="replace") for path in stack.folder.glob("worker*.log")]
    report.strikes = sum(log.count("could not serialize") for log in logs)
    report.verify(stack.database, stack.inbox.mails, told=TOLD)


@contextmanager
def small_disk(server: LocalPostgres, *, size: str = SMALL_DISK) -> Iterator[Path]:
    """A file system of a few megabytes in memory, on which the server may make files."""
    folder = Path("/mnt") / f"stepdown-{uuid4().hex[:8]}"
    needs(os.geteuid() == 0, "a small file system can be mounted by root alone")
    folder.mkdir()
    asked = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    mounted = subprocess.run(asked, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        folder.rmdir()
        needs(False, f"no small file system may be mounted here: {mounted.stderr.strip()}")
    if server.account is not None:
        os.chown(folder, server.account.pw_uid, server.account.pw_gid)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


@pytest.mark.timeout(400)
def test_a_full_disk_loses_nothing(
    own_server: LocalPostgres,
    django_test_environment,
    django_db_blocker,
    tmp_path: Path,
    report: Report,
) -> None:
    """The disk of PostgreSQL is full for 10 s, while doses fall due"""
    report.begin("the disk of the tables full for 10 s, while doses fall due")
    with (
        small_disk(own_server) as folder,
        cloned(own_server, purpose="own") as clone,
        moved(clone, folder),
    ):
        stack = Stack(clone, tmp_path, django_db_blocker)
        try:
            _fill_and_empty(stack, folder, report)
        finally:
            stack.stop()


def _fill_and_empty(stack: Stack, folder: Path, report: Report) -> None:
    world_on(stack, seconds=SECONDS_DUE, copies=50)
    ballast = _ballast(folder)
    stack.start("valkey", "smtp", "worker", "beat")
    stack.wait_until(lambda: _refusals(stack) > 0, seconds=60, what="the disk full")
    time.sleep(10)
    report.strikes = _refusals(stack)
    ballast.unlink()
    alive_again(stack)
    rest(stack)
    report.verify(stack.database, stack.inbox.mails, told=TOLD)


def _ballast(folder: Path) -> Path:
    """Fill a disk but for a little."""
    ballast = folder / "ballast"
    free = os.statvfs(folder)
    ballast.write_bytes(bytes(max(0, free.f_bavail * free.f_frsize - LEAVE_FREE)))
    return ballast


def _refusals(stack: Stack) -> int:
    log = (stack.folder / "worker.log").read_text(errors="replace")
    return log.count("No space left on device")


@contextmanager
def log_moved(server: LocalPostgres, folder: Path) -> Iterator[None]:
    """Have what the server writes before all else (its WAL) in another folder."""
    at_home, elsewhere = server.directory / "pg_wal", folder / "pg_wal"
    server.stop()
    shutil.move(at_home, elsewhere)
    if server.account is not None:
        for path in (elsewhere, *elsewhere.rglob("*")):
            os.chown(path, server.account.pw_uid, server.account.pw_gid)
    at_home.symlink_to(elsewhere)
    server.revive()
    try:
        yield
    finally:
        server.stop()


@pytest.mark.timeout(400)
def test_a_full_disk_of_the_log_loses_nothing(
    own_server: LocalPostgres,
    django_test_environment,
    django_db_blocker,
    tmp_path: Path,
    report: Report,
) -> None:
    """The disk of PostgreSQL's log (WAL) is full for 10 s, while doses fall due"""
    report.begin("the disk of the log (WAL) full for 10 s, while doses fall due (fsync on)")
    with (
        small_disk(own_server, size=DISK_OF_THE_LOG) as folder,
        log_moved(own_server, folder),
        cloned(own_server, purpose="own") as clone,
    ):
        stack = Stack(clone, tmp_path, django_db_blocker)
        try:
            world_on(stack, seconds=SECONDS_DUE, copies=5)
            stack.start("valkey", "smtp", "worker", "beat")
            alive_again(stack)
            ballast = _ballast(folder)
            _write_until_it_gives_up(own_server, seconds=10)
            report.strikes = (own_server.directory / "server.log").read_text().count("PANIC")
            assert report.strikes > 0
            ballast.unlink()
            time.sleep(2)
            if not own_server.is_alive():
                own_server.revive()
            alive_again(stack)
            rest(stack)
            report.verify(stack.database, stack.inbox.mails, told=TOLD)
        finally:
            stack.stop()


def _write_until_it_gives_up(server: LocalPostgres, *, seconds: float) -> None:
    """Begin piece after piece of the log; a server that finds no room for one ends itself."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with server.connect() as connection:
                connection.execute("SELECT pg_logical_emit_message(true, 'x', 'x')")
                connection.execute("SELECT pg_switch_wal()")
        except psycopg.OperationalError:
            time.sleep(0.2)
