"""The application's role: what PostgreSQL itself lets it do, and what it refuses."""

import subprocess
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from psycopg import errors, sql
from psycopg.errors import InsufficientPrivilege

from accounts.management.commands.prepare_database import READ_ONLY_TABLES, table_rights
from accounts.models.facts import fact_tables
from config.commands import MANAGE, ROOT
from tests.support.postgres import Clone, cloned, environment_of

RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
KEPT_FOR_EVER = {
    "accounts_auditrow",
    "accounts_look",
    "tracker_alertevent",
    "tracker_checkin",
    "tracker_entry",
    "tracker_entryvoid",
    "tracker_flagevent",
    "tracker_planversion",
    "reminders_attempt",
}


@pytest.fixture(scope="module")
def clone(test_server) -> Clone:
    with cloned(test_server, purpose="rights") as fresh:
        yield fresh


def rights_of(clone: Clone) -> dict[str, list[str]]:
    """What PostgreSQL says that the application may do with each table."""
    question = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    allowed = "SELECT has_table_privilege(current_user, %s, %s)"
    with clone.connect() as connection:
        tables = [table for (table,) in connection.execute(question).fetchall()]
        return {
            table: [
                right
                for right in RIGHTS
                if connection.execute(allowed, [f'public."{table}"', right]).fetchone()[0]
            ]
            for table in tables
        }


def test_facts_can_only_be_read_and_added(clone: Clone) -> None:
    granted = rights_of(clone)

    assert set(fact_tables()) >= KEPT_FOR_EVER
    for table in fact_tables():
        assert granted[table] == ["SELECT", "INSERT"], table


def test_every_table_has_exactly_the_rights_that_the_code_lists(clone: Clone) -> None:
    assert rights_of(clone) == table_rights()


def test_deleting_is_allowed_on_a_short_list_only(clone: Clone) -> None:
    deletable = {table for table, rights in rights_of(clone).items() if "DELETE" in rights}

    assert {"django_session", "accounts_openinghours"} <= deletable
    assert len(deletable) <= 12
    assert deletable.isdisjoint(fact_tables())
    assert deletable.isdisjoint(READ_ONLY_TABLES)


@pytest.mark.parametrize("table", sorted(KEPT_FOR_EVER))
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {table} SET id = id",
        "DELETE FROM {table}",
        "TRUNCATE {table} CASCADE",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "ALTER TABLE {table} ADD COLUMN more integer",
        "DROP TABLE {table} CASCADE",
    ],
)
def test_the_database_refuses_to_change_what_happened(
    clone: Clone, table: str, statement: str
) -> None:
    with clone.connect() as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(sql.SQL(statement).format(table=sql.Identifier(table)))


@pytest.mark.parametrize(
    "statement",
    [
        "SET session_replication_role = replica",
        "SET ROLE stepdown_owner",
        "CREATE TABLE mine (id integer)",
        "CREATE SCHEMA mine",
        "GRANT UPDATE ON tracker_entry TO stepdown_app",
        "ALTER ROLE stepdown_app SUPERUSER",
    ],
)
def test_the_application_cannot_give_itself_more(clone: Clone, statement: str) -> None:
    with clone.connect() as connection:
        try:
            connection.execute(statement)
        except InsufficientPrivilege:
            return
        question = "SELECT has_table_privilege('stepdown_app', 'tracker_entry', 'UPDATE')"
        assert statement.startswith("GRANT"), statement  # PostgreSQL only warns about that one
        assert connection.execute(question).fetchone() == (False,)


def test_not_even_the_owner_truncates_a_fact(clone: Clone) -> None:
    with clone.connect_as_owner() as connection, pytest.raises(errors.RaiseException):
        connection.execute("TRUNCATE tracker_entry CASCADE")


def test_preparing_twice_changes_nothing(clone: Clone) -> None:
    before = rights_of(clone)
    assert prepare(clone).startswith("The database is ready")
    assert rights_of(clone) == before


def test_preparing_with_one_role_for_both_is_refused(clone: Clone) -> None:
    text = prepare(clone, DATABASE_URL=clone.owner_url)
    assert "name the same role" in text


def test_preparing_without_the_owner_is_refused(clone: Clone) -> None:
    assert "MIGRATE_DATABASE_URL is not set" in prepare(clone, MIGRATE_DATABASE_URL="")


def test_preparing_for_a_superuser_is_refused(clone: Clone) -> None:
    superuser = clone.server.url("postgres", clone.name)
    assert "is a superuser" in prepare(clone, DATABASE_URL=superuser)


@pytest.mark.parametrize(
    ("give", "take", "sentence"),
    [
        (
            "GRANT DELETE ON tracker_entry TO PUBLIC",
            "REVOKE DELETE ON tracker_entry FROM PUBLIC",
            "can still DELETE tracker_entry",
        ),
        (
            "GRANT UPDATE (reason) ON tracker_entry TO PUBLIC",
            "REVOKE UPDATE (reason) ON tracker_entry FROM PUBLIC",
            "can still UPDATE tracker_entry",
        ),
    ],
)
def test_a_role_that_can_change_a_fact_after_all_is_refused(
    clone: Clone, give: str, take: str, sentence: str
) -> None:
    with clone.connect_as_owner() as connection:
        connection.execute(give)
    try:
        assert sentence in prepare(clone)
    finally:
        with clone.connect_as_owner() as connection:
            connection.execute(take)
    assert prepare(clone).startswith("The database is ready")


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("CREATE ROLE {role} LOGIN PASSWORD 'p' CREATEROLE", "may make roles"),
        ("CREATE ROLE {role} LOGIN PASSWORD 'p' IN ROLE {owner}", "is a member of"),
    ],
)
def test_preparing_for_a_role_that_could_give_itself_more_is_refused(
    clone: Clone, statement: str, sentence: str
) -> None:
    role = f"mighty_{uuid4().hex[:12]}"
    parts = urlsplit(clone.url)
    owner = urlsplit(clone.owner_url).username
    names = {"role": sql.Identifier(role), "owner": sql.Identifier(owner)}
    place = f"{parts.hostname}:{parts.port}" if parts.hostname else ""
    address = urlunsplit(parts._replace(netloc=f"{role}:p@{place}"))
    superuser = clone.server.url("postgres", clone.name)
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(**names))
        try:
            assert sentence in prepare(clone, DATABASE_URL=address)
        finally:
            connection.execute(sql.SQL("DROP ROLE {role}").format(**names))


def test_every_session_of_the_application_has_its_time_limits(clone: Clone) -> None:
    options = settings.DATABASES["default"]["OPTIONS"]["options"]
    with psycopg.connect(clone.url, options=options) as connection:
        for name, expected in {
            "statement_timeout": "15s",
            "lock_timeout": "5s",
            "idle_in_transaction_session_timeout": "30s",
        }.items():
            assert connection.execute(f"SHOW {name}").fetchone() == (expected,)


def prepare(clone: Clone, **changed: str) -> str:
    """Run the command with some variables changed; return all that it printed."""
    done = subprocess.run(
        [*MANAGE, "prepare_database"],
        env=environment_of(clone.server, clone.name) | changed,
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    last = (done.stdout + done.stderr).strip().splitlines()[-1]
    return last.removeprefix("CommandError: ")
