"""A signed plan around a day, and the pages of that day at any moment of it."""

import re
from datetime import UTC, datetime, time, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

from django.test import RequestFactory

from accounts.models import Patient, User
from tests.cast import TUESDAY, Cast
from tests.tracker.plans import dose, raw_plan, raw_step
from tracker.domain.doses import Outcome
from tracker.domain.plan_content import plan_content_from
from tracker.models import Entry, ExpectedDose, Plan
from tracker.selectors.around import patient_around
from tracker.selectors.today import Today, today_of
from tracker.services.entries import entry_add
from tracker.services.plan_drafts import plan_draft_save
from tracker.services.plan_signing import plan_sign
from tracker.web.patient import today_page

SECOND = timedelta(seconds=1)
SIGNED = TUESDAY.replace(hour=6, minute=0)
THREE_A_DAY = tuple(dose(clock, "15 mg") for clock in ("08:00", "14:00", "20:00"))


def at(hour: int, minute: int = 0, *, day: int = 24) -> datetime:
    """An instant on or around the cast's Tuesday; London is on UTC in November."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def plan_signed(
    patient: Patient, by: User, now: datetime, steps: list[dict[str, Any]], **changed: Any
) -> Plan:
    """Sign a plan with these steps, as rows of the form."""
    raw = raw_plan(steps=steps, named_clinician=str(by.pk), risk_factors=[]) | changed
    content = plan_content_from(raw)
    plan = plan_draft_save(patient=patient, by=by, content=content, now=now)
    ticked = range(1, len(steps) + 1)
    plan_sign(plan=plan, by=by, ticked_steps=ticked, has_confirmed_hours=True, now=now)
    plan.refresh_from_db()
    return plan


def tuesday_plan(cast: Cast, **changed: Any) -> Plan:
    """08:00, 14:00 and 20:00 each day, signed on Tuesday at 06:00, open-ended."""
    steps = [raw_step("2026-11-24", "", *THREE_A_DAY)]
    return plan_signed(cast.ewan, cast.priya, SIGNED, steps, **changed)


def plan_around(cast: Cast, now: datetime, **times: timedelta) -> dict[str, ExpectedDose]:
    """Sign a plan an hour before the earliest of these times from `now`; doses by name.

    For doors, which read the database's clock: pass its present.
    """
    due = {name: (now + shift).replace(microsecond=0) for name, shift in times.items()}
    first = min(due.values())
    cells = [dose(moment.strftime("%H:%M:%S"), "15 mg") for moment in sorted(due.values())]
    steps = [raw_step((first - timedelta(hours=1)).date().isoformat(), "", *cells)]
    signed_at = first - timedelta(hours=1)
    plan = plan_signed(cast.ewan, cast.priya, signed_at, steps, zone="UTC")
    doses = plan.doses.select_related("plan", "version")
    return {name: doses.get(due_at=moment) for name, moment in due.items()}


def dose_at(plan: Plan, hour: int, *, day: int = 24) -> ExpectedDose:
    """The expected dose of this hour."""
    return plan.doses.select_related("plan", "version").get(due_at=at(hour, day=day))


def log(
    cast: Cast, dose: ExpectedDose | None, now: datetime, by: User | None = None, **said: Any
) -> Entry:
    """Log a dose as taken at `now`, or as said."""
    result = entry_add(
        patient=cast.ewan,
        by=by or cast.ewan_user,
        via="page",
        outcome=said.pop("outcome", Outcome.TAKEN),
        taken_at=said.pop("taken_at", None),
        device_at=None,
        client_id=uuid4(),
        now=now,
        dose=dose,
        **said,
    )
    return result.entry


def day_of(cast: Cast, now: datetime) -> Today:
    """Ewan's day at `now`, as he reads it."""
    around = patient_around(cast.ewan_user, now)
    assert around is not None
    return today_of(around, reader=cast.ewan_user, now=now)


def html_of_today(cast: Cast, now: datetime, **query: str) -> str:
    """The HTML of Ewan's Today at `now`."""
    request = RequestFactory().get("/today/", query)
    request.user = cast.ewan_user
    return today_page(request, cast.ewan_user, now).content.decode()


def words(html: str) -> str:
    """The text of a page's main part as somebody reads it, without what a script may show."""
    body = html.split("<body", 1)[1].split('<nav class="dock', maxsplit=1)[0]
    body = re.sub(r'(?s)<aside id="device".*?</aside>|<template.*?</template>', " ", body)
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", body).split()))


def hidden_id(html: str) -> str:
    """The id that the first form of a page carries."""
    found = re.search(r'name="client_id" value="([^"]+)"', html)
    assert found is not None, html
    return found[1]


def wall(moment: datetime) -> dict[str, str]:
    """A moment as somebody types it into the two fields, in UTC."""
    return {
        "taken_on": moment.date().isoformat(),
        "taken_time": time(moment.hour, moment.minute).isoformat("minutes"),
    }
