"""The `stack` fixtures: real processes, and what they wrote when a test fails."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import redis

from config.local_postgres import LocalPostgres
from tests.support.postgres import cloned, renew
from tests.support.stack import Stack

NUMBER = count(1)


@pytest.fixture
def stack(
    test_server: LocalPostgres, django_test_environment, django_db_blocker, tmp_path: Path
) -> Iterator[Stack]:
    """A stack that is running whole: valkey, smtp, web, worker, beat; ended afterwards."""
    with cloned(test_server, purpose=f"stack{next(NUMBER)}") as clone:
        started = Stack(clone, tmp_path, django_db_blocker)
        try:
            started.start()
            yield started
        finally:
            started.stop()


@pytest.fixture
def idle_stack(
    test_server: LocalPostgres, django_test_environment, django_db_blocker, tmp_path: Path
) -> Iterator[Stack]:
    """A stack in which nothing runs yet: the test starts what it needs."""
    with cloned(test_server, purpose=f"stack{next(NUMBER)}") as clone:
        idle = Stack(clone, tmp_path, django_db_blocker)
        try:
            yield idle
        finally:
            idle.stop()


@pytest.fixture(scope="module")
def web_of_file(
    test_server: LocalPostgres,
    django_test_environment,
    django_db_blocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """Valkey and the web server, started once for a file; no engine."""
    with cloned(test_server, purpose=f"stack{next(NUMBER)}") as clone:
        started = Stack(clone, tmp_path_factory.mktemp("web"), django_db_blocker)
        try:
            started.start("valkey", "web")
            yield started
        finally:
            started.stop()


@pytest.fixture
def web_stack(web_of_file: Stack) -> Stack:
    """The web server of this file, for pages alone, with a fresh database and an empty Valkey."""
    renew(web_of_file.database)
    with redis.Redis.from_url(web_of_file.environment["REDIS_URL"]) as valkey:
        valkey.flushall()
    return web_of_file


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Show the ends of the processes' logs beside a failure."""
    report = yield
    for used in getattr(item, "funcargs", {}).values():
        if isinstance(used, Stack) and report.when == "call" and report.failed:
            report.sections += [(name, text) for name, text in used.logs().items() if text]
    return report
