"""The peer of the sweep: one statement that claims, decides "not logged" and writes everything.

It can only decide this one case: a first rung to the patient, one address, no quiet hours, no
hold, no stay. That is what a rule written in SQL would have to grow from.
"""

from __future__ import annotations

from datetime import datetime

import psycopg

BATCH = 5_000
"""More gains nothing, fewer is slower."""

STATEMENT = """
WITH claimed AS MATERIALIZED (
    UPDATE tracker_expecteddose SET next_look_at = NULL
    WHERE id = ANY (ARRAY(
        SELECT id FROM tracker_expecteddose WHERE next_look_at <= %(now)s
        ORDER BY next_look_at LIMIT %(batch)s FOR NO KEY UPDATE SKIP LOCKED))
    RETURNING id, plan_id, version_id, due_at
), decided AS MATERIALIZED (
    SELECT gen_random_uuid() AS alert, gen_random_uuid() AS message, c.id AS dose, c.due_at,
        p.patient_id AS patient, u.user_id AS person, c.due_at + v.on_time_window AS window_ends_at,
        (SELECT c.due_at + r.delay FROM tracker_rung r
         WHERE r.version_id = c.version_id AND r.number = 2) AS next_rung_at
    FROM claimed c
    JOIN tracker_plan p ON p.id = c.plan_id
    JOIN tracker_planversion v ON v.id = c.version_id
    JOIN accounts_patient u ON u.id = p.patient_id
), alerts AS (
    INSERT INTO tracker_alert (id, patient_id, kind, dose_id, episode, alert_class, opened_at,
        close_reason, climb_from_at, rung, round, held_rung, is_clinic_held, next_look_at)
    SELECT alert, patient, 'no_log', dose, 1, '', %(now)s, '', due_at, 1, 1, 0, true, next_rung_at
    FROM decided
), events AS (
    INSERT INTO tracker_alertevent (alert_id, at, kind, rung, round, person_id, duty, note, facts)
    SELECT alert, %(now)s, kind, rung, 1, CASE WHEN rung = 1 THEN person END, '', '', '{}'
    FROM decided, (VALUES ('opened', 0), ('decided', 1)) AS event (kind, rung)
), messages AS (
    INSERT INTO reminders_message (id, person_id, duty, contact_turn, purpose, message_class,
        urgency, state, decided_at, next_try_at, expires_at, attempts)
    SELECT message, person, '', 0, 'prompt', '', 3, 'queued', %(now)s, %(now)s, window_ends_at, 0
    FROM decided
), lines AS (
    INSERT INTO reminders_notification (message_id, alert_id, dose_id, rung, round, person_id,
        duty, purpose)
    SELECT message, alert, dose, 1, 1, person, '', 'prompt' FROM decided
)
SELECT count(*) FROM claimed
"""


def decide_all(connection: psycopg.Connection, now: datetime, *, batch: int = BATCH) -> int:
    """Run the statement until nothing is due, each time in a transaction of its own."""
    total = 0
    while True:
        row = connection.execute(STATEMENT, {"now": now, "batch": batch}).fetchone()
        if row is None or not row[0]:
            return total
        total += row[0]
