"""Alerts as rows: opened and closed by facts, held by people, every turn of it an event."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import capacities_of, may
from accounts.domain.capacities import Capacity, Verb
from accounts.domain.problems import Problem, Refusal
from accounts.models import User
from accounts.services.audit import audit_record
from tracker.domain.alerts import AlertEventKind, AlertKind, CloseReason
from tracker.domain.ladder import Hold, climb_brought_forward, hold_taken
from tracker.models import Alert, AlertEvent, Plan
from tracker.selectors.ladders import ladder_behind, terms_of
from tracker.services.alert_rows import alerts_close

DELIVERY = frozenset({AlertEventKind.DECIDED, AlertEventKind.TOLD, AlertEventKind.BOUNCED})
"""What may become of one recipient at one rung; the latest says how it stands."""


def alert_event(
    alert: Alert,
    kind: str,
    now: datetime,
    *,
    person: User | None = None,
    note: str = "",
    **facts: object,
) -> AlertEvent:
    """Return one unsaved line of the alert's thread, at its present rung and round."""
    return AlertEvent(
        alert=alert,
        at=now,
        kind=kind,
        rung=alert.rung,
        round=alert.round,
        person=person,
        note=note,
        facts=facts,
    )


@transaction.atomic
def alerts_close_for_plan(*, plan: Plan, reason: CloseReason, now: datetime, by: User) -> None:
    """Close every open alert about this plan's doses; flags and their alerts stay open."""
    found = Alert.objects.open().filter(dose__plan=plan).values_list("pk", flat=True)
    alerts_close(reasons=dict.fromkeys(found, reason), by=by, now=now)


@transaction.atomic
def alert_acknowledge(*, alert: Alert, by: User, now: datetime) -> Alert:
    """Record that `by` has it: the ladder waits for the follow-up minutes, then goes on.

    A caregiver's word never holds the clinic's rungs of class E or D, and it stands beside a
    clinician's that does: that one goes on as it was given. Refused for the patient, for whoever is
    not told of alerts, and for a closed alert.
    """
    alert = _locked_open(alert)
    if not may(by, Verb.ACKNOWLEDGE, alert.patient, now):
        raise Refusal(Problem("alert", _("Somebody else has to say “I have it” for this alert.")))
    is_clinic = Capacity.CLINICIAN in capacities_of(by, alert.patient, now)
    until_at = now + terms_of(alert).follow_up_delay
    _hold(alert, by, is_clinic=is_clinic, until_at=until_at, now=now)
    alert.next_look_at = now
    alert.save(
        update_fields=["held_by", "held_rung", "held_until_at", "is_clinic_held", "next_look_at"]
    )
    event = alert_event(
        alert, AlertEventKind.ACKNOWLEDGED, now, person=by, until=until_at.isoformat()
    )
    event.save()
    audit_record(
        actor=by, action="alert.acknowledged", target=alert, patient=alert.patient, now=now
    )
    return alert


def _hold(alert: Alert, by: User, *, is_clinic: bool, until_at: datetime, now: datetime) -> None:
    """Let the ladder wait for `by`, unless somebody's hold stands as it is."""
    before = None
    if alert.held_until_at is not None:
        before = Hold(alert.held_until_at, alert.held_rung, alert.is_clinic_held)
    hold = hold_taken(
        before,
        rung=alert.rung,
        alert_class=alert.alert_class,
        is_clinic=is_clinic,
        until_at=until_at,
        now=now,
    )
    if hold is not before:
        alert.held_by, alert.held_until_at = by, hold.until_at
        alert.held_rung, alert.is_clinic_held = hold.rung, hold.is_clinic_held


@transaction.atomic
def alert_pass_on(*, alert: Alert, by: User, note: str, now: datetime) -> Alert:
    """Record that `by` cannot see to it; when nobody told at this rung is left, the next is due."""
    alert = _locked_open(alert)
    alert_event(alert, AlertEventKind.PASSED_ON, now, person=by, note=note.strip()).save()
    if alert.held_by == by:
        alert_unhold(alert=alert, now=now)
    if _is_nobody_left(alert):
        _next_rung_now(alert, now)
    alert.next_look_at = now
    alert.save(update_fields=["held_by", "held_until_at", "climb_from_at", "next_look_at"])
    audit_record(actor=by, action="alert.passed_on", target=alert, patient=alert.patient, now=now)
    return alert


def alert_unhold(*, alert: Alert, now: datetime) -> None:
    """End an acknowledgement before its time: passed on, or the person's right has ended.

    The next look goes on from the rung that was held; no later rung is put off by it.
    """
    alert_event(alert, AlertEventKind.LAPSED, now, person=alert.held_by).save()
    alert.held_by = None
    alert.held_until_at = now
    alert.is_clinic_held = False
    alert.next_look_at = now
    alert.save(update_fields=["held_by", "held_until_at", "is_clinic_held", "next_look_at"])


@transaction.atomic
def alert_skip_ahead(*, alert: Alert, rung: int, now: datetime) -> None:
    """Make the next rung due at once when nobody at `rung` could be told after all."""
    locked = Alert.objects.select_for_update(no_key=True, of=("self",))
    alert = locked.select_related("patient__clinic").get(pk=alert.pk)
    if alert.closed_at is not None or alert.rung != rung:
        return
    turns = alert.events.filter(rung=rung, round=alert.round, kind__in=DELIVERY).order_by("pk")
    rows = turns.values_list("person", "clinic", "duty", "kind")
    last = {(person, clinic, duty): kind for person, clinic, duty, kind in rows}
    if any(kind != AlertEventKind.BOUNCED for kind in last.values()):
        return
    _next_rung_now(alert, now)
    alert.next_look_at = now
    alert.save(update_fields=["climb_from_at", "next_look_at"])


@transaction.atomic
def alert_close_with_note(*, alert: Alert, by: User, note: str, now: datetime) -> None:
    """Close a no-log or not-taken alert by a clinician's note; a flag's alert by its flag."""
    alert = _locked_open(alert)
    if alert.kind == AlertKind.FLAG:
        raise Refusal(Problem("alert", _("Close the flag; its alert closes with it.")))
    if not note.strip():
        raise Refusal(Problem("note", _("Write what was found or done.")))
    alerts_close(reasons={alert.pk: CloseReason.NOTED}, by=by, note=note.strip(), now=now)
    audit_record(actor=by, action="alert.closed", target=alert, patient=alert.patient, now=now)


def _locked_open(alert: Alert) -> Alert:
    locked = Alert.objects.select_for_update(no_key=True, of=("self",))
    alert = locked.select_related("patient__clinic").get(pk=alert.pk)
    if alert.closed_at is not None:
        raise Refusal(Problem("alert", _("This alert is closed: its fact no longer stands.")))
    return alert


def _is_nobody_left(alert: Alert) -> bool:
    events = alert.events.filter(rung=alert.rung)
    asked = events.filter(kind=AlertEventKind.DECIDED)
    passed = alert.events.filter(kind=AlertEventKind.PASSED_ON).values("person")
    return asked.exists() and not asked.exclude(person__in=passed).exists()


def _next_rung_now(alert: Alert, now: datetime) -> None:
    rungs = ladder_behind(alert)
    alert.climb_from_at = climb_brought_forward(alert.climb_from_at, alert.rung, rungs, now)
