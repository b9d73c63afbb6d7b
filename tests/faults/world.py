"""A clinic with patients whose doses fall due as a test asks, and with what each must lead to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import psycopg

from accounts.domain.opening_hours import OpenSpan
from accounts.models import Patient
from accounts.services.clinics import clinic_set_opening_hours
from reminders.services.sweep import sweep_run
from tests.cast import JOB, Cast, caregiver_make, cast_make, patient_join, patient_make
from tests.tracker.plans import dose, raw_plan, raw_step
from tracker.domain.plan_content import plan_content_from
from tracker.models import Plan
from tracker.services.plan_drafts import plan_draft_save
from tracker.services.plan_signing import plan_sign

ZONE = "Atlantic/Reykjavik"  # no clock changes: a fault run may fall on any night
SIGNED_BEFORE = timedelta(minutes=90)
MOMENT = timedelta(seconds=1)
WHOLE_LADDER = (("0", "patient"), ("0:05", "patient"), ("0:10", "caregivers"), ("0:15", "clinic"))
TOLD: Mapping[int, int] = {1: 1, 2: 1, 3: 1, 4: 2}
"""How many are told at each rung: the patient twice, one caregiver, the desk and the clinician."""
ONE_RUNG = (("0", "patient"), ("600", "caregivers"), ("660", "clinic"))
TOLD_AT_ONE_RUNG: Mapping[int, int] = {1: 1}
NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gita", "Hugo", "Ines", "Jon", "Kira", "Leo")


@dataclass(frozen=True, slots=True)
class World:
    """The cast, and one plan for each moment at which a dose falls due."""

    cast: Cast
    plans: tuple[Plan, ...]


def world_make(
    *,
    now: datetime,
    due: Sequence[datetime],
    rungs: Sequence[tuple[str, str]] = WHOLE_LADDER,
    window: str = "0:30",
) -> World:
    """Make a clinic that is open at every hour, and one patient with a caregiver for each moment.

    Every plan was signed ninety minutes before `now`, and everything is decided up to the moment
    before the first of them: what is left to decide is what `due` says.
    """
    cast = cast_make(now - SIGNED_BEFORE)
    spans = [OpenSpan(weekday, time(0), time(0)) for weekday in range(7)]
    clinic_set_opening_hours(clinic=cast.harbour, spans=spans, job=JOB, now=cast.now)
    plans = tuple(
        _plan(cast, name, at, rungs, window)
        for name, at in zip(NAMES[: len(due)], due, strict=True)
    )
    sweep_run(now=cast.now + MOMENT)
    sweep_run(now=min(*due, now) - MOMENT)
    return World(cast, plans)


def _plan(
    cast: Cast, name: str, due_at: datetime, rungs: Sequence[tuple[str, str]], window: str
) -> Plan:
    made_at = cast.now - timedelta(days=1)
    patient = patient_make(f"{name} Moss", cast.harbour, by=cast.priya, at=made_at, zone=ZONE)
    patient_join(patient, at=made_at)
    caregiver_make(patient, f"{name} Friend", at=made_at)
    return _signed(patient, cast, due_at, rungs, window)


def _signed(
    patient: Patient,
    cast: Cast,
    due_at: datetime,
    rungs: Sequence[tuple[str, str]],
    window: str,
) -> Plan:
    begins_on = (cast.now - timedelta(days=1)).date()
    raw = raw_plan(
        zone=ZONE,
        steps=[raw_step(begins_on.isoformat(), "", dose(due_at.strftime("%H:%M:%S"), "10 mg"))],
        ending="open",
        named_clinician=str(cast.priya.pk),
        risk_factors=[],
        rungs=[{"delay": delay, "audience": audience} for delay, audience in rungs],
        on_time_window=window,
    )
    plan = plan_draft_save(
        patient=patient, by=cast.priya, content=plan_content_from(raw), now=cast.now
    )
    plan_sign(plan=plan, by=cast.priya, ticked_steps=[1], has_confirmed_hours=True, now=cast.now)
    plan.refresh_from_db()
    return plan


COPIES = """
CREATE TEMPORARY TABLE copies AS
SELECT n, gen_random_uuid() AS person, gen_random_uuid() AS patient, gen_random_uuid() AS plan,
       gen_random_uuid() AS version, gen_random_uuid() AS step
FROM generate_series(1, %(count)s) AS n
"""
COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = %(table)s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""
# Each row of the template is written once for each copy, with these columns put anew.
TABLES: Sequence[tuple[str, str, Mapping[str, str]]] = (
    ("accounts_user", "t.id = %(person)s",
     {"id": "c.person", "email": "'copy' || c.n || t.email"}),
    ("accounts_contactpoint", "t.person_id = %(person)s",
     {"id": "gen_random_uuid()", "person_id": "c.person", "address": "'copy' || c.n || t.address"}),
    ("accounts_patient", "t.id = %(patient)s", {"id": "c.patient", "user_id": "c.person"}),
    ("accounts_carelink", "t.patient_id = %(patient)s",
     {"id": "gen_random_uuid()", "patient_id": "c.patient"}),
    ("tracker_plan", "t.id = %(plan)s", {"id": "c.plan", "patient_id": "c.patient"}),
    ("tracker_planversion", "t.plan_id = %(plan)s", {"id": "c.version", "plan_id": "c.plan"}),
    ("tracker_step", "t.version_id = %(version)s", {"id": "c.step", "version_id": "c.version"}),
    ("tracker_dosetime", "t.step_id = %(step)s", {"id": "gen_random_uuid()", "step_id": "c.step"}),
    ("tracker_rung", "t.version_id = %(version)s",
     {"id": "gen_random_uuid()", "version_id": "c.version"}),
    ("tracker_expecteddose", "t.plan_id = %(plan)s",
     {"id": "gen_random_uuid()", "plan_id": "c.plan", "version_id": "c.version"}),
)  # fmt: skip


def plan_copy(connection: psycopg.Connection, plan: Plan, *, count: int) -> None:
    """Write a patient's whole record `count` times more, as other people: seconds for thousands.

    The copies have the same caregivers, who therefore get messages of many lines.
    """
    version = plan.versions.get()
    values = {
        "count": count,
        "person": plan.patient.user_id,
        "patient": plan.patient_id,
        "plan": plan.pk,
        "version": version.pk,
        "step": version.steps.get().pk,
    }
    with connection.transaction():
        connection.execute(COPIES, values)
        for table, which, anew in TABLES:
            columns = [name for (name,) in connection.execute(COLUMNS, {"table": table}).fetchall()]
            selected = ", ".join(anew.get(column, f't."{column}"') for column in columns)
            named = ", ".join(f'"{column}"' for column in columns)
            connection.execute(
                f"INSERT INTO {table} ({named}) SELECT {selected}"  # noqa: S608 - names of the list above
                f" FROM {table} t CROSS JOIN copies c WHERE {which}",
                values,
            )
        connection.execute("DROP TABLE copies")
    connection.execute("ANALYZE")
