"""The Celery application: two static ticks and nothing else."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

app = Celery("stepdown")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
