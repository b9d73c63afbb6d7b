"""Who helps a patient, and how far the patient lets them."""

from datetime import datetime
from typing import Self
from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from accounts.domain.capacities import Scope
from accounts.models.patients import Patient
from accounts.models.users import User
from accounts.models.validators import one_line


class CareLinkQuerySet(models.QuerySet["CareLink"]):
    """Questions about caregivers."""

    def not_ended(self, now: datetime) -> Self:
        """Keep links that nobody has ended, accepted or not."""
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=now))

    def current(self, now: datetime) -> Self:
        """Keep links that give a right at `now`: consented, accepted and not ended."""
        return self.not_ended(now).filter(consented_at__lte=now, accepted_at__lte=now)

    def alerted(self) -> Self:
        """Keep links of caregivers who are told when something needs eyes."""
        return self.filter(is_alerted=True)


class CareLink(models.Model):
    """One caregiver of one patient. Seeing is always included; the rest is ticked.

    It counts only while `current`: the patient has consented, the caregiver has
    accepted, and neither has ended it.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="care_links")
    caregiver = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="care_links", null=True, blank=True
    )
    name = models.CharField(max_length=120, validators=[one_line])
    relation = models.CharField(max_length=80, blank=True, default="", validators=[one_line])
    is_alerted = models.BooleanField(default=True)
    may_log = models.BooleanField(default=False)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    consented_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    objects = CareLinkQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("patient", "caregiver"),
                condition=Q(ended_at=None),
                name="care_link_current_once",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(caregiver__isnull=False),
                name="care_link_accepted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("invited_at")),
                name="care_link_ends_after_invitation",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} for {self.patient}"

    @property
    def scopes(self) -> frozenset[Scope]:
        """What the patient added to seeing."""
        ticked = {Scope.ALERTED: self.is_alerted, Scope.LOGS: self.may_log}
        return frozenset(scope for scope, is_ticked in ticked.items() if is_ticked)
