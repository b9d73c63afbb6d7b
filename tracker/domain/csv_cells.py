"""Texts as cells of a file that a spreadsheet may open: shown, never worked out."""

from __future__ import annotations

import unicodedata

FORMULA_STARTS = ("=", "+", "-", "@", "|", "%")
"""A cell that begins with one of these may be taken for a formula."""
CONTROL = "Cc"


def cell_text(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: it then begins with an apostrophe.

    Wide forms of the signs count as well, and blanks, quotes or invisible characters before them
    are looked past. What the person wrote stays, character for character, behind the apostrophe;
    line ends become blanks.
    """
    line = " ".join(text.splitlines()) if "\n" in text or "\r" in text else text
    plain = unicodedata.normalize("NFKC", line).lstrip(" '\"\u00a0\u200b\u2060\ufeff")
    is_control = bool(line) and unicodedata.category(line[0]) == CONTROL
    return f"'{line}" if is_control or plain.startswith(FORMULA_STARTS) else line
