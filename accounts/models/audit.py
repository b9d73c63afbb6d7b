"""What was done, by whom; and who looked at whose record."""

from django.db import models
from django.db.models import Q

from accounts.models.clinics import Clinic
from accounts.models.facts import Fact
from accounts.models.patients import Patient
from accounts.models.users import User


class AuditRow(Fact):
    """One act, by a person (`actor`) or by a named job of the engine (`job`)."""

    at = models.DateTimeField()
    actor = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    job = models.CharField(max_length=60, blank=True, default="")
    action = models.CharField(max_length=60)
    target_type = models.CharField(max_length=60)
    target_id = models.CharField(max_length=60)
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    clinic = models.ForeignKey(
        Clinic, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    detail = models.JSONField(default=dict)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(actor__isnull=False) | ~Q(job=""), name="audit_row_names_who"
            ),
        )
        indexes = (
            models.Index(fields=("patient", "-at"), name="audit_by_patient"),
            models.Index(fields=("clinic", "-at"), name="audit_by_clinic"),
            models.Index(fields=("target_type", "target_id"), name="audit_by_target"),
        )

    def __str__(self) -> str:
        return f"{self.action} at {self.at:%Y-%m-%d %H:%M:%S}"


class Look(Fact):
    """Somebody opened one person's page; once per actor, person, capacity and 15 minutes."""

    at = models.DateTimeField()
    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="looks")
    capacity = models.CharField(max_length=16)
    page = models.CharField(max_length=60)
    window_start = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("actor", "patient", "capacity", "window_start"), name="look_once_per_window"
            ),
        )
        indexes = (models.Index(fields=("patient", "-at"), name="look_by_patient"),)

    def __str__(self) -> str:
        return f"{self.page} at {self.at:%Y-%m-%d %H:%M:%S}"
