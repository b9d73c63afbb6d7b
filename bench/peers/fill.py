"""`python -m bench.peers.fill entries|etas NUMBER DUE_AT`: the due minute, as the peers hold it."""

import sys
from datetime import UTC, datetime

from bench.peers.app import app, tell  # isort: skip - sets Django up for the models below
from django_celery_beat.models import CrontabSchedule, PeriodicTask, PeriodicTasks


def entries(number: int, due_at: datetime) -> None:
    """Write one PeriodicTask for each dose time, as its documentation says for many at once."""
    minute, _ = CrontabSchedule.objects.get_or_create(
        minute=str(due_at.minute), hour=str(due_at.hour), timezone="UTC"
    )
    PeriodicTask.objects.bulk_create(
        PeriodicTask(name=f"dose {place}", task="tell", crontab=minute, args=f"[{place}]")
        for place in range(number)
    )
    PeriodicTasks.update_changed()


def etas(number: int, due_at: datetime) -> None:
    """Queue one task for each dose, to be run when it is due."""
    with app.producer_pool.acquire(block=True) as producer:
        for place in range(number):
            tell.apply_async((place,), eta=due_at, producer=producer)


if __name__ == "__main__":
    how, many, when = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    {"entries": entries, "etas": etas}[how](many, datetime.fromtimestamp(when, tz=UTC))
