"""Compile the translations: every .po of the packages gets its .mo, without system tools."""

from __future__ import annotations

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from config.commands import ROOT

PACKAGES = ("accounts", "config", "reminders", "tracker")


def catalogues() -> list[Path]:
    """Return every catalogue of the packages, as translators edit them."""
    found = [path for name in PACKAGES for path in (ROOT / name / "locale").rglob("*.po")]
    return sorted(found)


def compile_catalogues() -> None:
    """Write the .mo beside each .po that is newer; doubtful ("fuzzy") texts stay out."""
    for source in catalogues():
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as opened:
            catalogue = read_po(opened)
        finished = target.with_suffix(".mo.new")
        with finished.open("wb") as opened:
            write_mo(opened, catalogue)
        finished.replace(target)


if __name__ == "__main__":
    compile_catalogues()
