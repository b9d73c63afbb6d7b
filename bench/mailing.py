"""The mail server of the bench, and what it noted."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bench.cluster import FOLDER
from config.commands import ROOT
from config.processes import LOOPBACK, free_port, wait_until


class SinkProcess:
    """A running sink; `port` is where it listens."""

    def __init__(self, port: int, path: Path) -> None:
        self.port = port
        self._path = path

    def arrivals(self) -> dict[str, float]:
        """Return when each mail came first, by its key, in seconds since the epoch."""
        first: dict[str, float] = {}
        for line in self._path.read_text().splitlines():
            at, key = line.split(" ", maxsplit=1)
            first.setdefault(key, float(at))
        return first

    def count(self) -> int:
        """Return how many mails came, repeats included."""
        return self._path.read_bytes().count(b"\n")

    def wait_for(self, number: int, *, until: float) -> bool:
        """Return whether that many different mails came before an instant."""
        wait_until(lambda: self.count() >= number, seconds=until - time.time(), step=0.5)
        return len(self.arrivals()) >= number


@contextmanager
def sink() -> Iterator[SinkProcess]:
    """Have an SMTP sink running as a process of its own."""
    port, path = free_port(), FOLDER / "sink.txt"
    path.write_text("")
    process = subprocess.Popen([sys.executable, "-m", "bench.sink", str(port), str(path)], cwd=ROOT)
    try:
        wait_until(lambda: _answers(port), seconds=20)
        yield SinkProcess(port, path)
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0
