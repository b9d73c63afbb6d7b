"""What a person's export holds: every table with something about them, or the reason why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from accounts.models import (
    AuditRow,
    CareLink,
    Clinic,
    ContactPoint,
    Invitation,
    Look,
    Patient,
    User,
)
from accounts.models.invitations import FOR_PATIENT
from reminders.models import Attempt, Message, Notification
from tracker.models import (
    Alert,
    AlertEvent,
    CheckIn,
    CheckInSign,
    DoseTime,
    Entry,
    EntryVoid,
    ExpectedDose,
    Flag,
    FlagEvent,
    OpeningsFile,
    Plan,
    PlanMove,
    PlanVersion,
    Pump,
    PumpDate,
    PumpDateConfirmation,
    PumpEvent,
    PumpEventConfirmation,
    Report,
    ReportVoid,
    RiskRecord,
    RiskRemoval,
    Rung,
    Stay,
    StayEvent,
    Step,
    VersionSeen,
    ZoneChange,
)

RowsOf = Callable[[Patient], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one table about one person."""

    model: type[Model]
    rows_of: RowsOf

    @property
    def name(self) -> str:
        """The table's name as the file has it: "entry_void"."""
        return self.model._meta.db_table.partition("_")[2]


def _by(model: type[Model], path: str, *order: str) -> Part:
    """Return a part whose rows reach the patient along a path of links."""

    def rows_of(patient: Patient) -> QuerySet[Any]:
        found = model._default_manager.filter(**{path: patient.pk})
        return found.order_by(*order, "pk")

    return Part(model, rows_of)


def _messages(patient: Patient) -> QuerySet[Message]:
    """Return what was sent to the patient about this record, or about nobody's.

    The same person may help or treat others: what they were told about those is not theirs.
    """
    of_others = ~Q(alert__patient=patient)
    elsewhere = Notification.objects.filter(of_others, message=OuterRef("pk"))
    about_me = Q(plan_version=None) | Q(plan_version__plan__patient=patient)
    to_me = Message.objects.filter(person=patient.user_id).filter(about_me)
    invited = Message.objects.filter(invitation__patient=patient, invitation__kind=FOR_PATIENT)
    mine = to_me.exclude(Exists(elsewhere)).values("pk")
    return Message.objects.filter(Q(pk__in=mine) | Q(pk__in=invited.values("pk"))).order_by(
        "decided_at", "pk"
    )


def _lines(patient: Patient) -> QuerySet[Notification]:
    told = Notification.objects.filter(person=patient.user_id, alert__patient=patient)
    return told.order_by("pk")


def _tries(patient: Patient) -> QuerySet[Attempt]:
    return Attempt.objects.filter(message__in=_messages(patient)).order_by("pk")


SIGNED = "versions__plan__patient"
PARTS: tuple[Part, ...] = (
    _by(User, "patient"),
    _by(Patient, "pk"),
    _by(Clinic, "patients"),
    _by(ContactPoint, "person__patient", "added_at"),
    _by(CareLink, "patient", "invited_at"),
    _by(Invitation, "patient", "created_at"),
    Part(
        Plan,
        # a draft that nobody has wholly signed says nothing that counts, and was shown to nobody
        lambda patient: patient.plans.exclude(versions=None).order_by("created_at", "pk"),
    ),
    _by(PlanVersion, "plan__patient", "signed_at"),
    _by(Step, "version__plan__patient", "version__signed_at", "number"),
    _by(DoseTime, "step__version__plan__patient", "step__begins_on", "wall_time"),
    _by(Rung, "version__plan__patient", "version__signed_at", "number"),
    Part(
        PlanMove,
        lambda patient: PlanMove.objects.filter(
            plan__in=patient.plans.exclude(versions=None)
        ).order_by("at", "pk"),
    ),
    _by(VersionSeen, "version__plan__patient", "at"),
    _by(ZoneChange, "plan__patient", "at"),
    _by(ExpectedDose, "plan__patient", "due_at"),
    _by(Entry, "patient", "received_at"),
    _by(EntryVoid, "entry__patient", "at"),
    _by(OpeningsFile, "patient", "given_at"),
    _by(CheckIn, "patient", "at"),
    _by(CheckInSign, "check_in__patient", "check_in__at"),
    _by(Report, "patient", "at"),
    _by(ReportVoid, "report__patient", "at"),
    _by(Stay, "patient", "from_at"),
    _by(StayEvent, "stay__patient", "at"),
    _by(RiskRecord, "patient", "recorded_at"),
    _by(RiskRemoval, "risk__patient", "at"),
    _by(Pump, "patient", "recorded_at"),
    _by(PumpEvent, "pump__patient", "at"),
    _by(PumpEventConfirmation, "event__pump__patient", "at"),
    _by(PumpDate, "pump__patient", "typed_at"),
    _by(PumpDateConfirmation, "pump_date__pump__patient", "at"),
    _by(Flag, "patient", "opened_at"),
    _by(FlagEvent, "flag__patient", "at"),
    _by(Alert, "patient", "opened_at"),
    _by(AlertEvent, "alert__patient", "at"),
    Part(Message, _messages),
    Part(Notification, _lines),
    Part(Attempt, _tries),
    _by(Look, "patient", "at"),
    _by(AuditRow, "patient", "at"),
)

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "accounts.ClinicRung": "the clinic's own settings; each plan version has its ladder",
        "accounts.OpeningHours": "the clinic's own settings",
        "accounts.Membership": "who works at a clinic",
        "accounts.ContactVerification": "hashes of links that were secret",
        "accounts.InvitationToken": "hashes of links that were secret",
        "reminders.Heartbeat": "about the engine, not about a person",
        "reminders.OneTapLink": "hashes of links that were secret",
        "tracker.PlanDraft": "what nobody has wholly signed: nobody may take what it says",
    }
)
"""Tables that the export does not have, each with the reason."""

FIELDS_LEFT_OUT: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "accounts.User": frozenset({"password"}),
        "accounts.ContactPoint": frozenset({"push_p256dh", "push_auth"}),
        "reminders.Message": frozenset({"claim", "lease_until_at"}),
        "tracker.OpeningsFile": frozenset({"packed"}),
    }
)
"""Columns that the export does not have: secrets, and who of the engine's senders had a message.

A maker's file of openings is given as the entries that it came to, not once more as its bytes.
"""
