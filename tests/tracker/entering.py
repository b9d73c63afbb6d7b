"""Logging through the service, and what came of it, for the tests of entries."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from accounts.models import User
from tests.cast import Cast
from tests.tracker.days import at
from tracker.domain.doses import Outcome
from tracker.models import Entry, ExpectedDose, Flag
from tracker.services.entries import EntryResult, entry_add

NOON = at(12)


def add(
    cast: Cast,
    dose: ExpectedDose | None,
    *,
    by: User | None = None,
    now: datetime = NOON,
    client_id: UUID | None = None,
    **said: Any,
) -> EntryResult:
    """Send one request to log a dose."""
    said = {"via": "page", "outcome": Outcome.TAKEN, "taken_at": None, "device_at": None} | said
    return entry_add(
        patient=cast.ewan,
        by=by or cast.ewan_user,
        client_id=client_id or uuid4(),
        now=now,
        dose=dose,
        **said,
    )


def standing(dose: ExpectedDose) -> Entry | None:
    """The entry that stands for a dose by now."""
    return ExpectedDose.objects.select_related("standing_entry").get(pk=dose.pk).standing_entry


def stated() -> list[list[str]]:
    """What each open F12 states."""
    flags = Flag.objects.open().filter(rule="F12").order_by("opened_at", "subject")
    return sorted(flag.evidence["what"] for flag in flags)
