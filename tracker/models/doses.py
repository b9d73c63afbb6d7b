"""Expected doses: one row for each occurrence of a dose time."""

from datetime import datetime
from typing import Self
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q

from tracker.models.plans import Plan, PlanVersion


class ExpectedDoseQuerySet(models.QuerySet["ExpectedDose"]):
    """Questions about expected doses."""

    def standing(self) -> Self:
        """Doses that are still expected: not cancelled."""
        return self.filter(cancelled_at__isnull=True)

    def due_between(self, after: datetime, until: datetime) -> Self:
        """Doses due after one instant and up to another, the second included."""
        return self.filter(due_at__gt=after, due_at__lte=until)


class ExpectedDose(models.Model):
    """One dose time on one date, as a UTC instant. Its state is derived, never stored.

    `local_date` and `wall_time` are read in `zone`, that of the version or of a later move.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="doses")
    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="doses")
    step_number = models.PositiveSmallIntegerField()
    local_date = models.DateField()
    wall_time = models.TimeField()
    zone = models.CharField(max_length=64)
    due_at = models.DateTimeField()
    amount = models.CharField(max_length=80)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=200, blank=True)
    standing_entry = models.OneToOneField(
        "tracker.Entry",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="stands_for",
    )
    next_look_at = models.DateTimeField(null=True, blank=True)

    objects = ExpectedDoseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "local_date", "wall_time"],
                condition=Q(cancelled_at__isnull=True),
                name="dose_once_per_date_and_time",
            ),
            models.CheckConstraint(condition=~Q(zone=""), name="dose_has_a_zone"),
        ]
        indexes = [
            models.Index(
                fields=["next_look_at"],
                condition=Q(next_look_at__isnull=False),
                name="dose_next_look",
            ),
            models.Index(fields=["plan", "due_at"], name="dose_plan_due"),
        ]

    def __str__(self) -> str:
        return f"dose {self.local_date} {self.wall_time}"

    @property
    def zone_info(self) -> ZoneInfo:
        """The zone of its date and its wall time."""
        return ZoneInfo(self.zone)
