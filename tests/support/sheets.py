"""Reads the sheets of an XLSX file as rows of texts, with the standard library alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheets_of(path: Path) -> dict[str, list[dict[str, str]]]:
    """Return each sheet by its name: a row is its cells by the names in the sheet's first row."""
    with ZipFile(path) as archive:
        texts = _texts(archive)
        book = _parsed(archive.read("xl/workbook.xml"))
        names = [sheet.attrib["name"] for sheet in book.iter(f"{MAIN}sheet")]
        return {
            name: _named(list(_rows(archive.read(f"xl/worksheets/sheet{number}.xml"), texts)))
            for number, name in enumerate(names, 1)
        }


def _parsed(part: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(part)  # noqa: S314 - files that lie beside the project, read-only


def _texts(archive: ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    root = _parsed(archive.read("xl/sharedStrings.xml"))
    return ["".join(part.text or "" for part in each.iter(f"{MAIN}t")) for each in root]


def _rows(sheet: bytes, texts: list[str]) -> Iterator[dict[str, str]]:
    for row in _parsed(sheet).iter(f"{MAIN}row"):
        cells = {}
        for cell in row:
            text = _text(cell, texts)
            if text is not None:
                cells[re.sub(r"\d", "", cell.attrib["r"])] = text
        yield cells


def _text(cell: ElementTree.Element, texts: list[str]) -> str | None:
    if cell.get("t") == "inlineStr":
        return "".join(part.text or "" for part in cell.iter(f"{MAIN}t"))
    value = cell.find(f"{MAIN}v")
    if value is None or value.text is None:
        return None
    return texts[int(value.text)] if cell.get("t") == "s" else value.text


def _named(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    head, *rest = rows
    return [{head[column]: text for column, text in row.items() if column in head} for row in rest]
