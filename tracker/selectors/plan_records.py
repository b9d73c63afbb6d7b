"""Plans with their signed versions, as far as somebody may read them."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max, Prefetch, Q, QuerySet

from accounts.access import Person, clinics_of
from accounts.domain.capacities import Capacity
from tracker.domain.plan_content import PlanContent
from tracker.domain.plan_states import PlanState, Route, VersionKind
from tracker.domain.schedule import DoseTimeSpec, StepSpec
from tracker.domain.thresholds import THRESHOLDS
from tracker.models import DoseTime, Plan, PlanMove, PlanVersion, Rung, Step
from tracker.selectors.scope import plans_visible_to
from tracker.selectors.versions import ladder_of


def plans_shown_to(user: Person, now: datetime) -> QuerySet[Plan]:
    """Return the plans this person may read, with `version_number`, the newest signed one's.

    A draft that nobody has wholly signed is read by the clinic alone: nobody may take what it says.
    One that was thrown away is read by nobody.
    """
    clinics = clinics_of(user, Capacity.CLINICIAN, now)
    is_read = ~Q(state__in=[PlanState.DRAFT, PlanState.AWAITING]) | Q(patient__clinic__in=clinics)
    rows = plans_visible_to(user, now).filter(is_read).select_related("created_by")
    rows = rows.exclude(state=PlanState.DRAFT, draft=None)
    return rows.annotate(version_number=Max("versions__number"))


def versions_of(plan: Plan) -> QuerySet[PlanVersion]:
    """Return a plan's signed versions with all that they hold, the first one first."""
    steps = Step.objects.order_by("number").prefetch_related(
        Prefetch("dose_times", DoseTime.objects.order_by("wall_time"))
    )
    people = ("signed_by", "cosigned_by", "named_clinician")
    rows = plan.versions.select_related("plan", *people).order_by("number")
    return rows.prefetch_related(
        Prefetch("steps", steps), Prefetch("rungs", Rung.objects.order_by("number"))
    )


def moves_of(plan: Plan) -> QuerySet[PlanMove]:
    """Return how a plan moved from state to state, oldest first."""
    return plan.moves.select_related("by")


def content_signed(version: PlanVersion) -> PlanContent:
    """Return what a version holds as content; amounts pass through untouched."""
    return PlanContent(
        route=Route(version.plan.route),
        zone=version.zone,
        steps=steps_of(version),
        formulation=version.formulation,
        indication=version.indication,
        off_label_reason=version.off_label_reason,
        risk_factors=tuple(version.risk_factors),
        risk_note=version.risk_note,
        named_clinician=version.named_clinician_id,
        rungs=ladder_of(version.rungs.all()),
        on_time_window=version.on_time_window,
        follow_up_delay=version.follow_up_delay,
        unacknowledged_delay=version.unacknowledged_delay,
        **{name: getattr(version, name) for name in THRESHOLDS},
        check_in_every_days=version.check_in_every_days,
        observation_days=version.observation_days,
        missed_dose_advice=version.missed_dose_advice,
        counts_from_at=None if version.kind == VersionKind.FIRST else version.counts_from_at,
        change_reason=version.change_reason,
    )


def steps_of(version: PlanVersion) -> tuple[StepSpec, ...]:
    """Return a version's steps as the schedule reads them; amounts pass through untouched.

    Read with `versions_of`, or with "steps__dose_times" prefetched, it asks nothing more.
    """
    return tuple(
        StepSpec(
            number=step.number,
            begins_on=step.begins_on,
            ends_on=step.ends_on,
            doses=tuple(
                DoseTimeSpec(
                    wall_time=dose.wall_time, amount=dose.amount, weekdays=tuple(dose.weekdays)
                )
                for dose in step.dose_times.all()
            ),
            is_dose_free=step.is_dose_free,
            note=step.note,
            rate=step.rate,
            visit_time=step.visit_time,
        )
        for step in version.steps.all()
    )
