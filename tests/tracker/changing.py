"""Changes of a signed plan, as a clinician's page makes them, for the tests."""

from datetime import datetime
from typing import Any

from accounts.models import User
from tests.cast import Cast
from tests.tracker.plans import dose, raw_plan, raw_step
from tracker.domain.plan_content import PlanContent, plan_content_from
from tracker.domain.plan_states import VersionKind
from tracker.models import ExpectedDose, Plan, PlanVersion
from tracker.services.plan_drafts import plan_draft_save
from tracker.services.plan_signing import plan_sign

REASON = "spasms at night"
MORE = (dose("08:00", "15 mg"), dose("22:00", "10 mg"))


def change_content(
    cast: Cast, begins_at: datetime, *, steps: list[dict[str, Any]] | None = None, **changed: Any
) -> PlanContent:
    """A change in UTC or London's winter: the same clock. One open-ended step unless given."""
    raw = raw_plan(
        steps=steps or [raw_step(begins_at.date().isoformat(), "", *MORE)],
        named_clinician=str(cast.priya.pk),
        risk_factors=[],
        counts_from_on=begins_at.date().isoformat(),
        counts_from_time=begins_at.time().isoformat("seconds"),
        change_reason=REASON,
    )
    return plan_content_from(raw | changed)


def change_kept(
    cast: Cast,
    plan: Plan,
    begins_at: datetime,
    now: datetime,
    *,
    kind: VersionKind = VersionKind.AMEND,
    by: User | None = None,
    opened_at: datetime | None = None,
    **changed: Any,
) -> Plan:
    """Keep a change as a draft."""
    return plan_draft_save(
        patient=plan.patient,
        by=by or cast.priya,
        content=change_content(cast, begins_at, **changed),
        now=now,
        plan=plan,
        opened_at=opened_at,
        kind=kind,
    )


def change_signed(
    cast: Cast, plan: Plan, begins_at: datetime, now: datetime, **changed: Any
) -> PlanVersion:
    """Keep a change and sign it at the same moment."""
    change_kept(cast, plan, begins_at, now, **changed)
    steps = plan.draft.content["steps"]
    version = plan_sign(
        plan=plan,
        by=cast.priya,
        ticked_steps=range(1, len(steps) + 1),
        has_confirmed_hours=True,
        now=now,
    )
    assert version is not None
    plan.refresh_from_db()
    return version


def expected(plan: Plan) -> list[tuple[datetime, str, int]]:
    """What is expected of the patient: when, how much as entered, by which version."""
    rows = plan.doses.standing().order_by("due_at")
    return list(rows.values_list("due_at", "amount", "version__number"))


def frozen(plan: Plan, until: datetime) -> list[dict[str, object]]:
    """Everything about the doses due by a moment; a change must not alter a character of it."""
    rows = ExpectedDose.objects.filter(plan=plan, due_at__lte=until).order_by("due_at", "pk")
    return list(rows.values())
