"""Rights as a table. One human may hold several capacities; rights are the union."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Capacity(StrEnum):
    """What somebody is to one patient or one clinic, as long as the reason for it lives."""

    PATIENT = "patient"
    CAREGIVER = "caregiver"
    CLINICIAN = "clinician"
    ADMINISTRATOR = "administrator"


class Verb(StrEnum):
    """One thing that a person may do to a patient's record or to a clinic."""

    SEE = "see"
    LOG = "log"
    TRAVEL = "travel"
    CHECK_IN = "check_in"
    ACKNOWLEDGE = "acknowledge"
    PLAN = "plan"
    CLOSE_FLAG = "close_flag"
    INVITE_CAREGIVER = "invite_caregiver"
    END_CAREGIVER = "end_caregiver"
    CONSENT = "consent"
    READ_LOOKS = "read_looks"
    MANAGE_CLINIC = "manage_clinic"
    TAKE_IN = "take_in"


class Scope(StrEnum):
    """What a patient adds to a caregiver's right to see; each is a tick on the care link."""

    ALERTED = "is_alerted"
    LOGS = "may_log"


RIGHTS: Mapping[Capacity, frozenset[Verb]] = MappingProxyType(
    {
        Capacity.PATIENT: frozenset(
            {
                Verb.SEE,
                Verb.LOG,
                Verb.TRAVEL,
                Verb.CHECK_IN,
                Verb.INVITE_CAREGIVER,
                Verb.END_CAREGIVER,
                Verb.CONSENT,
                Verb.READ_LOOKS,
            }
        ),
        Capacity.CAREGIVER: frozenset({Verb.SEE, Verb.CHECK_IN}),
        Capacity.CLINICIAN: frozenset(
            {
                Verb.SEE,
                Verb.LOG,
                Verb.CHECK_IN,
                Verb.ACKNOWLEDGE,
                Verb.PLAN,
                Verb.CLOSE_FLAG,
                Verb.INVITE_CAREGIVER,
                Verb.END_CAREGIVER,
                Verb.TAKE_IN,
            }
        ),
        Capacity.ADMINISTRATOR: frozenset({Verb.MANAGE_CLINIC}),
    }
)

SCOPED_RIGHTS: Mapping[Scope, frozenset[Verb]] = MappingProxyType(
    {
        Scope.ALERTED: frozenset({Verb.ACKNOWLEDGE}),
        Scope.LOGS: frozenset({Verb.LOG, Verb.TRAVEL}),
    }
)

CLINIC_CAPACITIES = frozenset({Capacity.CLINICIAN, Capacity.ADMINISTRATOR})

# Who reads what is kept from caregivers: numbers, risks, the clinic's notes.
FULL_READERS = frozenset({Capacity.PATIENT, Capacity.CLINICIAN})


def rights(
    capacities: frozenset[Capacity], scopes: frozenset[Scope] = frozenset()
) -> frozenset[Verb]:
    """Return every verb that these capacities allow together.

    `scopes` counts only beside the caregiver's capacity.
    """
    allowed: set[Verb] = set()
    for capacity in capacities:
        allowed |= RIGHTS[capacity]
    if Capacity.CAREGIVER in capacities:
        for scope in scopes:
            allowed |= SCOPED_RIGHTS[scope]
    return frozenset(allowed)
