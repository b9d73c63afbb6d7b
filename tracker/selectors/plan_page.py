"""One plan's whole life for the clinic: what was signed, what each version changed, every move."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from tracker.domain.plan_states import PlanState, VersionKind, may_move, may_sign
from tracker.domain.schedule import StepSpec
from tracker.models import Plan, PlanDraft, PlanMove, PlanVersion, VersionSeen
from tracker.selectors.plan_difference import Difference, difference_signed
from tracker.selectors.plan_records import moves_of, steps_of, versions_of
from tracker.selectors.plan_words import MOVE_WORDS, STATE_WORDS
from tracker.selectors.versions import (
    Span,
    has_last_step_begun,
    spans_of,
    version_in_force,
    zone_of,
)


@dataclass(frozen=True, slots=True)
class SignedVersion:
    """One version as signed, with what it changed and who has said that they saw it."""

    version: PlanVersion
    steps: tuple[StepSpec, ...]
    difference: Difference | None  # from the version before; None for the first
    seen: tuple[VersionSeen, ...]
    standing: str  # how it stands beside the others, in words; "" for one that has run


@dataclass(frozen=True, slots=True)
class PlanPage:
    """Everything on the page of a plan; instants are shown in `zone`."""

    plan: Plan
    state: str
    zone: ZoneInfo
    versions: tuple[SignedVersion, ...]  # newest first
    moves: tuple[tuple[str, PlanMove], ...]  # each with its words
    draft: PlanDraft | None
    may_sign: bool  # the draft, as the plan stands now
    may_hold: bool
    may_resume: bool
    may_change: bool
    may_complete: bool
    may_stop: bool


def plan_page_of(plan: Plan, now: datetime) -> PlanPage:
    """Return the page of one plan at `now`."""
    state = PlanState(plan.state)
    versions = list(versions_of(plan))
    current = version_in_force(plan, now)
    spans = {span.version.pk: span for span in spans_of(plan)}
    signed = [
        SignedVersion(
            version=version,
            steps=steps_of(version),
            difference=difference_signed(before, version) if before is not None else None,
            seen=tuple(version.seen.select_related("by").order_by("at")),
            standing=_standing(spans.get(version.pk), state, now),
        )
        for before, version in zip([None, *versions], versions, strict=False)
    ]
    zone = zone_of(current, now) if current is not None else plan.patient.zone_info
    drafts = PlanDraft.objects.filter(plan=plan)
    draft = drafts.select_related("saved_by", "first_signed_by").first()
    return PlanPage(
        plan=plan,
        state=str(STATE_WORDS[state]),
        zone=zone,
        versions=tuple(reversed(signed)),
        moves=tuple((str(MOVE_WORDS[move.to_state]), move) for move in moves_of(plan)),
        draft=draft,
        may_sign=draft is not None and may_sign(state, VersionKind(draft.kind)),
        may_hold=may_move(state, PlanState.ON_HOLD),
        may_resume=state is PlanState.ON_HOLD,
        may_change=state is PlanState.ACTIVE,
        may_complete=may_move(state, PlanState.COMPLETED)
        and has_last_step_begun(versions[-1], now),
        may_stop=may_move(state, PlanState.STOPPED),
    )


def _standing(span: Span | None, state: PlanState, now: datetime) -> str:
    """Return which version runs, which is to come, and which never began: it has no span."""
    runs = state is PlanState.ACTIVE
    if span is None or (span.after > now and not runs):
        return _("signed, did not begin")
    if span.after > now:
        return _("signed, not yet in force")
    return _("in force") if runs and (span.until is None or now <= span.until) else ""
