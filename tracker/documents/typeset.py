"""Set one document: JSON on standard input, PDF/UA-1 on standard output.

A program of its own, so that whoever starts it can end it, and so that its memory has a bound.
"""

from __future__ import annotations

import json
import resource
import struct
import sys
from datetime import datetime
from pathlib import Path

import typst

HERE = Path(__file__).resolve().parent
FONTS = HERE / "fonts"
MOST_MEMORY = 2 * 1024**3
MOST_SECONDS = 60


def drawable(font: Path) -> set[int]:
    """Return the characters a font draws, of its table `cmap`, format 4."""
    raw = font.read_bytes()
    (count,) = struct.unpack_from(">H", raw, 4)
    tags = [struct.unpack_from(">4sLLL", raw, 12 + 16 * each) for each in range(count)]
    base = next(offset for tag, _sum, offset, _length in tags if tag == b"cmap")
    (tables,) = struct.unpack_from(">H", raw, base + 2)
    found: set[int] = set()
    for each in range(tables):
        _platform, _encoding, offset = struct.unpack_from(">HHL", raw, base + 4 + 8 * each)
        start = base + offset
        kind, _length, _language, twice = struct.unpack_from(">HHHH", raw, start)
        if kind == 4:
            ends = struct.unpack_from(f">{twice // 2}H", raw, start + 14)
            begins = struct.unpack_from(f">{twice // 2}H", raw, start + 16 + twice)
            for first, last in zip(begins, ends, strict=True):
                found.update(range(first, min(last, 0xFFFE) + 1))
    return found


def legible(text: str, known: set[int]) -> str:
    """Return a text whose characters all draw: one that does not stands as its number."""
    return "".join(
        each if ord(each) in known or each in "\n\t" else f"[U+{ord(each):04X}]" for each in text
    )


def legible_all(value: object, known: set[int]) -> object:
    """Return a JSON value with each of its texts legible."""
    if isinstance(value, str):
        return legible(value, known)
    if isinstance(value, list):
        return [legible_all(each, known) for each in value]
    if isinstance(value, dict):
        return {name: legible_all(each, known) for name, each in value.items()}
    return value


def main() -> None:
    """Read, set, write."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    asked = json.load(sys.stdin.buffer)
    known = drawable(FONTS / "atkinson-hyperlegible-400.ttf")
    known &= drawable(FONTS / "atkinson-hyperlegible-700.ttf")
    pdf = typst.compile(
        str(HERE / "record.typ"),
        root=str(HERE),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"document": json.dumps(legible_all(asked, known))},
        pdf_standards="ua-1",
        timestamp=datetime.fromisoformat(asked["made_at"]),
    )
    sys.stdout.buffer.write(bytes(pdf))


if __name__ == "__main__":
    main()
