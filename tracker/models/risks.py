"""Risk factors on file: context that a clinician records, shown and never counted."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models

from accounts.models import Fact, Patient


class RiskRecordQuerySet(models.QuerySet["RiskRecord"]):
    """Questions about risk factors on file."""

    def standing(self) -> Self:
        """Those that nobody has taken off file."""
        return self.filter(removal=None)


class RiskRecord(Fact):
    """A clinician says that a documented risk factor is true of a patient."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="risks")
    factor = models.CharField(max_length=40)  # its id in the content
    note = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    objects = RiskRecordQuerySet.as_manager()

    def __str__(self) -> str:
        return f"risk {self.factor}"


class RiskRemoval(Fact):
    """Takes a risk factor off file. That it stood there stays readable."""

    risk = models.OneToOneField(RiskRecord, on_delete=models.PROTECT, related_name="removal")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"removal of {self.risk_id}"
