"""The patients of the clinics where somebody works, to find one by name or clinic number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Least

from accounts.models import Patient
from tracker.domain.doses import Outcome
from tracker.domain.flags import FlagClass
from tracker.domain.plan_states import PlanState
from tracker.domain.worklist import highest_class
from tracker.models import Alert, Entry, Flag, Plan
from tracker.selectors.plan_words import STATE_WORDS


@dataclass(frozen=True, slots=True)
class PatientRow:
    """One line of the list."""

    patient: Patient
    state: str  # of the newest plan, in words; "" before there is one
    last_taken_at: datetime | None
    open_class: FlagClass | None
    open_count: int

    @property
    def id(self) -> UUID:
        """The patient's id."""
        return self.patient.pk


def patients_found(patients: QuerySet[Patient], words: str) -> QuerySet[Patient]:
    """Return the patients whose name has all of these words, or whose clinic number is this."""
    found = Q()
    for word in words.split():
        found &= Q(name__icontains=word)
    if words.strip():
        found |= Q(clinic_number__iexact=words.strip())
    plans = Plan.objects.filter(patient=OuterRef("pk")).order_by("-created_at")
    entries = Entry.objects.filter(patient=OuterRef("pk"), outcome=Outcome.TAKEN, void=None)
    taken = entries.annotate(at=Least("taken_at", "received_at"))  # a phone's clock may run ahead
    flags = Flag.objects.open().filter(patient=OuterRef("pk"))
    alerts = Alert.objects.on_the_worklist().filter(patient=OuterRef("pk"), dose__isnull=False)
    return (
        patients.filter(found)
        .annotate(
            plan_state=Subquery(plans.values("state")[:1]),
            last_taken_at=Subquery(taken.order_by("-at").values("at")[:1]),
            flag_classes=ArraySubquery(flags.values("flag_class")),
            alert_classes=ArraySubquery(alerts.values("alert_class")),
        )
        .order_by("name", "pk")
    )


def patient_rows(patients: Sequence[Patient]) -> list[PatientRow]:
    """Return what the list shows of patients from `patients_found`."""
    return [_row(patient) for patient in patients]


def _row(patient: Patient) -> PatientRow:
    marks = vars(patient)
    classes = [
        FlagClass(each or FlagClass.WATCH)
        for each in (*marks["flag_classes"], *marks["alert_classes"])
    ]
    state = marks["plan_state"]
    return PatientRow(
        patient=patient,
        state=str(STATE_WORDS[PlanState(state)]) if state else "",
        last_taken_at=marks["last_taken_at"],
        open_class=highest_class(classes) if classes else None,
        open_count=len(classes),
    )
