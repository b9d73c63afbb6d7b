"""The dispatch as a process of its own: `python -m bench.sender` sends until nothing waits.

It prints when it began and ended, as JSON.
"""

from __future__ import annotations

import json
import time

import django
from django.urls import reverse

from config.celery import imports_freeze


def main() -> None:
    """Import everything, addresses of pages included, then run passes as the worker does."""
    django.setup()
    from accounts.clock import database_now  # noqa: PLC0415 - after Django is set up
    from reminders.models import Message  # noqa: PLC0415 - after Django is set up
    from reminders.tasks import dispatch  # noqa: PLC0415 - after Django is set up

    reverse("today")  # a worker's process reads all addresses once in its life
    imports_freeze()
    began = time.time()
    while Message.objects.waiting(database_now()).exists():
        dispatch()
    print(json.dumps({"began": began, "ended": time.time()}))


if __name__ == "__main__":
    main()
