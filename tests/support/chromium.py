"""The system's Chromium: where it is, how it is started, and how it comes onto a bare machine.

So does gettext, whose `xgettext` collects the texts that must be translated.
"""

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
INSTALL = "apt-get install --yes chromium gettext"


def executable() -> str | None:
    """Return the browser's path (CHROMIUM names another one), or None when there is none."""
    asked = os.environ.get("CHROMIUM")
    found = [shutil.which(name) for name in ((asked,) if asked else NAMES)]
    return next((path for path in found if path), None)


def ensure() -> None:
    """Install both where we may; else end with the one command that a person must run."""
    if executable() and shutil.which("xgettext"):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SystemExit(f"The tests need Chromium and gettext. Run: sudo {INSTALL}")
    print("Installing Chromium and gettext for the tests ...", flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in ("apt-get update", INSTALL):
        done = subprocess.run(
            command.split(), env=quiet, capture_output=True, text=True, check=False
        )
        if done.returncode != 0 and command == INSTALL:
            last = (done.stderr.strip() or "no message").splitlines()[-1]
            raise SystemExit(f"Chromium and gettext cannot be installed ({last}). Run: {INSTALL}")


if __name__ == "__main__":
    ensure()
