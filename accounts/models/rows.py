"""Many rows of one table at once, as values: no model instance for each row, no statement either.

Django's own bulk methods take an instance for each row. A batch of the sweep writes thousands of
rows whose values it has at hand already.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, models
from psycopg.sql import SQL, Composable, Identifier

Row = tuple[Any, ...]


@models.UUIDField.register_lookup
@models.ForeignKey.register_lookup
class Among(models.Lookup[str]):
    """One of many ids, which `among` wrote as one value however many they are."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        """Return `column = ANY(array)`."""
        column, values = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s::uuid[])", (*values, self.rhs)


def among(name: str, ids: Collection[UUID | None]) -> models.Q:
    """Return the condition that a column of ids has one of these; no row is found by none."""
    array = "{" + ",".join(pk.hex for pk in ids if pk is not None) + "}"
    return models.Q((f"{name}__among", array))


def rows_insert(model: type[models.Model], names: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows of these fields, in this order, in the caller's transaction.

    A row that a constraint refuses raises IntegrityError, and none is written.
    """
    if not rows:
        return
    statement = SQL("COPY {table} ({columns}) FROM STDIN").format(
        table=Identifier(model._meta.db_table),
        columns=SQL(", ").join(_column(model, name) for name in names),
    )
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement.as_string()) as copy,
    ):
        for row in rows:
            copy.write_row(row)


def rows_update(model: type[models.Model], names: Sequence[str], rows: Sequence[Row]) -> None:
    """Change these fields of rows; each row of values begins with the primary key."""
    if not rows:
        return
    changes = [
        SQL("{} = given.{}").format(_column(model, name), Identifier(name)) for name in names
    ]
    statement = SQL("UPDATE {table} AS held SET {changes} FROM {given} WHERE held.{pk} = given.pk")
    filled = statement.format(
        table=Identifier(model._meta.db_table),
        changes=SQL(", ").join(changes),
        given=_given(model, ("pk", *names)),
        pk=_column(model, "pk"),
    )
    with connection.cursor() as cursor:
        cursor.execute(filled.as_string(), [list(column) for column in zip(*rows, strict=True)])


def _given(model: type[models.Model], names: Sequence[str]) -> Composable:
    """Return rows as a statement reads them: one array for each column, side by side."""
    arrays = [SQL("%s::{}[]").format(_type(model, name)) for name in names]
    columns = SQL(", ").join(map(Identifier, names))
    return SQL("unnest({}) AS given ({})").format(SQL(", ").join(arrays), columns)


def _column(model: type[models.Model], name: str) -> Identifier:
    return Identifier(_field(model, name).column)


def _type(model: type[models.Model], name: str) -> SQL:
    return SQL(_field(model, name).rel_db_type(connection))


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.pk if name == "pk" else model._meta.get_field(name)
