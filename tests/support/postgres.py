"""The tests' PostgreSQL: one server for all test processes, a migrated template, cheap clones."""

import hashlib
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from config.commands import MANAGE, ROOT
from config.local_postgres import APP_ROLE, OWNER_ROLE, LocalPostgres
from config.local_services import local_postgres
from config.processes import exclusive, is_alive, try_lock

FOLDER = ROOT / ".local" / "test"
KEPT_TEMPLATES = 3


@dataclass(frozen=True, kw_only=True)
class Clone:
    """One database of its own, made from the template; `url` is the application's role."""

    name: str
    url: str
    owner_url: str
    server: LocalPostgres

    def connect(self) -> psycopg.Connection:
        """Return an autocommit connection of the application's role."""
        return psycopg.connect(self.url, autocommit=True)

    def connect_as_owner(self) -> psycopg.Connection:
        """Return an autocommit connection of the role that may change tables."""
        return psycopg.connect(self.owner_url, autocommit=True)


@contextmanager
def running_server() -> Iterator[LocalPostgres]:
    """Have the shared server up; whoever leaves last stops it (locks survive no crash)."""
    start_lock, lease = FOLDER / "start.lock", FOLDER / "lease.lock"
    with exclusive(start_lock):
        server = local_postgres(FOLDER, is_durable=False)
        server.start()
        held = try_lock(lease, is_shared=True)
    try:
        yield server
    finally:
        with exclusive(start_lock):
            if held is not None:
                held.close()
            last = try_lock(lease)
            if last is not None:
                server.stop()
                last.close()


@contextmanager
def cloned(server: LocalPostgres, *, purpose: str) -> Iterator[Clone]:
    """Have a fresh database with every table and grant; it is dropped at the end."""
    name = f"test_{os.getpid()}_{purpose}"
    with exclusive(FOLDER / "template.lock"):
        template = _template(server)
        _drop(server, name)
        server.make_database(name, template=template)
    url, owner_url = server.url(APP_ROLE, name), server.url(OWNER_ROLE, name)
    try:
        yield Clone(name=name, url=url, owner_url=owner_url, server=server)
    finally:
        _drop(server, name)


def renew(clone: Clone) -> None:
    """Make a clone as fresh as it was at first, under the same name; its connections end."""
    with exclusive(FOLDER / "template.lock"):
        template = _template(clone.server)
        _drop(clone.server, clone.name)
        clone.server.make_database(clone.name, template=template)


@contextmanager
def copied(origin: Clone, *, name: str) -> Iterator[Clone]:
    """Have a copy of a database to which nobody is connected; it is dropped at the end."""
    server = origin.server
    _drop(server, name)
    server.make_database(name, template=origin.name)
    url, owner_url = server.url(APP_ROLE, name), server.url(OWNER_ROLE, name)
    try:
        yield Clone(name=name, url=url, owner_url=owner_url, server=server)
    finally:
        _drop(server, name)


@contextmanager
def moved(clone: Clone, folder: Path) -> Iterator[None]:
    """Have a database's tables in a folder of its own (a tablespace)."""
    name = sql.Identifier(f"space_{clone.name}")
    place = sql.SQL("CREATE TABLESPACE {} LOCATION {}")
    move = sql.SQL("ALTER DATABASE {} SET TABLESPACE {}")
    with clone.server.connect() as connection:
        connection.execute(place.format(name, sql.Literal(str(folder))))
        connection.execute(move.format(sql.Identifier(clone.name), name))
    try:
        yield
    finally:
        _drop(clone.server, clone.name)
        with clone.server.connect() as connection:
            connection.execute(sql.SQL("DROP TABLESPACE {}").format(name))


def environment_of(server: LocalPostgres, database: str) -> dict[str, str]:
    """Return the variables under which our own commands work on one database."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
        "SECRET_KEY": "tests-only",
        "DATABASE_URL": server.url(APP_ROLE, database),
        "MIGRATE_DATABASE_URL": server.url(OWNER_ROLE, database),
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "PYTHONTZPATH": "",
    }


def _template(server: LocalPostgres) -> str:
    """Return the template of these migrations, building it when there is none."""
    template = f"template_{_key()}"
    making = f"making_{template}"
    with server.connect() as connection:
        names = {
            name for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall()
        }
        if template in names:
            return template
        _clean(server, names)
    server.make_database(making)
    done = subprocess.run(
        [*MANAGE, "prepare_database", "--verbosity", "0"],
        env=environment_of(server, making), cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"prepare_database failed:\n{done.stdout}{done.stderr}")
    with server.connect() as connection:
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        connection.execute(rename.format(sql.Identifier(making), sql.Identifier(template)))
    return template


def _key() -> str:
    """Return a mark of everything that decides what the tables and rights look like."""
    mark = hashlib.sha256()
    patterns = ("*/migrations/*.py", "*/models/*.py", "*/management/commands/prepare_database.py")
    paths = [path for pattern in patterns for path in ROOT.glob(pattern)]
    paths += [ROOT / "requirements.lock", ROOT / "config" / "settings" / "base.py"]
    for path in sorted(paths):
        mark.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return mark.hexdigest()[:16]


def _clean(server: LocalPostgres, names: set[str]) -> None:
    """Drop what killed test runs and older migrations left behind."""
    for name in names:
        match = re.fullmatch(r"test_(\d+)_.*", name)
        if match and not is_alive(int(match[1])):
            _drop(server, name)
        if name.startswith("making_"):
            _drop(server, name)
    templates = sorted(name for name in names if name.startswith("template_"))
    for name in templates[KEPT_TEMPLATES:]:
        _drop(server, name)


def _drop(server: LocalPostgres, name: str) -> None:
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with suppress(psycopg.OperationalError), server.connect() as connection:
        connection.execute(statement)
