"""The engine's figures: on the health page, at /metrics, and in `engine_status`."""

from dataclasses import replace
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families

from accounts.clock import database_now
from reminders.management.commands import engine_status
from reminders.selectors.figures import figures_at
from reminders.selectors.heartbeats import (
    ALERT_WAITS,
    DOSE_MISSING,
    DOSE_WAITS,
    FAULTS,
    SILENT,
    engine_at,
    engine_faults,
)
from reminders.services.heartbeats import heartbeat_record
from tests.cast import TUESDAY, Cast
from tests.reminders.engine import sweep_and_dispatch
from tests.tapers import taper_signed
from tests.tracker.charting import plan_signed
from tracker.domain.plan_states import PlanState
from tracker.models import Alert, ExpectedDose, Plan
from tracker.selectors.horizon import plans_without_their_doses

TOKEN = "a-token-for-the-monitor"
SECOND, WEEK = timedelta(seconds=1), timedelta(days=7)
DUE = TUESDAY + timedelta(hours=1)


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """Ewan's plan: one dose a day at 16:00, rows for two weeks."""
    return taper_signed(cast.ewan, by=cast.priya, now=TUESDAY)


def faults_at(now) -> list[str]:
    for leg in ("sweep", "dispatch"):
        heartbeat_record(leg=leg, now=now)
    return engine_faults(engine_at(now), now)


def behind(now, until) -> list[Plan]:
    return list(plans_without_their_doses(now=now, until=until))


# --- the horizon


def test_a_plan_whose_doses_are_rows_is_well(plan) -> None:
    assert faults_at(TUESDAY) == []


def test_the_health_page_fails_once_a_dose_of_the_coming_week_is_not_a_row(plan) -> None:
    last = plan.doses.latest("due_at")
    missing_at = last.due_at + timedelta(days=1)

    assert behind(TUESDAY, missing_at - SECOND) == []
    assert behind(TUESDAY, missing_at) == [plan]
    ExpectedDose.objects.filter(next_look_at__lte=missing_at).update(next_look_at=None)
    assert DOSE_MISSING not in faults_at(missing_at - WEEK - SECOND)
    assert DOSE_MISSING in faults_at(missing_at - WEEK)


def test_a_plan_that_has_ended_or_is_held_misses_nothing(plan) -> None:
    later = plan.doses.latest("due_at").due_at + WEEK
    for state in set(PlanState) - {PlanState.ACTIVE}:
        Plan.objects.filter(pk=plan.pk).update(state=state)
        assert behind(later, later + WEEK) == []


def test_a_plan_whose_last_step_is_over_misses_nothing(cast: Cast) -> None:
    steps = [(date(2026, 11, 23), "2026-11-26", [("16:00", "10 mg")])]
    short = plan_signed(
        cast.ewan, by=cast.priya, at=TUESDAY, steps=steps, ending="", risk_factors=[]
    )

    assert short.doses.count() == 3
    assert behind(TUESDAY, TUESDAY + WEEK) == []


# --- what waits


def test_a_dose_that_nobody_looks_at_is_a_fault_after_five_minutes(plan) -> None:
    limit = DUE + timedelta(seconds=300)

    assert DOSE_WAITS not in faults_at(limit - SECOND)
    assert DOSE_WAITS in faults_at(limit)


def test_an_alert_that_nobody_looks_at_is_a_fault_after_five_minutes(plan) -> None:
    sweep_and_dispatch(DUE)
    look_at = Alert.objects.get().next_look_at
    assert look_at is not None
    limit = look_at + timedelta(seconds=300)

    assert ALERT_WAITS not in faults_at(limit - SECOND)
    assert ALERT_WAITS in faults_at(limit)


def test_the_figures_say_how_late_the_first_telling_was_and_what_came_of_it(plan) -> None:
    sweep_and_dispatch(TUESDAY)
    sweep_and_dispatch(DUE + 4 * SECOND)

    figures = figures_at(DUE + 5 * SECOND)

    assert figures.outcomes[("email", "sent")] >= 1
    assert figures.lags[("due_to_decided", 1.0)] == 4
    assert figures.lags[("decided_to_handed_over", 0.5)] == 0
    assert figures.open_alerts[""] == 1
    assert figures.messages["waiting"] == 0
    assert figures_at(DUE + timedelta(minutes=16)).lags == {}


# --- /metrics


def test_without_a_token_of_the_deployment_there_is_no_metrics_page(client, db, settings) -> None:
    settings.METRICS_TOKEN = ""

    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", TOKEN, f"Basic {TOKEN}"])
def test_only_the_right_token_opens_the_metrics(client, db, settings, given) -> None:
    settings.METRICS_TOKEN = TOKEN

    answer = client.get("/metrics", headers={"Authorization": given} if given else {})

    assert (answer.status_code, answer.content) == (401, b"")


def test_the_metrics_are_numbers_and_name_nobody(client, cast, plan, settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    now = database_now()
    heartbeat_record(leg="sweep", now=now)

    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    shown = answer.content.decode()
    families = {family.name: family for family in text_string_to_metric_families(shown)}

    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    faults = {
        each.labels["fault"]: each.value for each in families["stepdown_engine_fault"].samples
    }
    assert set(faults) == set(FAULTS)
    assert faults[SILENT] == 1
    (passed,) = families["stepdown_seconds_since_pass"].samples
    assert passed.labels == {"leg": "sweep"}
    assert 0 <= passed.value < 60
    for person in (cast.ewan_user, cast.isla, cast.priya):
        assert not any(word in shown for word in (*person.name.split(), person.email))
    assert str(cast.ewan.pk) not in shown


# --- engine_status


def test_the_status_command_says_what_is_wrong_and_fails(db) -> None:
    printed = StringIO()

    with pytest.raises(CommandError, match="the engine is silent"):
        call_command("engine_status", stdout=printed)

    assert "Last sweep                      never" in printed.getvalue()


def test_the_status_command_keeps_its_figures_apart_from_their_names(plan) -> None:
    sweep_and_dispatch(TUESDAY)
    figures = replace(figures_at(TUESDAY), lags={("decided_to_handed_over", 1.0): 0.4})

    assert "Longest decided to handed over  0.4 s" in engine_status.lines_of(figures, TUESDAY)


def test_the_status_command_says_in_one_line_that_postgresql_is_away(
    django_db_blocker, monkeypatch
) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    with (
        django_db_blocker.unblock(),
        pytest.raises(CommandError, match=r"^PostgreSQL is away .*Connection refused"),
    ):
        call_command("engine_status", stdout=StringIO())
    connection.close()


def test_the_status_command_ends_well_when_the_engine_is_well(db) -> None:
    assert faults_at(database_now()) == []
    printed = StringIO()

    call_command("engine_status", stdout=printed)

    assert printed.getvalue().endswith("The engine is well.\n")
