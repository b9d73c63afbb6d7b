"""The tables of people, clinics, access and looks."""

from accounts.models.audit import AuditRow, Look
from accounts.models.care_links import CareLink
from accounts.models.clinics import Clinic, ClinicRung, Membership, OpeningHours
from accounts.models.contact_points import ContactPoint, ContactVerification
from accounts.models.facts import (
    AppendOnly,
    Fact,
    FactIsFinal,
    OrderedFact,
    fact_models,
    fact_tables,
)
from accounts.models.invitations import Invitation, InvitationToken
from accounts.models.patients import Patient
from accounts.models.rows import among, rows_insert, rows_update
from accounts.models.users import User

__all__ = [
    "AppendOnly",
    "AuditRow",
    "CareLink",
    "Clinic",
    "ClinicRung",
    "ContactPoint",
    "ContactVerification",
    "Fact",
    "FactIsFinal",
    "Invitation",
    "InvitationToken",
    "Look",
    "Membership",
    "OpeningHours",
    "OrderedFact",
    "Patient",
    "User",
    "among",
    "fact_models",
    "fact_tables",
    "rows_insert",
    "rows_update",
]
