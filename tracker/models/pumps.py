"""Pumps: what the clinic's record says of one, its dates as typed, and what happened to it."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Fact, Patient
from tracker.domain.pumps import PumpDateKind, PumpEventKind


class Pump(models.Model):
    """The implanted pump of one patient, as the clinic's pump record has it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="pumps")
    model = models.CharField(max_length=80)
    serial = models.CharField(max_length=40, blank=True)
    implanted_on = models.DateField(null=True, blank=True)
    critical_alarm = models.CharField(max_length=300)  # the maker's words for its sound
    non_critical_alarm = models.CharField(max_length=300)
    team_phone = models.CharField(max_length=32)
    out_of_hours_phone = models.CharField(max_length=32)
    oral_instruction = models.CharField(max_length=300, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient"], condition=Q(removed_at__isnull=True), name="pump_one_in_place"
            ),
        ]

    def __str__(self) -> str:
        return f"pump {self.pk}"


class PumpEvent(Fact):
    """One thing that somebody says happened to a pump."""

    pump = models.ForeignKey(Pump, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=20, choices=[(k, k) for k in PumpEventKind])
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    client_id = models.UUIDField()
    body_sha256 = models.CharField(max_length=64)
    done_by = models.CharField(max_length=120, blank=True)  # of a refill: who, and where
    expires_on = models.DateField(null=True, blank=True)  # of oral baclofen on hand
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["by", "client_id"], name="pump_event_client_id_once"),
        ]
        indexes = [models.Index(fields=["pump", "at"], name="pump_event_at")]

    def __str__(self) -> str:
        return f"pump {self.kind}"


class PumpEventConfirmation(Fact):
    """A second person of the clinic says that an event is so, or that it is not."""

    event = models.OneToOneField(PumpEvent, on_delete=models.PROTECT, related_name="confirmation")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    is_confirmed = models.BooleanField()
    note = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"confirmation of {self.event_id}"


class PumpDate(Fact):
    """One date of a pump as somebody typed it from a printout or a letter; a local date."""

    pump = models.ForeignKey(Pump, on_delete=models.PROTECT, related_name="dates")
    kind = models.CharField(max_length=16, choices=[(k, k) for k in PumpDateKind])
    falls_on = models.DateField()
    read_from = models.CharField(max_length=120)
    event = models.ForeignKey(
        PumpEvent, on_delete=models.PROTECT, related_name="dates", null=True, blank=True
    )
    typed_at = models.DateTimeField()
    typed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["pump", "kind", "typed_at"], name="pump_date_typed")]

    def __str__(self) -> str:
        return f"{self.kind} date {self.falls_on}"


class PumpDateConfirmation(Fact):
    """A second person typed the same date again from the same source."""

    pump_date = models.OneToOneField(
        PumpDate, on_delete=models.PROTECT, related_name="confirmation"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"confirmation of {self.pump_date_id}"
