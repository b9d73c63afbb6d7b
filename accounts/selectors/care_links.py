"""Who helps whom."""

from datetime import datetime

from django.db.models import QuerySet

from accounts.models import CareLink, Patient, User


def caregivers_of(patient: Patient, now: datetime) -> QuerySet[CareLink]:
    """Return the patient's care links that nobody has ended, answered or not, oldest first."""
    links = CareLink.objects.not_ended(now).filter(patient=patient)
    return links.select_related("caregiver", "invited_by").order_by("invited_at", "name")


def alerted_caregivers(patient: Patient, now: datetime) -> QuerySet[CareLink]:
    """Return the current links of caregivers who are told when something needs eyes."""
    links = CareLink.objects.current(now).alerted().filter(patient=patient)
    return links.select_related("caregiver").order_by("invited_at", "name")


def logging_caregivers(patient: Patient, now: datetime) -> QuerySet[CareLink]:
    """Return the current links of caregivers who may log for this patient."""
    links = CareLink.objects.current(now).filter(patient=patient, may_log=True)
    return links.select_related("caregiver").order_by("invited_at", "name")


def care_links_of(caregiver: User, now: datetime) -> QuerySet[CareLink]:
    """Return the patients this person helps at `now`, as current links."""
    links = CareLink.objects.current(now).filter(caregiver=caregiver)
    return links.select_related("patient__clinic").order_by("patient__name")
