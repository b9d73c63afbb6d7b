"""Collect the static files when something in them changed; the web server serves the result."""

import hashlib
import shutil
import subprocess
from pathlib import Path

from config.commands import MANAGE, ROOT
from config.processes import LocalProblem, disk_problem, exclusive

SOURCES = ("config/static", "accounts/static", "tracker/static", "reminders/static")


def collect_static(folder: Path, environment: dict[str, str]) -> None:
    """Fill `folder` (also STATIC_ROOT of `environment`), unless it already holds this version."""
    stamp = folder.with_name(f"{folder.name}.stamp")
    version = _version()
    with exclusive(folder.with_name(f"{folder.name}.lock")):
        if folder.is_dir() and stamp.exists() and stamp.read_text() == version:
            return
        stamp.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        done = subprocess.run(  # noqa: S603 - our own command
            [*MANAGE, "collectstatic", "--no-input", "--verbosity", "0"],
            env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            last = (done.stderr.strip() or "no message").splitlines()[-1]
            raise disk_problem(done.stderr, where=folder) or LocalProblem(
                f"The static files cannot be collected: {last}"
            )
        stamp.write_text(version)


def _version() -> str:
    """Return a mark that changes whenever a source file or a dependency does."""
    mark = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
    mark.update((ROOT / "config" / "static_storage.py").read_bytes())
    for source in SOURCES:
        for path in sorted((ROOT / source).rglob("*")):
            if path.is_file():
                mark.update(f"{path} {path.stat().st_mtime_ns} {path.stat().st_size}".encode())
    return mark.hexdigest()
