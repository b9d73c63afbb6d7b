"""The link behind a prompt: one dose, one person. A tap writes an entry; looking does not."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import uuid5

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.problems import Problem, Refusal
from accounts.domain.tokens import fingerprint
from accounts.models import User
from reminders.models import OneTapLink
from tracker.domain.doses import Outcome
from tracker.models import Entry, ExpectedDose
from tracker.services.entries import (
    EntryResult,
    entry_add,
    entry_count_as_extra,
    entry_void,
    entry_with_request,
)

OPEN_FOR = timedelta(hours=24)
"""How long after the dose was due its link opens."""


def one_tap_link_mint(*, dose: ExpectedDose, person: User, now: datetime) -> str:
    """Return a fresh token of 128 random bits for a prompt; only its hash is kept."""
    token = secrets.token_urlsafe(16)
    OneTapLink(
        token_sha256=fingerprint(token),
        dose=dose,
        person=person,
        made_at=now,
        opens_until_at=dose.due_at + OPEN_FOR,
    ).save()
    return token


@transaction.atomic
def one_tap_log(*, link: OneTapLink, taken_at: datetime | None, now: datetime) -> EntryResult:
    """Store the dose as taken by the link's person; the same link tapped twice is one entry.

    A dose that a change of the plan has cancelled becomes an extra dose, with its time asked for:
    nothing that somebody did is turned away. Raises Refusal when the link opens no more.
    """
    if now >= link.opens_until_at:
        raise Refusal(Problem("link", _("This link has ended. Sign in to log the dose.")))
    client_id = uuid5(link.pk, "taken")
    earlier = entry_with_request(by=link.person, client_id=client_id)
    if earlier is not None:
        return earlier
    dose = link.dose
    return entry_add(
        patient=dose.plan.patient,
        dose=dose if dose.cancelled_at is None else None,
        by=link.person,
        via="link",
        outcome=Outcome.TAKEN,
        taken_at=taken_at,
        device_at=None,
        client_id=client_id,
        now=now,
    )


@transaction.atomic
def one_tap_answer(*, link: OneTapLink, entry: Entry, is_two: bool, now: datetime) -> None:
    """Answer "one dose or two?" for the entry that this link wrote beside another one."""
    if is_two:
        entry_count_as_extra(entry=entry, by=link.person, now=now)
    else:
        entry_void(entry=entry, by=link.person, reason=_("One dose, logged twice"), now=now)
