"""What one case says: a figure, what stands beside it in the same run, and whether it will do."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Thread

import psutil

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Result:
    """One line of the table. `is_met` is None where there is no goal, or no figure to judge."""

    case: str
    what: str
    value: float | None
    unit: str
    beside: str = ""
    goal: str = ""
    is_met: bool | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much of everything a run measures."""

    name: str
    people: int
    due: int
    rounds: int
    idle_doses: tuple[int, ...]
    idle_sweeps: int
    taps: int
    mails: int
    minutes_due: tuple[int, ...]
    peer_minutes_due: tuple[int, ...]


SMALL = Sizes(
    name="small", people=5_000, due=1_000, rounds=1, idle_doses=(10_000, 50_000),
    idle_sweeps=50, taps=60, mails=500, minutes_due=(100,), peer_minutes_due=(100,),
)  # fmt: skip
FULL = Sizes(
    name="full", people=100_000, due=100_000, rounds=3,
    idle_doses=(100_000, 1_000_000, 5_000_000), idle_sweeps=200, taps=400,
    mails=10_000, minutes_due=(1_000, 20_000), peer_minutes_due=(1_000, 20_000),
)  # fmt: skip
SIZES = {size.name: size for size in (SMALL, FULL)}


def save(results: Sequence[Result], path: Path) -> None:
    """Write results as JSON for the main process."""
    path.write_text(json.dumps([asdict(result) for result in results], indent=1))


def load(path: Path) -> list[Result]:
    """Read what `save` wrote."""
    return [Result(**each) for each in json.loads(path.read_text())]


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds something took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def quantiles(seconds: Sequence[float]) -> tuple[float, float, float]:
    """Return median, 99th percentile and maximum; of nothing: not a number."""
    if not seconds:
        return (float("nan"),) * 3
    ranked = sorted(seconds)
    return (
        statistics.median(ranked),
        ranked[min(len(ranked) - 1, len(ranked) * 99 // 100)],
        ranked[-1],
    )


class Memory:
    """Resident memory of processes with all their children, in MiB, sampled while it runs."""

    def __init__(self, pids: dict[str, int]) -> None:
        self._pids = pids
        self.peak = dict.fromkeys(pids, 0.0)

    def now(self) -> dict[str, float]:
        """Return the memory of this moment by name, and remember the peak."""
        found = {name: _resident(pid) for name, pid in self._pids.items()}
        self.peak = {name: max(self.peak[name], found[name]) for name in found}
        return found

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Sample twice a second until the end of the block."""
        is_over = Event()

        def sample() -> None:
            while not is_over.wait(0.5):
                self.now()

        thread = Thread(target=sample, daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()


def _resident(pid: int) -> float:
    """Return the proportional set size of a process and its children: shared pages count once."""
    total = 0
    try:
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            memory = process.memory_full_info()
            total += getattr(memory, "pss", memory.rss)
    except psutil.NoSuchProcess:
        return total / MEBIBYTE
    return total / MEBIBYTE
