"""What keeps a draft from being signed, whoever signs: said in sentences at read-back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from accounts.domain.problems import Problem
from accounts.domain.zones import MOMENT
from tracker.domain.plan_change import BEGIN_DATE, change_problems
from tracker.domain.plan_content import PlanContent
from tracker.domain.plan_days import ComingDay
from tracker.domain.plan_input import clock_text
from tracker.domain.plan_reach import Listener
from tracker.domain.plan_states import Route, VersionKind
from tracker.domain.schedule import ClockChangeNote, occurrences
from tracker.domain.zone_moves import occurrences_in_turns
from tracker.models import ExpectedDose, Plan
from tracker.selectors.plan_records import steps_of
from tracker.selectors.plan_words import day_text
from tracker.selectors.plans import has_verified_desk, outside_listeners, running_plan_by
from tracker.selectors.pumps import pump_of
from tracker.selectors.versions import spans_of, zone_turns_of

TWO_DAYS = timedelta(days=2)


def change_obstacles(
    plan: Plan, kind: VersionKind, content: PlanContent, now: datetime
) -> list[Problem]:
    """Return what keeps a change from following the version before it; a first plan has none.

    It keeps the plan's route. It may not reach into the past, nor behind what somebody has logged
    already, and no date may get the same dose time from both versions (two zones can do that).
    """
    begins_at = content.counts_from_at
    found = change_problems(
        kind,
        counts_from_at=begins_at,
        reason=content.change_reason,
        steps=content.steps,
        zone=content.zone_info,
        now=now,
    )
    if kind is VersionKind.FIRST or begins_at is None:
        return found
    found += route_problems(plan, kind, content)
    standing = plan.doses.standing()
    logged = standing.filter(due_at__gte=begins_at, standing_entry__isnull=False)
    found += [_logged(dose) for dose in logged.order_by("due_at")]
    kept = standing.filter(due_at__lt=begins_at, due_at__gte=begins_at - TWO_DAYS)
    places = {*kept.values_list("local_date", "wall_time"), *_places_before(plan, begins_at)}
    new = occurrences(content.steps, content.zone_info, begins_at - MOMENT, begins_at + TWO_DAYS)
    found += [
        _twice(each.local_date, clock_text(each.wall_time))
        for each in new
        if (each.local_date, each.wall_time) in places
    ]
    return found


def route_problems(plan: Plan, kind: VersionKind, content: PlanContent) -> list[Problem]:
    """Return the problem of a change by another route than the plan's."""
    if kind is VersionKind.FIRST or content.route == plan.route:
        return []
    text = _("A change keeps the plan's route. For the other route enter a new plan.")
    return [Problem("route", text)]


def _places_before(plan: Plan, begins_at: datetime) -> Iterator[tuple[date, time]]:
    """Yield the dates and wall times of the two days before a change, rows yet or not."""
    for span in spans_of(plan):
        after = max(span.after, begins_at - TWO_DAYS)
        until = min(span.until or begins_at, begins_at - MOMENT)
        turns = zone_turns_of(span.version)
        found = occurrences_in_turns(steps_of(span.version), turns, after, until)
        for each, _zone in found if after < until else ():
            yield each.local_date, each.wall_time


def _logged(dose: ExpectedDose) -> Problem:
    text = _("The dose of %(day)s, %(time)s is logged already. Let the change count after it.")
    words = {"day": day_text(dose.local_date), "time": clock_text(dose.wall_time)}
    return Problem(BEGIN_DATE, text % words)


def _twice(on: date, clock: str) -> Problem:
    text = _(
        "%(day)s, %(time)s would be a dose of the version before and of this one. Let the change "
        "count from another moment."
    )
    return Problem(BEGIN_DATE, text % {"day": day_text(on), "time": clock})


def obstacles(
    plan: Plan,
    content: PlanContent,
    listeners: Sequence[Listener],
    days: Sequence[ComingDay],
    notes: Sequence[ClockChangeNote],
) -> list[Problem]:
    """Return what keeps this draft from being signed by anybody, in sentences."""
    is_by_pump = content.route is Route.INTRATHECAL
    found = _pump_obstacles(plan) if is_by_pump else []
    other = running_plan_by(plan.patient, content.route)
    if other is not None and other.pk != plan.pk:
        text = _("Another plan by this route is running. Stop it before you sign this one.")
        found.append(Problem("plan", text))
    if not is_by_pump and not any(day.doses for day in days):
        found.append(Problem("steps", _("Every dose of this plan lies in the past.")))
    found += [Problem("steps", note.text) for note in notes if note.is_blocking]
    if not has_verified_desk(listeners):
        text = _("The clinic's desk has no verified contact. An administrator adds one in Clinic.")
        found.append(Problem("clinic", text))
    if not any(listener.ways for listener in outside_listeners(listeners, content.rungs)):
        text = _(
            "The ladder reaches nobody outside the patient: no caregiver and nobody of the clinic "
            "on it has a verified contact."
        )
        found.append(Problem("rungs", text))
    return found


def _pump_obstacles(plan: Plan) -> list[Problem]:
    """Return what the pump's record lacks: without the team's number nobody knows whom to call."""
    pump = pump_of(plan.patient)
    if pump is not None and pump.team_phone:
        return []
    text = _(
        "A plan by pump is signed once the pump is on record with its team’s number. Record it on "
        "the pump’s page first."
    )
    return [Problem("route", text)]
