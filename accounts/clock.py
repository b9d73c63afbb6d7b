"""The one clock: doors read it once and pass `now` down."""

from datetime import UTC, datetime

from django.db import connection


def database_now() -> datetime:
    """Return the database's present instant, aware and in UTC.

    It is the wall clock, not the start of the transaction, so that two reads
    in one transaction differ. Only doors call it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        instant: datetime = cursor.fetchone()[0]
    return instant.astimezone(UTC)
