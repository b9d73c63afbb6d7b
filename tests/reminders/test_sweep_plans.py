"""How PostgreSQL finds what is due: by the partial index, however many rows there are."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench.population import Population, population_write
from reminders.services.sweep import sweep_run
from tests.cast import TUESDAY
from tests.support.committed import committed_database

LATE = timedelta(seconds=10)
MANY = Population(people=300, doses_each=60, due=20, due_at=TUESDAY)


@pytest.fixture
def many_doses(test_server, django_db_blocker) -> Iterator[None]:
    """18,000 doses of 300 people, 20 of them due, in a database that has its statistics."""
    with committed_database(test_server, django_db_blocker, purpose="doses") as clone:
        with clone.server.connect(clone.name) as superuser:
            population_write(superuser, MANY)
        yield


def claims(now) -> list[str]:
    """The statements with which a sweep at `now` claims doses."""
    with CaptureQueriesContext(connection) as asked:
        sweep_run(now=now)
    return [
        query["sql"]
        for query in asked.captured_queries
        if "SKIP LOCKED" in query["sql"] and '"tracker_expecteddose"' in query["sql"]
    ]


@pytest.mark.parametrize("at", [TUESDAY + LATE, TUESDAY - LATE], ids=["20 due", "nothing due"])
def test_doses_are_claimed_by_the_partial_index_and_never_by_reading_the_table(
    many_doses, at
) -> None:
    found = claims(at)

    assert found
    for statement in found:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {statement}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "dose_next_look" in plan
        assert "Seq Scan" not in plan


def test_a_sweep_that_finds_nothing_asks_few_questions(many_doses) -> None:
    sweep_run(now=TUESDAY - LATE)
    with CaptureQueriesContext(connection) as asked:
        sweep_run(now=TUESDAY - LATE)

    assert len(asked.captured_queries) <= 30
