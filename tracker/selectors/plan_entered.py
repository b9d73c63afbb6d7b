"""The plan as its reader goes by it: the newest signed version, and whether they have seen it."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.models import Patient, User
from tracker.domain.plan_states import WATCHED
from tracker.domain.schedule import StepSpec
from tracker.models import PlanVersion
from tracker.selectors.plan_difference import Difference, difference_signed
from tracker.selectors.plan_records import steps_of, versions_of
from tracker.selectors.versions import zone_of


@dataclass(frozen=True, slots=True)
class EnteredPlan:
    """One signed version with its steps as entered."""

    version: PlanVersion
    difference: Difference | None  # from the version before; None for the first
    zone: ZoneInfo
    steps: tuple[StepSpec, ...]
    is_ahead: bool  # signed, and not counting yet
    is_to_confirm: bool  # a change of which this reader has not said that they have seen it


def entered_plans_of(patient: Patient, *, reader: User, now: datetime) -> list[EnteredPlan]:
    """Return the newest signed version of each plan that matters now, newest plan first."""
    found = []
    plans = patient.plans.filter(state__in=WATCHED).order_by("-created_at")
    for plan in plans.select_related("patient__clinic"):
        versions = list(versions_of(plan))
        if not versions:
            continue
        version = versions[-1]
        is_seen = version.seen.filter(by=reader).exists()
        found.append(
            EnteredPlan(
                version=version,
                difference=difference_signed(*versions[-2:]) if len(versions) > 1 else None,
                zone=zone_of(version, now),
                steps=steps_of(version),
                is_ahead=version.counts_from_at > now,
                is_to_confirm=len(versions) > 1 and not is_seen,
            )
        )
    return found
