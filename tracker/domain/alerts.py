"""What an alert can be about and what can happen to it."""

from __future__ import annotations

from enum import StrEnum


class AlertKind(StrEnum):
    """The fact that somebody must know."""

    NO_LOG = "no_log"
    NOT_TAKEN = "not_taken"
    FLAG = "flag"


class AlertEventKind(StrEnum):
    """One line of an alert's thread."""

    OPENED = "opened"
    DECIDED = "decided"
    UNREACHABLE = "unreachable"
    TOLD = "told"
    BOUNCED = "bounced"
    LISTED = "listed"
    ACKNOWLEDGED = "acknowledged"
    PASSED_ON = "passed_on"
    LAPSED = "lapsed"
    CLOSED = "closed"


class CloseReason(StrEnum):
    """The fact that closed an alert; never time alone."""

    ENTRY = "entry"
    ENTRY_VOIDED = "entry_voided"
    FLAG_CLOSED = "flag_closed"
    PLAN_STOPPED = "plan_stopped"
    PLAN_HELD = "plan_held"
    PLAN_CHANGED = "plan_changed"
    STAY = "stay"
    NOTED = "noted"  # by a named clinician, with a note
