"""Openings are taken in from a file: looked at first, all or nothing, labelled as a device's."""

from datetime import datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.domain.problems import Conflict, Refusal
from accounts.models import AuditRow, Patient
from tests.cast import Cast
from tests.tracker.days import SECOND, SIGNED, at, dose_at, log, plan_around, tuesday_plan
from tracker.domain.dose_record import Basis
from tracker.domain.doses import Outcome, Via
from tracker.domain.openings_file import ColumnMapping
from tracker.models import Entry, ExpectedDose, Flag, OpeningsFile, Plan, StayKind
from tracker.selectors.measured import plan_measured
from tracker.selectors.openings import openings_dry_run, report_lines
from tracker.services import openings as services
from tracker.services.openings import (
    Progress,
    openings_file_give,
    openings_file_map,
    openings_take_in,
)
from tracker.services.stays import stay_record

UTC_COLUMN = ColumnMapping(utc_column="Opened UTC")
NOW = at(12, day=26)


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """08:00, 14:00 and 20:00 from Tuesday the 24th on."""
    return tuesday_plan(cast)


def csv(*cells: str | datetime) -> bytes:
    """A file of an invented cap."""
    lines = [cell if isinstance(cell, str) else cell.isoformat() for cell in cells]
    return "\n".join(["Cap,Opened UTC", *(f"A1,{line}" for line in lines)]).encode()


def given(cast: Cast, *cells: str | datetime, patient: Patient | None = None) -> OpeningsFile:
    """Dr Raman gives a file and says what its column means."""
    file = openings_file_give(
        patient=patient or cast.ewan, by=cast.priya, name="cap.csv", content=csv(*cells), now=NOW
    )
    return openings_file_map(file=file, by=cast.priya, mapping=UTC_COLUMN, now=NOW)


def taken_in(cast: Cast, *cells: str | datetime) -> list[Progress]:
    """Give it, map it and take it in."""
    return list(openings_take_in(file=given(cast, *cells), by=cast.priya, now=NOW))


def standing(plan: Plan, *hours: int, day: int = 24) -> list[str | None]:
    """How the standing entries of these doses came in."""
    doses = [dose_at(plan, hour, day=day) for hour in hours]
    return [dose.standing_entry.via if dose.standing_entry else None for dose in doses]


def test_an_opening_becomes_a_taken_dose_from_a_device_with_one_audit_row(
    cast: Cast, plan: Plan
) -> None:
    ExpectedDose.objects.update(next_look_at=None)
    assert taken_in(cast, at(8, 5), at(13, 50))[-1] == Progress(2, 2)
    assert standing(plan, 8, 14, 20) == [Via.DEVICE, Via.DEVICE, None]
    entry = dose_at(plan, 8).standing_entry
    assert (entry.outcome, entry.taken_at, entry.by) == (Outcome.TAKEN, at(8, 5), cast.priya)
    assert dose_at(plan, 8).next_look_at == NOW
    assert dose_at(plan, 20).next_look_at is None
    (row,) = AuditRow.objects.filter(action="openings.taken_in")
    assert (row.actor, row.patient, row.detail) == (cast.priya, cast.ewan, {"openings": 2})


def test_openings_within_ten_minutes_are_both_kept_and_count_once(cast: Cast, plan: Plan) -> None:
    taken_in(cast, at(8), at(8, 9), at(16), at(16, 10))
    found = Entry.objects.order_by("taken_at")
    assert [(entry.taken_at, hasattr(entry, "void")) for entry in found] == [
        (at(8), False),
        (at(8, 9), True),
        (at(16), False),
        (at(16, 10), True),
    ]
    assert dose_at(plan, 8).standing_entry == found[0]
    assert found[1].void.reason == "Within ten minutes of another opening: counted as one"


def test_openings_during_a_stay_are_kept_and_not_counted(cast: Cast, plan: Plan) -> None:
    stay_record(
        patient=cast.ewan,
        by=cast.priya,
        kind=StayKind.HOSPITAL,
        from_at=at(13),
        until_at=at(22),
        note="",
        now=NOW,
    )
    taken_in(cast, at(8), at(14), at(20))
    assert standing(plan, 8, 14, 20) == [Via.DEVICE, None, None]
    taking = measure(cast, "taking_adherence", last_day=24)
    assert (taking.numerator, taking.denominator) == (1, 1)
    assert (taking.extras, taking.taken_apart) == (0, 2)


def test_what_a_person_logged_stands_and_opens_no_question(cast: Cast, plan: Plan) -> None:
    said = log(cast, dose_at(plan, 8), at(9), outcome=Outcome.SKIPPED, reason="sick")
    taken_in(cast, at(8), at(14))
    assert dose_at(plan, 8).standing_entry == said
    beside = Entry.objects.get(dose=dose_at(plan, 8), via=Via.DEVICE)
    assert beside.void.reason.startswith("An opening of a dose that a person logged")
    assert not Flag.objects.filter(rule="F12").exists()


def test_an_extra_opening_is_an_extra_dose_and_alerts_nobody(cast: Cast, plan: Plan) -> None:
    taken_in(cast, at(8), at(9), at(14))
    assert Entry.objects.get(dose=None).taken_at == at(9)
    assert measure(cast, "taking_adherence", last_day=24).extras == 1
    assert not Flag.objects.filter(rule="F12").exists()


def measure(cast: Cast, name: str, *, last_day: int):
    """A measure of Ewan's plan from Tuesday to a day."""
    tuesday, last = at(0).date(), at(0, day=last_day).date()
    found = plan_measured(cast.ewan, plan_id=None, first_on=tuesday, last_on=last, now=NOW)
    return next(each for each, _line in found.pairs if each.name == name)


def test_measures_of_imported_openings_are_labelled_device(cast: Cast, plan: Plan) -> None:
    assert measure(cast, "taking_adherence", last_day=24).basis is Basis.SELF_LOGGED
    taken_in(cast, at(8), at(14))
    found = plan_measured(cast.ewan, plan_id=None, first_on=None, last_on=None, now=NOW)
    assert {line.basis for _, line in found.pairs} == {"Device"}
    log(cast, dose_at(plan, 20), at(20))
    assert measure(cast, "taking_adherence", last_day=24).basis is Basis.BOTH


def test_a_file_with_a_row_that_cannot_be_read_stores_nothing(cast: Cast, plan: Plan) -> None:
    file = given(cast, at(8), "soon", at(14), NOW + SECOND)
    with pytest.raises(Refusal, match="nothing was imported"):
        next(openings_take_in(file=file, by=cast.priya, now=NOW))
    assert not Entry.objects.exists()
    unread = report_lines(openings_dry_run(file, now=NOW), kind="unread")
    assert [(line.row, line.words) for line in unread] == [
        (3, "“soon” is not a time"),
        (5, "“2026-11-26 12:00:01+00:00” lies in the future"),
    ]


def test_an_import_that_ends_half_way_has_stored_nothing(
    cast: Cast, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "BATCH", 1)
    steps = openings_take_in(file=given(cast, at(8), at(14)), by=cast.priya, now=NOW)
    assert [next(steps), next(steps)] == [Progress(0, 2), Progress(1, 2)]
    steps.close()
    assert not Entry.objects.exists()
    assert standing(plan, 8) == [None]
    assert OpeningsFile.objects.get().taken_in_at is None


def test_the_same_openings_are_never_taken_in_twice(cast: Cast, plan: Plan) -> None:
    file = given(cast, at(8), at(8, 5), at(14))
    list(openings_take_in(file=file, by=cast.priya, now=NOW))
    with pytest.raises(Conflict, match="imported already"):
        next(openings_take_in(file=file, by=cast.priya, now=NOW))
    with pytest.raises(Refusal, match="No opening of this file is new"):
        taken_in(cast, at(8), at(8, 5), at(14))
    taken_in(cast, at(8), at(14), at(20))
    assert Entry.objects.count() == 4


def test_the_report_tells_each_row_what_it_comes_to_and_stores_nothing(
    cast: Cast, plan: Plan
) -> None:
    log(cast, dose_at(plan, 14), at(14))
    file = given(cast, at(20), at(14, 1), at(8), at(8, 3), SIGNED - SECOND, at(11))
    lines = report_lines(openings_dry_run(file, now=NOW))
    assert [(line.row, line.words) for line in lines] == [
        (2, "fills the dose of 2026-11-24 20:00"),
        (3, "beside the dose of 2026-11-24 14:00, which a person logged: kept, not counted"),
        (4, "fills the dose of 2026-11-24 08:00"),
        (5, "one with the opening at 08:00:00: both are kept, one counts"),
        (6, "before the plan was signed: not imported"),
        (7, "an extra dose: no dose was left that it could stand for"),
    ]
    assert Entry.objects.filter(via=Via.DEVICE).count() == 0


def test_another_file_takes_the_place_of_one_that_was_never_imported(
    cast: Cast, plan: Plan
) -> None:
    first = given(cast, at(8))
    given(cast, at(14))
    with pytest.raises(Conflict, match="Choose this one again"):
        next(openings_take_in(file=first, by=cast.priya, now=NOW))
    first.refresh_from_db()
    assert bytes(first.packed) == b""


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no row with the names"),
        ("Cap,Zeit\nA,für".encode("latin-1"), "UTF-8"),
        (b"PK\0\0", "UTF-8"),
        (b"a,b\n" + b"\n" * 100_011, "100,000 rows"),
        (b"a" * (32 * 1024 * 1024 + 1), "32 MB"),
    ],
)
def test_what_is_no_file_of_rows_is_refused_with_the_reason(
    cast: Cast, content: bytes, why: str
) -> None:
    with pytest.raises(Refusal, match=why):
        openings_file_give(patient=cast.ewan, by=cast.priya, name="x", content=content, now=NOW)


def test_local_times_need_a_zone_and_events_need_their_words(cast: Cast) -> None:
    file = openings_file_give(
        patient=cast.ewan, by=cast.priya, name="x", content=csv(at(8)), now=NOW
    )
    said = ColumnMapping(local_column="Opened UTC", event_column="Cap")
    with pytest.raises(Refusal) as refused:
        openings_file_map(file=file, by=cast.priya, mapping=said, now=NOW)
    assert [problem.field for problem in refused.value.problems] == ["zone", "opening_words"]


def test_a_clinician_imports_a_file_and_the_clinic_remembers_its_columns(live_cast: Cast) -> None:
    cast = live_cast
    first = cast.now.replace(microsecond=0) - timedelta(hours=3)
    plan = tuesday_plan_around(cast, first)
    browser = cast.client(cast.priya)
    choose = reverse("openings", args=[cast.ewan.pk])
    assert choose in browser.get(reverse("chart", args=[cast.ewan.pk])).content.decode()

    asked = browser.post(choose, {"file": upload(csv(first))}, follow=True)
    assert "Say what its columns mean" in asked.content.decode()
    address = asked.redirect_chain[-1][0]
    report = browser.post(address, {"utc_column": "Opened UTC"}, follow=True).content.decode()
    assert "1 opening would be imported" in report
    assert "fills the dose of" in report
    assert not Entry.objects.exists()

    done = browser.post(f"{address}take-in/")
    text = b"".join(done.streaming_content).decode()
    assert text.index("0 of 1 openings are written") < text.index("1 of 1 openings are written")
    assert "Imported: 1 opening." in text
    assert text.rstrip().endswith("</html>")
    assert plan.doses.filter(standing_entry__via=Via.DEVICE).count() == 1
    assert (
        '<th scope="col" role="columnheader">Device</th>'
        in browser.get(reverse("chart", args=[cast.ewan.pk])).content.decode()
    )

    again = browser.post(choose, {"file": upload(csv(first))}, follow=True).content.decode()
    assert '<option value="Opened UTC" selected>' in again
    other = cast.client(cast.adaeze).get(choose)
    assert "Imported" in other.content.decode()


def upload(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("cap.csv", content, content_type="text/csv")


def tuesday_plan_around(cast: Cast, first: datetime) -> Plan:
    """A dose at this moment of each day, signed an hour before it."""
    doses = plan_around(cast, first, dose=timedelta(0))
    return doses["dose"].plan


def test_only_a_clinician_of_the_clinic_opens_the_import_and_only_with_a_token(
    live_cast: Cast,
) -> None:
    cast = live_cast
    choose = reverse("openings", args=[cast.ewan.pk])
    for person in (cast.ewan_user, cast.isla, cast.juno, cast.admin, cast.ended_clinician):
        assert cast.client(person).get(choose).status_code == 404
        answer = cast.client(person).post(choose, {"file": upload(csv(at(8)))})
        assert answer.status_code == 404
    strict = cast.client(cast.priya)
    strict.handler.enforce_csrf_checks = True
    assert strict.post(choose, {"file": upload(csv(at(8)))}).status_code == 403
    assert not OpeningsFile.objects.exists()


def test_a_file_of_another_patient_is_not_found(live_cast: Cast) -> None:
    cast = live_cast
    file = openings_file_give(
        patient=cast.samira, by=cast.priya, name="x", content=csv(at(8)), now=cast.now
    )
    address = reverse("openings-file", args=[cast.ewan.pk, file.pk])
    assert cast.client(cast.priya).get(address).status_code == 404
