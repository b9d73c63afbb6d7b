"""The sweep: one pass that decides everything that is due by `now`.

It claims rows by their `next_look_at`, in batches that other sweeps skip, and decides from facts
alone, so that a sweep that comes late, twice or beside another one decides the same, once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import DataError, IntegrityError, transaction
from django.db.models import QuerySet

from accounts.domain.zones import local_date, local_midnight
from accounts.models.rows import rows_update
from reminders.selectors.audiences import held_by_strangers
from reminders.services.climbing import acknowledgements_settle, alerts_begin, alerts_climb
from reminders.services.clock_steps import looks_bring_forward
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

BATCH = 2000
"""Half as many cost a tenth more, and a tap on one of these doses waits for half as long."""
PLANS = 5
"""A plan takes many statements: on a busy machine a longer batch outlives its task, and nothing of
it is ever kept."""
FAULTS_OF_A_ROW = (IntegrityError, DataError, ValueError, LookupError)
AFTER_A_FAULT = timedelta(minutes=5)
"""When a row that contradicts itself is looked at again; it keeps back no other."""

logger = logging.getLogger(__name__)

Looked = TypeVar("Looked", ExpectedDose, Plan, Alert)
Decide = Callable[[Sequence[UUID], datetime], None]


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
    """Decide all that is due by `now`, batch by batch until an empty one; then beat the heart.

    Plans come after alerts and for a third of the time that the task has: what a pass does not come
    to, the next one does, and nobody is told later because of it. Alerts come once more at the end:
    a plan's look may have opened some.
    """
    plans_until = monotonic() + settings.CELERY_TASK_SOFT_TIME_LIMIT / 3
    looks_bring_forward(now=now)
    held_by_strangers(now).update(next_look_at=now)
    look_at_alerts = partial(_look, Alert.objects.all(), _decide_alerts, now)
    look_at_plans = partial(_look, Plan.objects.all(), _decide_plans, now, limit=PLANS)
    doses = _until_empty(partial(_look, ExpectedDose.objects.all(), _decide_doses, now))
    alerts = _until_empty(look_at_alerts)
    mails = _until_empty(partial(wanted_mail_queue, now=now, limit=BATCH))
    plans = _until_empty(look_at_plans, until=plans_until)
    alerts += _until_empty(look_at_alerts) if plans else 0
    heartbeat_record(leg="sweep", now=now)
    return SweepResult(doses=doses, plans=plans, alerts=alerts, mails=mails)


def claim(rows: QuerySet[Looked], now: datetime, limit: int = BATCH) -> list[UUID]:
    """Lock some rows that are due for a look and that nobody else holds; return their ids.

    The lock is weak enough for a patient's tap to insert an entry for the same dose meanwhile.
    What they say is read after they are locked: a row that somebody changed just before would
    otherwise come with what it pointed at earlier.
    """
    return list(due_for_a_look(rows, now).values_list("pk", flat=True)[:limit])


def due_for_a_look(rows: QuerySet[Looked], now: datetime) -> QuerySet[Looked]:
    """Return the rows that are due for a look and that nobody else holds, to be locked."""
    due = rows.filter(next_look_at__lte=now).order_by("next_look_at")
    return due.select_for_update(no_key=True, skip_locked=True)


def _until_empty(look: Callable[[], int], *, until: float | None = None) -> int:
    total = 0
    while found := look():
        total += found
        if until is not None and monotonic() >= until:
            break
    return total


@transaction.atomic
def _look(rows: QuerySet[Looked], decide: Decide, now: datetime, limit: int = BATCH) -> int:
    """Claim a batch and decide for it, in one transaction; return how many rows it had."""
    claimed = claim(rows, now, limit)
    if claimed:
        _decide_apart(rows, claimed, decide, now)
    return len(claimed)


def _decide_apart(
    rows: QuerySet[Looked], claimed: Sequence[UUID], decide: Decide, now: datetime
) -> None:
    """Decide for all; where a row contradicts itself, for each half apart, down to that row."""
    try:
        with transaction.atomic():
            decide(claimed, now)
    except FAULTS_OF_A_ROW:
        if len(claimed) > 1:
            middle = len(claimed) // 2
            _decide_apart(rows, claimed[:middle], decide, now)
            _decide_apart(rows, claimed[middle:], decide, now)
            return
        logger.exception(
            "The %s %s could not be looked at; the others go on",
            rows.model._meta.verbose_name,
            claimed[0],
            extra={"runbook": "a row could not be looked at"},
        )
        rows.filter(pk=claimed[0]).update(next_look_at=now + AFTER_A_FAULT)


def _decide_doses(claimed: Sequence[UUID], now: datetime) -> None:
    opened = doses_settle(doses=due_doses(claimed), now=now)
    alerts_begin(
        alerts=[alert for alert, _dose in opened],
        terms={alert.id: dose.terms for alert, dose in opened},
        now=now,
    )


def _decide_plans(claimed: Sequence[UUID], now: datetime) -> None:
    plans = Plan.objects.select_related("patient__clinic", "patient__user")
    plans = plans.prefetch_related("zone_changes", "moves")
    for plan in plans.filter(pk__in=claimed).order_by("next_look_at"):
        plan.next_look_at = _plan_look(plan, now)
        plan.save(update_fields=["next_look_at"])


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


def _decide_alerts(claimed: Sequence[UUID], now: datetime) -> None:
    alerts = open_alerts(claimed)
    alerts_climb(alerts=alerts, terms=terms_by_alert(alerts), now=now)
    closed = set(claimed) - {alert.id for alert in alerts}
    if closed:
        looks = follow_ups_write(alerts=closed, now=now)
        rows_update(Alert, ("next_look_at",), [(pk, looks.get(pk)) for pk in closed])
        acknowledgements_settle(alerts=closed, asked=(), now=now)
