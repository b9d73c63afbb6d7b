"""Rows of a record written as files: CSV tables in one ZIP file, or one XLSX workbook.

Rows are read a batch at a time and written as they come, so the size of a record is never the size
of the memory. Nothing is sent before the file is whole: half a file looks like a whole record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import TextIOWrapper
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import xlsxwriter

from accounts.models import User
from tracker.domain.csv_tables import csv_write
from tracker.selectors.record_about import (
    ABOUT_HEAD,
    ABOUT_TITLE,
    GUARDED,
    MEASURES_HEAD,
    MEASURES_TITLE,
    RecordPart,
    about_rows,
    measure_rows,
)
from tracker.selectors.record_alerts import CLINIC_TABLES
from tracker.selectors.record_tables import Cell

Rows = Iterable[tuple[Cell, ...]]
MOST_ROWS = 1_048_000
"""Rows of one sheet; a spreadsheet opens 1,048,576 at most."""
WIDTH = 22
WIDE = 90


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a file: its name in a ZIP file, its title, its head and its rows."""

    name: str
    title: str
    head: tuple[str, ...]
    rows: Rows


def sheets_of(part: RecordPart, by: User, *, is_guarded: bool, now: datetime) -> list[Sheet]:
    """Return the tables of a clinic's file, in order; the language is the one in force."""
    about = about_rows(part, by, is_guarded=is_guarded, now=now)
    tables = [
        Sheet(each.name, str(each.title), each.head, each.rows(part.patient, part.span, now))
        for each in CLINIC_TABLES
    ]
    return [
        Sheet("about", str(ABOUT_TITLE), tuple(str(each) for each in ABOUT_HEAD), about),
        *tables,
        Sheet(
            "measures",
            str(MEASURES_TITLE),
            tuple(str(each) for each in MEASURES_HEAD),
            measure_rows(part),
        ),
    ]


def rows_count(part: RecordPart) -> int:
    """Return how many rows the tables of a part have."""
    return sum(each.count(part.patient, part.span) for each in CLINIC_TABLES)


def csv_files_write(out: IO[bytes], sheets: Sequence[Sheet], now: datetime) -> Iterator[None]:
    """Write each table as a CSV file into a ZIP file, and yield after each row."""
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for sheet in sheets:
            with (
                zip_member(archive, f"{sheet.name}.csv", now) as file,
                TextIOWrapper(file, "utf-8", newline="") as text,
            ):
                yield from csv_write(text, sheet.head, sheet.rows, guarded_name=str(GUARDED))


def zip_member(archive: ZipFile, name: str, now: datetime) -> IO[bytes]:
    """Open one file of a ZIP file for writing, readable by its owner alone."""
    entry = ZipInfo(name, date_time=now.timetuple()[:6])
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return archive.open(entry, "w", force_zip64=True)


def workbook_write(out: IO[bytes], sheets: Sequence[Sheet], now: datetime) -> Iterator[None]:
    """Write each table as a sheet of one workbook, and yield after each row.

    Texts are written as texts, character for character: none is a formula, a link or a number.
    """
    settings = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, settings) as book:
        book.set_properties({"created": now.replace(tzinfo=None)})
        book.use_zip64()
        bold = book.add_format({"bold": True})
        for sheet in sheets:
            yield from _sheet_write(book, sheet, bold)


def _sheet_write(book: Any, sheet: Sheet, bold: Any) -> Iterator[None]:
    page, line, number = None, 0, 0
    for row in sheet.rows:
        if page is None or line > MOST_ROWS:
            number += 1
            page, line = _page(book, sheet, number, bold), 1
        for column, cell in enumerate(row):
            _cell_write(page, line, column, cell)
        line += 1
        yield
    if page is None:
        _page(book, sheet, 1, bold)


def _page(book: Any, sheet: Sheet, number: int, bold: Any) -> Any:
    page = book.add_worksheet(sheet.title[:28] + (f" {number}" if number > 1 else ""))
    page.freeze_panes(1, 0)
    page.set_column(0, len(sheet.head) - 1, WIDTH)
    if sheet.name == "about":
        page.set_column(1, 1, WIDE)
    for column, name in enumerate(sheet.head):
        page.write_string(0, column, name, bold)
    return page


def _cell_write(page: Any, line: int, column: int, cell: Cell) -> None:
    if isinstance(cell, int):
        page.write_number(line, column, cell)
    else:
        page.write_string(line, column, cell)
