"""`make run`, in a copy of this checkout: starts all, keeps the data, stops what it started."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.commands import ROOT
from config.local_services import local_postgres
from config.processes import free_port, is_alive, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]
COPIED = ("accounts", "config", "reminders", "tracker", "manage.py", "requirements.lock")
READY = "Ctrl-C stops everything."
# Shells make a job in the background deaf to Ctrl-C; a run in a terminal is not.
RUNNER = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("config.runner", run_name="__main__", alter_sys=True)
"""


class Checkout:
    """A copy of the sources in which `python -m config.runner` is run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.web_port = free_port()
        self.inbox_port = free_port()
        self.output = root / "output.txt"
        self.runner: subprocess.Popen[bytes] | None = None
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, root / name)

    def launch(self, output: Path) -> subprocess.Popen[bytes]:
        """Start the runner as a terminal would, writing to a file, and return at once."""
        variables = {"WEB_PORT": str(self.web_port), "INBOX_PORT": str(self.inbox_port)}
        kept = {name: value for name, value in os.environ.items() if "DJANGO" not in name}
        with output.open("wb") as sink:
            return subprocess.Popen(
                [sys.executable, "-c", RUNNER],
                cwd=self.root, env=kept | variables, stdin=subprocess.DEVNULL, stdout=sink,
                stderr=sink, start_new_session=True,
            )  # fmt: skip

    def run(self) -> str:
        """Start the runner, wait until it is ready, and return what it printed."""
        self.stop()
        self.runner = runner = self.launch(self.output)
        wait_until(lambda: READY in self.said() or runner.poll() is not None, seconds=300)
        assert READY in self.said(), self.said()
        return self.said()

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End a runner that is still there, as a person would; it must end well."""
        if self.runner is not None and self.runner.poll() is None:
            self.runner.send_signal(number)
            assert self.runner.wait(90) == 0

    def refusal(self) -> str:
        """Start the runner where it cannot run; return its one sentence."""
        output = self.root / "refusal.txt"
        assert self.launch(output).wait(60) == 1
        return output.read_text()

    def said(self) -> str:
        return self.output.read_text()

    def children(self) -> dict[str, int]:
        return json.loads((self.root / ".local" / "processes.json").read_text())["pids"]

    def servers(self) -> list[int]:
        """The process ids of PostgreSQL and Valkey, both running."""
        noted = self.servers_left()
        assert len(noted) == 2
        return noted

    def servers_left(self) -> list[int]:
        """The process ids that the servers' own notes name, whether or not they still run."""
        postgres = local_postgres(self.root / ".local")
        if postgres.account is not None:
            postgres._move_outside_if_unreachable()
        noted = [int(line) for line in postgres._pid_file_lines()[:1]]
        note = self.root / ".local" / "valkey" / "server.json"
        return noted + ([json.loads(note.read_text())["pid"]] if note.exists() else [])

    def page(self, path: str, port: int | None = None) -> str:
        address = f"http://127.0.0.1:{port or self.web_port}{path}"
        with urllib.request.urlopen(address, timeout=20) as response:
            return response.read().decode()


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    made = Checkout(tmp_path_factory.mktemp("checkout"))
    yield made
    made.stop()
    if (made.root / ".local" / "secrets.json").exists():
        local_postgres(made.root / ".local").destroy()


def test_run_serves_pages_shows_the_inbox_and_stops_everything_it_started(
    checkout: Checkout,
) -> None:
    said = checkout.run()

    assert "making the demo clinic" in said
    assert f"http://127.0.0.1:{checkout.web_port}/" in said
    for who in ("clinician", "patient", "caregiver"):
        assert who in said
    assert "<h1" in checkout.page("/signs/")
    assert "Inbox" in checkout.page("/", checkout.inbox_port)
    assert "running here already" in checkout.refusal()

    started = [*checkout.children().values(), *checkout.servers()]
    assert len(started) == 6
    assert all(map(is_alive, started)), checkout.said()
    checkout.stop()
    assert not any(map(is_alive, started))


def test_a_second_run_keeps_the_data_and_a_child_that_dies_is_started_again(
    checkout: Checkout,
) -> None:
    said = checkout.run()

    assert "making the demo clinic" not in said
    assert "clinician" in said
    worker = checkout.children()["worker"]
    os.killpg(worker, signal.SIGKILL)
    assert wait_until(lambda: checkout.children()["worker"] != worker, seconds=30)
    assert "The worker process ended" in checkout.said()
    assert is_alive(checkout.children()["worker"])


def test_what_a_killed_run_left_behind_is_ended_or_used_again(checkout: Checkout) -> None:
    left, servers = checkout.children(), checkout.servers()
    checkout.runner.kill()
    checkout.runner.wait(10)
    assert all(map(is_alive, [*left.values(), *servers]))

    said = checkout.run()

    assert "left its web process behind" in said
    assert "left its PostgreSQL running" in said
    assert not any(map(is_alive, left.values()))
    assert checkout.servers() == servers
    checkout.stop(signal.SIGINT)
    assert not any(map(is_alive, servers))


@pytest.mark.parametrize(("name", "port"), [("WEB_PORT", "web_port"), ("INBOX_PORT", "inbox_port")])
def test_a_busy_port_gets_one_sentence_and_nothing_is_started(
    checkout: Checkout, name: str, port: str
) -> None:
    checkout.stop()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", getattr(checkout, port)))
        taken.listen()
        sentence = checkout.refusal()

    assert sentence.startswith(f"Port {getattr(checkout, port)} is taken by another program")
    assert name in sentence
    assert sentence.count("\n") == 1
    assert not (checkout.root / ".local" / "processes.json").exists()


def test_an_address_that_answers_nobody_gets_one_sentence(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:x@127.0.0.1:1/stepdown")
    monkeypatch.setenv("MIGRATE_DATABASE_URL", "postgresql://owner:x@127.0.0.1:1/stepdown")
    checkout.stop()
    sentence = checkout.refusal()

    assert sentence.startswith("prepare_database failed: ")
    assert sentence.count("\n") == 1


def test_a_bad_setting_gets_one_sentence(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout.stop()
    monkeypatch.setattr(checkout, "web_port", 0)
    assert checkout.refusal() == "WEB_PORT must be from 1 to 65535, not 0.\n"


@pytest.mark.parametrize("seconds", [0.3, 0.8, 1.6, 3.0])
def test_a_stop_in_the_middle_of_the_start_leaves_nothing_behind(
    checkout: Checkout, seconds: float
) -> None:
    checkout.stop()
    runner = checkout.launch(checkout.root / "interrupted.txt")
    time.sleep(seconds)
    runner.send_signal(signal.SIGINT)

    # Python itself may still have been starting: then the signal ends it there and then.
    assert runner.wait(60) in {0, -signal.SIGINT}
    assert not (checkout.root / ".local" / "processes.json").exists()
    assert not any(map(is_alive, checkout.servers_left()))
