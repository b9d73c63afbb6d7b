"""Rows that are added and never changed."""

from typing import Any
from uuid import uuid4

from django.apps import apps
from django.db import models


class FactIsFinal(TypeError):
    """Somebody tried to save a row that is a fact a second time."""


class AppendOnly(models.Model):
    """What facts have in common: the application's database role may only INSERT and SELECT them.

    The database enforces it (`fact_tables` lists the tables for the grants and the TRUNCATE
    trigger); `save` here only answers sooner and more clearly.
    """

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row; a second save raises FactIsFinal."""
        if not self._state.adding:
            raise FactIsFinal(f"{self._meta.label} rows are added, never changed")
        super().save(*args, **kwargs)


class Fact(AppendOnly):
    """An append-only row with a public id."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)

    class Meta:
        abstract = True


class OrderedFact(AppendOnly):
    """An append-only row that is only ever read in the order in which it was added."""

    id = models.BigAutoField(primary_key=True)

    class Meta:
        abstract = True


def fact_models() -> list[type[AppendOnly]]:
    """Return every concrete model whose rows are facts, in all apps."""
    return [model for model in apps.get_models() if issubclass(model, AppendOnly)]


def fact_tables() -> list[str]:
    """Return the names of the append-only tables, sorted."""
    return sorted(model._meta.db_table for model in fact_models())
