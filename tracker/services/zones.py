"""Travel: a person answers whether the dose times stay at home or move to the clock of the place.

Nothing shifts by itself. Who may answer is the doors' matter: the patient, and caregivers who may
log.
"""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.problems import Conflict, Problem, Refusal
from accounts.domain.zones import have_same_clock, place_name, zone_named
from accounts.models import User
from accounts.services.audit import audit_record
from tracker.domain.flags import Rule
from tracker.domain.zone_moves import (
    CLOCKS_COMPARED,
    ZoneAnswer,
    ZoneMove,
    zone_move,
)
from tracker.models import Flag, Plan, ZoneChange
from tracker.selectors.reasons import TIMES_MOVE, TIMES_STAY
from tracker.selectors.zones import (
    Travel,
    last_answer,
    reasons_against,
    signed_change_words,
    travel_of,
    travel_steps,
)
from tracker.services.doses import doses_remake
from tracker.services.flags import flag_close_by_fact, flag_open
from tracker.services.plan_state import plan_locked
from tracker.services.requests import patient_lock


@transaction.atomic
def zone_answer_keep(*, plan: Plan, by: User, device_zone: str, now: datetime) -> ZoneChange:
    """Record that the dose times stay as they are, though a device is in `device_zone`.

    A move to that zone that has not begun is taken back: its doses are made anew in the zone that
    is in force; refused where a change signed meanwhile follows that move. The same answer again
    changes nothing. Refusal for a zone that does not exist; Conflict when no plan with dose times
    is active.
    """
    travel, zone = _locked(plan, device_zone, now)
    if have_same_clock(travel.zone, zone, now, now + CLOCKS_COMPARED):
        raise _there_already()
    said = last_answer(travel, by, zone)
    has_move = travel.ahead is not None and travel.ahead.to_zone == zone.key
    if said is not None and not has_move and _is_kept_already(said, travel):
        return said
    if has_move and travel.is_about_to_change:
        raise _ask_the_clinic([signed_change_words()])
    change = _recorded(travel, zone, ZoneAnswer.KEEP, None, by=by, now=now)
    if has_move and travel.ahead is not None and travel.ahead.counts_from_at is not None:
        doses_remake(
            version=travel.version,
            from_at=travel.ahead.counts_from_at,
            reason=TIMES_STAY % {"place": place_name(travel.zone.key)},
            now=now,
        )
        _flag_withdraw(travel, now=now)
        _look_again(travel.plan, now)
    return change


@transaction.atomic
def zone_answer_move(*, plan: Plan, by: User, device_zone: str, now: datetime) -> ZoneChange:
    """Move the dose times to the clock of `device_zone`, from its first midnight 24 h ahead on.

    Doses due from then on that nobody has logged are cancelled, kept, and made anew at the same
    wall times there. The clinic is told by a flag. The same answer again changes nothing. Refusal
    with "ask your clinic" where a dose would come twice, fall away or fall together with another;
    Conflict when no plan with dose times is active.
    """
    travel, zone = _locked(plan, device_zone, now)
    if travel.ahead is not None and travel.ahead.to_zone == zone.key:
        return travel.ahead
    if have_same_clock(travel.zone, zone, now, now + CLOCKS_COMPARED):
        return _moved_there(travel, zone, now)
    move = zone_move(zone, now)
    reasons = reasons_against(travel, move, travel_steps(travel), now)
    if reasons:
        raise _ask_the_clinic(reasons)
    change = _recorded(travel, zone, ZoneAnswer.MOVE, move.counts_from_at, by=by, now=now)
    doses_remake(
        version=travel.version,
        from_at=move.counts_from_at,
        reason=TIMES_MOVE % {"place": place_name(zone.key)},
        now=now,
    )
    _flag_raise(travel, move, by=by, now=now)
    _look_again(travel.plan, now)
    return change


def nothing_to_answer() -> Conflict:
    """Return what is raised where nothing travels."""
    text = _("No plan with dose times is active, so there is nothing to move or to keep.")
    return Conflict(Problem("plan", text))


def _ask_the_clinic(reasons: Iterable[str]) -> Refusal:
    ask = Problem("answer", _("The times cannot move by themselves. Ask your clinic."))
    return Refusal(ask, *(Problem("answer", reason) for reason in reasons))


def _locked(plan: Plan, device_zone: str, now: datetime) -> tuple[Travel, ZoneInfo]:
    """Return what travels, with the patient's record and the plan held to the commit."""
    zone = zone_named(device_zone)
    patient_lock(plan.patient)
    plan_locked(plan)
    travel = travel_of(plan.patient, now)
    if travel is None or travel.plan.pk != plan.pk:
        raise nothing_to_answer()
    return travel, zone


def _is_kept_already(said: ZoneChange, travel: Travel) -> bool:
    return said.answer == ZoneAnswer.KEEP and said.from_zone == travel.zone.key


def _moved_there(travel: Travel, zone: ZoneInfo, now: datetime) -> ZoneChange:
    """Return the move by which the doses came to this zone; Conflict when none did."""
    begun = [each for each in travel.turns if each.from_at is None or each.from_at <= now]
    moves = (each for each in reversed(travel.changes) if each.answer == ZoneAnswer.MOVE)
    moved = next((each for each in moves if each.counts_from_at == begun[-1].from_at), None)
    if moved is None or moved.to_zone != zone.key:
        raise _there_already()
    return moved


def _there_already() -> Conflict:
    text = _("The dose times are on this place’s clock already.")
    return Conflict(Problem("zone", text))


def _recorded(
    travel: Travel,
    zone: ZoneInfo,
    answer: ZoneAnswer,
    counts_from_at: datetime | None,
    *,
    by: User,
    now: datetime,
) -> ZoneChange:
    change = ZoneChange(
        plan=travel.plan,
        from_zone=travel.zone.key,
        to_zone=zone.key,
        answer=answer,
        at=now,
        by=by,
        counts_from_at=counts_from_at,
    )
    change.save()
    audit_record(
        actor=by,
        action="zone.moved" if answer is ZoneAnswer.MOVE else "zone.kept",
        target=change,
        patient=travel.plan.patient,
        now=now,
        from_zone=travel.zone.key,
        to_zone=zone.key,
    )
    return change


def _flag_raise(travel: Travel, move: ZoneMove, *, by: User, now: datetime) -> None:
    flag_open(
        patient=travel.plan.patient,
        plan=travel.plan,
        rule=Rule.ZONE_MOVED,
        subject=move.counts_from_at.isoformat(),
        evidence={
            "from_zone": travel.zone.key,
            "to_zone": move.zone.key,
            "moves_at": move.counts_from_at.isoformat(),
            "said_by": by.name,
        },
        now=now,
        by=by,
    )


def _flag_withdraw(travel: Travel, *, now: datetime) -> None:
    """Close the flag of a move that was taken back: the fact is undone."""
    ahead = travel.ahead
    if ahead is None or ahead.counts_from_at is None:
        return
    subject = ahead.counts_from_at.isoformat()
    flags = Flag.objects.open().filter(plan=travel.plan, rule=Rule.ZONE_MOVED, subject=subject)
    for flag in flags.select_related("patient__clinic"):
        flag_close_by_fact(flag=flag, fact={"kept_at": now.isoformat()}, now=now)


def _look_again(plan: Plan, now: datetime) -> None:
    Plan.objects.filter(pk=plan.pk).update(next_look_at=now)
