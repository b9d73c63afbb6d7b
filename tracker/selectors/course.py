"""Where a patient stands in their plan: which version counts, which step, on hold, or after it.

All dates are local dates in the plan's zone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, prefetch_related_objects
from django.db.models.functions import Coalesce, Extract, JSONObject

from accounts.domain.audiences import Audience
from accounts.domain.zones import ONE_DAY, local_date
from accounts.models import Patient, User
from tracker.domain.ladder import LadderRung
from tracker.domain.plan_states import RUNNING, WATCHED, PlanState, VersionKind
from tracker.domain.schedule import StepSpec
from tracker.domain.zone_moves import Answered, ZoneAnswer, ZoneTurn, zone_at, zone_turns
from tracker.models import (
    PlanMove,
    PlanVersion,
    Rung,
    Step,
    VersionSeen,
    ZoneChange,
)
from tracker.selectors.plan_records import steps_of


class Standing(StrEnum):
    """What a patient's day is about."""

    NO_PLAN = "no_plan"
    DOSES = "doses"
    ON_HOLD = "on_hold"
    OBSERVATION = "observation"  # the doses are over, check-ins go on
    OVER = "over"


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step as entered: when it begins, when it ends (None: open), and its doses."""

    number: int
    begins_on: date
    ends_on: date | None
    is_dose_free: bool
    note: str

    def covers(self, day: date) -> bool:
        """Say whether this local date belongs to the step."""
        return self.begins_on <= day and (self.ends_on is None or day <= self.ends_on)


@dataclass(frozen=True, slots=True)
class Hold:
    """Who put the plan on hold, when and why."""

    since_at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Course:
    """One patient's plan at one moment, read from the version that counts."""

    version: PlanVersion
    turns: tuple[ZoneTurn, ...]  # the zones in which its doses are made
    zone: ZoneInfo  # in force now
    rungs: tuple[LadderRung, ...]  # lowest first
    steps: tuple[StepLine, ...]
    today: date
    standing: Standing
    coming: PlanVersion  # that counts at the end of tomorrow; the same one unless a change begins
    coming_steps: tuple[StepLine, ...]
    is_to_resume: bool  # a signed resume has not begun: until then nothing is expected
    newest: Mapping[PlanVersion, frozenset[UUID]]  # of each watched plan, and who has seen it
    ended_on: date | None  # the day of the last expected dose, or of the stop; None while running

    @property
    def step(self) -> StepLine | None:
        """The step of today; None before the first and after the last."""
        return next((step for step in self.steps if step.covers(self.today)), None)

    @property
    def begins_tomorrow(self) -> StepLine | None:
        """The step that begins tomorrow, when it is not the first one; None on hold and after."""
        if not self._is_expecting:
            return None
        tomorrow = self.today + ONE_DAY
        later = self.coming_steps[1:]
        return next((step for step in later if step.begins_on == tomorrow), None)

    @property
    def changes_tomorrow(self) -> PlanVersion | None:
        """The signed change that counts from some time tomorrow; None when there is none."""
        begins_on = local_date(self.coming.counts_from_at, self.zone)
        is_tomorrow = self.coming != self.version and begins_on > self.today
        return self.coming if is_tomorrow and self.standing is Standing.DOSES else None

    @property
    def _is_expecting(self) -> bool:
        is_resumed = self.coming != self.version or not self.is_to_resume
        return self.standing is Standing.DOSES and is_resumed

    def to_confirm(self, reader: User) -> PlanVersion | None:
        """Return the change that this reader has not said they saw; None when there is none."""
        changes = ((each, seen_by) for each, seen_by in self.newest.items() if each.number > 1)
        return next((each for each, seen_by in changes if reader.pk not in seen_by), None)

    @property
    def observed_until_on(self) -> date | None:
        """The last day on which check-ins are expected after the doses; None while they run."""
        days = self.version.observation_days
        return self.ended_on + days * ONE_DAY if self.ended_on else None


def course_of(patient: Patient, now: datetime) -> Course | None:
    """Return the patient's course at `now`; None before any plan was signed. One query.

    The newest running plan comes first, then the newest of the others.
    """
    signed = list(
        PlanVersion.objects.filter(plan__patient=patient)
        .select_related("plan")
        .defer("signed_text")
        .annotate(
            rungs_entered=ArraySubquery(rungs_as_json("pk")),
            steps_entered=ArraySubquery(_steps_as_json()),
            readers=ArraySubquery(_readers()),
            zones_answered=ArraySubquery(_zone_answers_as_json()),
        )
        .order_by("-plan__created_at", "-number")
    )
    versions = [version for version in signed if version.counts_from_at <= now]
    running = (version for version in versions if version.plan.state in RUNNING)
    version = next(running, versions[0] if versions else None)
    if version is None:
        return None
    own = [each for each in signed if each.plan_id == version.plan_id]
    turns = zone_turns(ZoneInfo(version.zone), _zone_answers(version.zones_answered))
    zone = zone_at(turns, now)
    today = local_date(now, zone)
    coming = _coming(own, zone, today)
    ended_on = _ended_on(version, _steps(own[0].steps_entered), zone, today)
    return Course(
        version=version,
        turns=turns,
        zone=zone,
        rungs=rungs_from_json(version.rungs_entered),
        steps=_steps(version.steps_entered),
        today=today,
        standing=_standing(version, ended_on, today),
        coming=coming,
        coming_steps=_steps(coming.steps_entered),
        is_to_resume=own[0].kind == VersionKind.RESUME and own[0].counts_from_at > now,
        newest=_newest(signed),
        ended_on=ended_on,
    )


def hold_of(course: Course) -> Hold | None:
    """Return who holds the plan; None unless it is on hold."""
    if course.standing is not Standing.ON_HOLD:
        return None
    moves = PlanMove.objects.filter(plan=course.version.plan, to_state=PlanState.ON_HOLD)
    move = moves.select_related("by").order_by("at").last()
    if move is None:
        return None
    return Hold(since_at=move.at, by=move.by.name if move.by else "", reason=move.reason)


def step_entered(course: Course, number: int) -> StepSpec | None:
    """Return one step of the version that counts, as entered; None when there is no such step."""
    prefetch_related_objects([course.version], "steps__dose_times")
    return next((step for step in steps_of(course.version) if step.number == number), None)


def rungs_from_json(rows: Sequence[Mapping[str, Any]]) -> tuple[LadderRung, ...]:
    """Return the rungs of a version as the rules read them, lowest first."""
    rungs = (
        LadderRung(
            number=int(row["number"]),
            delay=timedelta(seconds=float(row["seconds"])),
            audience=Audience(str(row["audience"])),
            repeat_delay=timedelta(seconds=float(row["repeat_seconds"] or 0)),
            repeat_times=int(row["repeat_times"] or 0),
        )
        for row in rows
    )
    return tuple(sorted(rungs, key=lambda rung: rung.number))


def rungs_as_json(version: str) -> QuerySet[Any, Any]:
    """Return the subquery of the rungs of the version that the outer query names so."""
    return Rung.objects.filter(version=OuterRef(version)).values(
        line=JSONObject(
            number="number",
            seconds=Extract("delay", "epoch"),
            audience="audience",
            repeat_seconds=Extract("repeat_delay", "epoch"),
            repeat_times="repeat_times",
        )
    )


def _coming(own: Sequence[Any], zone: ZoneInfo, today: date) -> Any:
    """Return the version of one plan that counts when tomorrow ends; `own` is newest first."""
    tomorrow = today + ONE_DAY
    return next(each for each in own if local_date(each.counts_from_at, zone) <= tomorrow)


def _newest(signed: Sequence[Any]) -> dict[PlanVersion, frozenset[UUID]]:
    """Return the newest version of each watched plan with its readers; `signed` is newest first."""
    found: dict[UUID, Any] = {}
    for each in signed:
        found.setdefault(each.plan_id, each)
    watched = (each for each in found.values() if each.plan.state in WATCHED)
    return {each: frozenset(each.readers) for each in watched}


def _readers() -> QuerySet[Any, Any]:
    return VersionSeen.objects.filter(version=OuterRef("pk")).values("by")


def _steps_as_json() -> QuerySet[Any, Any]:
    return (
        Step.objects.filter(version=OuterRef("pk"))
        .order_by("number")
        .values(
            line=JSONObject(
                number="number",
                begins_on="begins_on",
                ends_on="ends_on",
                is_dose_free="is_dose_free",
                note="note",
            )
        )
    )


def _zone_answers_as_json() -> QuerySet[Any, Any]:
    """Return the subquery of what was answered about the zone since the version was signed."""
    signed_at = Coalesce(OuterRef("cosigned_at"), OuterRef("signed_at"))
    answers = ZoneChange.objects.filter(plan=OuterRef("plan"), at__gt=signed_at)
    return answers.order_by("at").values(
        line=JSONObject(
            answer="answer", to_zone="to_zone", at="at", counts_from_at="counts_from_at"
        )
    )


def _zone_answers(rows: Sequence[Mapping[str, Any]]) -> list[Answered]:
    return [
        Answered(
            answer=ZoneAnswer(row["answer"]),
            to_zone=row["to_zone"],
            at=datetime.fromisoformat(row["at"]),
            counts_from_at=(
                datetime.fromisoformat(row["counts_from_at"]) if row["counts_from_at"] else None
            ),
        )
        for row in rows
    ]


def _steps(rows: Sequence[Mapping[str, Any]]) -> tuple[StepLine, ...]:
    return tuple(
        StepLine(
            number=row["number"],
            begins_on=date.fromisoformat(row["begins_on"]),
            ends_on=date.fromisoformat(row["ends_on"]) if row["ends_on"] else None,
            is_dose_free=row["is_dose_free"],
            note=row["note"],
        )
        for row in rows
    )


def _ended_on(
    version: PlanVersion, steps: Sequence[StepLine], zone: ZoneInfo, today: date
) -> date | None:
    """Return the day on which the doses ended: as entered, or by a stop before that."""
    last_on = steps[-1].ends_on if steps else None
    if version.plan.state in RUNNING:
        return last_on if last_on is not None and last_on < today else None
    ends = [PlanState.STOPPED, PlanState.COMPLETED]
    move = PlanMove.objects.filter(plan=version.plan, to_state__in=ends).order_by("at").last()
    stopped_on = local_date(move.at, zone) if move is not None else today
    return min(last_on, stopped_on) if last_on is not None else stopped_on


def _standing(version: PlanVersion, ended_on: date | None, today: date) -> Standing:
    state = PlanState(version.plan.state)
    if state is PlanState.ON_HOLD:
        return Standing.ON_HOLD
    if ended_on is None:
        return Standing.DOSES
    is_observed = today <= ended_on + version.observation_days * ONE_DAY
    if state is PlanState.OBSERVATION or (state is not PlanState.CLOSED and is_observed):
        return Standing.OBSERVATION
    return Standing.OVER
