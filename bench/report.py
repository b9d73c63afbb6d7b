"""The bench's table for people and its JSON for programs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import celery
import django
import psutil

from bench.measuring import Result
from config.local_postgres import LocalPostgres

GIBIBYTE = 1024**3
HEAD = """# Bench

Made by `make bench` on {day} in {minutes:.0f} minutes; the same figures as JSON: `bench.json`. A
case that was run again by itself (`python -m bench --only today`) has the lines of its last run.
{machine}.

Absolute figures are those of this machine; compare what stands side by side, because it was
measured in the same run. PostgreSQL has its default settings with fsync on, in a cluster of its
own; the mail server is a local one that takes everything at once.
"""
VERDICTS = {True: "met", False: "**FAILED**", None: ""}
READING = """
## How to read it
- **Sweep of what is due**: every due dose gets an alert, its events, a message and its line. The
  peer is one statement that writes the same rows (`bench/plain_sql.py`); it decides only the
  simplest case. Each round works on a fresh copy of the same database.
- **Sweep that finds nothing**: a whole sweep, its heartbeat included, which is a write.
- **A patient's tap**: the service that the page, the link and the API call, from a separate
  connection, for doses that are due and being swept.
- **Today on a throttled phone**: Chromium slows itself down (processor four times slower, 400 ms
  before each answer, 400 kbit/s each way: what its developer tools aim at with "slow 3G"; their
  preset waits 2,000 ms for each request, measured without a goal: two requests alone take longer
  than it). The server is one of this machine. Usable means that "Taken" is painted and enabled; one
  visit presses it before any script is there. Bytes are those of the page's own requests as they
  went over the wire, fonts beside them; the service worker is left out and counted by itself.
- **Dispatch**: one sender process; each message is claimed, checked again, sent over SMTP and
  recorded. The loop next to it only sends, over one connection, and records nothing.
- **Due to delivered**: worker and beat as `make run` starts them, with the default ticks (a sweep
  every 15 s, a dispatch every 5 s), so the wait for the ticks is part of the figure. Memory counts
  shared pages once (PSS) over each process and its children.
- **Peers**: the same number of mails due in the same minute. Their task sends the mail and does
  nothing else: it asks nobody whether the dose was logged, and a task lost is not sent again. What
  they do when a worker or the broker dies is not measured here; `docs/adr/` says why they were not
  chosen.
"""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run: its size, the machine it was on, how long it took, and what it found."""

    size: str
    machine: str
    minutes: float
    results: tuple[Result, ...]


def machine(server: LocalPostgres) -> str:
    """Return what the figures were measured on, in one sentence without a name."""
    with server.connect() as connection:
        row = connection.execute("SHOW server_version").fetchone()
    version = row[0] if row else "?"
    memory = psutil.virtual_memory().total / GIBIBYTE
    return (
        f"{os.cpu_count()} processors, {memory:.0f} GiB, {platform.system()}, "
        f"PostgreSQL {version}, Python {platform.python_version()}, Django {django.__version__}, "
        f"Celery {celery.__version__}"
    )


def written(run: Run, folder: Path) -> None:
    """Write bench.md and bench.json into a folder."""
    (folder / "bench.md").write_text(shown(run) + READING)
    as_json = {
        "size": run.size,
        "machine": run.machine,
        "minutes": round(run.minutes, 1),
        "results": [asdict(result) for result in run.results],
    }
    (folder / "bench.json").write_text(json.dumps(as_json, indent=1, ensure_ascii=False) + "\n")


def with_the_last_run(run: Run, cases: Collection[str], folder: Path) -> Run:
    """Return the whole run that a folder holds, with these cases as they have just been run again.

    Its time and its machine stay those of the whole run. Without one, the run is as it is.
    """
    path = folder / "bench.json"
    if not path.exists():
        return run
    last = json.loads(path.read_text())
    before = [Result(**fields) for fields in last["results"]]
    replaced = {result.case for result in run.results} | {case.replace("_", " ") for case in cases}
    first = next((at for at, each in enumerate(before) if each.case in replaced), len(before))
    others = [each for each in before[first:] if each.case not in replaced]
    results = (*before[:first], *run.results, *others)
    return replace(run, minutes=last["minutes"], machine=last["machine"], results=results)


def shown(run: Run) -> str:
    """Return the table, and above it the goals that were missed."""
    failed = [result for result in run.results if result.is_met is False]
    day = datetime.now(tz=UTC).strftime("%-d %B %Y")
    text = HEAD.format(day=day, minutes=max(run.minutes, 1), machine=run.machine)
    if run.size != "full":
        text += f"\nSize **{run.size}**: a quick look, not the figures to quote.\n"
    judged = [result for result in run.results if result.is_met is not None]
    text += f"\n{len(judged) - len(failed)} of {len(judged)} goals are met."
    text += "".join(f"\n- **FAILED**: {each.case}: {each.what} ({each.goal})" for each in failed)
    for case in dict.fromkeys(result.case for result in run.results):
        text += f"\n\n## {case[0].upper()}{case[1:]}\n"
        text += "| What | Figure | Beside it | Goal | | Note |\n|---|---:|---|---|---|---|\n"
        text += "\n".join(_row(result) for result in run.results if result.case == case)
    return text + "\n"


def _row(result: Result) -> str:
    figure = "–" if result.value is None else f"{_number(result.value)} {result.unit}".strip()
    verdict = VERDICTS[result.is_met]
    cells = (result.what, figure, result.beside, result.goal, verdict, result.note)
    return "| " + " | ".join(cells) + " |"


def _number(value: float) -> str:
    """Return a figure with as many digits as it deserves."""
    if value == int(value) or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
