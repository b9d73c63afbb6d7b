"""After a fault: what was decided, what arrived, and everything about it that must not be.

Reads the database with plain SQL and the test's own mail server; it asks none of the engine's code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg

from tests.support.inbox import Mail

UNENDED = "SELECT count(*) FROM reminders_message WHERE state IN ('queued', 'sending')"
UNLOOKED = """
SELECT (SELECT count(*) FROM tracker_expecteddose
        WHERE next_look_at <= clock_timestamp() + interval '1 minute')
     + (SELECT count(*) FROM tracker_alert
        WHERE next_look_at <= clock_timestamp() + interval '1 minute')
     + (SELECT count(*) FROM tracker_plan WHERE next_look_at <= clock_timestamp())
"""

# --- a message or a line that was decided and is missing

NOT_ENDED = """
SELECT format('message %s is still %s after %s tries', id, state, attempts)
FROM reminders_message WHERE state IN ('queued', 'sending')
"""
DECIDED_WITHOUT_LINE = """
SELECT format('alert %s says rung %s was decided for %s%s, and there is no line', e.alert_id,
              e.rung, e.person_id, e.duty)
FROM tracker_alertevent e
WHERE e.kind = 'decided' AND NOT EXISTS (
    SELECT FROM reminders_notification n
    WHERE n.alert_id = e.alert_id AND n.rung = e.rung AND n.round = e.round
      AND n.person_id IS NOT DISTINCT FROM e.person_id
      AND n.clinic_id IS NOT DISTINCT FROM e.clinic_id AND n.duty = e.duty)
"""
LINE_NOT_DECIDED = """
SELECT format('line %s of alert %s has no event that says it was decided', n.id, n.alert_id)
FROM reminders_notification n
WHERE n.purpose <> 'follow_up' AND NOT EXISTS (
    SELECT FROM tracker_alertevent e
    WHERE e.kind = 'decided' AND e.alert_id = n.alert_id AND e.rung = n.rung AND e.round = n.round
      AND e.person_id IS NOT DISTINCT FROM n.person_id
      AND e.clinic_id IS NOT DISTINCT FROM n.clinic_id AND e.duty = n.duty)
"""
WITHOUT_FOLLOW_UP = """
SELECT DISTINCT format('%s%s was told of alert %s and never told that it was logged', n.person_id,
                       n.duty, n.alert_id)
FROM reminders_notification n
JOIN reminders_message m ON m.id = n.message_id
JOIN tracker_alert a ON a.id = n.alert_id
JOIN accounts_patient p ON p.id = a.patient_id
WHERE a.closed_at IS NOT NULL AND n.purpose = 'alert' AND m.state = 'sent' AND n.dropped_at IS NULL
  AND n.person_id IS DISTINCT FROM p.user_id AND NOT EXISTS (
    SELECT FROM reminders_notification f
    WHERE f.alert_id = n.alert_id AND f.purpose = 'follow_up'
      AND f.person_id IS NOT DISTINCT FROM n.person_id
      AND f.clinic_id IS NOT DISTINCT FROM n.clinic_id AND f.duty = n.duty)
"""
SENT_WITHOUT_TOLD = """
SELECT format('message %s was sent and the thread of alert %s does not say so', m.id, n.alert_id)
FROM reminders_notification n JOIN reminders_message m ON m.id = n.message_id
WHERE m.state = 'sent' AND n.purpose IN ('prompt', 'alert') AND n.dropped_at IS NULL
  AND NOT EXISTS (
    SELECT FROM tracker_alertevent e
    WHERE e.kind = 'told' AND e.alert_id = n.alert_id
      AND e.person_id IS NOT DISTINCT FROM n.person_id
      AND e.clinic_id IS NOT DISTINCT FROM n.clinic_id AND e.duty = n.duty)
"""
DROPPED = """
SELECT format('line %s of alert %s was dropped although the alert is open', n.id, n.alert_id)
FROM reminders_notification n JOIN tracker_alert a ON a.id = n.alert_id
WHERE n.dropped_at IS NOT NULL AND n.purpose <> 'follow_up' AND a.closed_at IS NULL
"""
ENDED_UNSAID = """
SELECT format('message %s is %s, and its line %s was said in no other', m.id, m.state, n.id)
FROM reminders_message m JOIN reminders_notification n ON n.message_id = m.id
WHERE n.dropped_at IS NULL AND (m.state = 'cancelled' OR m.state = 'expired' AND NOT EXISTS (
    SELECT FROM reminders_notification q
    WHERE q.id <> n.id AND q.purpose = 'alert'
      AND q.alert_id = n.alert_id AND q.rung = n.rung AND q.round = n.round
      AND q.person_id IS NOT DISTINCT FROM n.person_id
      AND q.clinic_id IS NOT DISTINCT FROM n.clinic_id AND q.duty = n.duty))
"""

# --- decided twice

LINES_TWICE = """
SELECT format('%s lines of %s for alert %s, rung %s, round %s, %s%s', count(*), purpose, alert_id,
              rung, round, person_id, duty)
FROM reminders_notification
GROUP BY alert_id, rung, round, person_id, clinic_id, duty, purpose HAVING count(*) > 1
"""
DECIDED_TWICE = """
SELECT format('alert %s says %s times that rung %s was decided for %s%s', alert_id, count(*), rung,
              person_id, duty)
FROM tracker_alertevent WHERE kind = 'decided'
GROUP BY alert_id, rung, round, person_id, clinic_id, duty HAVING count(*) > 1
"""
ALERTS_TWICE = """
SELECT format('%s alerts %s of dose %s, episode %s', count(*), kind, dose_id, episode)
FROM tracker_alert WHERE dose_id IS NOT NULL GROUP BY dose_id, kind, episode HAVING count(*) > 1
"""
ENTRIES_TWICE = """
SELECT format('%s entries of one request %s', count(*), client_id) FROM tracker_entry
WHERE client_id IS NOT NULL GROUP BY client_id HAVING count(*) > 1
"""
WITHOUT_LINES = """
SELECT format('message %s (%s) has no line', m.id, m.purpose) FROM reminders_message m
WHERE m.purpose IN ('prompt', 'alert', 'follow_up')
  AND NOT EXISTS (SELECT FROM reminders_notification n WHERE n.message_id = m.id)
"""

# --- doses that nobody accounts for

SILENT_WITHOUT_ALERT = """
SELECT format('dose %s was due at %s, nobody logged it and no alert was opened', d.id, d.due_at)
FROM tracker_expecteddose d
WHERE d.cancelled_at IS NULL AND d.standing_entry_id IS NULL AND d.due_at <= clock_timestamp()
  AND NOT EXISTS (SELECT FROM tracker_alert a WHERE a.dose_id = d.id AND a.kind = 'no_log')
"""
LOGGED_WITH_OPEN_ALERT = """
SELECT format('dose %s is logged and its alert %s is still open', d.id, a.id)
FROM tracker_expecteddose d JOIN tracker_alert a ON a.dose_id = d.id
WHERE d.standing_entry_id IS NOT NULL AND a.kind = 'no_log' AND a.closed_at IS NULL
"""
DATES_MISSING = """
SELECT format('plan %s has %s doses at %s on %s days', plan_id, count(*), wall_time,
              max(local_date) - min(local_date) + 1)
FROM tracker_expecteddose WHERE cancelled_at IS NULL
GROUP BY plan_id, wall_time HAVING count(*) <> max(local_date) - min(local_date) + 1
"""
HORIZON_SHORT = """
SELECT format('plan %s has no dose after %s', p.id, max(d.due_at))
FROM tracker_plan p LEFT JOIN tracker_expecteddose d ON d.plan_id = p.id AND d.cancelled_at IS NULL
WHERE p.state = 'active'
GROUP BY p.id HAVING max(d.due_at) IS NULL OR max(d.due_at) < clock_timestamp() + interval '12 days'
"""
NOT_TOLD_BY_RUNG = """
SELECT a.id::text, n.rung, count(DISTINCT (n.person_id, n.clinic_id, n.duty))
FROM tracker_alert a LEFT JOIN reminders_notification n
  ON n.alert_id = a.id AND n.round = 1 AND n.purpose <> 'follow_up'
WHERE a.kind = 'no_log' AND a.episode = 1 AND a.closed_at IS NULL
GROUP BY a.id, n.rung
"""

MISSING = (
    NOT_ENDED, DECIDED_WITHOUT_LINE, LINE_NOT_DECIDED, WITHOUT_FOLLOW_UP, SENT_WITHOUT_TOLD,
    DROPPED, ENDED_UNSAID,
)  # fmt: skip
TWICE = (LINES_TWICE, DECIDED_TWICE, ALERTS_TWICE, ENTRIES_TWICE, WITHOUT_LINES)
UNACCOUNTED = (SILENT_WITHOUT_ALERT, LOGGED_WITH_OPEN_ALERT, DATES_MISSING, HORIZON_SHORT)

COUNTS = """
SELECT (SELECT count(*) FROM tracker_expecteddose
        WHERE cancelled_at IS NULL AND due_at <= clock_timestamp()),
       (SELECT count(*) FROM tracker_alert),
       (SELECT count(*) FROM reminders_notification),
       (SELECT count(*) FROM reminders_message)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """The counts of one run after its fault, and what is wrong, each in one sentence."""

    doses: int
    alerts: int
    lines: int
    messages: int
    states: Mapping[str, int]
    arrived: int
    repeated: int
    missing: tuple[str, ...]
    twice: tuple[str, ...]
    unaccounted: tuple[str, ...]

    @property
    def wrong(self) -> list[str]:
        """Everything that must not be."""
        return [*self.missing, *self.twice, *self.unaccounted]


def reckoning(
    connection: psycopg.Connection,
    mails: Sequence[Mail],
    *,
    told: Mapping[int, int] | None = None,
    failed: int = 0,
) -> Reckoning:
    """Compare what was decided with what arrived.

    `told` says how many people each silence must have been told to by rung (open silences only);
    `failed` how many messages the fault made impossible to deliver.
    """
    states: dict[str, str] = dict(
        connection.execute("SELECT id::text, state FROM reminders_message").fetchall()
    )
    keys = Counter(mail.key.strip("<>").partition("@")[0] for mail in mails)
    doses, alerts, lines, messages = connection.execute(COUNTS).fetchone() or (0, 0, 0, 0)
    by_state = Counter(states.values())
    missing = [*_found(connection, MISSING), *_not_told(connection, told or {})]
    missing += [
        f"message {key} counts as sent and never arrived"
        for key, state in states.items()
        if state == "sent" and key not in keys
    ]
    if by_state["failed"] != failed:
        missing.append(f"{by_state['failed']} messages failed, {failed} had to")
    twice = _found(connection, TWICE)
    twice += [f"a mail with the key {key} of no message" for key in keys if key not in states]
    return Reckoning(
        doses=doses,
        alerts=alerts,
        lines=lines,
        messages=messages,
        states=dict(by_state),
        arrived=len(mails),
        repeated=len(mails) - len(keys),
        missing=tuple(missing),
        twice=tuple(twice),
        unaccounted=tuple(_found(connection, UNACCOUNTED)),
    )


def is_at_rest(connection: psycopg.Connection) -> bool:
    """Tell whether nothing is left to send now, and nothing to decide now or in the next minute."""
    return all(
        (connection.execute(question).fetchone() or (1,))[0] == 0
        for question in (UNLOOKED, UNENDED)
    )


def _found(connection: psycopg.Connection, questions: Sequence[str]) -> list[str]:
    return [text for question in questions for (text,) in connection.execute(question).fetchall()]


def _not_told(connection: psycopg.Connection, told: Mapping[int, int]) -> list[str]:
    if not told:
        return []
    by_alert: dict[str, dict[int, int]] = {}
    for alert, rung, count in connection.execute(NOT_TOLD_BY_RUNG).fetchall():
        by_alert.setdefault(alert, {})[rung] = count
    return [
        f"alert {alert} was told to {found} by rung, it should be {dict(told)}"
        for alert, found in by_alert.items()
        if found != told
    ]
