"""Facts are added, never changed: PostgreSQL itself refuses, for every table that holds facts."""

from collections.abc import Iterator

import psycopg
import pytest
from django.apps import apps
from django.db import models
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from accounts.models.facts import AppendOnly, FactIsFinal, fact_models
from tests.cast import Cast
from tests.support.postgres import Clone, cloned
from tests.tracker.days import at, dose_at, log, tuesday_plan
from tracker.models import (
    Alert,
    Entry,
    ExpectedDose,
    Flag,
    FlagEvent,
    OpeningsFile,
    Plan,
    PlanDraft,
    Pump,
    Stay,
)
from tracker.services.flag_rules import flags_evaluate

FACTS = sorted(fact_models(), key=lambda model: model._meta.label)
PACKAGES = {"accounts", "tracker", "reminders"}
WORKING = {Alert, ExpectedDose, Flag, OpeningsFile, Plan, PlanDraft, Pump, Stay}
"""Rows of the tracker that are the present state of something; each turn of it is a fact row."""

NAMED_BY_THE_INVARIANT = {
    "tracker.Entry",
    "tracker.EntryVoid",
    "tracker.CheckIn",
    "tracker.CheckInSign",
    "tracker.Report",
    "tracker.ReportVoid",
    "tracker.PlanVersion",
    "tracker.Step",
    "tracker.DoseTime",
    "tracker.Rung",
    "tracker.PlanMove",
    "tracker.AlertEvent",
    "tracker.FlagEvent",
    "tracker.StayEvent",
    "tracker.RiskRecord",
    "tracker.RiskRemoval",
    "reminders.Attempt",
    "accounts.AuditRow",
    "accounts.Look",
}

REFUSED = {
    "UPDATE": "UPDATE {table} SET {column} = {column}",
    "UPDATE of nothing": "UPDATE {table} SET {column} = {column} WHERE false",
    "DELETE": "DELETE FROM {table}",
    "TRUNCATE": "TRUNCATE {table}",
    "TRUNCATE CASCADE": "TRUNCATE {table} CASCADE",
    "DISABLE TRIGGER": "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "DISABLE RULE": "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    "DROP COLUMN": "ALTER TABLE {table} DROP COLUMN {column}",
    "OWNER": "ALTER TABLE {table} OWNER TO stepdown_app",
    "DROP": "DROP TABLE {table}",
    "upsert": "INSERT INTO {table} SELECT * FROM {table} ON CONFLICT ({pk}) DO UPDATE "
    "SET {column} = excluded.{column}",
    "MERGE": "MERGE INTO {table} t USING {table} s ON t.{pk} = s.{pk} "
    "WHEN MATCHED THEN UPDATE SET {column} = s.{column}",
}


@pytest.fixture(scope="module")
def application(test_server) -> Iterator[psycopg.Connection]:
    """A connection as the application, to a database that holds what the migrations made."""
    with cloned(test_server, purpose="facts") as clone:
        assert isinstance(clone, Clone)
        with clone.connect() as connection:
            yield connection


def test_every_fact_that_the_invariant_names_is_append_only() -> None:
    assert {model._meta.label for model in FACTS} >= NAMED_BY_THE_INVARIANT


def test_every_table_of_the_tracker_is_a_fact_or_is_known_as_a_working_row() -> None:
    tracker = set(apps.get_app_config("tracker").get_models())

    assert {model for model in tracker if not issubclass(model, AppendOnly)} == WORKING


@pytest.mark.parametrize("statement", REFUSED)
@pytest.mark.parametrize("model", FACTS, ids=lambda model: model._meta.label)
def test_the_database_refuses_the_application_to_change_a_fact(
    application: psycopg.Connection, model: type[models.Model], statement: str
) -> None:
    last = model._meta.concrete_fields[-1].column
    names = {"table": model._meta.db_table, "column": last, "pk": model._meta.pk.column}
    query = sql.SQL(REFUSED[statement]).format(
        **{key: sql.Identifier(name) for key, name in names.items()}
    )

    with pytest.raises(InsufficientPrivilege):
        application.execute(query)


@pytest.mark.parametrize("model", FACTS, ids=lambda model: model._meta.label)
def test_facts_can_be_read(application: psycopg.Connection, model: type[models.Model]) -> None:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(model._meta.db_table))

    assert application.execute(query).fetchone() == (0,)


def test_a_fact_is_saved_once(cast: Cast) -> None:
    dose = dose_at(tuesday_plan(cast), 8)
    entry = log(cast, dose, at(8))

    entry.reason = "changed my mind"
    with pytest.raises(FactIsFinal):
        entry.save()
    assert Entry.objects.get().reason == ""


def test_a_flag_changes_only_together_with_a_line_about_it(cast: Cast) -> None:
    plan = tuesday_plan(cast, silent_doses_threshold="3")
    for now in (at(21), at(9, day=25), at(15, day=25)):
        flags_evaluate(plan=plan, now=now)

    flag = Flag.objects.get(rule="F7")
    states = FlagEvent.objects.filter(flag=flag).values_list("evidence__doses", flat=True)
    assert list(states) == [3, 4, 5]
    assert flag.evidence["doses"] == 5
