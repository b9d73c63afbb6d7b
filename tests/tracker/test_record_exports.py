"""Spreadsheets and tables of a record for a period: what they hold, how exact, and for whom."""

import csv
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO, StringIO
from uuid import uuid4
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from django.test import Client

from accounts.models import AuditRow, Look
from reminders.services.sweep import sweep_run
from tests.api.worlds import World, world_make
from tests.cast import Cast
from tests.tracker.charting import dose_on, doses_until, extra, plan_signed, say
from tracker.domain.doses import Outcome
from tracker.selectors.record_alerts import CLINIC_TABLES
from tracker.selectors.record_tables import ALWAYS
from tracker.services.checkins import check_in_add

SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
DAY = timedelta(days=1)
HOSTILE = ("=1+1", "+7,5 mg", "  10 mg ", "_x0041_ mg", "@SUM(A1)", "http://a.example/ 5 mg", "007")
SHEETS = ["About this file", "Doses", "Entries", "Check-ins", "Flags", "Alerts", "Measures"]


@pytest.fixture
def world(live_cast: Cast) -> World:
    """Ewan's record with one row of everything, as the engine has seen it."""
    world = world_make(live_cast)
    sweep_run(now=live_cast.now)
    return world


@pytest.fixture
def hostile(live_cast: Cast) -> Cast:
    """A plan of the last six days whose amounts look like everything but amounts."""
    cast = live_cast
    first = (cast.now - 6 * DAY).date()
    doses = [(f"{8 + number:02}:00", amount) for number, amount in enumerate(HOSTILE)]
    plan = plan_signed(cast.ewan, by=cast.priya, at=cast.now - 6 * DAY, steps=[(first, "", doses)])
    doses_until(plan, cast.now)
    dose = dose_on(plan, first + 2 * DAY, "08:00")
    say(dose, Outcome.SKIPPED, by=cast.ewan_user, reason="-1 because\r\nof =cmd|' /C calc'!A0")
    say(dose_on(plan, first + 3 * DAY, "09:00"), Outcome.TAKEN, by=cast.ewan_user)
    extra(cast.ewan, by=cast.ewan_user, at=cast.now - 2 * DAY)
    return cast


def asked(cast: Cast, kind: str, who: str = "priya", **days: str):
    """Ask for a file as somebody of the cast."""
    address = f"/patients/{cast.ewan.pk}/export/"
    return cast.client(getattr(cast, who)).post(address, {"kind": kind, **days})


def body(answer) -> bytes:
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def tables(archive: bytes) -> dict[str, list[dict[str, str]]]:
    """Every table of a ZIP file by its name."""
    files = ZipFile(BytesIO(archive))
    return {
        name: list(csv.DictReader(StringIO(files.read(name).decode("utf-8-sig"), newline="")))
        for name in files.namelist()
    }


def sheets(book: bytes) -> dict[str, list[list[str | float]]]:
    """Every sheet of a workbook by its title; texts as texts, numbers as numbers."""
    files = ZipFile(BytesIO(book))
    titles = [
        str(each.get("name")) for each in tree(files, "xl/workbook.xml").iter(f"{SPACE}sheet")
    ]
    return {
        title: [
            list(cells(row))
            for row in tree(files, f"xl/worksheets/sheet{number}.xml").iter(f"{SPACE}row")
        ]
        for number, title in enumerate(titles, start=1)
    }


def tree(files: ZipFile, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(files.read(name))  # noqa: S314 - our own file


def cells(row: ElementTree.Element) -> Iterator[str | float]:
    for cell in row:
        assert cell.find(f"{SPACE}f") is None, "no cell is a formula"
        text = cell.find(f"{SPACE}is/{SPACE}t")
        value = cell.find(f"{SPACE}v")
        if text is not None:
            yield re.sub("_x005F(_x[0-9A-F]{4}_)", r"\1", text.text or "")
        elif value is not None:
            yield float(value.text or "")


def test_a_workbook_has_a_sheet_of_each_kind_of_row_and_says_what_it_is(world: World) -> None:
    found = sheets(body(asked(world.cast, "xlsx")))

    assert list(found) == SHEETS
    about = {row[0]: row[-1] for row in found["About this file"]}
    assert about["Patient"] == "Ewan Macrae"
    assert about["Period"] == "the whole record"
    assert about["Time zone"] == "Europe/London"
    assert about["Made by"] == "Dr Priya Raman"
    for table in CLINIC_TABLES:
        rows = found[str(table.title)]
        assert rows[0] == list(table.head)
        assert len(rows) - 1 == table.found(world.cast.ewan, ALWAYS).count() > 0, table.name


def test_amounts_in_a_workbook_are_character_for_character(hostile: Cast) -> None:
    rows = sheets(body(asked(hostile, "xlsx")))["Doses"]

    column = rows[0].index("Amount as entered")
    assert {row[column] for row in rows[1:]} == set(HOSTILE)


def test_tables_guard_what_looks_like_a_formula_and_name_each_guarded_cell(hostile: Cast) -> None:
    found = tables(body(asked(hostile, "csv")))

    for row in found["doses.csv"]:
        amount, changed = row["Amount as entered"], row["Cells not character for character"]
        is_named = "Amount as entered" in changed.split("; ")
        assert is_named == amount.startswith("'")
        assert (amount[1:] if is_named else amount) in HOSTILE
        assert not amount.startswith(("=", "+", "@"))
    [said] = [row for row in found["entries.csv"] if row["What was said"] == "skipped"]
    assert said["Reason"].startswith("'-1 because of")
    assert said["Cells not character for character"] == "Amount as entered; Reason"
    about = {row["About"]: row["This file"] for row in found["about.csv"]}
    assert "has an apostrophe before it" in about["Amounts"]


def test_a_file_holds_what_belongs_to_its_days_and_nothing_else(hostile: Cast) -> None:
    day = (hostile.now - 3 * DAY).date().isoformat()
    found = tables(body(asked(hostile, "csv", first_on=day, last_on=day)))

    assert len(found["doses.csv"]) == len(HOSTILE)
    assert {row["Due"][:10] for row in found["doses.csv"]} == {day}
    [entry] = found["entries.csv"]
    assert entry["Dose due"].startswith(f"{day}T09:00:00")
    about = {row["About"]: row["This file"] for row in found["about.csv"]}
    assert about["Period"] == f"{day} to {day}, both included"


def test_times_are_iso_with_their_offset_beside_the_name_of_the_zone(world: World) -> None:
    for rows in tables(body(asked(world.cast, "csv"))).values():
        for row in rows:
            for name, text in row.items():
                if text and name in {"Due", "Logged at", "Said at", "Opened at", "Closed at"}:
                    assert datetime.fromisoformat(text).utcoffset() is not None
                    assert row["Time zone"] == "Europe/London"


def test_each_measure_stands_there_with_its_formula_its_n_and_its_source(hostile: Cast) -> None:
    measures = tables(body(asked(hostile, "csv")))["measures.csv"]

    assert [row["Measure"] for row in measures][:2] == ["Taking adherence", "Correct dosing"]
    for row in measures:
        assert row["Formula"]
        assert row["Published in"]
        assert row["Where doses come from"] == "self-logged"
        assert row["n"].isdigit()
    assert measures[0]["Numerator"] == "1"


def test_a_file_is_a_look_and_an_act_that_is_written_down(world: World) -> None:
    cast = world.cast
    asked(cast, "xlsx", first_on="2026-01-01")

    look = Look.objects.get(actor=cast.priya, patient=cast.ewan)
    assert (look.page, look.capacity) == ("export", "clinician")
    act = AuditRow.objects.get(action="record.rows_exported")
    assert (act.actor, act.patient) == (cast.priya, cast.ewan)
    assert act.detail == {"kind": "xlsx", "first_on": "2026-01-01", "last_on": None}


@pytest.mark.parametrize(
    "who",
    ["ewan_user", "isla", "tomasz", "juno", "admin", "ended_clinician", "ended_caregiver"],
)
def test_only_clinicians_of_the_clinic_take_anything_out(live_cast: Cast, who: str) -> None:
    browser = live_cast.client(getattr(live_cast, who))
    address = f"/patients/{live_cast.ewan.pk}/export/"
    assert browser.get(address).status_code == 404
    assert asked(live_cast, "xlsx", who).status_code == 404
    assert not AuditRow.objects.filter(action="record.rows_exported").exists()


def test_whoever_is_signed_out_is_asked_to_sign_in(live_cast: Cast) -> None:
    answer = Client().post(f"/patients/{live_cast.ewan.pk}/export/", {"kind": "csv"})
    assert answer["Location"].startswith("/account/login/")


def test_a_file_that_is_counted_says_how_far_it_is_and_is_the_same_file(hostile: Cast) -> None:
    for number in range(260):
        check_in_add(
            patient=hostile.ewan, by=hostile.ewan_user, signs=[], note=str(number), at=None,
            client_id=uuid4(), now=hostile.now - timedelta(minutes=number),
        )  # fmt: skip
    answer = asked(hostile, "csv", counted="1")
    lines, rest = [], body(answer)
    while re.match(rb"\d", rest):
        line, _, rest = rest.partition(b"\n")
        lines.append(tuple(int(part) for part in line.split()))
    name, _, archive = rest.partition(b"\n")

    assert name == b"application/zip stepdown.zip"
    assert lines[0][0] == 0
    assert len(lines) > 1
    assert [done for done, _total in lines] == sorted(done for done, _total in lines)
    assert all(done <= total for done, total in lines)
    assert len(tables(archive)["check-ins.csv"]) == 260


def test_days_that_run_backwards_are_refused_beside_the_field(live_cast: Cast) -> None:
    answer = asked(live_cast, "csv", first_on="2026-11-02", last_on="2026-11-01")
    assert answer.status_code == 400
    assert "This day is before the first." in answer.content.decode()
    assert not AuditRow.objects.filter(action="record.rows_exported").exists()


def test_the_plan_of_somebody_else_is_not_found(world: World, live_cast: Cast) -> None:
    assert asked(live_cast, "csv", plan=str(uuid4())).status_code == 404


def test_a_record_without_a_plan_makes_a_file_too(live_cast: Cast) -> None:
    found = sheets(body(asked(live_cast, "xlsx")))
    assert [len(rows) for title, rows in found.items() if title != SHEETS[0]] == [1] * 6


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_number_of_questions_does_not_grow_with_the_rows(
    hostile: Cast, kind: str, django_assert_max_num_queries
) -> None:
    with django_assert_max_num_queries(60):
        body(asked(hostile, kind))


def test_the_page_offers_the_four_weeks_of_the_chart(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.priya)
    page = browser.get(f"/patients/{live_cast.ewan.pk}/export/").content.decode()
    assert "Take out of the record of Ewan Macrae" in page
    assert len(re.findall(r'value="\d{4}-\d\d-\d\d"', page)) == 2
    chart = browser.get(f"/patients/{live_cast.ewan.pk}/").content.decode()
    assert f"/patients/{live_cast.ewan.pk}/export/" in chart
