"""Which signed version counts, and what its ladder is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from accounts.domain.audiences import Audience
from accounts.domain.zones import MOMENT, local_date
from accounts.models import ClinicRung, Patient
from tracker.domain.ladder import LadderRung
from tracker.domain.plan_states import WATCHED, PlanState, VersionKind
from tracker.domain.zone_moves import Answered, ZoneAnswer, ZoneTurn, zone_at, zone_turns
from tracker.models import Plan, PlanMove, PlanVersion, Rung, ZoneChange


@dataclass(frozen=True, slots=True)
class Span:
    """A version and the time in which its doses are expected: due in (after, until]."""

    version: PlanVersion
    after: datetime
    until: datetime | None  # None: until a change


def version_in_force(plan: Plan, now: datetime) -> PlanVersion | None:
    """Return the newest signed version that counts at `now`; None before the first signature."""
    return plan.versions.filter(counts_from_at__lte=now).order_by("-number").first()


def newest_version(plan: Plan) -> PlanVersion | None:
    """Return the version that was signed last, whether it counts yet or not."""
    return plan.versions.order_by("-number").first()


def has_last_step_begun(version: PlanVersion, now: datetime) -> bool:
    """Return whether the last entered step of a version runs or ran; false while it is ahead."""
    last = version.steps.order_by("-number").first()
    today = local_date(now, zone_of(version, now))
    return last is not None and last.begins_on <= today and version.counts_from_at <= now


def spans_of(plan: Plan) -> list[Span]:
    """Return when each version's doses are expected, the first one first; empty spans left out.

    A version ends where a later one begins, and at the first hold after its signature: a resume
    brings a version of its own. A change counts from its very moment on, a first version after it.
    """
    return spans_among(list(plan.versions.order_by("number")), plan.moves.all())


def spans_among(versions: Sequence[PlanVersion], moves: Iterable[PlanMove]) -> list[Span]:
    """Return the same from all versions, the first one first, and all moves, read already."""
    holds = [move.at for move in moves if move.to_state == PlanState.ON_HOLD]
    spans = []
    for place, version in enumerate(versions):
        signed_at = version.cosigned_at or version.signed_at
        ends = [later.counts_from_at - MOMENT for later in versions[place + 1 :]]
        ends += [held_at for held_at in holds if held_at >= signed_at]
        after = version.counts_from_at
        if version.kind != VersionKind.FIRST:
            after -= MOMENT
        until = min(ends, default=None)
        if until is None or after < until:
            spans.append(Span(version, after, until))
    return spans


def running_plan_of(patient: Patient) -> Plan | None:
    """Return the patient's active or held plan; the newest when there are two routes."""
    return patient.plans.running().order_by("-created_at").first()


def zone_turns_of(version: PlanVersion) -> tuple[ZoneTurn, ...]:
    """Return the zones in which this version's doses are made: as signed, then as moved since."""
    rows = version.plan.zone_changes.all()  # read once where the plan was read with them
    return zone_turns_among(version, sorted(rows, key=lambda row: row.at))


def zone_turns_among(version: PlanVersion, rows: Iterable[ZoneChange]) -> tuple[ZoneTurn, ...]:
    """Return the same from all answers about the plan, oldest first, read already."""
    signed_at = version.cosigned_at or version.signed_at
    return zone_turns(
        ZoneInfo(version.zone),
        [
            Answered(ZoneAnswer(row.answer), row.to_zone, row.at, row.counts_from_at)
            for row in rows
            if row.at > signed_at
        ],
    )


def zone_of(version: PlanVersion, at: datetime) -> ZoneInfo:
    """Return the zone of this version's doses at an instant: the one place that knows it."""
    return zone_at(zone_turns_of(version), at)


def plan_behind_extras(patient: Patient) -> Plan | None:
    """Return the plan beside which an extra dose is kept: running, else the newest ever signed."""
    signed = patient.plans.filter(versions__number=1).order_by("-created_at")
    return running_plan_of(patient) or signed.first()


def watched_plan_of(patient: Patient) -> Plan | None:
    """Return the plan whose people and ladder still matter: running, or under observation."""
    return patient.plans.filter(state__in=WATCHED).order_by("-created_at").first()


def plan_zone_of(patient: Patient, at: datetime) -> ZoneInfo:
    """Return the zone of the watched plan's doses at an instant, else the patient's."""
    plan = watched_plan_of(patient)
    version = version_in_force(plan, at) if plan is not None else None
    return zone_of(version, at) if version is not None else patient.zone_info


def plan_day_of(patient: Patient, at: datetime) -> date:
    """Return the local date of an instant in the zone of the watched plan, else the patient's."""
    return local_date(at, plan_zone_of(patient, at))


def ladder_of(rungs: Iterable[Rung | ClinicRung]) -> tuple[LadderRung, ...]:
    """Return a version's or a clinic's rungs as the rules read them, lowest first."""
    return tuple(
        LadderRung(
            number=rung.number,
            delay=rung.delay,
            audience=Audience(rung.audience),
            repeat_delay=rung.repeat_delay or timedelta(),
            repeat_times=rung.repeat_times,
        )
        for rung in sorted(rungs, key=lambda rung: rung.number)
    )
