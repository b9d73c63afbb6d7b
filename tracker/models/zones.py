"""Travel: what a person answered when a device was in another zone than the plan."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Fact
from tracker.domain.zone_moves import ZoneAnswer
from tracker.models.plans import Plan


class ZoneChange(Fact):
    """One answer about one plan; a move counts from `counts_from_at`, a local midnight of the new
    zone."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="zone_changes")
    from_zone = models.CharField(max_length=64)
    to_zone = models.CharField(max_length=64)
    answer = models.CharField(max_length=4, choices=[(a, a) for a in ZoneAnswer])
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    counts_from_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answer=ZoneAnswer.MOVE, counts_from_at__isnull=False)
                | Q(answer=ZoneAnswer.KEEP, counts_from_at__isnull=True),
                name="zone_move_has_its_begin",
            ),
        ]
        indexes = [models.Index(fields=["plan", "at"], name="zone_change_plan_at")]

    def __str__(self) -> str:
        return f"{self.answer} {self.to_zone}"
