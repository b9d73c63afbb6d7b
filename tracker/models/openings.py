"""Files of openings as their makers export them: kept while they are mapped and once taken in."""

from uuid import uuid4

from django.conf import settings
from django.db import models

from accounts.models import Patient


class OpeningsFile(models.Model):
    """One file that a clinician gave: its bytes, what its columns mean, and whether it is in.

    The newest mapping of a clinic for the same columns is the one it remembers.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="openings_files")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    packed = models.BinaryField()  # zlib; emptied when another file takes its place
    columns = models.JSONField()  # names of its columns
    mapping = models.JSONField(default=dict)  # empty until somebody said what they mean
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    mapped_at = models.DateTimeField(null=True, blank=True)
    taken_in_at = models.DateTimeField(null=True, blank=True)
    taken_in_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["patient", "-given_at"], name="openings_file_given")]

    def __str__(self) -> str:
        return f"openings file {self.pk}"
