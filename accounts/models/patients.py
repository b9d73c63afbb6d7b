"""The people whose taper is followed."""

from uuid import uuid4
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q

from accounts.models.clinics import Clinic
from accounts.models.users import User
from accounts.models.validators import known_zone, one_line, phone_number


class Patient(models.Model):
    """One person's record at one clinic.

    `user` is empty until the person has accepted the invitation. `zone` is the
    IANA zone in which the person lives.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="patients")
    user = models.OneToOneField(
        User, on_delete=models.PROTECT, related_name="patient", null=True, blank=True
    )
    name = models.CharField(max_length=120, validators=[one_line])
    born_on = models.DateField(null=True, blank=True)
    clinic_number = models.CharField(max_length=40, blank=True, default="", validators=[one_line])
    zone = models.CharField(max_length=64, validators=[known_zone])
    language = models.CharField(max_length=12, default="en")
    phone = models.CharField(max_length=32, blank=True, default="", validators=[phone_number])
    taken_in_at = models.DateTimeField()
    taken_in_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("clinic", "clinic_number"),
                condition=~Q(clinic_number=""),
                name="patient_clinic_number_once",
            ),
        )
        indexes = (models.Index(fields=("clinic", "name"), name="patient_by_clinic_and_name"),)

    def __str__(self) -> str:
        return self.name

    @property
    def zone_info(self) -> ZoneInfo:
        """The patient's zone, ready for arithmetic with instants."""
        return ZoneInfo(self.zone)
