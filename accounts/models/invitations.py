"""Single-use links that let somebody in."""

from datetime import datetime
from typing import Self
from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from accounts.domain.capacities import CLINIC_CAPACITIES, Capacity
from accounts.models.care_links import CareLink
from accounts.models.clinics import Clinic
from accounts.models.patients import Patient
from accounts.models.users import User
from accounts.models.validators import one_line

FOR_PATIENT = "patient"
FOR_CAREGIVER = "caregiver"
FOR_STAFF = "staff"

VIA_MAIL = "mail"
VIA_HAND = "handed"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Questions about links that are out."""

    def unanswered(self) -> Self:
        """Keep invitations that were neither accepted nor revoked."""
        return self.filter(accepted_at=None, revoked_at=None)

    def open(self, now: datetime) -> Self:
        """Keep invitations that still work at `now`; one stops at `expires_at` itself."""
        return self.unanswered().filter(expires_at__gt=now)


class Invitation(models.Model):
    """One person is asked in, once, within 72 hours.

    `mail_wanted_at` asks the engine to mail a link, which then empties it.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=16)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="invitations")
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, related_name="invitations", null=True, blank=True
    )
    care_link = models.ForeignKey(
        CareLink, on_delete=models.PROTECT, related_name="invitations", null=True, blank=True
    )
    capacity = models.CharField(max_length=16, blank=True, default="")
    email = models.EmailField()
    name = models.CharField(max_length=120, validators=[one_line])
    invited_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    revoked_at = models.DateTimeField(null=True, blank=True)
    mail_wanted_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(kind=FOR_PATIENT, patient__isnull=False, care_link=None, capacity="")
                | Q(kind=FOR_CAREGIVER, patient__isnull=False, care_link__isnull=False, capacity="")
                | Q(
                    kind=FOR_STAFF,
                    patient=None,
                    care_link=None,
                    capacity__in=sorted(each.value for each in CLINIC_CAPACITIES),
                ),
                name="invitation_is_for_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="invitation_window_valid"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="invitation_accepted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None),
                name="invitation_accepted_or_revoked",
            ),
        )
        indexes = (
            models.Index(
                fields=("mail_wanted_at",),
                condition=Q(mail_wanted_at__isnull=False),
                name="invitation_to_mail",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} invitation for {self.name}"

    @property
    def is_mail_only(self) -> bool:
        """Whether no handed link opens it: it gives sight of a clinic's patients."""
        return self.capacity == Capacity.CLINICIAN


class InvitationToken(models.Model):
    """One way into an invitation. Only the hash of the token is kept.

    A mailed token proves the address; a handed one (code, printed link) does not.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="tokens")
    token_sha256 = models.CharField(max_length=64, unique=True)
    via = models.CharField(max_length=8)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(via__in=(VIA_MAIL, VIA_HAND)), name="invitation_token_via_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.via} link of {self.invitation}"
