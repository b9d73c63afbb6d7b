"""Where the dose times of a patient stand when a device says that it is in another zone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import prefetch_related_objects
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.domain.zones import have_same_clock
from accounts.models import Patient, User
from tracker.domain.plan_input import clock_text
from tracker.domain.plan_states import PlanState, Route
from tracker.domain.schedule import StepSpec
from tracker.domain.zone_moves import (
    CLOCKS_COMPARED,
    Compared,
    DoseMoment,
    Hindered,
    Hindrance,
    ZoneAnswer,
    ZoneMove,
    ZoneTurn,
    compared,
    move_hindrances,
    turn_ahead,
    zone_at,
    zone_move,
)
from tracker.models import Plan, PlanVersion, ZoneChange
from tracker.selectors.plan_records import steps_of
from tracker.selectors.versions import zone_turns_among

MOST_REASONS = 3
"""How many doses that stand in the way of a move are named."""
MOST_APART = timedelta(days=2)
"""More than the same date ever begins apart in two zones."""


@dataclass(frozen=True, slots=True)
class Travel:
    """A plan with dose times, the zones that they are made in, and what was answered last."""

    plan: Plan
    version: PlanVersion
    changes: tuple[ZoneChange, ...]  # every answer, oldest first
    turns: tuple[ZoneTurn, ...]
    zone: ZoneInfo  # in force now
    ahead: ZoneChange | None  # a move that has not begun
    is_about_to_change: bool  # a signed change of the plan has not begun

    def is_apart(self, device_zone: ZoneInfo, now: datetime) -> bool:
        """Say whether this zone's clock differs, and the doses are not about to move there."""
        if self.ahead is not None and self.ahead.to_zone == device_zone.key:
            return False
        return not have_same_clock(self.zone, device_zone, now, now + CLOCKS_COMPARED)


@dataclass(frozen=True, slots=True)
class ZoneQuestion:
    """What keeping and moving would each mean; `reasons` say why a move is refused."""

    home: ZoneInfo
    move: ZoneMove
    doses: tuple[Compared, ...]
    reasons: tuple[str, ...]


def travel_of(patient: Patient, now: datetime) -> Travel | None:
    """Return what travels with this patient; None unless a plan with dose times is active."""
    signed = PlanVersion.objects.filter(
        plan__patient=patient, plan__state=PlanState.ACTIVE, plan__route=Route.ORAL
    )
    versions = list(signed.select_related("plan").defer("signed_text").order_by("number"))
    begun = [version for version in versions if version.counts_from_at <= now]
    if not begun:
        return None
    version = begun[-1]
    changes = tuple(version.plan.zone_changes.select_related("by").order_by("at"))
    turns = zone_turns_among(version, changes)
    ahead = turn_ahead(turns, now)
    return Travel(
        plan=version.plan,
        version=version,
        changes=changes,
        turns=turns,
        zone=zone_at(turns, now),
        ahead=_change_behind(changes, ahead) if ahead is not None else None,
        is_about_to_change=len(begun) < len(versions),
    )


def zone_changes_of(patient: Patient) -> list[ZoneChange]:
    """Return every answer about the zone that was given for this patient, newest first."""
    rows = ZoneChange.objects.filter(plan__patient=patient)
    return list(rows.select_related("by").order_by("-at", "-pk"))


def is_zone_asked(travel: Travel, person: User, device_zone: ZoneInfo, now: datetime) -> bool:
    """Say whether this person is asked about a device in this zone.

    Not when its clock shows the plan's time, when the doses are about to move there, or when the
    person's last word about it was to keep the times of the zone that is in force.
    """
    if not travel.is_apart(device_zone, now):
        return False
    said = last_answer(travel, person, device_zone)
    is_kept = said is not None and said.answer == ZoneAnswer.KEEP
    return not (is_kept and said is not None and said.from_zone == travel.zone.key)


def last_answer(travel: Travel, person: User, device_zone: ZoneInfo) -> ZoneChange | None:
    """Return what this person answered last about this zone; None when nothing."""
    own = (each for each in reversed(travel.changes) if each.by_id == person.pk)
    return next((each for each in own if each.to_zone == device_zone.key), None)


def zone_question(travel: Travel, device_zone: ZoneInfo, now: datetime) -> ZoneQuestion:
    """Return both answers as they would be from `now`, with the instants of the next three days."""
    move = zone_move(device_zone, now)
    steps = travel_steps(travel)
    return ZoneQuestion(
        home=travel.zone,
        move=move,
        doses=compared(move, steps, travel.turns, now),
        reasons=reasons_against(travel, move, steps, now),
    )


def travel_steps(travel: Travel) -> tuple[StepSpec, ...]:
    """Return the steps that travel, as the rules read them."""
    prefetch_related_objects([travel.version], "steps__dose_times")
    return steps_of(travel.version)


def reasons_against(
    travel: Travel, move: ZoneMove, steps: tuple[StepSpec, ...], now: datetime
) -> tuple[str, ...]:
    """Return why this move is refused, in sentences; empty when it may be made."""
    if travel.is_about_to_change:
        return (signed_change_words(),)
    if travel.ahead is not None and travel.ahead.to_zone != move.zone.key:
        return (_("The dose times are about to move to another place already."),)
    rows = travel.plan.doses.standing().filter(due_at__gt=now - MOST_APART)
    moments = [
        DoseMoment(row.local_date, row.wall_time, row.due_at, row.standing_entry_id is not None)
        for row in rows
    ]
    found = move_hindrances(move, moments, steps)
    return tuple(_hindrance_words(each) for each in found[:MOST_REASONS])


def signed_change_words() -> str:
    """Return why nothing moves now: what was signed follows the times as they stand."""
    return _("Your clinic has signed a change of the plan that has not begun yet.")


def _change_behind(changes: Sequence[ZoneChange], ahead: ZoneTurn) -> ZoneChange | None:
    moves = [each for each in changes if each.counts_from_at == ahead.from_at]
    return next((each for each in reversed(moves) if each.to_zone == ahead.zone.key), None)


def _hindrance_words(found: Hindered) -> str:
    day = date_format(found.local_date, "D j M")
    if found.wall_time is None:
        return _("%(day)s does not exist there, and its doses would fall away.") % {"day": day}
    words = {
        Hindrance.REPEATED: _("The %(time)s dose of %(day)s would come twice."),
        Hindrance.LOST: _("The %(time)s dose of %(day)s would fall away."),
        Hindrance.COINCIDE: _("The %(time)s dose of %(day)s would fall together with another."),
    }
    return words[found.hindrance] % {"day": day, "time": clock_text(found.wall_time)}
