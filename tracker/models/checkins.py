"""Check-ins and reports: which documented signs are present, or none; what else was said."""

from __future__ import annotations

from enum import StrEnum

from django.conf import settings
from django.db import models

from accounts.models import Fact, Patient


class CheckIn(Fact):
    """One person's answer about the documented signs at one moment; no signs means none."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="check_ins")
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    client_id = models.UUIDField()
    body_sha256 = models.CharField(max_length=64)
    note = models.CharField(max_length=500, blank=True)
    content_version = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["by", "client_id"], name="check_in_client_id_once"),
        ]
        indexes = [models.Index(fields=["patient", "at"], name="check_in_patient_at")]

    def __str__(self) -> str:
        return f"check-in {self.pk}"


class CheckInSign(Fact):
    """One documented sign that was ticked, with the urgency it had for the plan's route then."""

    check_in = models.ForeignKey(CheckIn, on_delete=models.PROTECT, related_name="signs")
    sign = models.CharField(max_length=40)
    urgency = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["check_in", "sign"], name="sign_once_per_check_in"),
        ]

    def __str__(self) -> str:
        return self.sign


class ReportKind(StrEnum):
    """What a person may report beside signs."""

    STOPPED = "stopped"
    SUPPLY = "supply"


class Report(Fact):
    """A patient's or caregiver's statement: stopped suddenly, or the supply runs out on a date."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="reports")
    kind = models.CharField(max_length=8, choices=[(kind, kind) for kind in ReportKind])
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    client_id = models.UUIDField()
    body_sha256 = models.CharField(max_length=64)
    runs_out_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["by", "client_id"], name="report_client_id_once"),
        ]
        indexes = [models.Index(fields=["patient", "at"], name="report_patient_at")]

    def __str__(self) -> str:
        return f"report {self.kind}"


class ReportVoid(Fact):
    """Takes one report back, because the entry it came with was. The report stays."""

    report = models.OneToOneField(Report, on_delete=models.PROTECT, related_name="void")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"void of {self.report_id}"
