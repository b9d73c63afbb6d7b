"""The bench's own PostgreSQL: the project's, with its default settings and with fsync on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import psycopg
from django.db import connection as djangos
from psycopg import sql

from bench.population import Population, population_write
from config import env
from config.commands import MANAGE, ROOT
from config.local_postgres import APP_ROLE, OWNER_ROLE, LocalPostgres
from config.local_services import local_postgres

FOLDER = ROOT / ".local" / "bench"
EMPTY = "bench_empty"


@contextmanager
def cluster() -> Iterator[LocalPostgres]:
    """Have the server up with an empty, migrated database to copy from; stop it at the end."""
    server = local_postgres(FOLDER)
    server.start()
    try:
        drop_all(server)
        server.make_database(EMPTY)
        prepare(server, EMPTY)
        yield server
    finally:
        drop_all(server)
        server.stop()


def joined() -> LocalPostgres:
    """Return the server that the bench's main process has started."""
    server = local_postgres(FOLDER)
    server.start()
    return server


def prepare(server: LocalPostgres, name: str) -> None:
    """Migrate and grant as a deployment does."""
    subprocess.run(
        [*MANAGE, "prepare_database", "--verbosity", "0"],
        env=environment(server, name), cwd=ROOT, check=True,
    )  # fmt: skip


def environment(server: LocalPostgres, name: str, **more: str) -> dict[str, str]:
    """Return the variables under which the project's own processes work on one database."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
        "SECRET_KEY": "bench-only",
        "DATABASE_URL": server.url(APP_ROLE, name),
        "MIGRATE_DATABASE_URL": server.url(OWNER_ROLE, name),
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "PYTHONTZPATH": "",
        "LOG_LEVEL": "WARNING",
        **more,
    }


def populated(server: LocalPostgres, name: str, population: Population) -> str:
    """Make a database of this name that holds the population."""
    copied(server, EMPTY, name)
    with server.connect(name) as connection:
        population_write(connection, population)
    return name


def copied(server: LocalPostgres, template: str, name: str) -> str:
    """Make a copy of a database to which nobody is connected; one of the same name goes first."""
    dropped(server, name)
    statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY FILE_COPY")
    with server.connect() as connection:
        connection.execute("CHECKPOINT")
        connection.execute(statement.format(*map(sql.Identifier, (name, OWNER_ROLE, template))))
    return name


def dropped(server: LocalPostgres, name: str) -> None:
    """Drop a database, whoever is connected to it."""
    with server.connect() as connection:
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        connection.execute(statement.format(sql.Identifier(name)))


def drop_all(server: LocalPostgres) -> None:
    """Drop every database of the bench."""
    with server.connect() as connection:
        query = "SELECT datname FROM pg_database WHERE datname LIKE 'bench%'"
        names = [name for (name,) in connection.execute(query).fetchall()]
    for name in names:
        dropped(server, name)


def work_on(server: LocalPostgres, name: str) -> None:
    """Let Django in this process work on a database, as the application's role."""
    djangos.close()
    address = env.database_address(server.url(APP_ROLE, name))
    djangos.settings_dict.update(
        {part: address[part] for part in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    )


def leave() -> None:
    """Close this process's connection, so that the database can be copied or dropped."""
    djangos.close()


def counts(server: LocalPostgres, name: str) -> dict[str, int]:
    """Return how many rows the sweep's tables have."""
    tables = ("tracker_alert", "tracker_alertevent", "reminders_message", "reminders_notification")
    with server.connect(name) as connection:
        return {table: count(connection, table) for table in tables}


def count(connection: psycopg.Connection, table: str) -> int:
    """Return the number of rows of a table."""
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def clock(server: LocalPostgres) -> datetime:
    """Return the database's own clock."""
    return instant(server, "postgres", "SELECT clock_timestamp()")


def instant(server: LocalPostgres, name: str, query: str) -> datetime:
    """Return the one instant that a query on a database gives."""
    with server.connect(name) as connection:
        row = connection.execute(query).fetchone()
    if row is None or not isinstance(row[0], datetime):
        raise TypeError(f"no instant: {query}")
    return row[0]
