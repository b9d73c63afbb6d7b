"""The engine's heartbeat: when each leg last finished a pass, and messages last got through."""

from __future__ import annotations

from django.db import models


class Heartbeat(models.Model):
    """One row for the sweep, one for the dispatch, one for what the dispatch delivers."""

    leg = models.CharField(max_length=10, primary_key=True)
    finished_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.leg} at {self.finished_at}"
