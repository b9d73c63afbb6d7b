"""At most one pass of each leg in a worker, so that neither keeps the other out of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from zlib import crc32

from django.db import connection

SPACES = {"sweep": 7101, "dispatch": 7102}
"""The first halves of the advisory locks, one for each leg of the engine."""


@contextmanager
def leg_turn(*, leg: str, worker: str) -> Iterator[bool]:
    """Tell whether it is this pass's turn: no other of the leg goes on in the same worker.

    The lock is the database session's, which a process that is killed takes with it. Losing it
    earlier, with a connection that breaks, costs nothing: two passes at once do no harm.
    """
    lock = [SPACES[leg], crc32(worker.encode()) & 0x7FFFFFFF]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", lock)
        is_ours = bool(cursor.fetchone()[0])
    try:
        yield is_ours
    finally:
        if is_ours and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", lock)
