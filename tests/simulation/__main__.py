"""`make simulate`: run cases from a seed on, until so many patient-years have been lived.

The first case that breaks an invariant is cut down and printed as a test.
"""

from __future__ import annotations

import gc
import itertools
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator

from tests.simulation.loop import Loop
from tests.simulation.people import case_from
from tests.simulation.report import Found, report_text, report_write
from tests.simulation.shrink import broken_by, case_text, shrunk

Lived = tuple[int, float, Counter[str], str]
EVERY = 20.0
"""Seconds between two lines of progress."""

# The rows of a case point at each other and are not collected while it runs: a process that has
# run 200 cases (50 tasks of 4) is replaced by a new one.


def case_run(seed: int) -> Lived:
    """Run the case of a seed; return its patient-years, what happened, and what it broke."""
    case = case_from(seed)
    loop = Loop(case)
    try:
        loop.run()
    except AssertionError as broken:
        return seed, case.patient_years, loop.watch.counts, str(broken)
    return seed, case.patient_years, loop.watch.counts, ""


def simulate(found: Found, patient_years: float, processes: int) -> None:
    """Run cases side by side until enough was lived or one broke an invariant."""
    began_at = told_at = time.monotonic()
    with multiprocessing.Pool(processes, initializer=gc.disable, maxtasksperchild=50) as pool:
        for seed, lived, counts, broken in pool.imap(case_run, _seeds(found, patient_years), 4):
            found.add(lived, counts)
            if broken:
                found.broken.append((seed, broken))
                pool.terminate()
                return
            if time.monotonic() - told_at > EVERY:
                told_at = time.monotonic()
                print(f"{found.patient_years:,.0f} patient-years in {told_at - began_at:,.0f} s")


def _seeds(found: Found, patient_years: float) -> Iterator[int]:
    each = case_from(found.first_seed).patient_years
    return itertools.islice(itertools.count(found.first_seed), int(patient_years / each) + 1)


def main() -> int:
    """Read PATIENT_YEARS, SEED and REPORT (1: write it into the document)."""
    patient_years = float(os.environ.get("PATIENT_YEARS") or 10_000)
    seed = int(os.environ.get("SEED") or 1)
    processes = os.cpu_count() or 1
    command = f"make simulate PATIENT_YEARS={patient_years:.0f} SEED={seed}"
    found, began_at = Found(command, seed), time.monotonic()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    simulate(found, patient_years, processes)
    text = report_text(found, time.monotonic() - began_at, processes)
    print(text)
    if os.environ.get("REPORT"):
        report_write(text)
    for broken_seed, _ in found.broken:
        _show(broken_seed)
    return 1 if found.broken else 0


def _show(seed: int) -> None:
    """Print the shortest case that breaks the same invariant, as a test."""
    case = case_from(seed)
    broken = broken_by(case)
    if broken is None:
        return
    print(f"\nSeed {seed} broke {broken}. The shortest case found, ready to be kept as a test:\n")
    case = shrunk(case, broken.invariant)
    print(case_text(case, invariant=broken.invariant, said=str(broken_by(case))))


if __name__ == "__main__":
    sys.exit(main())
