"""The link behind a prompt: one dose, one person. A tap writes an entry; looking does not."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.problems import Problem, Refusal
from accounts.domain.tokens import fingerprint
from accounts.models.rows import rows_insert
from reminders.models import OneTapLink
from reminders.selectors.one_tap import entry_behind, request_of
from tracker.domain.doses import Outcome, Via
from tracker.models import ExpectedDose
from tracker.selectors.reasons import LOGGED_TWICE
from tracker.services.entries import (
    EntryResult,
    entry_add,
    entry_count_as_extra,
    entry_void,
    entry_with_request,
)
from tracker.services.requests import patient_lock

OPEN_FOR = timedelta(hours=24)
"""How long after the dose was due its link opens."""
LINK = ("pk", "token_sha256", "dose", "person", "made_at", "opens_until_at")


def one_tap_links_mint(
    *, prompts: Iterable[tuple[ExpectedDose, UUID]], now: datetime
) -> dict[tuple[UUID, UUID], str]:
    """Return a fresh token of 128 random bits for each dose and person; only hashes are kept."""
    tokens: dict[tuple[UUID, UUID], str] = {}
    rows = []
    for dose, person_id in prompts:
        token = tokens[dose.pk, person_id] = secrets.token_urlsafe(16)
        rows.append((uuid4(), fingerprint(token), dose.pk, person_id, now, dose.due_at + OPEN_FOR))
    rows_insert(OneTapLink, LINK, rows)
    return tokens


@transaction.atomic
def one_tap_log(*, link: OneTapLink, taken_at: datetime | None, now: datetime) -> EntryResult:
    """Store the dose as taken by the link's person; the same link tapped twice is one entry.

    A dose that a change of the plan has cancelled becomes an extra dose, with its time asked for:
    nothing that somebody did is turned away. Raises Refusal when the link opens no more.
    """
    if now >= link.opens_until_at:
        raise Refusal(Problem("link", _("This link has ended. Sign in to log the dose.")))
    client_id = request_of(link)
    earlier = entry_with_request(by=link.person, client_id=client_id)
    if earlier is not None:
        return earlier
    dose = link.dose
    patient_lock(dose.plan.patient)
    dose.refresh_from_db(fields=["cancelled_at"])  # a change may have come since the page was read
    return entry_add(
        patient=dose.plan.patient,
        dose=dose if dose.cancelled_at is None else None,
        by=link.person,
        via=Via.LINK,
        outcome=Outcome.TAKEN,
        taken_at=taken_at,
        device_at=None,
        client_id=client_id,
        now=now,
    )


@transaction.atomic
def one_tap_answer(*, link: OneTapLink, answer: str, now: datetime) -> None:
    """Answer "one dose or two?" ("one", "two") for the entry this link wrote beside another one.

    Refused when that is no question: nothing was tapped, or its entry is the one that stands.
    """
    patient_lock(link.dose.plan.patient)
    entry = entry_behind(link)
    standing = entry.dose.standing_entry if entry is not None and entry.dose is not None else None
    if entry is None or standing is None or standing == entry or answer not in {"one", "two"}:
        raise Refusal(
            Problem("answer", _("Nothing is asked here any more. Sign in to correct it."))
        )
    if answer == "two":
        entry_count_as_extra(entry=entry, by=link.person, now=now)
    else:
        entry_void(entry=entry, by=link.person, reason=LOGGED_TWICE, now=now)
