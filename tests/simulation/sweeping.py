"""One sweep in memory, step by step: it may be killed or overtaken at every step.

Rows are locked when they are claimed; what a sweep decides is committed at once or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import datetime, timedelta

from accounts.domain.audiences import Audience
from accounts.domain.zones import MOMENT, local_date, local_midnight
from reminders.domain.grouping import Line
from reminders.domain.messages import MessageState, Purpose
from reminders.domain.recipients import Reached, Recipient
from tests.simulation.alerting import alert_unhold, dose_settle, event_add, flag_open
from tests.simulation.outbox import follow_ups_write, lines_queue
from tests.simulation.rows import Alert, Dose, Patient, Version
from tests.simulation.world import HORIZON, Looks, World
from tracker.domain.alerts import AlertEventKind, AlertKind
from tracker.domain.flags import FlagClass
from tracker.domain.ladder import Hold, LadderState, RungDue
from tracker.domain.plan_states import PlanState

BATCH = 20
LIMIT = timedelta(minutes=5)


def sweep(world: World) -> Generator[float, None, None]:
    """Decide everything that is due, then beat; each step is a transaction begun or committed."""
    now = world.now
    looks_bring_forward(world, now)
    _release_ended_holds(world, now)
    yield 0.0  # ended holds are released
    yield from _batches(world, world.doses, dose_settle, now)
    yield from _batches(world, world.plans, _plan_look, now)
    yield from _batches(world, world.alerts, _alert_look, now)
    world.beats["sweep"] = world.rules.beat_after(world.beats.get("sweep"), now, LIMIT)


def looks_bring_forward(world: World, now: datetime) -> None:
    """After the clock was put back, look at once at what it had called due."""
    until = world.rules.looks_to_bring_forward(world.beats.get("sweep"), now, LIMIT)
    if until is not None:
        for looks in (world.doses, world.plans, world.alerts):
            looks.bring_forward(until, now)
        for message in world.waiting.values():
            is_new = message.state is MessageState.QUEUED and not message.attempts
            if is_new and now < message.next_try_at <= until:
                message.next_try_at = now


def _batches(
    world: World, looks: Looks, look: Callable[..., None], now: datetime
) -> Generator[float, None, None]:
    while rows := looks.take(now, BATCH):
        try:
            yield 0.0  # claimed
        except GeneratorExit:
            for row in rows:
                looks.set(row, row.look_at)
            raise
        for row in rows:
            look(world, row, now)
        yield 0.0  # committed


def _release_ended_holds(world: World, now: datetime) -> None:
    for alert in list(world.open_alerts.values()):
        by = alert.held_by
        if by is not None and not world.has_right(alert.patient, by.id):
            world.alerts.set(alert, now)


def _plan_look(world: World, patient: Patient, now: datetime) -> None:
    if patient.state is not PlanState.ACTIVE:
        world.plans.set(patient, None)
        return
    for version in patient.versions:
        _doses_extend(world, patient, version, now)
    zone = patient.versions[-1].zone
    midnight = local_midnight(local_date(now, zone) + timedelta(days=1), zone)
    world.plans.set(patient, midnight)


def _doses_extend(world: World, patient: Patient, version: Version, now: datetime) -> None:
    until = now + HORIZON
    if version.until_at is not None:
        until = min(until, version.until_at - MOMENT)
    own = [d.due_at for d in patient.doses if d.version is version and d.cancelled_at is None]
    after = max([version.from_at - MOMENT, *own[-1:]])
    if after >= until:
        return
    for each in world.rules.occurrences([version.step], version.zone, after, until):
        dose = Dose(
            world.new_id(), patient, version, each.local_date, each.wall_time, each.due_at, None
        )
        patient.doses.append(dose)
        world.doses.set(dose, each.due_at + version.first_delay)
        world.watch.dose_made(world, dose)
    patient.doses.sort(key=lambda dose: dose.due_at)


def _alert_look(world: World, alert: Alert, now: datetime) -> None:
    if alert.closed_at is not None:
        world.alerts.set(alert, follow_ups_write(world, alert, now))
        return
    if alert.held_by is not None and not world.has_right(alert.patient, alert.held_by.id):
        alert_unhold(world, alert, now)
    rungs = world.ladder_behind(alert)
    reached = {a: world.audience_of(alert, a, now) for a in {rung.audience for rung in rungs}}
    reach = {rung.number: reached[rung.audience].reach for rung in rungs}
    found = world.rules.climb(state=_state_of(alert), rungs=rungs, reach=reach, now=now)
    if found.has_lapsed and alert.held_by is not None:
        event_add(world, alert, AlertEventKind.LAPSED, now)
    _decide(world, alert, found.due, reached, now)
    alert.climb_from_at = found.state.climb_from_at
    alert.rung, alert.round = found.state.rung, found.state.round
    if found.state.hold is None:
        alert.held_until_at = alert.held_by = None
    if found.state.is_listed and alert.listed_at is None:
        alert.listed_at, alert.alert_class = now, FlagClass.WATCH
        event_add(world, alert, AlertEventKind.LISTED, now)
    world.alerts.set(alert, found.next_look_at)
    world.watch.alert_looked_at(world, alert, now)


def _state_of(alert: Alert) -> LadderState:
    hold = None
    if alert.held_until_at is not None:
        hold = Hold(alert.held_until_at, alert.held_rung, alert.is_clinic_held)
    is_listed = alert.listed_at is not None
    return LadderState(alert.climb_from_at, alert.rung, alert.round, hold, is_listed)


def _decide(
    world: World,
    alert: Alert,
    rungs: tuple[RungDue, ...],
    reached: dict[Audience, Reached],
    now: datetime,
) -> None:
    lines: list[tuple[Line, Alert]] = []
    for due in rungs:
        alert.rung, alert.round = due.number, due.round
        for recipient in reached[due.audience].recipients:
            lines.append((_line(alert, due, recipient, now), alert))
            event_add(world, alert, AlertEventKind.DECIDED, now, recipient)
        for missing in reached[due.audience].unreachable:
            event_add(world, alert, AlertEventKind.UNREACHABLE, now)
            if missing.is_flagged:
                undelivered_flag(world, alert.patient, missing.subject, now)
    lines_queue(world, lines, now)


def undelivered_flag(world: World, patient: Patient, subject: str, now: datetime) -> None:
    """Open F23, whose class is D: somebody who should be told cannot be reached."""
    flag_open(world, patient, f"F23 {subject}", FlagClass.SAME_DAY, now)


def _line(alert: Alert, due: RungDue, recipient: Recipient, now: datetime) -> Line:
    purpose, expires_at = Purpose.ALERT, None
    if alert.kind is AlertKind.NO_LOG and due.audience is Audience.PATIENT and alert.dose:
        window_ends_at = alert.dose.due_at + alert.dose.version.window
        if now < window_ends_at:
            purpose, expires_at = Purpose.PROMPT, window_ends_at
    return Line(
        alert_id=alert.id,
        dose_id=alert.dose.id if alert.dose is not None else None,
        alert_class=alert.alert_class,
        rung=due.number,
        round=due.round,
        recipient=recipient,
        purpose=purpose,
        expires_at=expires_at,
        turn=due.turn,
    )
