"""Fixtures for all: PostgreSQL as the application's role, real processes, Chromium."""

import logging
import os
from collections.abc import Iterator

import pytest

from config import env
from config.local_postgres import LocalPostgres
from tests.support.postgres import Clone, cloned, running_server

# Playwright keeps an event loop in the thread of the test; Django would refuse its queries there.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

# The tests' SMTP server would otherwise write five lines for each message.
logging.getLogger("mail.log").setLevel(logging.WARNING)

pytest_plugins = [
    "tests.support.stack_fixtures",
    "tests.support.browser_fixtures",
    "tests.cast",
]


@pytest.fixture(scope="session")
def test_server() -> Iterator[LocalPostgres]:
    """The PostgreSQL that all test processes of this checkout share."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def test_database(test_server: LocalPostgres) -> Iterator[Clone]:
    """This test process's own database, with every migration and grant."""
    with cloned(test_server, purpose="main") as clone:
        yield clone


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, test_database, django_db_blocker) -> Iterator[None]:
    """Connect the `db` mark's rollback tests to the clone, as the application's role."""
    from django.db import connections

    address = env.database_address(test_database.url)
    connection = connections["default"]
    connection.close()
    for part in ("NAME", "USER", "PASSWORD", "HOST", "PORT"):
        connection.settings_dict[part] = address[part]
    yield
    with django_db_blocker.unblock():
        connections.close_all()
