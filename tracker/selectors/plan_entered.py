"""The plan as its reader goes by it: what counts, what a signed change brings, and who saw it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.models import Patient, User
from tracker.domain.plan_states import WATCHED, PlanState, VersionKind
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
    state: PlanState  # of its plan
    is_newest: bool  # False: it counts until the newest one does
    is_ahead: bool  # signed, and not counting yet
    is_resume: bool  # nothing of the plan is expected until it counts
    is_to_confirm: bool  # a change of which this reader has not said that they have seen it


def entered_plans_of(patient: Patient, *, reader: User, now: datetime) -> list[EnteredPlan]:
    """Return the newest signed version of each plan that matters now, newest plan first.

    While a change is ahead, the version that counts until then follows it.
    """
    found = []
    plans = patient.plans.filter(state__in=WATCHED).order_by("-created_at")
    for plan in plans.select_related("patient__clinic"):
        versions = list(versions_of(plan))
        if not versions:
            continue
        found.append(_entered(versions, reader=reader, now=now))
        until_then = _counting_before(versions, now) if plan.state == PlanState.ACTIVE else None
        if until_then is not None:
            found.append(_entered([until_then], reader=reader, now=now, is_newest=False))
    return found


def _entered(
    versions: Sequence[PlanVersion], *, reader: User, now: datetime, is_newest: bool = True
) -> EnteredPlan:
    version = versions[-1]
    is_change = len(versions) > 1
    return EnteredPlan(
        version=version,
        difference=difference_signed(*versions[-2:]) if is_change else None,
        zone=zone_of(version, now),
        steps=steps_of(version),
        state=PlanState(version.plan.state),
        is_newest=is_newest,
        is_ahead=version.counts_from_at > now,
        is_resume=version.kind == VersionKind.RESUME,
        is_to_confirm=is_change and not version.seen.filter(by=reader).exists(),
    )


def _counting_before(versions: Sequence[PlanVersion], now: datetime) -> PlanVersion | None:
    """Return the version that counts until the newest one does; None where none is left to it.

    After a hold nothing is expected until the resume counts, whatever was signed before.
    """
    if versions[-1].counts_from_at <= now:
        return None
    begun = [place for place, each in enumerate(versions) if each.counts_from_at <= now]
    later = versions[begun[-1] + 1 :] if begun else versions
    is_held_until_then = any(each.kind == VersionKind.RESUME for each in later)
    return versions[begun[-1]] if begun and not is_held_until_then else None
