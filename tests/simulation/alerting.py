"""Alerts in memory: opened and closed by facts, held by people, as tracker.services.alerts does."""

from __future__ import annotations

from datetime import datetime

from reminders.domain.recipients import Recipient
from tests.simulation.rows import Alert, Dose, Entry, Event, Flag, Patient, Person
from tests.simulation.world import World
from tracker.domain.alerts import AlertEventKind, AlertKind, CloseReason
from tracker.domain.dose_alerts import DoseFacts
from tracker.domain.flags import FlagClass
from tracker.domain.ladder import Hold

DELIVERY = (AlertEventKind.DECIDED, AlertEventKind.TOLD, AlertEventKind.BOUNCED)


def event_add(
    world: World, alert: Alert, kind: AlertEventKind, now: datetime, who: Recipient | None = None
) -> None:
    """Add a line to the alert's thread, at its present rung and round."""
    alert.events.append(Event(kind, now, alert.rung, alert.round, who))


def dose_settle(world: World, dose: Dose, now: datetime) -> None:
    """Open, move or close a dose's alerts as its facts stand."""
    opened = {alert.kind: alert for alert in dose.alerts if alert.closed_at is None}
    found = world.rules.settle(facts_of(world, dose, frozenset(opened)), now)
    for kind, reason in found.closes:
        alert_close(world, opened[kind], reason, now)
    if found.opens is not None:
        _open_for_dose(world, dose, found.opens, now)
    world.doses.set(dose, found.next_look_at)


def facts_of(world: World, dose: Dose, opened: frozenset[AlertKind]) -> DoseFacts:
    """Return the dose as the rule sees it."""
    entry = dose.standing
    silences = [a for a in dose.alerts if a.kind is AlertKind.NO_LOG and a.closed_at is not None]
    last = silences[-1] if silences else None
    closed_at = last.closed_at if last is not None else None
    return DoseFacts(
        due_at=dose.due_at,
        first_delay=dose.version.first_delay,
        away=world.rules.away(
            dose.due_at,
            plan_state=dose.patient.state,
            stays=dose.patient.stays,
            is_cancelled=dose.cancelled_at is not None,
        ),
        outcome=entry.outcome if entry is not None else None,
        opened=opened,
        last_silence=last.close_reason if last is not None else None,
        is_silent_anew=closed_at is not None
        and any(e.voided_at is not None and e.voided_at >= closed_at for e in dose.entries),
        is_told=entry is not None and _was_told(dose, entry),
    )


def _was_told(dose: Dose, entry: Entry) -> bool:
    told = (a for a in dose.alerts if a.kind is AlertKind.NOT_TAKEN)
    return any(alert.opened_at >= entry.received_at for alert in told)


def _open_for_dose(world: World, dose: Dose, kind: AlertKind, now: datetime) -> None:
    episode = 1 + sum(alert.kind is kind for alert in dose.alerts)
    alert = Alert(
        id=world.new_id(),
        patient=dose.patient,
        kind=kind,
        alert_class="",
        opened_at=now,
        climb_from_at=world.rules.climbs_from(kind, episode, dose.due_at, now),
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
    before = None
    if alert.held_until_at is not None:
        before = Hold(alert.held_until_at, alert.held_rung, alert.is_clinic_held)
    hold = world.rules.hold_taken(
        before,
        rung=alert.rung,
        alert_class=alert.alert_class,
        is_clinic=by is world.clinician,
        until_at=now + alert.version.follow_up,
        now=now,
    )
    if hold is not before:
        alert.held_by, alert.held_until_at = by, hold.until_at
        alert.held_rung, alert.is_clinic_held = hold.rung, hold.is_clinic_held
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
    rungs = world.ladder_behind(alert)
    alert.climb_from_at = world.rules.climb_brought_forward(
        alert.climb_from_at, alert.rung, rungs, now
    )
