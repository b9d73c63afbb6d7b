"""Alerts in memory: opened and closed by facts, held by people, as tracker.services.alerts does."""

from __future__ import annotations

from datetime import datetime

from reminders.domain.recipients import Recipient
from tests.simulation.rows import Alert, Dose, Entry, Event, Flag, Patient, Person
from tests.simulation.world import World
from tracker.domain.alerts import AlertEventKind, AlertKind, CloseReason
from tracker.domain.dose_alerts import DoseFacts
from tracker.domain.flags import FlagClass
from tracker.domain.plan_states import PlanState

DELIVERY = (AlertEventKind.DECIDED, AlertEventKind.TOLD, AlertEventKind.BOUNCED)
SPARING = (FlagClass.EMERGENCY, FlagClass.SAME_DAY)


def event_add(
    world: World, alert: Alert, kind: AlertEventKind, now: datetime, who: Recipient | None = None
) -> None:
    """Add a line to the alert's thread, at its present rung and round."""
    alert.events.append(Event(kind, now, alert.rung, alert.round, who))


def dose_settle(world: World, dose: Dose, now: datetime) -> None:
    """Open, move or close a dose's alerts as its facts stand."""
    opened = {alert.kind: alert for alert in dose.alerts if alert.closed_at is None}
    found = world.rules.settle(facts_of(dose, frozenset(opened)), now)
    for kind, reason in found.closes:
        alert_close(world, opened[kind], reason, now)
    if found.opens is not None:
        _open_for_dose(world, dose, found.opens, now)
    world.doses.set(dose, found.next_look_at)


def facts_of(dose: Dose, opened: frozenset[AlertKind]) -> DoseFacts:
    """Return the dose as the rule sees it."""
    entry = dose.standing
    silences = [a for a in dose.alerts if a.kind is AlertKind.NO_LOG and a.closed_at is not None]
    last = silences[-1] if silences else None
    closed_at = last.closed_at if last is not None else None
    return DoseFacts(
        due_at=dose.due_at,
        first_delay=dose.version.first_delay,
        away=away(dose),
        outcome=entry.outcome if entry is not None else None,
        opened=opened,
        last_silence=last.close_reason if last is not None else None,
        is_silent_anew=closed_at is not None
        and any(e.voided_at is not None and e.voided_at >= closed_at for e in dose.entries),
        is_told=entry is not None and _was_told(dose, entry),
    )


def away(dose: Dose) -> CloseReason | None:
    """Return why nobody is asked about a dose."""
    if dose.patient.state is PlanState.ON_HOLD:
        return CloseReason.PLAN_HELD
    if dose.patient.state is not PlanState.ACTIVE:
        return CloseReason.PLAN_STOPPED
    for from_at, until_at in dose.patient.stays:
        if from_at <= dose.due_at and (until_at is None or dose.due_at < until_at):
            return CloseReason.STAY
    return CloseReason.PLAN_CHANGED if dose.cancelled_at is not None else None


def _was_told(dose: Dose, entry: Entry) -> bool:
    told = (a for a in dose.alerts if a.kind is AlertKind.NOT_TAKEN)
    return any(alert.opened_at >= entry.received_at for alert in told)


def _open_for_dose(world: World, dose: Dose, kind: AlertKind, now: datetime) -> None:
    is_first = kind is AlertKind.NO_LOG and not any(a.kind is kind for a in dose.alerts)
    alert = Alert(
        id=world.new_id(),
        patient=dose.patient,
        kind=kind,
        alert_class="",
        opened_at=now,
        climb_from_at=dose.due_at if is_first else now,
        look_at=None,
        opened=world.count(),
        dose=dose,
        version=dose.version,
    )
    dose.alerts.append(alert)
    _opened(world, alert, now)


def flag_open(
    world: World, patient: Patient, subject: str, flag_class: FlagClass, now: datetime
) -> None:
    """Open a flag of class E or D, once at a time, and its alert."""
    if subject in patient.flags:
        return
    flag = Flag(subject, flag_class)
    patient.flags[subject] = flag
    flag.alert = Alert(
        id=world.new_id(),
        patient=patient,
        kind=AlertKind.FLAG,
        alert_class=flag_class,
        opened_at=now,
        climb_from_at=now,
        look_at=None,
        opened=world.count(),
        flag=flag,
        version=world.version_of(patient, now),
        listed_at=now,
    )
    _opened(world, flag.alert, now)


def _opened(world: World, alert: Alert, now: datetime) -> None:
    world.open_alerts[alert.id] = alert
    world.alerts.set(alert, now)
    event_add(world, alert, AlertEventKind.OPENED, now)
    world.watch.alert_opened(world, alert)


def flags_close(world: World, patient: Patient, now: datetime) -> None:
    """Close every open flag of a patient by a clinician's note, and the alerts with them."""
    for flag in patient.flags.values():
        flag.closed_at = now
        if flag.alert is not None and flag.alert.closed_at is None:
            alert_close(world, flag.alert, CloseReason.FLAG_CLOSED, now)
    patient.flags = {}


def alert_close(world: World, alert: Alert, reason: CloseReason, now: datetime) -> None:
    """Close an alert; its next look is now, to tell its outcome."""
    world.watch.alert_closing(world, alert, reason)
    alert.closed_at, alert.close_reason = now, reason
    alert.held_until_at = alert.held_by = None
    world.open_alerts.pop(alert.id, None)
    world.alerts.set(alert, now)
    event_add(world, alert, AlertEventKind.CLOSED, now)


def alert_acknowledge(world: World, alert: Alert, by: Person, now: datetime) -> None:
    """Hold the ladder for the follow-up minutes; a clinic's hold of class E or D stays a hold."""
    assert alert.version is not None
    until_at = alert.held_until_at
    holds_clinic = by is world.clinician or alert.alert_class not in SPARING
    is_clinic_held = alert.is_clinic_held and until_at is not None and now < until_at
    if holds_clinic or not is_clinic_held:
        is_holding_back = until_at is not None and not alert.is_clinic_held
        alert.held_rung = min(alert.held_rung, alert.rung) if is_holding_back else alert.rung
        alert.held_by = by
        alert.held_until_at = now + alert.version.follow_up
        alert.is_clinic_held = holds_clinic
    world.alerts.set(alert, now)
    event_add(world, alert, AlertEventKind.ACKNOWLEDGED, now, Recipient(by.id))


def alert_pass_on(world: World, alert: Alert, by: Person, now: datetime) -> None:
    """Let go of an alert; with nobody left at its rung the next one is due at once."""
    event_add(world, alert, AlertEventKind.PASSED_ON, now, Recipient(by.id))
    if alert.held_by is by:
        alert_unhold(world, alert, now)
    decided = [
        event.recipient
        for event in alert.events
        if event.kind is AlertEventKind.DECIDED and event.rung == alert.rung
    ]
    passed = {e.recipient for e in alert.events if e.kind is AlertEventKind.PASSED_ON}
    if decided and all(recipient in passed for recipient in decided):
        _next_rung_now(world, alert, now)
    world.alerts.set(alert, now)


def alert_unhold(world: World, alert: Alert, now: datetime) -> None:
    """End a hold before its time."""
    event_add(world, alert, AlertEventKind.LAPSED, now)
    alert.held_by, alert.held_until_at, alert.is_clinic_held = None, now, False
    world.alerts.set(alert, now)


def alert_skip_ahead(world: World, alert: Alert, rung: int, now: datetime) -> None:
    """Make the next rung due when nobody at `rung` could be told after all."""
    if alert.closed_at is not None or alert.rung != rung:
        return
    here = [e for e in alert.events if e.rung == rung and e.round == alert.round]
    last = {event.recipient: event.kind for event in here if event.kind in DELIVERY}
    if all(kind is AlertEventKind.BOUNCED for kind in last.values()):
        _next_rung_now(world, alert, now)
        world.alerts.set(alert, now)


def _next_rung_now(world: World, alert: Alert, now: datetime) -> None:
    higher = [rung for rung in world.ladder_behind(alert) if rung.number > alert.rung]
    if higher:
        alert.climb_from_at = min(alert.climb_from_at, now - higher[0].delay)
