"""Expected doses: made ahead from the signed steps, cancelled by a change, never altered."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Max, prefetch_related_objects

from accounts.domain.zones import MOMENT
from tracker.domain.plan_states import PlanState
from tracker.domain.zone_moves import occurrences_in_turns
from tracker.models import ExpectedDose, Plan, PlanVersion
from tracker.selectors.plan_records import steps_of
from tracker.selectors.versions import spans_of, zone_turns_of

HORIZON = timedelta(days=14)
"""How far ahead expected doses are rows."""
WITHOUT_DOSES = (PlanState.ON_HOLD, PlanState.STOPPED, PlanState.COMPLETED)
"""States that cancel the doses ahead of them."""


@transaction.atomic
def doses_extend(*, plan: Plan, now: datetime) -> int:
    """Make the expected doses of the next 14 days that are not rows yet; return how many.

    Each version gives those of its own span, so a signed change that has not begun has its doses
    too. A dose that already stands on the same date and time raises IntegrityError: it is an
    error, never ignored.
    """
    made = 0
    for span in spans_of(plan):
        until = min(span.until, now + HORIZON) if span.until is not None else now + HORIZON
        own = span.version.doses.standing().due_between(span.after, until)
        after = own.aggregate(last=Max("due_at"))["last"] or span.after
        if after < until:
            made += doses_make(version=span.version, after=after, until=until)
    return made


def doses_make(
    *,
    version: PlanVersion,
    after: datetime,
    until: datetime,
    but: Collection[tuple[date, time]] = (),
) -> int:
    """Make the version's doses due in (after, until], each in the zone of its instant.

    `but` are dates and wall times that have their dose already.
    """
    first_rung = version.rungs.order_by("number").first()
    delay = first_rung.delay if first_rung is not None else timedelta()
    prefetch_related_objects([version], "steps__dose_times")
    found = occurrences_in_turns(steps_of(version), zone_turns_of(version), after, until)
    doses = [
        ExpectedDose(
            plan=version.plan,
            version=version,
            step_number=occurrence.step_number,
            local_date=occurrence.local_date,
            wall_time=occurrence.wall_time,
            zone=zone.key,
            due_at=occurrence.due_at,
            amount=occurrence.amount,
            next_look_at=occurrence.due_at + delay,
        )
        for occurrence, zone in found
        if (occurrence.local_date, occurrence.wall_time) not in but
    ]
    return len(ExpectedDose.objects.bulk_create(doses))


@transaction.atomic
def doses_remake(*, version: PlanVersion, from_at: datetime, reason: str, now: datetime) -> int:
    """Cancel the version's doses due at `from_at` or later that nobody has logged, and make them
    anew in the zone of their instant now; return how many were made. What is logged stays."""
    ahead = version.doses.standing().filter(due_at__gte=from_at)
    ahead.filter(standing_entry=None).update(
        cancelled_at=now, cancel_reason=reason, next_look_at=None
    )
    logged = set(ahead.values_list("local_date", "wall_time"))
    return doses_make(version=version, after=from_at - MOMENT, until=now + HORIZON, but=logged)


@transaction.atomic
def doses_cancel(*, plan: Plan, reason: str, now: datetime) -> int:
    """Cancel the plan's doses that are not due yet and not logged; return how many.

    They stay rows, with when and why. Doses already due are never touched, except that nobody
    looks at them again.
    """
    ahead = plan.doses.standing().filter(due_at__gt=now, standing_entry=None)
    cancelled = ahead.update(cancelled_at=now, cancel_reason=reason, next_look_at=None)
    plan.doses.standing().filter(due_at__lte=now).update(next_look_at=None)
    return cancelled


@transaction.atomic
def doses_replace(*, version: PlanVersion, now: datetime) -> int:
    """Cancel what earlier versions expected from this one's begin on; return how many.

    They stay rows, with when and why. What is due before the change is not touched at all.
    """
    replaced = version.plan.doses.standing().filter(due_at__gte=version.counts_from_at)
    reason = version.change_reason
    return replaced.update(cancelled_at=now, cancel_reason=reason, next_look_at=None)


@transaction.atomic
def dose_cancel_outlived(*, dose: ExpectedDose, now: datetime) -> None:
    """Cancel a dose that outlived a hold or an end of its plan only because it was logged ahead.

    To be called once an entry was taken back; while another stands nothing is done.
    """
    signed_at = dose.version.cosigned_at or dose.version.signed_at
    moves = dose.plan.moves.filter(to_state__in=WITHOUT_DOSES)
    ended = moves.filter(at__gte=signed_at, at__lt=dose.due_at).order_by("at").first()
    if ended is None:
        return
    unlogged = ExpectedDose.objects.standing().filter(pk=dose.pk, standing_entry=None)
    unlogged.update(cancelled_at=now, cancel_reason=ended.reason)
