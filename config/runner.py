"""`make run`: everything on one machine, from one command, until Ctrl-C."""

import errno
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import psycopg

from config import commands, env
from config.local_services import LocalServices, start_services
from config.processes import (
    LOOPBACK,
    LocalProblem,
    disk_problem,
    free_port,
    is_port_free,
    try_lock,
    wait_until,
)
from config.static_files import collect_static
from config.supervisor import Supervisor, end_left_over

LOCAL = commands.ROOT / ".local"
LOGINS = LOCAL / "demo.txt"
WEB_SECONDS = 60


class Stop(Exception):
    """Somebody asked us to end: Ctrl-C, SIGTERM, or the terminal went away."""


class StopSignals:
    """Turns the signals that mean "end" into Stop, at a moment when nothing is half-started."""

    def __init__(self) -> None:
        self.is_asked = False
        self._is_held = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                signal.signal(number, self._receive)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let a block finish before Stop is raised: what it starts is then known and stopped."""
        self._is_held = True
        yield
        self.listen()

    def ignore(self) -> None:
        """Let nothing interrupt what follows: half of it would leave orphans."""
        self._is_held = True

    def listen(self) -> None:
        """Raise Stop for a signal that came meanwhile, and for every later one."""
        self._is_held = False
        if self.is_asked:
            raise Stop

    def _receive(self, _number: int, _frame: FrameType | None) -> None:
        self.is_asked = True
        if not self._is_held:
            raise Stop


def main() -> None:
    """Run until told to stop; a problem of this machine ends with one sentence."""
    try:
        signals = StopSignals()
        with run_lock():
            run(signals)
    except Stop:
        say("Stopped.")
    except OSError as problem:
        if problem.errno == errno.ENOSPC:
            raise LocalProblem(f"The disk is full: make room for {LOCAL}.") from None
        if problem.errno in {errno.EACCES, errno.EPERM}:
            raise LocalProblem(
                f"{problem.filename or LOCAL} belongs to another account: run as that one."
            ) from None
        raise


def run(signals: StopSignals) -> None:
    """Start the servers, prepare the database, start the processes, watch them."""
    started = time.monotonic()
    web_port = env.integer("WEB_PORT", 8000, minimum=1, maximum=65535)
    page_port = env.integer("INBOX_PORT", web_port + 25, minimum=1, maximum=65535)
    for name in end_left_over(LOCAL):
        say(f"An earlier run had left its {name} process behind; it is ended.")
    require_port("WEB_PORT", web_port)
    require_port("INBOX_PORT", page_port)
    services = start_whole(signals)
    environment = environment_of(services, web_port)
    supervisor = Supervisor(LOCAL, environment, say)
    try:
        signals.listen()
        prepare(environment)
        with signals.held():
            seed_if_empty(environment)
        with signals.held():
            start_web(supervisor, web_port, page_port)
        wait_for_web(supervisor, web_port)
        with signals.held():
            supervisor.start("worker", commands.worker_command())
            supervisor.start("beat", commands.beat_command())
        announce(environment, page_port, seconds=time.monotonic() - started)
        watch(supervisor, services, signals)
    finally:
        signals.ignore()
        supervisor.stop()
        services.stop()


def start_whole(signals: StopSignals) -> LocalServices:
    """Start the private servers, deaf to signals: whoever listens again also stops them."""
    signals.ignore()
    services = start_services(LOCAL)
    for name, server in services.servers.items():
        if server.was_running:
            say(f"An earlier run had left its {name} running; it is used again.")
    return services


def environment_of(services: LocalServices, web_port: int) -> dict[str, str]:
    """Return the variables of every process; what the person set wins over our defaults."""
    defaults = {
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
        "PUBLIC_URL": f"http://{LOOPBACK}:{web_port}",
        "ALLOWED_HOSTS": f"{LOOPBACK},localhost",
        "EMAIL_HOST": LOOPBACK,
        "EMAIL_PORT": str(free_port()),
        "STATIC_ROOT": str(LOCAL / "static"),
        "DEMO": "1",
    }
    set_by_person = {name: value for name, value in os.environ.items() if value}
    return {**defaults, **services.environment, **set_by_person, "PYTHONTZPATH": ""}


def prepare(environment: dict[str, str]) -> None:
    """Migrate, grant and collect the static files."""
    with ThreadPoolExecutor() as side_by_side:
        static = side_by_side.submit(collect_static, Path(environment["STATIC_ROOT"]), environment)
        manage("prepare_database", "--verbosity", "0", environment=environment)
        static.result()


def seed_if_empty(environment: dict[str, str]) -> None:
    """Make the demo clinic in a database that nobody uses yet, and keep its logins."""
    if environment["DEMO"] in env.TRUE and not has_clinic(environment):
        say("First run: making the demo clinic ...")
        LOGINS.touch(mode=0o600)
        LOGINS.write_text(manage("seed", environment=environment))


def manage(*arguments: str, environment: dict[str, str]) -> str:
    """Run one management command and return what it printed."""
    done = subprocess.run(  # noqa: S603 - our own commands
        [*commands.MANAGE, *arguments],
        env=environment, cwd=commands.ROOT, capture_output=True, text=True, check=False,
        start_new_session=True,  # a Ctrl-C at the terminal is for the runner alone
    )  # fmt: skip
    if done.returncode == 0:
        return done.stdout
    last = (done.stderr.strip() or "no message").splitlines()[-1]
    raise disk_problem(done.stderr, where=LOCAL) or LocalProblem(f"{arguments[0]} failed: {last}")


def has_clinic(environment: dict[str, str]) -> bool:
    """Return whether anybody works in this database already."""
    with psycopg.connect(environment["DATABASE_URL"], connect_timeout=5) as connection:
        row = connection.execute("SELECT EXISTS (SELECT 1 FROM accounts_clinic)").fetchone()
    return bool(row and row[0])


def start_web(supervisor: Supervisor, web_port: int, page_port: int) -> None:
    """Start the web server, and the mail sink unless mail goes elsewhere."""
    if not os.environ.get("EMAIL_HOST"):
        smtp_port = int(supervisor.environment["EMAIL_PORT"])
        sink = commands.sink_command(
            smtp_port=smtp_port, page_port=page_port, folder=LOCAL / "inbox"
        )
        supervisor.start("inbox", sink)
    supervisor.start("web", commands.web_command(address=f"{LOOPBACK}:{web_port}"))


def wait_for_web(supervisor: Supervisor, web_port: int) -> None:
    """Return when the first page can be asked for; a web server that ends is a problem."""
    web = supervisor.children["web"].process
    wait_until(lambda: web.poll() is not None or answers(web_port), seconds=WEB_SECONDS)
    if not answers(web_port):
        raise LocalProblem(f"The web server does not start:\n{supervisor.tail('web')}")


def answers(web_port: int) -> bool:
    """Return whether the web server answers requests."""
    connection = http.client.HTTPConnection(LOOPBACK, web_port, timeout=5)
    try:
        connection.request("GET", "/livez/")
        return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def announce(environment: dict[str, str], page_port: int, *, seconds: float) -> None:
    """Print where everything is and who can sign in."""
    say(f"Stepdown is running (ready in {seconds:.1f} s).")
    say(f"  Pages  {environment['PUBLIC_URL']}/")
    if not os.environ.get("EMAIL_HOST"):
        say(f"  Inbox  http://{LOOPBACK}:{page_port}/  (every message it sends; none leaves here)")
    say("  Logs   .local/log/")
    if LOGINS.exists() and environment["DEMO"] in env.TRUE:
        say(LOGINS.read_text().rstrip())
    say("Ctrl-C stops everything.")


def watch(supervisor: Supervisor, services: LocalServices, signals: StopSignals) -> None:
    """Look after the processes until a signal comes."""
    while True:
        time.sleep(1)
        with signals.held():
            for name in services.revive():
                say(f"The private {name} had ended; it is running again.")
            supervisor.look()


def require_port(name: str, port: int) -> None:
    """Stop with one sentence when another program has the port."""
    if not is_port_free(port):
        raise LocalProblem(
            f"Port {port} is taken by another program: stop that one, or choose another port, "
            f"for example `{name}={port + 100} make run`."
        )


@contextmanager
def run_lock() -> Iterator[None]:
    """Let one run at a time work in this checkout."""
    path = LOCAL / "run.lock"
    handle = try_lock(path)
    if handle is None:
        process = path.read_text().strip() or "unknown"
        raise LocalProblem(f"Stepdown is running here already (process {process}).")
    with handle:
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def say(sentence: str) -> None:
    """Print at once, also into a pipe; a closed terminal is no reason to fail."""
    try:
        print(sentence, flush=True)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - for the rest of the process


if __name__ == "__main__":
    main()
