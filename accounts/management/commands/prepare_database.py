"""`manage.py prepare_database`: migrate as the owner, then give the application its rights."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from accounts.models.facts import fact_tables

OWNER = "owner"
READ_ONLY_TABLES = frozenset({"django_migrations", "django_content_type", "auth_permission"})
# Any number will do, as long as nothing else in this database takes the same lock.
PREPARE_LOCK = 7_331_001
REFUSE_TRUNCATE = """
    CREATE OR REPLACE FUNCTION stepdown_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'facts are added, never removed: %', TG_TABLE_NAME; END $$
"""


class Command(BaseCommand):
    """Bring the database to this version of the code; safe to repeat and to run twice at once.

    Needs both MIGRATE_DATABASE_URL (the owner, who may change tables) and DATABASE_URL (the
    application's role, which must exist and gets rights row by row, never on the schema).
    """

    help = "Migrate as the owner and grant the application's role what it needs."

    def handle(self, *_args: Any, **options: Any) -> None:
        """Migrate, then grant, under one advisory lock."""
        if OWNER not in settings.DATABASES:
            raise CommandError(
                "MIGRATE_DATABASE_URL is not set: preparing the database needs its owner's role."
            )
        role = settings.DATABASES["default"]["USER"]
        if role == settings.DATABASES[OWNER]["USER"]:
            raise CommandError(
                "DATABASE_URL and MIGRATE_DATABASE_URL name the same role: the application's must "
                "be one that owns nothing, so that it cannot change what happened."
            )
        owner = connections[OWNER]
        with owner.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [PREPARE_LOCK])
        try:
            call_command("migrate", database=OWNER, verbosity=options["verbosity"], no_input=True)
            grant_rights(owner, role)
        finally:
            with owner.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [PREPARE_LOCK])
            owner.close()
        if options["verbosity"] > 0:
            self.stdout.write(f"The database is ready; the role {role} has its rights.")


def grant_rights(owner: BaseDatabaseWrapper, role: str) -> None:
    """Give `role` exactly its rights on every table, in one transaction.

    SELECT and INSERT everywhere; UPDATE on what is not a fact; DELETE only on the models of
    settings.DELETABLE_MODELS. Nobody may TRUNCATE a fact, its owner included.
    """
    name = sql.Identifier(role)
    with owner.cursor() as cursor:
        refuse_powers(cursor, role)
        cursor.execute("BEGIN")
        for statement in (
            "REVOKE ALL ON SCHEMA public FROM PUBLIC",
            "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
            "GRANT USAGE ON SCHEMA public TO {role}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO {role}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
        ):
            cursor.execute(sql.SQL(statement).format(role=name))
        for table, rights in table_rights().items():
            grant = sql.SQL("GRANT {rights} ON {table} TO {role}")
            words = sql.SQL(", ").join(sql.SQL(right) for right in rights)
            cursor.execute(grant.format(rights=words, table=sql.Identifier(table), role=name))
        guard_facts(cursor)
        cursor.execute("COMMIT")
        refuse_changeable_facts(cursor, role)


def refuse_powers(cursor: CursorWrapper, role: str) -> None:
    """Refuse a role that could take, or give itself, more than it is granted."""
    cursor.execute("SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = %s", [role])
    found = cursor.fetchone()
    if found is None:
        raise CommandError(f"The role {role} of DATABASE_URL does not exist in PostgreSQL.")
    is_superuser, makes_roles = found
    if is_superuser:
        raise CommandError(f"The role {role} of DATABASE_URL is a superuser: no rights bind it.")
    if makes_roles:
        raise CommandError(
            f"The role {role} of DATABASE_URL may make roles (CREATEROLE): it could give itself "
            "more rights."
        )
    cursor.execute("SELECT current_user, pg_has_role(%s, current_user, 'MEMBER')", [role])
    owner, is_member = cursor.fetchone()
    if is_member:
        raise CommandError(
            f"The role {role} of DATABASE_URL is a member of {owner}, the owner: it could change "
            "what happened."
        )


def refuse_changeable_facts(cursor: CursorWrapper, role: str) -> None:
    """Refuse a role that may change a fact after all: by another role, or by PUBLIC."""
    question = """
        SELECT has_table_privilege(%(role)s, %(table)s::regclass, right_)
            OR (right_ = 'UPDATE'
                AND has_any_column_privilege(%(role)s, %(table)s::regclass, right_))
        FROM (SELECT %(right)s::text AS right_) AS asked
    """
    for table in fact_tables():
        for right in ("UPDATE", "DELETE", "TRUNCATE"):
            cursor.execute(question, {"role": role, "table": f'"{table}"', "right": right})
            if cursor.fetchone()[0]:
                raise CommandError(
                    f"The role {role} of DATABASE_URL can still {right} {table}, which nobody "
                    "may: take that right away from PUBLIC and from the roles it is a member of."
                )


def table_rights() -> dict[str, list[str]]:
    """Return what the application may do with each table of the installed models."""
    facts = set(fact_tables())
    deletable = {apps.get_model(label)._meta.db_table for label in settings.DELETABLE_MODELS}
    rights: dict[str, list[str]] = {table: ["SELECT"] for table in READ_ONLY_TABLES}
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        if not model._meta.managed or model._meta.proxy or table in READ_ONLY_TABLES:
            continue
        rights[table] = ["SELECT", "INSERT"]
        if table not in facts:
            rights[table].append("UPDATE")
        if table in deletable:
            rights[table].append("DELETE")
    return rights


def guard_facts(cursor: CursorWrapper) -> None:
    """Refuse TRUNCATE on every append-only table."""
    cursor.execute(REFUSE_TRUNCATE)
    for table in fact_tables():
        statement = sql.SQL(
            "CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION stepdown_refuse_truncate()"
        )
        cursor.execute(statement.format(table=sql.Identifier(table)))
