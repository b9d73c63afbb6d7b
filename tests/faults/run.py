"""`make faults`: every fault, then the report in docs/faults.md."""

from __future__ import annotations

import os
import sys
import time

import pytest

from config.commands import ROOT
from tests.faults.records import FOLDER, RECORDS, RUNS, records_read
from tests.faults.report import REPORT, report_text, table_text

if __name__ == "__main__":
    os.environ[RUNS] = "1"
    FOLDER.mkdir(parents=True, exist_ok=True)
    RECORDS.unlink(missing_ok=True)
    started = time.monotonic()
    side_by_side = ["-n", "2", "--dist", "worksteal"] if (os.cpu_count() or 1) > 1 else []
    asked = sys.argv[1:]
    code = pytest.main(["-q", *side_by_side, *(asked or ["tests/faults"])])
    records = records_read()
    sys.stdout.write(table_text(records))
    if not asked:
        REPORT.write_text(report_text(records, seconds=time.monotonic() - started))
        sys.stdout.write(f"\nWritten: {REPORT.relative_to(ROOT)}\n")
    sys.exit(code)
