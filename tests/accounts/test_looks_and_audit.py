"""Every look and act leaves a row that nobody can change; the patient can read who looked."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import InternalError, ProgrammingError, connection, transaction
from django.db.utils import IntegrityError

from accounts.access import NotVisible
from accounts.domain.capacities import Capacity, Verb
from accounts.models import AuditRow, FactIsFinal, Look, fact_tables
from accounts.selectors.looks import looks_of
from accounts.services.audit import audit_record, look_record, look_window_start, patient_open
from tests.cast import Cast

QUARTER_PAST = datetime(2026, 11, 24, 15, 15, tzinfo=UTC)


def look(cast: Cast, at: datetime) -> None:
    look_record(
        actor=cast.priya, patient=cast.ewan, capacity=Capacity.CLINICIAN, page="chart", now=at
    )


@pytest.mark.parametrize(("seconds", "rows"), [(-1, 1), (0, 2), (1, 2)])
def test_a_look_is_recorded_once_per_quarter_of_an_hour(
    cast: Cast, seconds: int, rows: int
) -> None:
    look(cast, QUARTER_PAST - timedelta(minutes=15))
    look(cast, QUARTER_PAST + timedelta(seconds=seconds))
    assert Look.objects.filter(patient=cast.ewan).count() == rows


def test_each_capacity_in_which_somebody_looks_is_recorded(cast: Cast) -> None:
    look(cast, cast.now)
    look_record(
        actor=cast.priya, patient=cast.ewan, capacity=Capacity.CAREGIVER, page="feed", now=cast.now
    )
    assert looks_of(cast.ewan).count() == 2


def test_windows_start_at_the_full_quarters_of_the_hour() -> None:
    half_past = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
    assert look_window_start(half_past) == half_past
    assert look_window_start(half_past + timedelta(minutes=14, seconds=59)) == half_past


def test_opening_a_persons_page_returns_the_patient_and_records_the_look(cast: Cast) -> None:
    found = patient_open(
        actor=cast.isla, verb=Verb.SEE, patient_id=cast.ewan.pk, page="feed", now=cast.now
    )
    assert found == cast.ewan
    kept = looks_of(cast.ewan).get()
    assert (kept.actor, kept.capacity, kept.page) == (cast.isla, "caregiver", "feed")


def test_a_page_that_is_not_opened_leaves_no_look(cast: Cast) -> None:
    with pytest.raises(NotVisible):
        patient_open(
            actor=cast.stranger, verb=Verb.SEE, patient_id=cast.ewan.pk, page="chart", now=cast.now
        )
    assert not Look.objects.exists()


def test_patients_read_who_looked_newest_first_without_their_own_visits(cast: Cast) -> None:
    for hours, who in enumerate((cast.isla, cast.priya, cast.ewan_user)):
        patient_open(
            actor=who,
            verb=Verb.SEE,
            patient_id=cast.ewan.pk,
            page="chart",
            now=cast.now + timedelta(hours=hours),
        )
    assert [each.actor for each in looks_of(cast.ewan)] == [cast.priya, cast.isla]


@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("table", ["accounts_auditrow", "accounts_look"])
def test_the_application_cannot_change_what_was_recorded(
    cast: Cast, table: str, statement: str
) -> None:
    look(cast, cast.now)
    with (
        pytest.raises((ProgrammingError, InternalError), match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table))


def test_audit_and_looks_are_among_the_facts() -> None:
    assert {"accounts_auditrow", "accounts_look"} <= set(fact_tables())


def test_a_fact_is_saved_once(cast: Cast) -> None:
    row = AuditRow.objects.order_by("at")[0]
    with pytest.raises(FactIsFinal):
        row.save()


def test_an_act_of_nobody_cannot_be_recorded(cast: Cast) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        audit_record(actor=None, action="x.y", target=cast.harbour, now=cast.now)


def test_what_the_engine_does_is_recorded_under_its_name(cast: Cast) -> None:
    row = audit_record(
        actor=None, job="sweep", action="x.y", target=cast.harbour, now=cast.now, rung=2
    )
    row.refresh_from_db()
    assert (row.job, row.target_type, row.target_id) == (
        "sweep",
        "accounts.clinic",
        str(cast.harbour.pk),
    )
    assert row.detail == {"rung": 2}


def test_every_service_of_the_cast_left_its_row(cast: Cast) -> None:
    done = set(AuditRow.objects.values_list("action", flat=True))
    assert done >= {
        "care_link.ended",
        "care_link.invited",
        "clinic.created",
        "clinic.hours_set",
        "clinic.rungs_set",
        "contact_point.added",
        "contact_point.verified",
        "invitation.accepted",
        "invitation.created",
        "membership.added",
        "membership.ended",
        "patient.taken_in",
        "user.created",
    }


def test_no_audit_row_carries_an_address(cast: Cast) -> None:
    kept = " ".join(str(detail) for detail in AuditRow.objects.values_list("detail", flat=True))
    assert "@" not in kept
