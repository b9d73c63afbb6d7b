"""`python -m config.local COMMAND ...`: a management command on this machine's own services.

Uses the servers of a running `make run`; otherwise starts them for the command and stops them.
`python -m config.local reset` throws this machine's data away.
"""

import os
import shutil
import subprocess
import sys

from config.commands import MANAGE, ROOT
from config.local_services import local_postgres, start_services
from config.processes import LocalProblem, try_lock
from config.runner import LOCAL, environment_of, prepare, seed_if_empty
from config.supervisor import end_left_over


def main() -> None:
    """Do what the command line says and end with the command's own exit code."""
    arguments = sys.argv[1:]
    if arguments == ["reset"]:
        reset()
        return
    services = start_services(LOCAL)
    try:
        environment = environment_of(services, int(os.environ.get("WEB_PORT") or 8000))
        if arguments[:1] == ["prepare"]:
            prepare(environment)
            seed_if_empty(environment)
            return
        done = subprocess.run(  # noqa: S603 - the person's own command line
            [*MANAGE, *arguments], env=environment, cwd=ROOT, check=False
        )
        code = done.returncode
    finally:
        services.stop(is_everything=False)
    sys.exit(code)


def reset() -> None:
    """Stop what was left running here and remove .local, the tests' databases included."""
    lock = try_lock(LOCAL / "run.lock")
    if lock is None:
        raise LocalProblem("Stepdown is running here: stop it before you reset.")
    end_left_over(LOCAL)
    for folder in (LOCAL, LOCAL / "test"):
        if (folder / "secrets.json").exists():
            local_postgres(folder).destroy()
    shutil.rmtree(LOCAL)
    print("The local data is gone; `make run` begins anew.")


if __name__ == "__main__":
    main()
