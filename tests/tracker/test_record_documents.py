"""The summary on one page and the full report: set as data, tagged, in the reader's language."""

import json
import re
import subprocess
import sys
import zlib

import pytest
from django.utils import translation

from accounts.models import AuditRow, Look
from reminders.services.sweep import sweep_run
from tests.api.worlds import world_make
from tests.cast import Cast
from tests.tracker.charting import say
from tests.tracker.test_record_exports import HOSTILE, asked, body, hostile
from tracker.domain.doses import Outcome
from tracker.models import ExpectedDose
from tracker.selectors.document import document_of
from tracker.selectors.record_about import record_part
from tracker.services.documents import PROGRAM, document_pdf

__all__ = ["hostile"]
SUMMARY_ORDER = [
    "Who", "Plan", "Open now", "Measures", "Signs and check-ins", "Alerts", "About this document",
]  # fmt: skip


def whole(cast: Cast):
    """Everything of Ewan's record."""
    return record_part(cast.ewan, plan_id=None, first_on=None, last_on=None, now=cast.now)


def opened(pdf: bytes) -> bytes:
    """The file with its streams unpacked: its tags and its title can be read in it."""
    parts = [pdf]
    for found in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            parts.append(zlib.decompress(found.group(1)))
        except zlib.error:
            parts.append(found.group(1))
    return b"\n".join(parts)


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", opened(pdf)))


@pytest.mark.parametrize("kind", ["summary", "report"])
def test_a_document_is_tagged_and_has_a_title_and_a_language(live_cast: Cast, kind: str) -> None:
    world_make(live_cast)
    sweep_run(now=live_cast.now)
    answer = asked(live_cast, kind)
    pdf = body(answer)
    inside = opened(pdf)

    assert answer["Content-Type"] == "application/pdf"
    assert pdf.startswith(b"%PDF-")
    assert b"<pdfuaid:part>1</pdfuaid:part>" in inside
    assert b"/StructTreeRoot" in inside
    assert re.search(rb"/Lang\s*\(en", inside)
    assert b"Ewan Macrae" in inside
    assert re.search(rb"/DisplayDocTitle\s+true", inside)
    assert pages(pdf) == 1 or kind == "report"


def test_a_summary_of_a_hostile_record_stays_on_one_page(hostile: Cast) -> None:
    hostile.ewan.name = '#panic("x") *Ewan* $y$ \\ ' + "محمد " * 30
    part = record_part(hostile.ewan, plan_id=None, first_on=None, last_on=None, now=hostile.now)
    assert pages(document_pdf(part, hostile.priya, is_one_page=True, now=hostile.now)) == 1
    report = document_pdf(part, hostile.priya, is_one_page=False, now=hostile.now)
    assert report.startswith(b"%PDF-")


def test_a_summary_says_its_parts_in_order_and_every_amount_as_entered(hostile: Cast) -> None:
    made = document_of(whole(hostile), hostile.priya, is_one_page=True, now=hostile.now)

    assert [section["title"] for section in made["sections"]] == SUMMARY_ORDER
    [today] = [
        value
        for section in made["sections"]
        for block in section["blocks"]
        if block["kind"] == "facts"
        for name, value in block["rows"]
        if name == "Amounts entered for today"
    ]
    for amount in HOSTILE:
        assert amount in today
    assert re.search(r"Made by Dr Priya Raman, .+, Europe/London. Fingerprint [0-9a-f]{16}$",
                     made["footer"])  # fmt: skip


def test_a_report_has_the_drawing_and_the_tables_behind_it(hostile: Cast) -> None:
    made = document_of(whole(hostile), hostile.priya, is_one_page=False, now=hostile.now)
    titles = [section["title"] for section in made["sections"]]
    [amounts] = [each for each in made["sections"] if each["title"] == "Entered amounts"]

    assert {"Entries", "Flags", "Plan versions", "Timeline"} <= set(titles)
    picture, _letters, bands, said = amounts["blocks"]
    assert picture["svg"].startswith("<svg")
    assert picture["alt"]
    assert {row[3] for row in bands["rows"]} == set(HOSTILE)
    assert len(said["rows"]) >= len(HOSTILE)


@pytest.mark.parametrize("is_one_page", [True, False])
def test_a_document_says_every_day_with_its_year_and_no_instant_as_a_machine_does(
    hostile: Cast, is_one_page: bool
) -> None:
    sweep_run(now=hostile.now)
    made = document_of(whole(hostile), hostile.priya, is_one_page=is_one_page, now=hostile.now)
    tables = {
        section["title"]: block["rows"]
        for section in made["sections"]
        for block in section["blocks"]
        if block["kind"] == "rows"
    }
    assert re.fullmatch(r"\w{3} \d+ \w{3} \d{4} \d\d:\d\d [+-]\d{4}", tables["Alerts"][0][0])
    cells = [cell for rows in tables.values() for row in rows for cell in row]
    assert not [cell for cell in cells if re.search(r"\d{4}-\d\d-\d\d", cell)]


@pytest.mark.parametrize("words", ["2026-99-99T00:00:00+00:00", "2026-11-20T08:00:00+00:00"])
def test_own_words_that_look_like_an_instant_stand_as_they_were_said(
    hostile: Cast, words: str
) -> None:
    dose = ExpectedDose.objects.filter(standing_entry=None, due_at__lt=hostile.now).latest("due_at")
    say(dose, Outcome.SKIPPED, by=hostile.ewan_user, reason=words)
    made = document_of(whole(hostile), hostile.priya, is_one_page=False, now=hostile.now)
    [entries] = [each for each in made["sections"] if each["title"] == "Entries"]
    assert words in [cell for row in entries["blocks"][0]["rows"] for cell in row]


def test_a_document_is_in_the_language_of_its_reader(hostile: Cast) -> None:
    with translation.override("es"):
        made = document_of(whole(hostile), hostile.priya, is_one_page=True, now=hostile.now)
    assert made["language"] == "es"


def test_a_document_is_a_look_and_an_act_that_is_written_down(hostile: Cast) -> None:
    body(asked(hostile, "summary"))
    assert Look.objects.get(actor=hostile.priya, patient=hostile.ewan).page == "export"
    assert AuditRow.objects.get(action="record.rows_exported").detail["kind"] == "summary"


def test_a_record_without_a_plan_makes_a_document_too(live_cast: Cast) -> None:
    assert pages(body(asked(live_cast, "summary"))) == 1


def test_what_cannot_be_set_is_refused_and_leaves_no_half_document() -> None:
    ended = subprocess.run(
        [sys.executable, "-I", str(PROGRAM)],
        input=json.dumps({"made_at": "2026-01-01T00:00:00+00:00"}).encode(),
        capture_output=True,
        check=False,
    )
    assert ended.returncode != 0
    assert ended.stdout == b""
