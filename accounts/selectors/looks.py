"""Who looked."""

from django.db.models import QuerySet

from accounts.models import Look, Patient


def looks_of(patient: Patient) -> QuerySet[Look]:
    """Return who opened this person's record, newest first; the person's own visits left out."""
    looks = Look.objects.filter(patient=patient).select_related("actor")
    return looks.exclude(actor=patient.user_id).order_by("-at")
