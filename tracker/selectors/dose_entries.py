"""Expected doses with everything that was said about them, and the other rows of one record."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Prefetch, QuerySet

from accounts.access import Person
from accounts.models import Patient
from tracker.models import CheckIn, Entry, ExpectedDose, Stay
from tracker.selectors.around import covered_by_a_stay
from tracker.selectors.scope import doses_visible_to


def doses_with_entries(
    user: Person, patient: Patient, *, first_on: date, last_on: date, now: datetime
) -> QuerySet[ExpectedDose]:
    """Return a patient's expected doses of these local dates, both included.

    Each brings its version, its entries (`entries.all()`, first received first) with who made and
    who took them back, and `is_away`: whether it falls into a stay. Cancelled doses are among them.
    """
    entries = Entry.objects.select_related("by", "void__by").order_by("received_at", "pk")
    rows = doses_visible_to(user, now).filter(
        plan__patient=patient, local_date__gte=first_on, local_date__lte=last_on
    )
    rows = rows.annotate(is_away=covered_by_a_stay()).defer("version__signed_text")
    return rows.prefetch_related(Prefetch("entries", entries))


def extras_of(patient: Patient) -> QuerySet[Entry]:
    """Return a patient's extra doses with who said so, those taken back included."""
    return patient.entries.filter(dose=None).select_related("by", "void__by")


def check_ins_of(patient: Patient) -> QuerySet[CheckIn]:
    """Return a patient's check-ins with who made them and which signs were ticked."""
    return patient.check_ins.select_related("by").prefetch_related("signs")


def stays_of(patient: Patient) -> QuerySet[Stay]:
    """Return a patient's stays with who recorded, ended and took them back; none is left out."""
    return patient.stays.select_related("recorded_by").prefetch_related("events__by")
