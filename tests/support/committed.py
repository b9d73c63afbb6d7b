"""A database of a test's own whose rows are committed, so that several connections see them."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any, TypeVar

from config import env
from config.local_postgres import LocalPostgres
from tests.support.postgres import Clone, cloned

PARTS = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
Answer = TypeVar("Answer")


@contextmanager
def committed_database(server: LocalPostgres, blocker: Any, *, purpose: str) -> Iterator[Clone]:
    """Let this process work on a fresh clone without the rollback of the `db` mark."""
    from django.db import connections

    connection = connections["default"]
    with cloned(server, purpose=purpose) as clone, blocker.unblock():
        kept = {part: connection.settings_dict[part] for part in PARTS}
        connection.close()
        address = env.database_address(clone.url)
        connection.settings_dict.update({part: address[part] for part in PARTS})
        try:
            yield clone
        finally:
            connections.close_all()
            connection.settings_dict.update(kept)


def at_once(works: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """Run each of these in a thread with a connection of its own, let go at the same moment."""
    from django.db import connections

    start = Barrier(len(works))

    def run(work: Callable[[], Answer]) -> Answer:
        start.wait()
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(run, works))
