"""Addresses at which people and clinics are reached, and the proof that they are theirs."""

from datetime import datetime
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from accounts.models.clinics import Clinic
from accounts.models.users import User

DESK = "desk"
OUT_OF_HOURS = "out_of_hours"
EMAIL = "email"
SMS = "sms"
PUSH = "push"
KINDS = (EMAIL, SMS, PUSH)


class ContactPointQuerySet(models.QuerySet["ContactPoint"]):
    """Questions about where messages can go."""

    def kept(self) -> Self:
        """Keep contact points that their owner has not removed."""
        return self.filter(removed_at=None)

    def usable(self) -> Self:
        """Keep contact points that may be written to, in order.

        They are verified, not disabled, not removed, and of a kind that this site sends.
        """
        proved = self.kept().filter(verified_at__isnull=False, disabled_at=None)
        return proved.filter(kind__in=settings.CONTACT_KINDS).order_by("position")

    def wanting_verification(self, now: datetime) -> Self:
        """Keep contact points whose verification link should be mailed by `now`, oldest first."""
        sent = self.kept().filter(kind__in=settings.CONTACT_KINDS)
        due = sent.filter(verification_wanted_at__lte=now)
        return due.order_by("verification_wanted_at")


class ContactPoint(models.Model):
    """One address of a person, or of a clinic for one duty: e-mail, telephone or a browser.

    Quiet hours are wall times in the person's zone. `verification_wanted_at` and `test_wanted_at`
    ask the engine to send a verification link or a test, which then empties them. The address of
    a browser is its push endpoint; its two keys are base64url as the browser gave them.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    person = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="contact_points", null=True, blank=True
    )
    clinic = models.ForeignKey(
        Clinic, on_delete=models.PROTECT, related_name="contact_points", null=True, blank=True
    )
    duty = models.CharField(max_length=16, blank=True, default="")
    kind = models.CharField(max_length=16, default=EMAIL)
    address = models.CharField(max_length=1000)
    label = models.CharField(max_length=80, blank=True, default="")
    push_p256dh = models.CharField(max_length=100, blank=True, default="")
    push_auth = models.CharField(max_length=40, blank=True, default="")
    position = models.PositiveSmallIntegerField(default=1)
    added_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(max_length=300, blank=True, default="")
    removed_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True, default="")
    last_error_at = models.DateTimeField(null=True, blank=True)
    quiet_from_time = models.TimeField(null=True, blank=True)
    quiet_until_time = models.TimeField(null=True, blank=True)
    is_discreet = models.BooleanField(default=True)
    verification_wanted_at = models.DateTimeField(null=True, blank=True)
    test_wanted_at = models.DateTimeField(null=True, blank=True)

    objects = ContactPointQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(person__isnull=False, clinic=None, duty="")
                | Q(person=None, clinic__isnull=False, duty__in=(DESK, OUT_OF_HOURS)),
                name="contact_point_of_person_or_clinic_duty",
            ),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="contact_point_kind_known"),
            models.CheckConstraint(
                condition=Q(kind=PUSH, person__isnull=False) & ~Q(push_p256dh="") & ~Q(push_auth="")
                | ~Q(kind=PUSH) & Q(push_p256dh="", push_auth=""),
                name="contact_point_push_has_keys",
            ),
            models.CheckConstraint(
                condition=Q(quiet_from_time=None, quiet_until_time=None)
                | Q(quiet_from_time__isnull=False, quiet_until_time__isnull=False),
                name="contact_point_quiet_both_or_none",
            ),
            models.CheckConstraint(
                condition=Q(quiet_from_time=None) | ~Q(quiet_from_time=F("quiet_until_time")),
                name="contact_point_quiet_has_length",
            ),
            models.CheckConstraint(
                condition=Q(disabled_at=None) | ~Q(disabled_reason=""),
                name="contact_point_disabled_says_why",
            ),
            models.UniqueConstraint(
                "person",
                "kind",
                Lower("address"),
                condition=Q(removed_at=None),
                name="contact_point_once_per_person",
            ),
            models.UniqueConstraint(
                "clinic",
                "duty",
                "kind",
                Lower("address"),
                condition=Q(removed_at=None),
                name="contact_point_once_per_duty",
            ),
        )
        indexes = (
            models.Index(
                fields=("verification_wanted_at",),
                condition=Q(verification_wanted_at__isnull=False),
                name="contact_point_to_verify",
            ),
            models.Index(
                fields=("test_wanted_at",),
                condition=Q(test_wanted_at__isnull=False),
                name="contact_point_to_test",
            ),
        )

    def __str__(self) -> str:
        return self.address

    @property
    def is_usable(self) -> bool:
        """Whether a message may be sent here."""
        is_in_use = self.verified_at and not self.disabled_at and not self.removed_at
        return bool(is_in_use) and self.kind in settings.CONTACT_KINDS


class ContactVerification(models.Model):
    """One mailed link that proves an address. Only the hash of its token is kept."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    contact_point = models.ForeignKey(
        ContactPoint, on_delete=models.CASCADE, related_name="verifications"
    )
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="verification_window_valid"
            ),
        )

    def __str__(self) -> str:
        return f"link for {self.contact_point}"
