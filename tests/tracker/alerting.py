"""An alert's life by hand, for the tests of alerts."""

from datetime import datetime, timedelta
from uuid import uuid4

from accounts.models import User
from tests.cast import TUESDAY, Cast
from tests.tapers import first_dose
from tracker.domain.alerts import AlertEventKind, AlertKind
from tracker.domain.dose_alerts import climbs_from
from tracker.domain.doses import Outcome
from tracker.models import Alert, AlertEvent, Entry, ExpectedDose, Plan
from tracker.services.alerts import alert_event
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


def alert_opened(*, dose: ExpectedDose, kind: AlertKind, now: datetime) -> Alert:
    """The next episode of a dose's alert, before a sweep lets it climb its ladder."""
    episode = dose.alerts.filter(kind=kind).count() + 1
    alert = Alert(
        patient=dose.plan.patient,
        kind=kind,
        dose=dose,
        episode=episode,
        opened_at=now,
        climb_from_at=climbs_from(kind, episode, dose.due_at, now),
        next_look_at=now,
    )
    alert.save()
    alert_event(alert, AlertEventKind.OPENED, now).save()
    return alert
