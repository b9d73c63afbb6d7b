"""Flags as rows: opened and closed with their evidence, by a fact or by a named person."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.problems import Problem, Refusal
from accounts.models import Patient, User
from accounts.services.audit import audit_record
from tracker.domain.alerts import AlertEventKind, AlertKind, CloseReason
from tracker.domain.flags import CLASS_OF, Evidence, FlagClass, FlagEventKind, Rule
from tracker.models import Alert, AlertEvent, Flag, FlagEvent, Plan
from tracker.services.alert_rows import alerts_close
from tracker.services.alerts import alert_event

ALERTING = frozenset({FlagClass.EMERGENCY, FlagClass.SAME_DAY})
"""Classes that somebody is told about; the others wait on the worklist."""
TOLD_ALREADY = frozenset({Rule.NOT_ACKNOWLEDGED})
"""Rules about an alert that is still climbing: a second alert would tell the same people twice."""


@transaction.atomic
def flag_open(
    *,
    patient: Patient,
    plan: Plan | None,
    rule: Rule,
    subject: str,
    evidence: Evidence,
    now: datetime,
    by: User | None = None,
    flag_class: FlagClass | None = None,
) -> Flag:
    """Open a flag, or restate the open one when its evidence or its class has changed.

    `flag_class` is given where it is not the rule's own. A flag of class E or D opens an alert
    too, also when it comes to that class later, so that people are told by the next sweep.
    """
    found_class = flag_class or CLASS_OF[rule]
    flag, is_new = Flag.objects.get_or_create(
        patient=patient,
        rule=rule,
        subject=subject,
        closed_at=None,
        defaults={
            "plan": plan,
            "flag_class": found_class,
            "evidence": dict(evidence),
            "opened_at": now,
        },
    )
    if is_new:
        _event(flag, FlagEventKind.OPENED, now=now, by=by)
        if _is_alerting(flag):
            _alert_open(flag, now=now)
        audit_record(
            actor=by,
            job="" if by else "flags",
            action="flag.opened",
            target=flag,
            patient=patient,
            now=now,
            rule=rule,
        )
    elif flag.evidence != dict(evidence) or flag.flag_class != found_class:
        _restate(flag, evidence, found_class, now=now, by=by)
    return flag


@transaction.atomic
def flag_close(*, flag: Flag, by: User, note: str, now: datetime) -> None:
    """Close a flag by a named person's note; refused without one, or when closed already."""
    flag = Flag.objects.select_for_update(no_key=True, of=("self",)).get(pk=flag.pk)
    if not note.strip():
        raise Refusal(Problem("note", _("Write what was found or done. A flag closes by a note.")))
    if flag.closed_at is not None:
        raise Refusal(Problem("flag", _("This flag is closed already.")))
    if flag.rule == Rule.ON_HOLD:
        text = _("This stays open until the plan is resumed or stopped.")
        raise Refusal(Problem("flag", text))
    _close(flag, now=now, by=by, note=note.strip())
    audit_record(
        actor=by, action="flag.closed", target=flag, patient=flag.patient, now=now, rule=flag.rule
    )


@transaction.atomic
def flag_close_by_fact(*, flag: Flag, fact: Evidence, now: datetime) -> None:
    """Close a flag because what it states no longer stands; `fact` is what undid it."""
    _close(flag, now=now, by=None, note="", fact=fact)
    audit_record(
        actor=None,
        job="flags",
        action="flag.closed_by_fact",
        target=flag,
        patient=flag.patient,
        now=now,
        rule=flag.rule,
    )


def _restate(
    flag: Flag, evidence: Evidence, flag_class: FlagClass, *, now: datetime, by: User | None
) -> None:
    """Let an open flag state other facts; its alert opens, changes or closes with its class."""
    has_turned = flag.flag_class != flag_class
    flag.evidence = dict(evidence)
    flag.flag_class = flag_class
    flag.save(update_fields=["evidence", "flag_class"])
    _event(flag, FlagEventKind.RESTATED, now=now, by=by)
    if not has_turned:
        return
    alert = flag.alerts.open().select_for_update(no_key=True, of=("self",)).first()
    if alert is None and _is_alerting(flag):
        _alert_open(flag, now=now)
    elif alert is not None and _is_alerting(flag):
        alert.alert_class = flag_class
        alert.next_look_at = now
        alert.save(update_fields=["alert_class", "next_look_at"])
    elif alert is not None:
        alerts_close(reasons={alert.pk: CloseReason.FLAG_CLOSED}, now=now)


def _close(
    flag: Flag, *, now: datetime, by: User | None, note: str, fact: Evidence | None = None
) -> None:
    flag.closed_at = now
    flag.save(update_fields=["closed_at"])
    _event(flag, FlagEventKind.CLOSED, now=now, by=by, note=note, fact=fact)
    open_alerts = flag.alerts.open().values_list("pk", flat=True)
    reasons = dict.fromkeys(open_alerts, CloseReason.FLAG_CLOSED)
    alerts_close(reasons=reasons, by=by, note=note, now=now)


def _is_alerting(flag: Flag) -> bool:
    return flag.flag_class in ALERTING and flag.rule not in TOLD_ALREADY


def _alert_open(flag: Flag, *, now: datetime) -> None:
    alert = Alert(
        patient=flag.patient,
        kind=AlertKind.FLAG,
        flag=flag,
        episode=flag.alerts.count() + 1,
        alert_class=flag.flag_class,
        opened_at=now,
        climb_from_at=now,
        listed_at=now,
        next_look_at=now,
    )
    alert.save()
    AlertEvent.objects.bulk_create([alert_event(alert, AlertEventKind.OPENED, now)])


def _event(
    flag: Flag,
    kind: FlagEventKind,
    *,
    now: datetime,
    by: User | None,
    note: str = "",
    fact: Evidence | None = None,
) -> None:
    evidence = flag.evidence if fact is None else dict(fact)
    FlagEvent(flag=flag, at=now, kind=kind, by=by, note=note, evidence=evidence).save()
