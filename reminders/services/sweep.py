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
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import DataError, IntegrityError, transaction
from django.db.models import QuerySet

from accounts.domain.zones import local_date, local_midnight
from accounts.models.rows import rows_update
from reminders.selectors.audiences import held_by_strangers
from reminders.services.climbing import acknowledgements_settle, alerts_begin, alerts_climb
from reminders.services.follow_ups import follow_ups_write
from reminders.services.heartbeats import heartbeat_record
from reminders.services.notices import notices_queue
from reminders.services.wanted_mail import wanted_mail_queue
from tracker.domain.plan_states import RUNNING, PlanState
from tracker.models import Alert, ExpectedDose, Plan
from tracker.selectors.due_doses import due_doses
from tracker.selectors.ladders import terms_by_alert
from tracker.selectors.open_alerts import open_alerts
from tracker.services.dose_settling import doses_settle
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


def claim(rows: QuerySet[Looked], now: datetime) -> list[UUID]:
    """Lock up to 500 rows that are due for a look and that nobody else holds; return their ids.

    The lock is weak enough for a patient's tap to insert an entry for the same dose meanwhile.
    What they say is read after they are locked: a row that somebody changed just before would
    otherwise come with what it pointed at earlier.
    """
    return list(due_for_a_look(rows, now).values_list("pk", flat=True)[:BATCH])


def due_for_a_look(rows: QuerySet[Looked], now: datetime) -> QuerySet[Looked]:
    """Return the rows that are due for a look and that nobody else holds, to be locked."""
    due = rows.filter(next_look_at__lte=now).order_by("next_look_at")
    return due.select_for_update(no_key=True, skip_locked=True)


def _until_empty(look: Callable[[], int]) -> int:
    total = 0
    while found := look():
        total += found
    return total


@transaction.atomic
def _look_at_doses(now: datetime) -> int:
    claimed = claim(ExpectedDose.objects.all(), now)
    opened = doses_settle(doses=due_doses(claimed), now=now)
    alerts_begin(
        alerts=[alert for alert, _dose in opened],
        terms={alert.id: dose.terms for alert, dose in opened},
        now=now,
    )
    return len(claimed)


@transaction.atomic
def _look_at_plans(now: datetime) -> int:
    claimed = claim(Plan.objects.all(), now)
    plans = Plan.objects.select_related("patient__clinic", "patient__user")
    for plan in plans.filter(pk__in=claimed).order_by("next_look_at"):
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
    return len(claimed)


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
    claimed = claim(Alert.objects.all(), now)
    alerts = open_alerts(claimed)
    alerts_climb(alerts=alerts, terms=terms_by_alert(alerts), now=now)
    closed = set(claimed) - {alert.id for alert in alerts}
    if closed:
        looks = follow_ups_write(alerts=closed, now=now)
        rows_update(Alert, ("next_look_at",), [(pk, looks.get(pk)) for pk in closed])
        acknowledgements_settle(alerts=closed, asked=(), now=now)
    return len(claimed)


@transaction.atomic
def _release_ended_holds(now: datetime) -> None:
    """Look at alerts that are held by somebody who may no longer know of them."""
    held_by_strangers(now).update(next_look_at=now)
