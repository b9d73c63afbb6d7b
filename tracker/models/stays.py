"""Stays: dated periods in hospital or not monitored; their doses prompt nobody."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Patient


class StayKind(StrEnum):
    """Why nobody is asked to log."""

    HOSPITAL = "hospital"
    NOT_MONITORED = "not_monitored"


class StayQuerySet(models.QuerySet["Stay"]):
    """Questions about stays."""

    def covering(self, at: datetime) -> Self:
        """Stays during which an instant falls."""
        return self.filter(Q(until_at__isnull=True) | Q(until_at__gt=at), from_at__lte=at)


class Stay(models.Model):
    """One period in which doses are not expected to be logged; still running without an end."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="stays")
    kind = models.CharField(max_length=16, choices=[(kind, kind) for kind in StayKind])
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    note = models.CharField(max_length=200, blank=True)

    objects = StayQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until_at__isnull=True) | Q(until_at__gt=F("from_at")),
                name="stay_runs_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"stay {self.kind}"
