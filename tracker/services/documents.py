"""Documents set as PDF/UA-1 by a program of its own, with a bound on its time and its memory."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from accounts.models import User
from tracker.selectors.document import document_of
from tracker.selectors.record_about import RecordPart

PROGRAM = Path(__file__).resolve().parent.parent / "documents" / "typeset.py"
MOST_SECONDS = 60


def document_pdf(part: RecordPart, by: User, *, is_one_page: bool, now: datetime) -> bytes:
    """Return the PDF of a record, in the language in force.

    Raises `subprocess.SubprocessError` when it takes too long, too much memory, or fails: there is
    no half document. What the program says of its failure is not kept, for it may quote the record.
    """
    document = document_of(part, by, is_one_page=is_one_page, now=now)
    made = subprocess.run(  # noqa: S603 - our own program; the record goes in as data
        [sys.executable, "-I", str(PROGRAM)],
        input=json.dumps(document).encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=MOST_SECONDS,
        check=True,
        env={},
    )
    return made.stdout
