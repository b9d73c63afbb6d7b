"""Tables as CSV: every cell quoted, no cell a formula, and every guarded cell named in its row."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from tracker.domain.csv_cells import cell_text

BYTE_ORDER_MARK = "\ufeff"
"""Without it some spreadsheets read names in the wrong script."""
AMONG = "; "


def csv_write(
    out: TextIO,
    head: Sequence[str],
    rows: Iterable[Sequence[str | int]],
    *,
    guarded_name: str,
) -> Iterator[None]:
    """Write a table to `out`, and yield after each row.

    The last column, `guarded_name`, names the columns whose text the file does not have character
    for character in that row: an apostrophe stands before it, or its line ends became blanks.
    """
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow([cell_text(name) for name in (*head, guarded_name)])
    for row in rows:
        texts = [str(cell) for cell in row]
        cells = [cell_text(text) for text in texts]
        changed = [name for name, was, now in zip(head, texts, cells, strict=True) if was != now]
        writer.writerow([*cells, AMONG.join(changed)])
        yield
