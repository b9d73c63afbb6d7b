"""Messages: what one person gets, its lines, and every try to deliver it.

A message decided is a row before it is a message. The key given to a provider is the row's id.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Clinic, ContactPoint, Fact, Invitation, OrderedFact
from reminders.domain.messages import MessageState, Purpose
from reminders.domain.recipients import Recipient
from tracker.models import Alert, ExpectedDose, PlanVersion


class MessageQuerySet(models.QuerySet["Message"]):
    """Questions about messages."""

    def waiting(self, now: datetime) -> Self:
        """Queued messages that may be tried now."""
        return self.filter(state=MessageState.QUEUED, next_try_at__lte=now)

    def most_urgent_first(self) -> Self:
        """Order as the index does: many are decided at one instant, and a claim sorts none."""
        return self.order_by("urgency", "next_try_at")

    def tried_and_waiting(self) -> Self:
        """Messages that were tried, or are being tried, and have not ended."""
        return self.filter(state__in=(MessageState.QUEUED, MessageState.SENDING), attempts__gt=0)

    def held_too_long(self, now: datetime) -> Self:
        """Messages whose sender has gone: the lease ran out while they were being sent."""
        return self.filter(state=MessageState.SENDING, lease_until_at__lte=now)


class Message(models.Model):
    """What one recipient gets: a person, a clinic's duty, or the address of an invitation.

    A notice has no lines: it is about a version of a plan, or about one step of it. A repeat goes
    to the person's next contact point: `contact_turn` says how many to pass over.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", null=True)
    duty = models.CharField(max_length=16, blank=True)
    invitation = models.ForeignKey(
        Invitation, on_delete=models.PROTECT, related_name="+", null=True
    )
    contact_point = models.ForeignKey(
        ContactPoint, on_delete=models.PROTECT, related_name="+", null=True
    )
    plan_version = models.ForeignKey(
        PlanVersion, on_delete=models.PROTECT, related_name="+", null=True
    )
    step_number = models.PositiveSmallIntegerField(null=True)
    contact_turn = models.PositiveSmallIntegerField(default=0)
    purpose = models.CharField(max_length=12, choices=[(p, p) for p in Purpose])
    message_class = models.CharField(max_length=1, blank=True)
    urgency = models.PositiveSmallIntegerField()
    state = models.CharField(
        max_length=10, choices=[(s, s) for s in MessageState], default=MessageState.QUEUED
    )
    decided_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claim = models.UUIDField(null=True)
    lease_until_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, clinic__isnull=True, invitation__isnull=True)
                | Q(person__isnull=True, clinic__isnull=False, invitation__isnull=True)
                | Q(person__isnull=True, clinic__isnull=True, invitation__isnull=False),
                name="message_has_one_recipient",
            ),
            models.UniqueConstraint(
                fields=["person", "plan_version", "step_number", "purpose"],
                condition=Q(plan_version__isnull=False),
                name="message_notice_decided_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(state=MessageState.SENDING, claim__isnull=False)
                | (~Q(state=MessageState.SENDING) & Q(claim__isnull=True)),
                name="message_claim_while_sending",
            ),
        ]
        indexes = [
            models.Index(
                fields=["urgency", "next_try_at"],
                condition=Q(state=MessageState.QUEUED),
                name="message_queue",
            ),
            models.Index(
                fields=["lease_until_at"],
                condition=Q(state=MessageState.SENDING),
                name="message_leases",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} message {self.pk}"

    @property
    def recipient(self) -> Recipient:
        """Whom it is for."""
        return Recipient(person_id=self.person_id, clinic_id=self.clinic_id, duty=self.duty)


class Notification(models.Model):
    """One line of a message: one rung of one alert told to one recipient, once per round."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="lines")
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="notifications")
    dose = models.ForeignKey(
        ExpectedDose, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    rung = models.PositiveSmallIntegerField()
    round = models.PositiveSmallIntegerField()
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", null=True)
    duty = models.CharField(max_length=16, blank=True)
    purpose = models.CharField(max_length=12, choices=[(p, p) for p in Purpose])
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "rung", "round", "person", "clinic", "duty", "purpose"],
                name="notification_decided_once",
                nulls_distinct=False,
            ),
        ]
        indexes = [models.Index(fields=["alert"], name="notification_alert")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.alert_id} rung {self.rung}"

    @property
    def recipient(self) -> Recipient:
        """Whom it is for."""
        return Recipient(person_id=self.person_id, clinic_id=self.clinic_id, duty=self.duty)


class Attempt(OrderedFact):
    """One try to deliver a message on one contact point, and what came back."""

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="tries")
    contact_point = models.ForeignKey(
        ContactPoint, on_delete=models.PROTECT, related_name="attempts", null=True
    )
    at = models.DateTimeField()
    number = models.PositiveSmallIntegerField()
    result = models.CharField(max_length=10)
    detail = models.CharField(max_length=300, blank=True)
    provider_id = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["at", "pk"]
        indexes = [
            models.Index(
                fields=["provider_id"], condition=~Q(provider_id=""), name="attempt_provider_id"
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.message_id}: {self.result}"


class OneTapLink(Fact):
    """The link of one prompt: one dose, one person. Only the hash of its token is kept."""

    token_sha256 = models.CharField(max_length=64, unique=True)
    dose = models.ForeignKey(ExpectedDose, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    opens_until_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"one-tap link {self.pk}"
