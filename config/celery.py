"""The Celery application: two static ticks and nothing else."""

import gc
import os

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

app = Celery("stepdown")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def imports_freeze(**_sent: object) -> None:
    """Let the garbage collector leave alone what was imported: it would look at it in every batch.

    That is a tenth of the time of a sweep.
    """
    gc.collect()
    gc.freeze()
