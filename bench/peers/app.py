"""The peers' Celery application: one task that tells one person, without asking or recording."""

import os
from uuid import NAMESPACE_URL, uuid5

import django
from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.peers.settings")
django.setup()

from django.core.mail import EmailMessage  # noqa: E402 - after Django is set up

app = Celery("peers")
app.config_from_object("django.conf:settings", namespace="CELERY")


@app.task(name="tell")
def tell(number: int) -> None:
    """Send the mail about one dose; its key is the same each time."""
    EmailMessage(
        subject="Stepdown",
        body="It is time for your dose.\n",
        from_email="stepdown@bench.example",
        to=[f"person{number}@bench.example"],
        headers={"Message-ID": f"<{uuid5(NAMESPACE_URL, str(number))}@bench.example>"},
    ).send()
