"""Start processes, start again what ends by itself, stop them all: what `make run` watches."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.processes import LocalProblem, command_line, end_group

LONGEST_PAUSE = 30.0
# A process that ends this often within seconds of its start will not do better at the next try.
TRIES = 5
SETTLED_SECONDS = 20.0


@dataclass
class Child:
    """One process that should be running for as long as we do."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes]
    started_at: float  # monotonic seconds
    failures: int = 0
    again_at: float | None = None  # monotonic seconds; None while it runs


class Supervisor:
    """The children of one run; each is a process group of its own and logs to its own file.

    A note of them is kept on disk, so that the next run finds what a killed run left behind.
    """

    def __init__(
        self, folder: Path, environment: dict[str, str], say: Callable[[str], None]
    ) -> None:
        self.logs = folder / "log"
        self.note = folder / "processes.json"
        self.environment = environment
        self.say = say
        self.children: dict[str, Child] = {}
        self.logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, command: list[str]) -> None:
        """Start one child and remember it."""
        self.children[name] = Child(name, command, self._spawn(name, command), time.monotonic())
        self._write_note()

    def look(self) -> None:
        """Say who ended, and start them again; a longer pause after each failure."""
        for child in self.children.values():
            code = child.process.poll()
            now = time.monotonic()
            if code is None:
                continue
            if child.again_at is None:
                self._plan_restart(child, code, now)
            elif now >= child.again_at:
                child.process = self._spawn(child.name, child.command)
                child.started_at, child.again_at = now, None
                self._write_note()

    def stop(self) -> None:
        """End every child, last started first, and forget them."""
        for child in reversed(self.children.values()):
            end_group(child.process.pid)
            child.process.wait()
        self.children.clear()
        self.note.unlink(missing_ok=True)

    def tail(self, name: str, *, lines: int = 5) -> str:
        """Return the last lines that a child wrote."""
        log = self.logs / f"{name}.log"
        text = log.read_text(errors="replace") if log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def _plan_restart(self, child: Child, code: int, now: float) -> None:
        has_settled = now - child.started_at > SETTLED_SECONDS
        child.failures = 1 if has_settled else child.failures + 1
        if child.failures > TRIES:
            raise LocalProblem(
                f"The {child.name} process ends at every start; its last words:\n"
                f"{self.tail(child.name)}"
            )
        pause = min(LONGEST_PAUSE, 2.0 ** (child.failures - 1))
        child.again_at = now + pause
        self.say(f"The {child.name} process ended (code {code}); again in {pause:.0f} s.")

    def _spawn(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.logs / f"{name}.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - config.commands, nothing from outside
                command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _write_note(self) -> None:
        running = {child.name: child.process.pid for child in self.children.values()}
        commands = {child.name: " ".join(child.command) for child in self.children.values()}
        making = self.note.with_suffix(".making")
        making.write_text(json.dumps({"pids": running, "commands": commands}))
        os.replace(making, self.note)


def end_left_over(folder: Path) -> list[str]:
    """End what a killed run left running, and only that: the command line must be the same."""
    note = folder / "processes.json"
    try:
        noted = json.loads(note.read_text())
        left = {
            name: int(pid)
            for name, pid in noted["pids"].items()
            if command_line(int(pid)) == noted["commands"][name]
        }
    except (OSError, ValueError, KeyError, AttributeError):
        return []
    for pid in left.values():
        end_group(pid)
    note.unlink(missing_ok=True)
    return list(left)
