"""A clinic of any size, written by the database itself: people, plans, ladders, expected doses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

CLINIC = "00000000-0000-4000-8000-000000000001"
CLINICIAN = "00000000-0000-4000-8000-000000000002"
BETWEEN_DOSES = timedelta(hours=8)
ON_TIME_WINDOW = timedelta(minutes=45)


@dataclass(frozen=True, kw_only=True)
class Population:
    """`people` patients with `doses_each` doses; the first dose of `due` of them is due at
    `due_at`, every other dose of anybody later, eight hours apart."""

    people: int
    doses_each: int
    due: int
    due_at: datetime

    @property
    def doses(self) -> int:
        """How many expected doses there are."""
        return self.people * self.doses_each


_CLINIC = """
INSERT INTO accounts_clinic (id, name, slug, zone, country, emergency_number, desk_phone,
    out_of_hours_phone, out_of_hours_note, on_time_window, follow_up_delay, unacknowledged_delay,
    is_cosign_required, created_at)
VALUES (%(clinic)s, 'Bench clinic', 'bench', 'UTC', 'GB', '999', '+44 20 7946 0000', '', '',
    '45 min', '30 min', '60 min', false, %(past)s)
"""
_CLINICIAN = """
INSERT INTO accounts_user (id, password, email, name, zone, language, phone, is_active, is_staff,
    created_at)
VALUES (%(clinician)s, '!', 'clinician@bench.example', 'Dr Bench', 'UTC', 'en', '', true, false,
    %(past)s)
"""
_DUTIES = """
INSERT INTO accounts_contactpoint (id, clinic_id, duty, kind, address, label, push_p256dh,
    push_auth, position, added_at, verified_at, disabled_reason, last_error, is_discreet)
SELECT gen_random_uuid(), %(clinic)s, duty, 'email', duty || '@bench.example', '', '', '', 1,
    %(past)s, %(past)s, '', '', true
FROM unnest(ARRAY['desk', 'out_of_hours']) AS duty
"""
_PEOPLE = """
INSERT INTO accounts_user (id, password, email, name, zone, language, phone, is_active, is_staff,
    created_at)
SELECT md5('person' || i)::uuid, '!', 'person' || i || '@bench.example', 'Person ' || i, 'UTC',
    'en', '', true, false, %(past)s
FROM generate_series(1, %(people)s) AS i
"""
_ADDRESSES = """
INSERT INTO accounts_contactpoint (id, person_id, duty, kind, address, label, push_p256dh,
    push_auth, position, added_at, verified_at, disabled_reason, last_error, is_discreet)
SELECT gen_random_uuid(), md5('person' || i)::uuid, '', 'email', 'person' || i || '@bench.example',
    '', '', '', 1, %(past)s, %(past)s, '', '', true
FROM generate_series(1, %(people)s) AS i
"""
_PATIENTS = """
INSERT INTO accounts_patient (id, clinic_id, user_id, name, clinic_number, zone, language, phone,
    taken_in_at, taken_in_by_id)
SELECT md5('patient' || i)::uuid, %(clinic)s, md5('person' || i)::uuid, 'Person ' || i,
    'B' || i, 'UTC', 'en', '', %(past)s, %(clinician)s
FROM generate_series(1, %(people)s) AS i
"""
_PLANS = """
INSERT INTO tracker_plan (id, patient_id, route, state, created_at, created_by_id, next_look_at)
SELECT md5('plan' || i)::uuid, md5('patient' || i)::uuid, 'oral', 'active', %(past)s,
    %(clinician)s, %(far)s
FROM generate_series(1, %(people)s) AS i
"""
_VERSIONS = """
INSERT INTO tracker_planversion (id, plan_id, number, kind, change_reason, zone, formulation,
    indication, off_label_reason, risk_factors, risk_note, named_clinician_id, missed_dose_advice,
    content_version, on_time_window, follow_up_delay, unacknowledged_delay, observation_days,
    counts_from_at, signed_at, signed_by_id, signed_text, signed_sha256)
SELECT md5('version' || i)::uuid, md5('plan' || i)::uuid, 1, 'first', '', 'UTC', 'tablet',
    'multiple_sclerosis', '', '{}', '', %(clinician)s, '', '1', %(window)s, '30 min', '60 min', 28,
    %(past)s, %(past)s, %(clinician)s, 'text', repeat('0', 64)
FROM generate_series(1, %(people)s) AS i
"""
_RUNGS = """
INSERT INTO tracker_rung (id, version_id, number, delay, audience, repeat_times)
SELECT gen_random_uuid(), md5('version' || i)::uuid, number, delay::interval, audience, 0
FROM generate_series(1, %(people)s) AS i, (VALUES
    (1, '0 min', 'patient'), (2, '45 min', 'patient'), (3, '90 min', 'caregivers'),
    (4, '180 min', 'clinic')) AS rung (number, delay, audience)
"""
_STEPS = """
INSERT INTO tracker_step (id, version_id, number, begins_on, is_dose_free, rate, note)
SELECT md5('step' || i)::uuid, md5('version' || i)::uuid, 1, %(past)s::date, false, '', ''
FROM generate_series(1, %(people)s) AS i
"""
_DOSE_TIMES = """
INSERT INTO tracker_dosetime (id, step_id, wall_time, weekdays, amount)
SELECT gen_random_uuid(), md5('step' || i)::uuid,
    ((%(due_at)s::timestamptz + k * %(between)s) AT TIME ZONE 'UTC')::time, '{0,1,2,3,4,5,6}',
    'as entered'
FROM generate_series(1, %(people)s) AS i, generate_series(0, 2) AS k
"""
_DOSES = """
INSERT INTO tracker_expecteddose (id, plan_id, version_id, step_number, local_date, wall_time,
    zone, due_at, amount, cancel_reason, next_look_at)
SELECT gen_random_uuid(), md5('plan' || i)::uuid, md5('version' || i)::uuid, 1,
    (due_at AT TIME ZONE 'UTC')::date, (due_at AT TIME ZONE 'UTC')::time, 'UTC', due_at,
    'as entered', '', due_at
FROM generate_series(1, %(people)s) AS i, generate_series(0, %(doses_each)s - 1) AS k,
    LATERAL (SELECT %(due_at)s::timestamptz
        + (CASE WHEN i <= %(due)s THEN k ELSE k + 1 END) * %(between)s AS due_at) AS each
"""
_STATEMENTS = (
    _CLINIC, _CLINICIAN, _DUTIES, _PEOPLE, _ADDRESSES, _PATIENTS, _PLANS, _VERSIONS, _RUNGS, _STEPS,
    _DOSE_TIMES, _DOSES,
)  # fmt: skip


def population_write(connection: psycopg.Connection, population: Population) -> None:
    """Fill an empty database; `connection` is the superuser's, because foreign keys that hold by
    construction are not checked one by one. Ends with fresh statistics."""
    values = {
        "clinic": CLINIC,
        "clinician": CLINICIAN,
        "past": population.due_at - timedelta(days=7),
        "far": population.due_at + timedelta(days=1),
        "window": ON_TIME_WINDOW,
        "between": BETWEEN_DOSES,
        "people": population.people,
        "doses_each": population.doses_each,
        "due": population.due,
        "due_at": population.due_at,
    }
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        for statement in _STATEMENTS:
            connection.execute(statement, values)
    connection.execute("VACUUM (ANALYZE)")
    connection.execute("CHECKPOINT")
