"""Decides for one alert: who is told now, whether it is listed, and when to look again."""

from __future__ import annotations

from datetime import datetime

from accounts.domain.audiences import Audience
from reminders.domain.grouping import Line
from reminders.domain.messages import Purpose
from reminders.domain.recipients import Reached, Recipient
from reminders.selectors.audiences import audience_of, has_the_right_to_know
from reminders.services.follow_ups import follow_ups_write
from reminders.services.outbox import lines_queue
from tracker.domain.alerts import AlertEventKind, AlertKind
from tracker.domain.flags import FlagClass, Rule
from tracker.domain.ladder import Climb, Hold, LadderState, RungDue, climb
from tracker.models import Alert, AlertEvent
from tracker.selectors.ladders import ladder_behind
from tracker.services.alerts import alert_event, alert_unhold
from tracker.services.flags import flag_open
from tracker.services.unacknowledged import unacknowledged_settle


def alert_look(*, alert: Alert, now: datetime) -> None:
    """Move one alert on; the caller holds its row. A closed one tells its outcome."""
    if alert.closed_at is not None:
        alert.next_look_at = follow_ups_write(alert=alert, now=now)
        unacknowledged_settle(alerts=[alert], asked=(), now=now)
        alert.save(update_fields=["next_look_at", "asked_since_at"])
        return
    if alert.held_by is not None and not has_the_right_to_know(alert.patient, alert.held_by, now):
        alert_unhold(alert=alert, now=now)
    rungs = ladder_behind(alert)
    audiences = {rung.audience for rung in rungs}
    reached = {audience: audience_of(alert, audience, now) for audience in audiences}
    found = climb(
        state=_state_of(alert),
        rungs=rungs,
        reach={rung.number: reached[rung.audience].reach for rung in rungs},
        now=now,
    )
    if found.has_lapsed and alert.held_by is not None:
        alert_event(alert, AlertEventKind.LAPSED, now, person=alert.held_by).save()
    _decide(alert, found, reached, now)
    outside = {due.audience for due in found.due} - {Audience.PATIENT}
    is_asked = any(reached[audience].recipients for audience in outside)
    _apply(alert, found, now, is_asked=is_asked)


def _state_of(alert: Alert) -> LadderState:
    hold = None
    if alert.held_until_at is not None:
        hold = Hold(
            until_at=alert.held_until_at,
            rung=alert.held_rung,
            is_clinic_held=alert.is_clinic_held,
        )
    return LadderState(
        climb_from_at=alert.climb_from_at,
        rung=alert.rung,
        round=alert.round,
        hold=hold,
        is_listed=alert.listed_at is not None,
    )


def _decide(alert: Alert, found: Climb, reached: dict[Audience, Reached], now: datetime) -> None:
    """Write the rungs that are due: lines for those who can be told, a flag for who cannot."""
    lines: list[Line] = []
    events: list[AlertEvent] = []
    for due in found.due:
        alert.rung, alert.round = due.number, due.round
        audience = reached[due.audience]
        for recipient in audience.recipients:
            lines.append(_line(alert, due, recipient, now))
            events.append(_told_about(alert, AlertEventKind.DECIDED, recipient, now))
        for missing in audience.unreachable:
            events.append(alert_event(alert, AlertEventKind.UNREACHABLE, now, note=missing.name))
            if missing.is_flagged:
                undelivered_flag(alert=alert, subject=missing.subject, who=missing.name, now=now)
    AlertEvent.objects.bulk_create(events)
    lines_queue(lines, now=now)


def _line(alert: Alert, due: RungDue, recipient: Recipient, now: datetime) -> Line:
    purpose, expires_at = Purpose.ALERT, None
    if alert.kind == AlertKind.NO_LOG and due.audience is Audience.PATIENT and alert.dose:
        window_ends_at = alert.dose.due_at + alert.dose.version.on_time_window
        if now < window_ends_at:
            purpose, expires_at = Purpose.PROMPT, window_ends_at
    return Line(
        alert_id=alert.pk,
        dose_id=alert.dose_id,
        alert_class=alert.alert_class,
        rung=due.number,
        round=due.round,
        recipient=recipient,
        purpose=purpose,
        expires_at=expires_at,
        turn=due.turn,
    )


def _told_about(alert: Alert, kind: str, recipient: Recipient, now: datetime) -> AlertEvent:
    event = alert_event(alert, kind, now)
    event.person_id = recipient.person_id
    event.clinic_id = recipient.clinic_id
    event.duty = recipient.duty
    return event


def _apply(alert: Alert, found: Climb, now: datetime, *, is_asked: bool) -> None:
    state = found.state
    alert.climb_from_at = state.climb_from_at
    alert.rung = state.rung
    alert.round = state.round
    if state.hold is None:
        alert.held_until_at = None
        alert.held_by = None
    if state.is_listed and alert.listed_at is None:
        alert.listed_at = now
        alert.alert_class = FlagClass.WATCH
        alert_event(alert, AlertEventKind.LISTED, now).save()
    alert.next_look_at = found.next_look_at
    unacknowledged_settle(alerts=[alert], asked={alert.pk} if is_asked else (), now=now)
    alert.save()


def undelivered_flag(*, alert: Alert, subject: str, who: str, now: datetime) -> None:
    """Open F23: somebody who should be told cannot be reached."""
    flag_open(
        patient=alert.patient,
        plan=alert.dose.plan if alert.dose is not None else None,
        rule=Rule.UNDELIVERED,
        subject=subject,
        evidence={"who": who},
        now=now,
    )
