"""Flags: stated facts that need eyes, opened and closed as rows with their evidence."""

from __future__ import annotations

from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import OrderedFact, Patient
from tracker.domain.flags import FlagClass, Rule
from tracker.models.plans import Plan


class FlagQuerySet(models.QuerySet["Flag"]):
    """Questions about flags."""

    def open(self) -> Self:
        """Flags that no fact and no named person has closed."""
        return self.filter(closed_at__isnull=True)


class Flag(models.Model):
    """One open or closed flag of one patient; `subject` tells two of the same rule apart."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="flags")
    plan = models.ForeignKey(
        Plan, on_delete=models.PROTECT, related_name="flags", null=True, blank=True
    )
    rule = models.CharField(max_length=4, choices=[(rule, rule) for rule in Rule])
    flag_class = models.CharField(max_length=1, choices=[(c, c) for c in FlagClass])
    subject = models.CharField(max_length=80)
    evidence = models.JSONField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = FlagQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "rule", "subject"],
                condition=Q(closed_at__isnull=True),
                name="flag_once_open_per_subject",
            ),
        ]
        indexes = [
            models.Index(
                fields=["patient"], condition=Q(closed_at__isnull=True), name="flag_open_patient"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.subject}"


class FlagEvent(OrderedFact):
    """One thing that happened to a flag: opened, restated, closed."""

    id = models.BigAutoField(primary_key=True)
    flag = models.ForeignKey(Flag, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    kind = models.CharField(max_length=12)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    note = models.CharField(max_length=500, blank=True)
    evidence = models.JSONField(default=dict)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.flag_id}"
