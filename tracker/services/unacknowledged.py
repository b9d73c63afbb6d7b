"""F22: others were told of an alert, and nobody has said "I have it" for the plan's minutes.

It is settled at the looks at the alert itself, so that it needs no plan and no look of its own:
saying "I have it" and closing an alert both ask for such a look at once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from tracker.domain.flags import Asked, FlagClass, FlagEventKind, Raised, Rule, not_acknowledged
from tracker.models import Alert, Flag, FlagEvent, Plan, PlanVersion
from tracker.selectors.ladders import terms_of
from tracker.selectors.wording import alert_headline
from tracker.services.flags import flag_close_by_fact, flag_open


def unacknowledged_settle(
    *, alerts: Sequence[Alert], asked: Collection[UUID], now: datetime
) -> None:
    """Open or close F22 for alerts that were just looked at, and bring their next look forward.

    `asked` are the alerts of which somebody outside the patient is told by this very look. The
    caller holds the rows and saves `asked_since_at` and `next_look_at` afterwards.
    """
    unasked: list[Alert] = []
    for alert in alerts:
        if alert.closed_at is not None or _is_held(alert, now):
            alert.asked_since_at = None
        elif alert.pk in asked and alert.asked_since_at is None:
            alert.asked_since_at = now
        if alert.asked_since_at is None:
            unasked.append(alert)
        else:
            _raise_when_due(alert, alert.asked_since_at, now)
    _close_about(unasked, now)


def _is_held(alert: Alert, now: datetime) -> bool:
    return alert.held_until_at is not None and now < alert.held_until_at


def _raise_when_due(alert: Alert, since_at: datetime, now: datetime) -> None:
    terms = terms_of(alert)
    verdict = not_acknowledged(
        Asked(str(alert.pk), alert_headline(alert), since_at),
        delay=terms.unacknowledged_delay,
        flag_class=FlagClass(alert.alert_class or FlagClass.WATCH),
        now=now,
    )
    plan = terms.plan if isinstance(terms, PlanVersion) else None
    for found in verdict.raised:
        _open_once(alert, plan, found, now)
    looks = [at for at in (alert.next_look_at, verdict.next_look_at) if at is not None]
    alert.next_look_at = min(looks, default=None)


def _open_once(alert: Alert, plan: Plan | None, found: Raised, now: datetime) -> None:
    """Open the flag or restate its class; one that a person closed with a note stays closed."""
    noted = FlagEvent.objects.filter(
        flag__rule=found.rule,
        flag__subject=found.subject,
        flag__patient=alert.patient_id,
        kind=FlagEventKind.CLOSED,
        by__isnull=False,
        evidence__asked_since=found.evidence["asked_since"],
    )
    if not noted.exists():
        flag_open(
            patient=alert.patient,
            plan=plan,
            rule=found.rule,
            subject=found.subject,
            evidence=found.evidence,
            flag_class=found.found_class,
            now=now,
        )


def _close_about(alerts: Collection[Alert], now: datetime) -> None:
    """Close F22 of alerts that somebody has by now, or that are closed."""
    standing = Flag.objects.open().filter(
        patient__in={alert.patient_id for alert in alerts},
        rule=Rule.NOT_ACKNOWLEDGED,
        subject__in=[str(alert.pk) for alert in alerts],
    )
    held = standing.select_for_update(no_key=True, of=("self",)).select_related("patient__clinic")
    for flag in held:
        flag_close_by_fact(flag=flag, fact={"seen_at": now.isoformat()}, now=now)
