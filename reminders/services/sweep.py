"""The sweep: one pass that decides everything that is due by `now`.

It claims rows by their `next_look_at`, in batches that other sweeps skip, and decides from facts
alone, so that a sweep that comes late, twice or beside another one decides the same, once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db import DataError, IntegrityError, transaction
from django.db.models import Q, QuerySet

from accounts.domain.zones import local_date, local_midnight
from reminders.selectors.audiences import has_the_right_to_know
from reminders.services.climbing import alert_look
from reminders.services.heartbeats import heartbeat_record
from reminders.services.notices import notices_queue
from reminders.services.wanted_mail import wanted_mail_queue
from tracker.domain.alerts import CloseReason
from tracker.domain.plan_states import RUNNING, PlanState
from tracker.models import Alert, ExpectedDose, Plan
from tracker.services.alerts import dose_alerts_settle
from tracker.services.doses import doses_extend
from tracker.services.flag_rules import flags_evaluate
from tracker.services.plan_moves import plan_close_observed

BATCH = 500
AFTER_A_FAULT = timedelta(hours=1)
"""When a plan whose own rows contradict each other is tried again; it keeps back no other."""

logger = logging.getLogger(__name__)

Looked = TypeVar("Looked", ExpectedDose, Plan, Alert)


@dataclass(frozen=True, slots=True)
class SweepResult:
    """How many rows one pass looked at."""

    doses: int
    plans: int
    alerts: int
    mails: int

    @property
    def total(self) -> int:
        """Everything that was looked at."""
        return self.doses + self.plans + self.alerts + self.mails


def sweep_run(*, now: datetime) -> SweepResult:
    """Decide all that is due by `now`, batch by batch until an empty one; then beat the heart."""
    _release_ended_holds(now)
    result = SweepResult(
        doses=_until_empty(partial(_look_at_doses, now)),
        plans=_until_empty(partial(_look_at_plans, now)),
        alerts=_until_empty(partial(_look_at_alerts, now)),
        mails=_until_empty(partial(wanted_mail_queue, now=now, limit=BATCH)),
    )
    heartbeat_record(leg="sweep", now=now)
    return result


def claim(rows: QuerySet[Looked], now: datetime) -> list[Looked]:
    """Lock and return up to 500 rows that are due for a look and that nobody else holds.

    The lock is weak enough for a patient's tap to insert an entry for the same dose meanwhile.
    They are read once more after they are locked: a row that somebody changed just before would
    otherwise come with what it pointed at earlier.
    """
    due = rows.filter(next_look_at__lte=now).order_by("next_look_at").values_list("pk", flat=True)
    locked = list(due.select_for_update(no_key=True, skip_locked=True)[:BATCH])
    return list(rows.filter(pk__in=locked).order_by("next_look_at"))


def _until_empty(look: Callable[[], int]) -> int:
    total = 0
    while found := look():
        total += found
    return total


@transaction.atomic
def _look_at_doses(now: datetime) -> int:
    doses = claim(
        ExpectedDose.objects.select_related("plan__patient__clinic", "version", "standing_entry"),
        now,
    )
    for dose in doses:
        dose.next_look_at = dose_alerts_settle(dose=dose, away=_away(dose), now=now)
        dose.save(update_fields=["next_look_at"])
    return len(doses)


def _away(dose: ExpectedDose) -> CloseReason | None:
    """Return why nobody is asked about this dose; None when somebody is."""
    if dose.plan.state == PlanState.ON_HOLD:
        return CloseReason.PLAN_HELD
    if dose.plan.state != PlanState.ACTIVE:
        return CloseReason.PLAN_STOPPED
    is_in_a_stay = dose.plan.patient.stays.covering(dose.due_at).exists()
    return CloseReason.STAY if is_in_a_stay else None


@transaction.atomic
def _look_at_plans(now: datetime) -> int:
    plans = claim(Plan.objects.select_related("patient__clinic", "patient__user"), now)
    for plan in plans:
        try:
            with transaction.atomic():
                plan.next_look_at = _plan_look(plan, now)
        except (IntegrityError, DataError):
            logger.exception(
                "Plan %s could not be looked at; the others go on",
                plan.pk,
                extra={"runbook": "a dose of the coming week is not there yet"},
            )
            plan.next_look_at = now + AFTER_A_FAULT
        plan.save(update_fields=["next_look_at"])
    return len(plans)


def _plan_look(plan: Plan, now: datetime) -> datetime | None:
    """Decide for one plan; return when something about it can change by time alone."""
    looks = [notices_queue(plan=plan, now=now)]
    if plan.state == PlanState.ACTIVE:
        doses_extend(plan=plan, now=now)
    if plan.state in RUNNING:
        zone = ZoneInfo(plan.patient.zone)
        looks.append(local_midnight(local_date(now, zone) + timedelta(days=1), zone))
        looks.append(flags_evaluate(plan=plan, now=now))
    if plan.state == PlanState.OBSERVATION:
        looks.append(plan_close_observed(plan=plan, now=now))
    return min((at for at in looks if at is not None), default=None)


@transaction.atomic
def _look_at_alerts(now: datetime) -> int:
    alerts = claim(
        Alert.objects.select_related(
            "patient__clinic",
            "patient__user",
            "dose__version",
            "dose__plan",
            "flag__plan",
            "held_by",
        ),
        now,
    )
    for alert in alerts:
        alert_look(alert=alert, now=now)
    return len(alerts)


@transaction.atomic
def _release_ended_holds(now: datetime) -> None:
    """Look at alerts that are held by somebody who may no longer know of them."""
    held = Alert.objects.open().filter(Q(held_until_at__gt=now), held_by__isnull=False)
    for alert in held.select_related("patient", "held_by"):
        if alert.held_by and not has_the_right_to_know(alert.patient, alert.held_by, now):
            Alert.objects.filter(pk=alert.pk).update(next_look_at=now)
