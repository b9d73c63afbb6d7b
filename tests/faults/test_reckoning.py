"""The reckoning itself: it finds nothing where all is well, and says what was taken away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from django.core import mail
from django.db import connection, transaction

from accounts.clock import database_now
from tests.faults.reckoning import Reckoning, reckoning
from tests.faults.world import TOLD, world_make
from tests.reminders.engine import sweep_and_dispatch
from tests.support.inbox import Mail

GROUP = "The reckoning"


CHANGES = [
    ("UPDATE reminders_message SET state = 'queued'", "missing", "still queued"),
    ("UPDATE reminders_notification SET rung = 99 WHERE rung = 3", "missing", "there is no line"),
    ("UPDATE reminders_notification SET rung = 99 WHERE rung = 3", "missing", "was told to"),
    ("UPDATE reminders_message SET state = 'failed' WHERE clinic_id IS NOT NULL", "missing",
     "messages failed"),
    ("UPDATE reminders_notification SET dropped_at = now() WHERE rung = 3", "missing",
     "although the alert is open"),
    ("UPDATE reminders_message SET state = 'cancelled'", "missing", "said in no other"),
    ("UPDATE reminders_message SET state = 'expired'", "missing", "is expired, and its line"),
    ("UPDATE tracker_alert SET closed_at = opened_at, close_reason = 'entry'", "missing",
     "never told that it was logged"),
    ("UPDATE reminders_notification SET message_id ="
     " (SELECT id FROM reminders_message WHERE duty = 'desk') WHERE rung = 3", "twice",
     "has no line"),
    ("UPDATE tracker_alert SET kind = 'not_taken'", "unaccounted", "no alert was opened"),
    ("UPDATE tracker_expecteddose SET cancelled_at = due_at WHERE local_date = CURRENT_DATE + 5",
     "unaccounted", "days"),
    ("UPDATE tracker_expecteddose SET cancelled_at = due_at WHERE local_date > CURRENT_DATE + 5",
     "unaccounted", "no dose after"),
]  # fmt: skip


def arrived(letters: list[mail.EmailMessage]) -> list[Mail]:
    """What Django kept in memory, as the test's mail server would have it."""
    return [
        Mail(
            to=letter.to[0],
            subject=letter.subject,
            text=str(letter.body),
            key=letter.extra_headers["Message-ID"],
            received_at=datetime.now(tz=UTC),
            message=EmailMessage(),
        )
        for letter in letters
    ]


def reckoned(mails: list[Mail]) -> Reckoning:
    assert connection.connection is not None
    return reckoning(connection.connection, mails, told=TOLD)


@pytest.fixture
def mails(db: None) -> list[Mail]:
    """What arrived after one dose that nobody logged was told to everybody."""
    now = database_now()
    world_make(now=now, due=[now - timedelta(minutes=10)])
    letters = [*mail.outbox, *sweep_and_dispatch(now)]
    return arrived(letters)


def changed(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_nothing_is_wrong_where_all_is_well_and_whatever_is_taken_away_is_named(
    mails: list[Mail],
) -> None:
    found = reckoned(mails)
    assert found.wrong == []
    assert (found.doses, found.alerts, found.repeated) == (1, 1, 0)
    assert found.arrived == found.states["sent"] > 0

    again = reckoned([*mails, mails[0]])
    assert (again.wrong, again.repeated) == ([], 1)

    (stranger,) = arrived(
        [mail.EmailMessage(to=["a@example.org"], headers={"Message-ID": "<new@x>"})]
    )
    assert "never arrived" in reckoned(mails[1:]).missing[0]
    assert "of no message" in reckoned([*mails, stranger]).twice[0]

    for statement, where, words in CHANGES:
        before = transaction.savepoint()
        changed(statement)
        sentences = getattr(reckoned(mails), where)
        assert any(words in sentence for sentence in sentences), (statement, sentences)
        transaction.savepoint_rollback(before)
