"""`python -m bench [small|full]`: every case in turn, then JSON and a table.

A case that fails or is not done in its time is a line that says so; the others go on. Exit code 1
when a goal was missed or a case did not end.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass

from bench.cluster import EMPTY, FOLDER, cluster, environment
from bench.measuring import SIZES, Result, load
from bench.report import Run, machine, shown, with_the_last_run, written
from config.commands import ROOT
from config.local_postgres import LocalPostgres
from config.processes import end_group, try_lock

WHOLE_SECONDS = 55 * 60
"""When the last case is ended, whatever it has; what is left out is listed as failed."""


@dataclass(frozen=True, slots=True)
class Case:
    """A module of the bench and the seconds after which it is ended."""

    name: str
    seconds: int


CASES = (
    Case("sweep_due", 1100),
    Case("idle_sweep", 480),
    Case("tap", 120),
    Case("today", 150),
    Case("dispatch", 180),
    Case("delivery", 540),
    Case("peers", 1000),
)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("size", nargs="?", choices=SIZES, default="full")
    parser.add_argument("--only", action="append", choices=[case.name for case in CASES])
    asked = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    if try_lock(FOLDER / "bench.lock") is None:
        raise SystemExit("A bench is running here already.")
    started = time.monotonic()
    results: list[Result] = []
    with cluster() as server:
        about = machine(server)
        for case in CASES:
            if not asked.only or case.name in asked.only:
                left = WHOLE_SECONDS - (time.monotonic() - started)
                results += measured(server, case, asked.size, left)
    run = Run(
        size=asked.size,
        machine=about,
        minutes=(time.monotonic() - started) / 60,
        results=tuple(results),
    )
    print(shown(run))
    folder = ROOT / "docs" if asked.size == "full" else FOLDER
    written(run if not asked.only else with_the_last_run(run, asked.only, folder), folder)
    sys.exit(any(result.is_met is False for result in results))


def measured(server: LocalPostgres, case: Case, size: str, left: float) -> list[Result]:
    """Run one case as a process and return what it found, its failure included."""
    path = FOLDER / f"{case.name}.json"
    path.unlink(missing_ok=True)
    seconds = min(float(case.seconds), left)
    print(f"{time.strftime('%H:%M:%S')} {case.name} (at most {seconds:.0f} s)", flush=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.case", case.name, size, str(path)],
        env=environment(server, EMPTY), cwd=ROOT, start_new_session=True,
    )  # fmt: skip
    ending = waited_for(process, seconds)
    found = load(path) if path.exists() else []
    for result in found:
        print("   ", line(result), flush=True)
    if ending:
        found.append(
            Result(case=case.name.replace("_", " "), what=ending, value=None, unit="", is_met=False)
        )
        print("   ", line(found[-1]), flush=True)
    return found


def waited_for(process: subprocess.Popen[bytes], seconds: float) -> str:
    """Return "" once a case has ended well; else what became of it."""
    try:
        code = process.wait(timeout=max(seconds, 0))
    except subprocess.TimeoutExpired:
        end_group(process.pid)
        process.wait()
        return f"the case was not done in {max(seconds, 0):.0f} s"
    return "" if code == 0 else f"the case ended with exit code {code}"


def line(result: Result) -> str:
    """Return one result as a line of progress."""
    value = "-" if result.value is None else f"{result.value:,.2f} {result.unit}"
    verdict = {True: "met", False: "FAILED", None: ""}[result.is_met]
    parts = (f"{result.what}: {value}", result.beside, result.goal, verdict, result.note)
    return " | ".join(part for part in parts if part)


if __name__ == "__main__":
    main()
