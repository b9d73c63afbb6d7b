"""Make `.venv` from requirements.lock, or finish one that was left half-made.

Runs before anything is installed, so it uses the standard library only: `python3 -I` this file.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
FOLDER = ROOT / ".venv"
PYTHON = FOLDER / "bin" / "python"
STAMP = FOLDER / ".ready"
OLDEST, TOO_NEW = (3, 11), (3, 14)


def main() -> None:
    """Leave an environment that holds exactly the locked packages; quick when it is there."""
    if not OLDEST <= sys.version_info[:2] < TOO_NEW:
        raise SystemExit(
            f"Stepdown needs Python 3.11, 3.12 or 3.13, and {sys.executable} is "
            f"{sys.version.split()[0]}: try `make PYTHON=python3.11 ...`."
        )
    try:
        with (ROOT / ".venv.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not is_ready():
                make()
    except OSError as problem:
        raise SystemExit(f"{ROOT} cannot be written ({problem.strerror or problem}).") from None


def is_ready() -> bool:
    """Return whether the environment was finished, from this lock file, and still starts."""
    if not STAMP.exists() or STAMP.read_text().strip() != version():
        return False
    started = subprocess.run(  # noqa: S603 - our own interpreter
        [str(PYTHON), "-c", "import django, sys; sys.exit(sys.prefix == sys.base_prefix)"],
        capture_output=True,
        check=False,
    )
    return started.returncode == 0


def version() -> str:
    """Return the mark of the lock file that the stamp must carry."""
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()


def make() -> None:
    """Install everything with hashes: uv first (quick), pip where uv does not work."""
    was_finished = STAMP.exists()
    STAMP.unlink(missing_ok=True)
    if not was_finished or not PYTHON.exists():
        print("Making the environment in .venv (a minute at most) ...", flush=True)
        shutil.rmtree(FOLDER, ignore_errors=True)
        run(
            [sys.executable, "-m", "venv", str(FOLDER)],
            hint="Python's venv module does not work here; on Debian: apt-get install python3-venv",
        )
    else:
        print("Updating the environment in .venv ...", flush=True)
    if not has_synced_with_uv():
        pip("--requirement", str(LOCK))
    STAMP.write_text(version() + "\n")


def has_synced_with_uv() -> bool:
    """Install uv (its own locked version) and let it install the rest; False where it cannot."""
    pinned = re.search(r"^uv==.*?(?=^\S)", LOCK.read_text(), flags=re.MULTILINE | re.DOTALL)
    if pinned is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "uv.txt"
        wanted.write_text(pinned[0])
        pip("--requirement", str(wanted))
    uv = FOLDER / "bin" / "uv"
    synced = subprocess.run(  # noqa: S603 - the program just installed
        [str(uv), "pip", "sync", "--quiet", "--python", str(PYTHON), "--require-hashes", str(LOCK)],
        capture_output=True,
        text=True,
        check=False,
    )
    refuse_full_disk(synced.stderr)
    return synced.returncode == 0


def pip(*arguments: str) -> None:
    """Install with pip, every file checked against its hash."""
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(
        [*command, "--require-hashes", *arguments],
        hint="The packages of requirements.lock cannot be installed; is the network there?",
    )


def run(command: list[str], *, hint: str) -> None:
    """Run one step; a failure ends with one sentence and the step's own last line."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed steps
    if done.returncode == 0:
        return
    printed = done.stderr + done.stdout
    refuse_full_disk(printed)
    errors = [line for line in printed.splitlines() if line.strip().startswith("ERROR")]
    last = (errors or printed.strip().splitlines() or ["no message"])[-1].strip()
    raise SystemExit(f"{hint} ({last})")


def refuse_full_disk(printed: str) -> None:
    """End with one sentence when a step failed because the disk is full."""
    if "no space left" in printed.lower() or "disk quota exceeded" in printed.lower():
        raise SystemExit(f"The disk is full: make room where {ROOT} lives and try again.")


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
