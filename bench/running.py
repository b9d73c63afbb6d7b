"""Long-lived processes of a case: a broker, workers, tickers; stopped with the case."""

from __future__ import annotations

import math
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bench.cluster import FOLDER
from bench.mailing import SinkProcess
from bench.measuring import Memory, Result, quantiles
from config.commands import ROOT
from config.local_valkey import LocalValkey
from config.processes import end_group

PATIENCE = 200
"""Seconds after the doses are due at which waiting for the last mail ends."""


@contextmanager
def broker() -> Iterator[str]:
    """Have an empty Valkey; yields its address."""
    valkey = LocalValkey(FOLDER / "valkey", "bench-only")
    valkey.start()
    try:
        yield valkey.url
    finally:
        valkey.stop()


@contextmanager
def processes(
    commands: Mapping[str, list[str]], environment: dict[str, str]
) -> Iterator[dict[str, int]]:
    """Start commands by name, each the leader of a group; yields their process ids."""
    log = FOLDER / "processes.log"
    started: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in commands.items():
            with log.open("ab") as lines:
                started[name] = subprocess.Popen(
                    command, env=environment, cwd=ROOT, stdout=lines, stderr=lines,
                    stdin=subprocess.DEVNULL, start_new_session=True,
                )  # fmt: skip
        yield {name: process.pid for name, process in started.items()}
    finally:
        for process in reversed(list(started.values())):
            end_group(process.pid, patience=5)
            process.wait()


def minute_after(seconds: float) -> float:
    """Return the first whole minute that is at least so many seconds ahead, since the epoch."""
    return math.ceil((time.time() + seconds) / 60) * 60.0


def due_minute(
    case: str,
    number: int,
    due_at: float,
    mails: SinkProcess,
    pids: dict[str, int],
    *,
    is_peer: bool = False,
) -> Iterator[Result]:
    """Wait until doses are due and their mails are there; yield how late they came, and memory.

    A peer has no goal to meet.
    """
    memory = Memory(pids)
    time.sleep(max(due_at - 5 - time.time(), 0))
    at_rest = memory.now()
    with memory.watched():
        is_whole = mails.wait_for(number, until=due_at + PATIENCE)
    late = [at - due_at for at in mails.arrivals().values()]
    median, most, longest = quantiles(late)
    yield Result(
        case=case, what=f"{number:,} doses in one minute: due to delivered, median",
        value=median if late else None, unit="s",
        note=f"p99 {most:.1f}, max {longest:.1f}; earliest {min(late, default=math.nan):.1f}",
    )  # fmt: skip
    yield Result(
        case=case, what=f"{number:,} doses in one minute: different mails delivered",
        value=float(len(late)), unit="mails", goal="" if is_peer else f"{number:,}",
        is_met=None if is_peer else is_whole,
        note=f"{mails.count():,} arrived within {PATIENCE} s",
    )  # fmt: skip
    for name in pids:
        yield Result(
            case=case, what=f"{number:,} doses in one minute: memory of {name} at peak",
            value=memory.peak[name], unit="MiB", beside=f"at rest {at_rest[name]:.0f} MiB",
        )  # fmt: skip
