"""Stays: dated periods in hospital or not monitored; their doses prompt nobody."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Fact, Patient


class StayKind(StrEnum):
    """Why nobody is asked to log."""

    HOSPITAL = "hospital"
    NOT_MONITORED = "not_monitored"


class StayEventKind(StrEnum):
    """What somebody said of a stay after it was recorded."""

    ENDED = "ended"
    TAKEN_BACK = "taken_back"


class StayQuerySet(models.QuerySet["Stay"]):
    """Questions about stays."""

    def standing(self) -> Self:
        """Stays that nobody has taken back."""
        return self.filter(taken_back_at__isnull=True)

    def covering(self, at: datetime) -> Self:
        """Standing stays during which an instant falls."""
        running = Q(until_at__isnull=True) | Q(until_at__gt=at)
        return self.standing().filter(running, from_at__lte=at)


class Stay(models.Model):
    """One period in which doses are not expected to be logged; still running without an end.

    One that was taken back is kept, and counts for nothing.
    """

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
    taken_back_at = models.DateTimeField(null=True, blank=True)

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


class StayEvent(Fact):
    """Who said that a stay had ended, and when; or took it back, and why."""

    stay = models.ForeignKey(Stay, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12, choices=[(kind, kind) for kind in StayEventKind])
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.stay_id}"
