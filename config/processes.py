"""Small things about processes, ports and waiting that the local servers and the runner share."""

import fcntl
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

LOOPBACK = "127.0.0.1"


class LocalProblem(SystemExit):
    """Something on this machine that a person must put right: one sentence, exit code 1."""


def free_port() -> int:
    """Return a TCP port of the loopback address that nothing uses right now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def is_port_free(port: int) -> bool:
    """Return whether a server could listen on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def is_alive(pid: int) -> bool:
    """Return whether a process with this id exists and is more than an uncollected exit code."""
    if pid <= 0:  # for kill() these are groups
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return process_state(pid) != "Z"


def process_state(pid: int) -> str:
    """Return the kernel's one-letter state of a process, or '' where it cannot be told."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[0]


def command_line(pid: int) -> str:
    """Return the command line of a living process, or '' when it is gone."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        raw = b""
    if raw:
        return raw.replace(b"\0", b" ").decode(errors="replace").strip()
    try:
        shown = subprocess.run(  # noqa: S603 - fixed command, a number as its argument
            ["/bin/ps", "-o", "command=", "-p", str(pid)],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return shown.stdout.strip()


def wait_until(is_true: Callable[[], bool], *, seconds: float, step: float = 0.05) -> bool:
    """Ask again and again until the answer is yes (True) or the seconds are over (False)."""
    end = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > end:
            return False
        time.sleep(step)
    return True


def end_group(pid: int, *, patience: float = 10.0) -> None:
    """End the process group that `pid` leads: SIGTERM, then SIGKILL when patience is over."""
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        try:
            os.killpg(pid, number)
            os.killpg(pid, signal.SIGCONT)
        except (ProcessLookupError, PermissionError):
            return
        if wait_until(lambda: not is_group_alive(pid), seconds=seconds):
            return


def is_group_alive(leader: int) -> bool:
    """Return whether any process of the group that `leader` began is still there."""
    _collect(leader)
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _collect(pid: int) -> None:
    """Take the exit code of our own child, so that it does not stay as a zombie."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def try_lock(path: Path, *, is_shared: bool = False) -> IO[str] | None:
    """Return the locked file, or None when somebody else holds it; the kernel frees it with us."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.open("a+")
    kind = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock file for the length of a block, waiting for whoever has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def disk_problem(output: str, *, where: Path) -> LocalProblem | None:
    """Return the sentence for a full disk when that is what a program's output is about."""
    if "no space left" in output.lower() or "disk quota exceeded" in output.lower():
        return LocalProblem(f"The disk is full: make room where {where} lives and try again.")
    return None
