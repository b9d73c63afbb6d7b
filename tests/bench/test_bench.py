"""What the bench claims: the peer writes the same rows, and a missed goal is never hidden."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from django.db import connection, transaction

from bench import report
from bench.__main__ import line, waited_for
from bench.measuring import FULL, SMALL, Result, load, quantiles, save
from bench.plain_sql import decide_all
from bench.population import Population, population_write
from bench.report import Run, shown, with_the_last_run
from reminders.services.sweep import sweep_run
from tests.cast import TUESDAY
from tests.support.committed import committed_database

LATE = timedelta(seconds=10)
MISSED = Result(
    case="sweep", what="one sweeper", value=12.0, unit="doses/s", goal="≥ 20", is_met=False
)
MET = Result(
    case="sweep", what="two sweepers", value=40.0, unit="doses/s", goal="≥ 20", is_met=True
)
# What each table says, without the ids that are drawn anew each time.
WRITTEN = (
    """SELECT patient_id, kind, dose_id, flag_id, episode, alert_class, opened_at, closed_at,
    close_reason, climb_from_at, rung, round, held_until_at, held_by_id, held_rung, is_clinic_held,
    listed_at, next_look_at FROM tracker_alert ORDER BY dose_id""",
    """SELECT a.dose_id, e.at, e.kind, e.rung, e.round, e.person_id, e.clinic_id, e.duty, e.note,
    e.facts FROM tracker_alertevent e JOIN tracker_alert a ON a.id = e.alert_id
    ORDER BY a.dose_id, e.kind""",
    """SELECT person_id, clinic_id, duty, contact_turn, purpose, message_class, urgency, state,
    decided_at, next_try_at, expires_at, attempts FROM reminders_message ORDER BY person_id""",
    """SELECT dose_id, rung, round, person_id, clinic_id, duty, purpose, dropped_at
    FROM reminders_notification ORDER BY dose_id""",
    "SELECT id, next_look_at FROM tracker_expecteddose ORDER BY id",
)


def written() -> list[list[tuple]]:
    """The rows of every table that a sweep writes to."""
    found = []
    for question in WRITTEN:
        with connection.cursor() as cursor:
            cursor.execute(question)
            found.append(cursor.fetchall())
    return found


def test_the_plain_statement_writes_the_same_rows_as_the_sweep(
    test_server, django_db_blocker
) -> None:
    few = Population(people=40, doses_each=3, due=25, due_at=TUESDAY)
    with committed_database(test_server, django_db_blocker, purpose="peer") as clone:
        with clone.server.connect(clone.name) as superuser:
            population_write(superuser, few)
        with transaction.atomic():
            sweep_run(now=TUESDAY + LATE)
            by_the_sweep = written()
            transaction.set_rollback(True)
        with clone.connect() as plain:
            assert decide_all(plain, TUESDAY + LATE, batch=10) == 25
        by_the_statement = written()

    assert [len(rows) for rows in by_the_sweep] == [25, 50, 25, 25, 120]
    assert by_the_statement == by_the_sweep


def test_a_missed_goal_stands_above_the_table_and_in_its_row() -> None:
    run = Run(size="full", machine="one machine", minutes=3, results=(MET, MISSED))

    table = shown(run)

    assert "1 of 2 goals are met.\n- **FAILED**: sweep: one sweeper (≥ 20)" in table
    assert "| one sweeper | 12 doses/s |  | ≥ 20 | **FAILED** |  |" in table
    assert "| two sweepers | 40 doses/s |  | ≥ 20 | met |  |" in table
    assert "FAILED" in line(MISSED)


def test_a_quick_look_says_that_it_is_one() -> None:
    assert "not the figures to quote" in shown(
        Run(size=SMALL.name, machine="one machine", minutes=3, results=())
    )


def test_a_case_that_does_not_end_is_ended_and_says_so() -> None:
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
    process = subprocess.Popen(sleeper, start_new_session=True)

    assert waited_for(process, 0.2) == "the case was not done in 0 s"
    assert process.poll() is not None


def test_a_case_that_breaks_says_so() -> None:
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])

    assert waited_for(process, 20) == "the case ended with exit code 3"


def test_results_survive_from_process_to_process(tmp_path) -> None:
    save([MET, MISSED], tmp_path / "case.json")

    assert load(tmp_path / "case.json") == [MET, MISSED]


def test_quantiles_are_those_of_what_was_measured() -> None:
    assert quantiles([float(number) for number in range(1, 101)]) == (50.5, 100, 100)
    assert quantiles([2.0]) == (2, 2, 2)


def test_the_full_run_measures_what_was_promised() -> None:
    assert FULL.due == 100_000
    assert FULL.people * 10 == 1_000_000
    assert FULL.idle_doses == (100_000, 1_000_000, 5_000_000)
    assert FULL.idle_sweeps == 200
    assert FULL.minutes_due == FULL.peer_minutes_due == (1_000, 20_000)


def test_a_case_that_is_run_again_takes_the_place_of_its_last_run_and_of_its_failure(
    tmp_path: Path,
) -> None:
    failed = replace(MISSED, case="sweep due", what="the case ended with exit code 1", value=None)
    tap, today = replace(MET, case="tap"), replace(MET, case="today")
    whole = Run(
        size="full", machine="two cores", minutes=40.0, results=(tap, failed, MISSED, today)
    )
    report.written(whole, tmp_path)
    again = Run(size="full", machine="another", minutes=1.0, results=(MET,))

    merged = with_the_last_run(again, ["sweep_due"], tmp_path)

    assert merged.results == (tap, MET, today)
    assert (merged.machine, merged.minutes) == ("two cores", 40.0)
