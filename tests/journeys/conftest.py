"""The stage of the journeys on phones: one running stack for each file that asks."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser

from config.local_postgres import LocalPostgres
from tests.journeys.phones import Phones
from tests.support.postgres import cloned
from tests.support.stack import Stack


@pytest.fixture(scope="module")
def phones(
    test_server: LocalPostgres,
    django_db_blocker,
    tmp_path_factory: pytest.TempPathFactory,
    browser: Browser,
    request: pytest.FixtureRequest,
) -> Iterator[Phones]:
    """The cast on a stack that runs whole, their phones closed with the file."""
    name = request.path.stem.replace("test_", "").replace("_", "")
    with cloned(test_server, purpose=name) as clone, ExitStack() as rooms:
        started = Stack(clone, tmp_path_factory.mktemp(name), django_db_blocker)
        rooms.callback(started.stop)
        started.start()
        yield Phones(started, browser, rooms)
