"""`make faults`: every fault, then the report in docs/faults.md.

With paths or options of pytest: those faults again, whose lines in the report are put anew.
"""

from __future__ import annotations

import os
import sys
import time

import pytest

from config.commands import ROOT
from tests.faults.records import FOLDER, MINUTES, RECORDS, RUNS, records_read
from tests.faults.report import REPORT, report_text, table_text

if __name__ == "__main__":
    os.environ[RUNS] = "1"
    FOLDER.mkdir(parents=True, exist_ok=True)
    asked = sys.argv[1:]
    if not asked:
        for path in (RECORDS, MINUTES):
            path.unlink(missing_ok=True)
    started = time.monotonic()
    side_by_side = ["-n", "2", "--dist", "worksteal"] if (os.cpu_count() or 1) > 1 else []
    code = pytest.main(["-q", *side_by_side, *(asked or ["tests/faults"])])
    records = records_read()
    sys.stdout.write(table_text(records))
    if not asked:
        MINUTES.write_text(f"{(time.monotonic() - started) / 60:.0f}")
    if MINUTES.exists():
        REPORT.write_text(report_text(records, minutes=int(MINUTES.read_text())))
        sys.stdout.write(f"\nWritten: {REPORT.relative_to(ROOT)}\n")
    sys.exit(code)
