"""The flags of a plan by pump, F14 to F21, as pure rules over dates as typed and events as told.

A date has gone by at the local midnight that ends it, in the plan's zone. No rule takes a flag
back because time has passed: only another date, a confirmed refill or a newer statement does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from accounts.domain.zones import local_midnight
from tracker.domain.flags import NOTHING, Evidence, FlagClass, Raised, Rule, Verdict
from tracker.domain.pumps import PumpEventKind, TypedDate, gone_by_at

PUMP_RULES = frozenset(
    {
        Rule.REFILL_NEAR,
        Rule.REFILL_PASSED,
        Rule.LOW_RESERVOIR_PASSED,
        Rule.REPLACEMENT,
        Rule.NO_ORAL_ON_HAND,
    }
)
"""Rules that follow a pump over time. Alarms and problems are flags of their own from the moment
they are told, and close by a named person's note alone."""

RULE_OF_EVENT = {
    PumpEventKind.ALARM_NON_CRITICAL: Rule.ALARM_NON_CRITICAL,
    PumpEventKind.ALARM_CRITICAL: Rule.ALARM_CRITICAL,
    PumpEventKind.CATHETER_PROBLEM: Rule.PUMP_PROBLEM,
    PumpEventKind.PROGRAMMING_PROBLEM: Rule.PUMP_PROBLEM,
}


@dataclass(frozen=True, slots=True)
class PumpEventFact:
    """What somebody said happened; `sound` is the maker's words for the alarm, "" otherwise."""

    id: str
    kind: PumpEventKind
    at: datetime
    by: str
    sound: str = ""


@dataclass(frozen=True, slots=True)
class OralOnHand:
    """The newest word about oral baclofen on hand: whether there is any, and until which day."""

    id: str
    is_on_hand: bool
    expires_on: date | None
    at: datetime
    by: str


def refill_near(
    dates: Sequence[TypedDate], *, threshold: int | None, zone: ZoneInfo, now: datetime
) -> Verdict:
    """F14: a refill date is at most `threshold` days away; stays when it has gone by."""
    return _near(Rule.REFILL_NEAR, dates, threshold, zone, now)


def refill_passed(dates: Sequence[TypedDate], *, zone: ZoneInfo, now: datetime) -> Verdict:
    """F15: a refill date has gone by."""
    return _passed(Rule.REFILL_PASSED, dates, zone, now)


def low_reservoir_passed(dates: Sequence[TypedDate], *, zone: ZoneInfo, now: datetime) -> Verdict:
    """F16: a low-reservoir alarm date has gone by and no refill has brought another."""
    return _passed(Rule.LOW_RESERVOIR_PASSED, dates, zone, now)


def replacement(
    dates: Sequence[TypedDate], *, threshold: int | None, zone: ZoneInfo, now: datetime
) -> Verdict:
    """F19: the replacement date is near, of class I; once it has gone by, of class D.

    Without a threshold only the second is raised.
    """
    passed = _passed(Rule.REPLACEMENT, dates, zone, now, flag_class=FlagClass.SAME_DAY)
    gone = {raised.subject for raised in passed.raised}
    ahead = [each for each in dates if str(each.id) not in gone]
    near = _near(Rule.REPLACEMENT, ahead, threshold, zone, now)
    looks = [look for look in (passed.next_look_at, near.next_look_at) if look is not None]
    return Verdict(passed.raised + near.raised, min(looks, default=None))


def no_oral_on_hand(
    said: OralOnHand | None, *, is_instructed: bool, zone: ZoneInfo, now: datetime
) -> Verdict:
    """F21: somebody says that there is none, or what there is has gone out of date.

    Off where nobody has said anything. What is usable until a date is out of date after it.
    """
    if said is None:
        return NOTHING
    evidence: Evidence = {
        "at": said.at.isoformat(),
        "by": said.by,
        "instructed": int(is_instructed),
    }
    if said.is_on_hand:
        if said.expires_on is None:
            return NOTHING
        gone_by = gone_by_at(said.expires_on, zone)
        if now < gone_by:
            return Verdict((), gone_by)
        evidence = {**evidence, "expired_on": said.expires_on.isoformat()}
    return Verdict((Raised(Rule.NO_ORAL_ON_HAND, said.id, evidence),), None)


def event_raised(event: PumpEventFact) -> Raised | None:
    """F17, F18 and F20: what one statement raises at once; None when it raises nothing."""
    rule = RULE_OF_EVENT.get(event.kind)
    if rule is None:
        return None
    evidence: Evidence = {"what": event.kind.value, "by": event.by, "at": event.at.isoformat()}
    if event.sound:
        evidence = {**evidence, "sound": event.sound}
    return Raised(rule, event.id, evidence)


def _near(
    rule: Rule, dates: Sequence[TypedDate], threshold: int | None, zone: ZoneInfo, now: datetime
) -> Verdict:
    if threshold is None:
        return NOTHING
    begins = [
        (local_midnight(each.falls_on - timedelta(days=threshold), zone), each) for each in dates
    ]
    raised = [
        Raised(rule, str(each.id), {**_evidence(each), "threshold": threshold})
        for begins_at, each in begins
        if begins_at <= now
    ]
    ahead = [begins_at for begins_at, _ in begins if begins_at > now]
    return Verdict(tuple(raised), min(ahead, default=None))


def _passed(
    rule: Rule,
    dates: Sequence[TypedDate],
    zone: ZoneInfo,
    now: datetime,
    *,
    flag_class: FlagClass | None = None,
) -> Verdict:
    ends = [(gone_by_at(each.falls_on, zone), each) for each in dates]
    raised = [
        Raised(rule, str(each.id), {**_evidence(each), "passed": 1}, flag_class)
        for ends_at, each in ends
        if ends_at <= now
    ]
    ahead = [ends_at for ends_at, _ in ends if ends_at > now]
    return Verdict(tuple(raised), min(ahead, default=None))


def _evidence(each: TypedDate) -> dict[str, str | int]:
    return {
        "date_on": each.falls_on.isoformat(),
        "confirmed": int(each.counts_at is not None),
    }
