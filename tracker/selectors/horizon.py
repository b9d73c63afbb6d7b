"""Which expected doses should be rows and are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import Exists, Max, OuterRef, Prefetch, Q, QuerySet

from accounts.domain.zones import ONE_DAY
from tracker.domain.plan_states import PlanState
from tracker.domain.zone_moves import occurrences_in_turns
from tracker.models import DoseTime, ExpectedDose, Plan, PlanVersion, Step, ZoneChange
from tracker.selectors.plan_records import steps_of
from tracker.selectors.versions import spans_among, zone_turns_among

PLANS_AT_ONCE = 200


def plans_without_their_doses(*, now: datetime, until: datetime) -> Iterator[Plan]:
    """Yield the active plans that prescribe a dose due by `until` which is not a row yet.

    A plan that has a dose at `until` or later is complete, because doses are made in due order;
    only the others are worked out: those that end soon, pause, or have really been left behind.
    """
    plans = _read_whole(_perhaps_behind(now, until))
    for plan in plans.iterator(chunk_size=PLANS_AT_ONCE):
        versions = list(plan.versions.all())
        made_until = _made_until(versions)
        if any(_lacks(version, *span) for version, span in _spans(plan, made_until, until)):
            yield plan


def _perhaps_behind(now: datetime, until: datetime) -> QuerySet[Plan]:
    later = ExpectedDose.objects.standing().filter(plan=OuterRef("pk"), due_at__gte=until)
    first_day, last_day = now.date() - ONE_DAY, until.date() + ONE_DAY
    dosing = Step.objects.filter(version__plan=OuterRef("pk"), dose_times__isnull=False)
    dosing = dosing.filter(Q(ends_on=None) | Q(ends_on__gte=first_day), begins_on__lte=last_day)
    return Plan.objects.filter(~Exists(later), Exists(dosing), state=PlanState.ACTIVE)


def _read_whole(plans: QuerySet[Plan]) -> QuerySet[Plan]:
    times = Prefetch("dose_times", DoseTime.objects.order_by("wall_time"))
    steps = Step.objects.order_by("number").prefetch_related(times)
    versions = PlanVersion.objects.order_by("number").prefetch_related(Prefetch("steps", steps))
    answers = ZoneChange.objects.order_by("at")
    return plans.order_by("pk").prefetch_related(
        Prefetch("versions", versions), "moves", Prefetch("zone_changes", answers)
    )


def _made_until(versions: Sequence[PlanVersion]) -> dict[object, datetime]:
    made = ExpectedDose.objects.standing().filter(version__in=versions)
    return dict(made.values_list("version").annotate(last=Max("due_at")))


def _spans(
    plan: Plan, made_until: dict[object, datetime], until: datetime
) -> Iterator[tuple[PlanVersion, tuple[Plan, datetime, datetime]]]:
    for span in spans_among(list(plan.versions.all()), plan.moves.all()):
        after = made_until.get(span.version.pk, span.after)
        last = min(span.until, until) if span.until is not None else until
        if after < last:
            yield span.version, (plan, after, last)


def _lacks(version: PlanVersion, plan: Plan, after: datetime, until: datetime) -> bool:
    turns = zone_turns_among(version, plan.zone_changes.all())
    return next(occurrences_in_turns(steps_of(version), turns, after, until), None) is not None
