"""Entries: what people said happened to a dose. Added, never changed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Fact, Patient
from tracker.domain.doses import Outcome
from tracker.models.doses import ExpectedDose


class Entry(Fact):
    """What one person says happened to one expected dose, or (no dose) an extra dose."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="entries")
    dose = models.ForeignKey(
        ExpectedDose, on_delete=models.PROTECT, related_name="entries", null=True, blank=True
    )
    outcome = models.CharField(max_length=8, choices=[(o, o) for o in Outcome])
    taken_at = models.DateTimeField(null=True, blank=True)
    device_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    via = models.CharField(max_length=12)
    client_id = models.UUIDField()
    body_sha256 = models.CharField(max_length=64)
    reason = models.CharField(max_length=200, blank=True)
    is_amount_different = models.BooleanField(default=False)
    amount_note = models.CharField(max_length=200, blank=True)
    is_clock_wrong = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["by", "client_id"], name="entry_client_id_once"),
            models.CheckConstraint(
                condition=Q(outcome=Outcome.TAKEN, taken_at__isnull=False)
                | (~Q(outcome=Outcome.TAKEN) & Q(taken_at__isnull=True)),
                name="entry_taken_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(dose__isnull=False) | Q(outcome=Outcome.TAKEN),
                name="entry_extra_is_taken",
            ),
        ]
        indexes = [models.Index(fields=["patient", "received_at"], name="entry_patient_received")]

    def __str__(self) -> str:
        return f"entry {self.pk}: {self.outcome}"


class EntryVoid(Fact):
    """Takes one entry back. The entry stays; nothing that a person said is erased."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="void")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"void of {self.entry_id}"
