"""Alerts: facts that somebody must know, and everything that was done about each."""

from __future__ import annotations

from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Clinic, OrderedFact, Patient
from tracker.domain.alerts import AlertEventKind, AlertKind, CloseReason
from tracker.models.doses import ExpectedDose
from tracker.models.flags import Flag


class AlertQuerySet(models.QuerySet["Alert"]):
    """Questions about alerts."""

    def open(self) -> Self:
        """Alerts whose fact still stands."""
        return self.filter(closed_at__isnull=True)

    def on_the_worklist(self) -> Self:
        """Open alerts that have climbed to the clinic's worklist."""
        return self.open().filter(listed_at__isnull=False)


class Alert(models.Model):
    """One episode of one fact. A working row: what happened is in its events.

    `asked_since_at` is when somebody outside the patient was first told since anybody had it.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="alerts")
    kind = models.CharField(max_length=12, choices=[(kind, kind) for kind in AlertKind])
    dose = models.ForeignKey(
        ExpectedDose, on_delete=models.PROTECT, related_name="alerts", null=True, blank=True
    )
    flag = models.ForeignKey(
        Flag, on_delete=models.PROTECT, related_name="alerts", null=True, blank=True
    )
    episode = models.PositiveSmallIntegerField()
    alert_class = models.CharField(max_length=1, blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    close_reason = models.CharField(
        max_length=14, choices=[(reason, reason) for reason in CloseReason], blank=True
    )

    climb_from_at = models.DateTimeField()
    rung = models.PositiveSmallIntegerField(default=0)
    round = models.PositiveSmallIntegerField(default=1)
    held_until_at = models.DateTimeField(null=True, blank=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    held_rung = models.PositiveSmallIntegerField(default=0)
    is_clinic_held = models.BooleanField(default=True)
    listed_at = models.DateTimeField(null=True, blank=True)
    asked_since_at = models.DateTimeField(null=True, blank=True)
    next_look_at = models.DateTimeField(null=True, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=AlertKind.FLAG, flag__isnull=False, dose__isnull=True)
                | (~Q(kind=AlertKind.FLAG) & Q(flag__isnull=True, dose__isnull=False)),
                name="alert_has_one_fact",
            ),
            models.UniqueConstraint(
                fields=["dose", "kind", "episode"],
                condition=Q(dose__isnull=False),
                name="alert_dose_episode_once",
            ),
            models.UniqueConstraint(
                fields=["flag", "episode"],
                condition=Q(flag__isnull=False),
                name="alert_flag_episode_once",
            ),
            models.UniqueConstraint(
                fields=["dose", "kind"],
                condition=Q(dose__isnull=False, closed_at__isnull=True),
                name="alert_one_open_per_dose",
            ),
            models.UniqueConstraint(
                fields=["flag"],
                condition=Q(flag__isnull=False, closed_at__isnull=True),
                name="alert_one_open_per_flag",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_look_at"],
                condition=Q(next_look_at__isnull=False),
                name="alert_next_look",
            ),
            models.Index(
                fields=["patient"], condition=Q(closed_at__isnull=True), name="alert_open_patient"
            ),
            models.Index(
                fields=["held_until_at"],
                condition=Q(held_by__isnull=False, closed_at__isnull=True),
                name="alert_held",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} alert {self.pk}"


class AlertEvent(OrderedFact):
    """One line of an alert's thread."""

    id = models.BigAutoField(primary_key=True)
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    kind = models.CharField(max_length=14, choices=[(kind, kind) for kind in AlertEventKind])
    rung = models.PositiveSmallIntegerField(default=0)
    round = models.PositiveSmallIntegerField(default=1)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", null=True)
    duty = models.CharField(max_length=16, blank=True)
    note = models.CharField(max_length=500, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["alert", "at"], name="alert_event_thread")]

    def __str__(self) -> str:
        return f"{self.kind} {self.alert_id}"
