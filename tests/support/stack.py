"""Stepdown as real processes on a database of its own: for journeys, faults and the browser."""

import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError

from psycopg import sql

from config import commands, env
from config.local_valkey import LocalValkey
from config.processes import LOOPBACK, end_group, free_port, wait_until
from config.static_files import collect_static
from tests.support.inbox import Inbox
from tests.support.postgres import FOLDER, Clone, environment_of

SERVICES = ("valkey", "smtp", "web", "worker", "beat")
WEB_SECONDS = 30
LEASE_SECONDS = 20


class Stack:
    """Start and stop the parts by name: valkey, smtp, web, worker, beat.

    `worker` and `beat` may be started more than once under names such as "worker2"; a name's
    first letters say what it is.
    """

    def __init__(self, clone: Clone, folder: Path, blocker) -> None:
        self.database = clone
        self.blocker = blocker
        self.folder = folder
        self.inbox = Inbox()
        self.valkey = LocalValkey(folder / "valkey", "tests-only")
        self.valkey_port = free_port()
        self.web_port = free_port()
        self.url = f"http://{LOOPBACK}:{self.web_port}"
        self.extra_environment: dict[str, str] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    # --- the parts

    def start(self, *names: str) -> None:
        """Start the named parts, or all of them; the web answers when this returns."""
        for name in names or SERVICES:
            if name == "valkey":
                self.valkey.start(port=self.valkey_port)
            elif name == "smtp":
                self.inbox.start()
            else:
                self._start_process(name)
        if "web" in (names or SERVICES):
            self.wait_for_web()

    def stop(self, *names: str) -> None:
        """Stop the named parts in order (SIGTERM), or all of them, last started first."""
        for name in names or tuple(reversed([*self._processes, "smtp", "valkey"])):
            if name == "valkey":
                self.valkey.stop()
            elif name == "smtp":
                self.inbox.stop()
            elif name in self._processes:
                process = self._processes.pop(name)
                end_group(process.pid)
                process.wait()

    def start_through(self, name: str, launcher: str, **environment: str) -> None:
        """Start one part through a module that runs its program, with more variables."""
        self._start_process(name, launcher=launcher, environment=environment)
        if name.startswith("web"):
            self.wait_for_web()

    def start_soon(self, name: str) -> None:
        """Start one process again without waiting until it answers."""
        self._start_process(name)

    def collect(self, name: str, *, seconds: float = 30) -> None:
        """Wait until a part has ended by itself, and forget it; what is left of it is ended."""
        process = self._processes[name]
        self.wait_until(lambda: process.poll() is not None, seconds=seconds, what=f"{name} ended")
        self.stop(name)

    def kill(self, name: str) -> None:
        """Kill -9 a part with all its children, as a crash of the machine would."""
        process = self._processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill_all(self) -> None:
        """Kill -9 every process that runs: faster than asking each to finish what it holds."""
        for name in list(self._processes):
            self.kill(name)

    def runs(self, name: str) -> bool:
        """Tell whether a started part has not ended by itself."""
        return self._processes[name].poll() is None

    def freeze(self, name: str) -> None:
        """SIGSTOP a part: it keeps its connections and answers nothing."""
        os.killpg(self._pid(name), signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Let a frozen part go on."""
        os.killpg(self._pid(name), signal.SIGCONT)

    def block_database(self) -> None:
        """Take PostgreSQL away: end every connection and refuse new ones."""
        self._allow_connections(is_allowed=False)

    def unblock_database(self) -> None:
        """Give PostgreSQL back."""
        self._allow_connections(is_allowed=True)

    def cut_connections(self) -> None:
        """End every connection to the database once; new ones are welcome."""
        with self.database.server.connect() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [self.database.name],
            )

    # --- looking and doing

    @property
    def environment(self) -> dict[str, str]:
        """The variables of every process of this stack."""
        return environment_of(self.database.server, self.database.name) | {
            "REDIS_URL": f"redis://:tests-only@{LOOPBACK}:{self.valkey_port}/0",
            "PUBLIC_URL": self.url,
            "ALLOWED_HOSTS": f"{LOOPBACK},localhost",
            "EMAIL_HOST": LOOPBACK,
            "EMAIL_PORT": str(self.inbox.port),
            "SWEEP_SECONDS": "1",
            "DISPATCH_SECONDS": "1",
            "SEND_LEASE_SECONDS": str(LEASE_SECONDS),
            "STATIC_ROOT": str(FOLDER / "static"),
            **self.extra_environment,
        }

    def manage(self, *arguments: str) -> str:
        """Run a management command as one more process; return what it printed."""
        done = subprocess.run(
            [*commands.MANAGE, *arguments], env=self.environment, cwd=commands.ROOT,
            capture_output=True, text=True, check=False, timeout=100,
        )  # fmt: skip
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def get(self, path: str, *, seconds: float = 10) -> tuple[int, str]:
        """Return status and body of one anonymous GET; (0, reason) when nobody answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=seconds) as response:
                return response.status, response.read().decode()
        except HTTPError as refusal:
            return refusal.code, refusal.read().decode()
        except (URLError, OSError) as problem:
            return 0, str(problem)

    def query(self, statement: str, *parameters: object) -> list[tuple]:
        """Return the rows of one SQL query, read as the owner."""
        with self.database.connect_as_owner() as connection:
            return connection.execute(statement, parameters).fetchall()

    @contextmanager
    def orm(self) -> Iterator[None]:
        """Let Django's models in the test process read and write this stack's database."""
        from django.db import connections

        connection = connections["default"]
        before = dict(connection.settings_dict)
        connection.close()
        address = env.database_address(self.database.url)
        connection.settings_dict.update({part: address[part] for part in address if part.isupper()})
        connection.settings_dict["OPTIONS"] = before["OPTIONS"]
        try:
            with self.blocker.unblock():
                yield
        finally:
            connection.close()
            connection.settings_dict.update(before)

    def logs(self) -> dict[str, str]:
        """The end of what every process wrote, by file name."""
        return {path.name: path.read_text(errors="replace")[-3000:] for path in self._log_files()}

    def wait_for_web(self) -> None:
        """Return once the web server answers anything at all."""
        web = self._processes["web"]

        def has_answered_or_died() -> bool:
            return web.poll() is not None or self.get("/livez/", seconds=2)[0] > 0

        wait_until(has_answered_or_died, seconds=WEB_SECONDS)
        assert self.get("/livez/")[0] > 0, f"no web server:\n{self.logs().get('web.log')}"

    @staticmethod
    def wait_until(is_true: Callable[[], object], *, seconds: float = 30, what: str = "") -> None:
        """Fail unless the question is answered with something true within the seconds."""
        started = time.monotonic()
        is_done = wait_until(lambda: bool(is_true()), seconds=seconds, step=0.1)
        assert is_done, f"not within {time.monotonic() - started:.0f} s: {what or is_true}"

    # --- inside

    def _start_process(
        self, name: str, *, launcher: str = "", environment: Mapping[str, str] | None = None
    ) -> None:
        assert name not in self._processes, f"{name} runs already"
        if name.startswith("web"):
            collect_static(FOLDER / "static", self.environment)
            command = commands.web_command(address=f"{LOOPBACK}:{self.web_port}")
        elif name.startswith("worker"):
            command = commands.worker_command(name=f"{name}-{self.database.name}")
        else:
            command = commands.beat_command()
        if launcher:
            program = command.index("-m")
            command = [*command[:program], "-m", launcher, *command[program + 1 :]]
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                command, env=self.environment | dict(environment or {}), cwd=commands.ROOT,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def _pid(self, name: str) -> int:
        return self.valkey.pid if name == "valkey" else self._processes[name].pid

    def _log_files(self) -> list[Path]:
        return sorted([*self.folder.glob("*.log"), *self.folder.glob("*/*.log")])

    def _allow_connections(self, *, is_allowed: bool) -> None:
        statement = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(
            sql.Identifier(self.database.name), sql.Literal(is_allowed)
        )
        with self.database.server.connect() as connection:
            connection.execute(statement)
        if not is_allowed:
            self.cut_connections()

    @property
    def connection_count(self) -> int:
        """How many connections the database has at this moment."""
        question = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
        with self.database.server.connect() as connection:
            return connection.execute(question, [self.database.name]).fetchone()[0]
