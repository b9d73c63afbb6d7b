"""What somebody may see of plans, doses, entries, alerts and flags.

Never more than belongs to the patients that `accounts.access` shows them.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from accounts.access import Person, patients_visible_to
from tracker.models import Alert, Entry, ExpectedDose, Flag, Plan


def plans_visible_to(user: Person, now: datetime) -> QuerySet[Plan]:
    """Return the plans of the patients whom this person may see at `now`."""
    return Plan.objects.filter(patient__in=patients_visible_to(user, now)).select_related(
        "patient__clinic"
    )


def doses_visible_to(user: Person, now: datetime) -> QuerySet[ExpectedDose]:
    """Return the expected doses of the patients whom this person may see at `now`."""
    return ExpectedDose.objects.filter(
        plan__patient__in=patients_visible_to(user, now)
    ).select_related("plan__patient__clinic", "version", "standing_entry")


def entries_visible_to(user: Person, now: datetime) -> QuerySet[Entry]:
    """Return the entries of the patients whom this person may see at `now`."""
    return Entry.objects.filter(patient__in=patients_visible_to(user, now)).select_related(
        "patient__clinic", "dose__plan", "by"
    )


def alerts_visible_to(user: Person, now: datetime) -> QuerySet[Alert]:
    """Return the alerts of the patients whom this person may see at `now`."""
    return Alert.objects.filter(patient__in=patients_visible_to(user, now)).select_related(
        "patient__clinic", "dose__version", "flag", "held_by"
    )


def flags_visible_to(user: Person, now: datetime) -> QuerySet[Flag]:
    """Return the flags of the patients whom this person may see at `now`."""
    return Flag.objects.filter(patient__in=patients_visible_to(user, now)).select_related(
        "patient__clinic", "plan"
    )
