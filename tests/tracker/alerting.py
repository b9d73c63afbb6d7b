"""An alert's life by hand, for the tests of alerts."""

from datetime import datetime, timedelta
from uuid import uuid4

from accounts.models import User
from tests.cast import TUESDAY, Cast
from tests.tapers import first_dose
from tracker.domain.doses import Outcome
from tracker.models import Alert, AlertEvent, Entry, Plan
from tracker.services.checkins import check_in_add
from tracker.services.entries import entry_add

DUE = TUESDAY + timedelta(hours=1)
SECOND = timedelta(seconds=1)
ISLA, TOMASZ = "isla.macrae@example.org", "tomasz.wrona@example.org"
PRIYA, DESK = "priya.raman@example.org", "desk@harbour.example"
OUT_OF_HOURS = "out_of_hours@harbour.example"


def after(minutes: int) -> datetime:
    """A moment after the dose was due."""
    return DUE + timedelta(minutes=minutes)


def log(cast: Cast, plan: Plan, now: datetime, outcome: Outcome = Outcome.TAKEN) -> Entry:
    """Ewan says what happened to the first dose."""
    return entry_add(
        patient=cast.ewan,
        by=cast.ewan_user,
        via="page",
        outcome=outcome,
        taken_at=None,
        device_at=None,
        client_id=uuid4(),
        now=now,
        dose=first_dose(plan),
    ).entry


def sign(cast: Cast, sign: str, now: datetime, by: User | None = None) -> Alert:
    """Somebody ticks a documented sign."""
    check_in_add(
        patient=cast.ewan,
        by=by or cast.ewan_user,
        signs=[sign],
        note="",
        at=None,
        client_id=uuid4(),
        now=now,
    )
    return Alert.objects.get(kind="flag", flag__rule__in=["F1", "F2"])


def turns(alert: Alert) -> list[tuple[str, str]]:
    """What people did with an alert and what came of it, oldest first."""
    kinds = ["acknowledged", "passed_on", "lapsed", "closed"]
    events = AlertEvent.objects.filter(alert=alert, kind__in=kinds).order_by("pk")
    return [(each.kind, each.person.name if each.person else "") for each in events]


def episodes(kind: str) -> list[tuple[int, str]]:
    """The episodes of this kind of alert, each with why it closed."""
    found = Alert.objects.filter(kind=kind).order_by("episode")
    return list(found.values_list("episode", "close_reason"))
