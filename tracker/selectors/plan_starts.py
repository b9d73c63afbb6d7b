"""What the form of a change starts from: a signed version as entered, or with every cell asking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from accounts.domain.zones import local_date
from tracker.domain.plan_change import BEGIN_DATE, BEGIN_TIME, REASON
from tracker.domain.plan_content import PlanContent
from tracker.domain.plan_states import PlanState, VersionKind
from tracker.domain.schedule import StepSpec
from tracker.models import Plan
from tracker.selectors.plan_records import content_signed, versions_of
from tracker.selectors.versions import zone_turns_of

ASKED_ANEW: Mapping[str, object] = {BEGIN_DATE: "", BEGIN_TIME: "", REASON: ""}


def change_start(plan: Plan, kind: VersionKind) -> dict[str, object] | None:
    """Return what a change of this kind starts from, in raw shape; None without a signed version.

    An amendment shows the newest version's rows as they were entered. For a resume and a step back
    nothing is carried over: begin dates are empty, and each amount stands beside its empty cell as
    `earlier` until a person puts it in. A resume shows the steps that had not ended at the hold.
    The zone is the one to which the dose times have moved, or are about to.
    """
    newest = versions_of(plan).last()
    if newest is None:
        return None
    content = replace(content_signed(newest), zone=zone_turns_of(newest)[-1].zone.key)
    raw = {**content.as_raw(), **ASKED_ANEW}
    if kind is VersionKind.AMEND:
        return raw
    typed = raw["steps"]
    steps = typed if isinstance(typed, list) else []
    left = _steps_left(plan, content) if kind is VersionKind.RESUME else content.steps
    numbers = {step.number for step in left}
    return {**raw, "steps": [_asked(step) for n, step in enumerate(steps, 1) if n in numbers]}


def _steps_left(plan: Plan, content: PlanContent) -> list[StepSpec]:
    """Return the steps that had not ended when the plan was put on hold; all if every one had."""
    held = plan.moves.filter(to_state=PlanState.ON_HOLD).order_by("pk").last()
    if held is None:
        return list(content.steps)
    on = local_date(held.at, content.zone_info)
    left = [step for step in content.steps if step.ends_on is None or step.ends_on >= on]
    return left or list(content.steps)


def _asked(step: Mapping[str, Any]) -> dict[str, object]:
    """Return a step without dates in which every amount waits to be put in."""
    return {
        **step,
        "begins_on": "",
        "ends_on": "",
        "visit_time": "",
        "rate": "",
        "earlier_rate": step["rate"],
        "doses": [{**dose, "amount": "", "earlier": dose["amount"]} for dose in step["doses"]],
    }
