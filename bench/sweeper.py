"""One sweep as a process of its own: `python -m bench.sweeper NOW START`.

It is ready before START (seconds since the epoch), begins then, and prints when it began and ended
and how many doses it looked at, as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime

import django
from django.db import connection

from config.celery import imports_freeze


def main() -> None:
    """Import everything, wait for the start, sweep once."""
    django.setup()
    from reminders.services.sweep import sweep_run  # noqa: PLC0415 - after Django is set up

    now, start = datetime.fromisoformat(sys.argv[1]), float(sys.argv[2])
    imports_freeze()  # as a worker's process does when it begins
    connection.ensure_connection()
    time.sleep(max(start - time.time(), 0))
    began = time.time()
    result = sweep_run(now=now)
    print(json.dumps({"began": began, "ended": time.time(), "doses": result.doses}))


if __name__ == "__main__":
    main()
