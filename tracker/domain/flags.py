"""The flags of the measures document that a running plan can raise.

`doses` are those that a record monitors, in due order. Each rule looks at facts and `now` and
returns what it found and the next moment at which its answer could change by time alone. A flag
is a stated fact: no score, no weight, no sum. Nothing here closes a flag because time has passed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from types import MappingProxyType
from zoneinfo import ZoneInfo

from accounts.domain.zones import local_midnight
from tracker.domain.dose_record import DoseFact
from tracker.domain.doses import Outcome, on_time_until
from tracker.domain.measures import Holiday
from tracker.domain.plan_input import minutes_text


class FlagClass(StrEnum):
    """How soon a flag needs eyes, most urgent first."""

    EMERGENCY = "E"
    SAME_DAY = "D"
    WATCH = "W"
    INFORMATION = "I"


class Rule(StrEnum):
    """The rules: F by their number in the measures document, P where a plan's own life asks."""

    EMERGENCY_SIGN = "F1"
    SAME_DAY_SIGN = "F2"
    INTRATHECAL_SIGN = "F3"
    STOPPED_SUDDENLY = "F4"
    NOT_TAKEN_RUN = "F5"
    HOURS_SINCE_TAKEN = "F6"
    SILENT_RUN = "F7"
    DRUG_HOLIDAY = "F8"
    STOPPED_EARLY = "F9"
    STEP_CHANGE = "F10"
    SIGN_AFTER_CHANGE = "F11"
    AMOUNT_OR_EXTRA = "F12"
    SUPPLY = "F13"
    REFILL_NEAR = "F14"
    REFILL_PASSED = "F15"
    LOW_RESERVOIR_PASSED = "F16"
    ALARM_NON_CRITICAL = "F17"
    ALARM_CRITICAL = "F18"
    REPLACEMENT = "F19"
    PUMP_PROBLEM = "F20"
    NO_ORAL_ON_HAND = "F21"
    NOT_ACKNOWLEDGED = "F22"
    UNDELIVERED = "F23"
    SET_UP = "F24"
    NOT_REVIEWED = "F25"
    ON_HOLD = "F26"
    CHECK_IN_UNANSWERED = "F27"
    CHANGE_NOT_SIGNED = "P1"
    CHANGE_NOT_SEEN = "P2"
    ZONE_MOVED = "P3"


class FlagEventKind(StrEnum):
    """One thing that happened to a flag."""

    OPENED = "opened"
    RESTATED = "restated"
    CLOSED = "closed"


CLASS_OF: Mapping[Rule, FlagClass] = MappingProxyType(
    {
        Rule.EMERGENCY_SIGN: FlagClass.EMERGENCY,
        Rule.SAME_DAY_SIGN: FlagClass.SAME_DAY,
        Rule.INTRATHECAL_SIGN: FlagClass.EMERGENCY,
        Rule.STOPPED_SUDDENLY: FlagClass.EMERGENCY,
        Rule.NOT_TAKEN_RUN: FlagClass.SAME_DAY,
        Rule.HOURS_SINCE_TAKEN: FlagClass.SAME_DAY,
        Rule.SILENT_RUN: FlagClass.WATCH,
        Rule.DRUG_HOLIDAY: FlagClass.SAME_DAY,
        Rule.STOPPED_EARLY: FlagClass.SAME_DAY,
        Rule.STEP_CHANGE: FlagClass.INFORMATION,
        Rule.SIGN_AFTER_CHANGE: FlagClass.WATCH,
        Rule.AMOUNT_OR_EXTRA: FlagClass.SAME_DAY,
        Rule.SUPPLY: FlagClass.WATCH,
        Rule.REFILL_NEAR: FlagClass.INFORMATION,
        Rule.REFILL_PASSED: FlagClass.SAME_DAY,
        Rule.LOW_RESERVOIR_PASSED: FlagClass.EMERGENCY,
        Rule.ALARM_NON_CRITICAL: FlagClass.SAME_DAY,
        Rule.ALARM_CRITICAL: FlagClass.EMERGENCY,
        Rule.REPLACEMENT: FlagClass.INFORMATION,
        Rule.PUMP_PROBLEM: FlagClass.EMERGENCY,
        Rule.NO_ORAL_ON_HAND: FlagClass.WATCH,
        Rule.NOT_ACKNOWLEDGED: FlagClass.WATCH,  # of a class: the class of its alert
        Rule.UNDELIVERED: FlagClass.SAME_DAY,
        Rule.SET_UP: FlagClass.WATCH,
        Rule.NOT_REVIEWED: FlagClass.WATCH,
        Rule.ON_HOLD: FlagClass.INFORMATION,
        Rule.CHECK_IN_UNANSWERED: FlagClass.WATCH,
        Rule.CHANGE_NOT_SIGNED: FlagClass.SAME_DAY,
        Rule.CHANGE_NOT_SEEN: FlagClass.WATCH,
        Rule.ZONE_MOVED: FlagClass.INFORMATION,
    }
)

Evidence = Mapping[str, str | int | list[str]]


@dataclass(frozen=True, slots=True)
class Raised:
    """One flag that stands: `subject` names the run or thing, `evidence` states the fact."""

    rule: Rule
    subject: str
    evidence: Evidence
    flag_class: FlagClass | None = None  # where it is not the rule's own

    @property
    def found_class(self) -> FlagClass:
        """The class that this flag has now."""
        return self.flag_class or CLASS_OF[self.rule]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule found; `next_look_at` is None when only a new fact can change it."""

    raised: tuple[Raised, ...]
    next_look_at: datetime | None


NOTHING = Verdict(raised=(), next_look_at=None)


@dataclass(frozen=True, slots=True)
class Asked:
    """An open alert of which others have been told since this instant; nobody has it."""

    subject: str
    about: str  # its fact in one line
    since_at: datetime


def not_taken_runs(doses: Sequence[DoseFact], *, threshold: int | None) -> Verdict:
    """F5: consecutive doses reported missed or skipped, at least `threshold` of them.

    A run stays a fact after the next dose is taken; only entries that change the run undo it. A
    dose between that nobody has spoken of, past or to come, parts two runs.
    """
    if threshold is None:
        return NOTHING
    raised = []
    for is_reported, run in groupby(doses, key=_is_reported_not_taken):
        found = list(run)
        if is_reported and len(found) >= threshold:
            raised.append(_run(Rule.NOT_TAKEN_RUN, found, threshold))
    return Verdict(tuple(raised), None)


def hours_since_taken(
    doses: Sequence[DoseFact], taken: Sequence[datetime], *, threshold: int | None, now: datetime
) -> Verdict:
    """F6: hours since the last dose logged taken, or since the first due instant if none was.

    `taken` is when anything was, extra doses too. Raised only while a dose due after the last of
    them has passed its window without a taken entry.
    """
    if threshold is None or not doses:
        return NOTHING
    since = max(taken) if taken else doses[0].due_at
    waiting = [
        on_time_until(dose.due_at, dose.window)
        for dose in doses
        if dose.taken_at is None and (dose.due_at > since or not taken)
    ]
    if not waiting:
        return NOTHING
    raise_at = max(since + timedelta(hours=threshold), min(waiting))
    if now < raise_at:
        return Verdict((), raise_at)
    evidence: Evidence = {
        "since": since.isoformat(),
        "threshold": threshold,
        "counted_from": "taken" if taken else "first_due",
    }
    return Verdict((Raised(Rule.HOURS_SINCE_TAKEN, "plan", evidence),), None)


def silent_run(doses: Sequence[DoseFact], *, threshold: int | None, now: datetime) -> Verdict:
    """F7: the newest consecutive past doses without a taken entry, one of them not logged."""
    if threshold is None:
        return NOTHING
    run: list[DoseFact] = []
    for dose in reversed([dose for dose in doses if _is_past(dose, now)]):
        if dose.outcome is Outcome.TAKEN:
            break
        run.insert(0, dose)
    look_at = _next_window_end(doses, now)
    if len(run) < threshold or all(dose.outcome is not None for dose in run):
        return Verdict((), look_at)
    found = _run(Rule.SILENT_RUN, run, threshold)
    return Verdict((Raised(found.rule, "plan", found.evidence),), look_at)


def drug_holidays(
    holidays: Sequence[Holiday], doses: Sequence[DoseFact], *, now: datetime
) -> Verdict:
    """F8: each drug holiday that the measure of that name finds (Vrijens 2008)."""
    raised = []
    for holiday in holidays:
        days = [dose for dose in doses if holiday.first_on <= dose.local_date <= holiday.last_on]
        evidence: Evidence = {
            "first_on": holiday.first_on.isoformat(),
            "last_on": holiday.last_on.isoformat(),
            "days": holiday.days,
            "doses": len(days),
        }
        raised.append(Raised(Rule.DRUG_HOLIDAY, holiday.first_on.isoformat(), evidence))
    said_ahead = [dose.due_at for dose in doses if dose.outcome is not None and dose.due_at > now]
    looks = [look_at for look_at in (*said_ahead, _next_window_end(doses, now)) if look_at]
    return Verdict(tuple(raised), min(looks, default=None))


def supply_runs_out(
    runs_out_on: date | None, *, threshold: int | None, zone: ZoneInfo, now: datetime
) -> Verdict:
    """F13: the patient says that the supply runs out within `threshold` days of today.

    Local dates in the plan's zone; it can change at a local midnight only.
    """
    if threshold is None or runs_out_on is None:
        return NOTHING
    raise_at = local_midnight(runs_out_on - timedelta(days=threshold), zone)
    if now < raise_at:
        return Verdict((), raise_at)
    evidence: Evidence = {"runs_out_on": runs_out_on.isoformat(), "threshold": threshold}
    return Verdict((Raised(Rule.SUPPLY, "plan", evidence),), None)


def not_acknowledged(
    asked: Asked | None, *, delay: timedelta, flag_class: FlagClass, now: datetime
) -> Verdict:
    """F22: others were told of an alert, and `delay` later nobody has said "I have it".

    `asked` is None while somebody has it, when nobody outside the patient has been told, and once
    the alert is closed. The flag has the class of its alert.
    """
    if asked is None:
        return NOTHING
    raise_at = asked.since_at + delay
    if now < raise_at:
        return Verdict((), raise_at)
    evidence: Evidence = {
        "about": asked.about,
        "asked_since": asked.since_at.isoformat(),
        "minutes": minutes_text(delay),
    }
    return Verdict((Raised(Rule.NOT_ACKNOWLEDGED, asked.subject, evidence, flag_class),), None)


def set_up_gaps(missing: Sequence[str]) -> Verdict:
    """F24: thresholds or an out-of-hours contact not set, or a patient who never signed in."""
    if not missing:
        return NOTHING
    return Verdict((Raised(Rule.SET_UP, "plan", {"missing": list(missing)}),), None)


def _is_reported_not_taken(dose: DoseFact) -> bool:
    return dose.outcome in {Outcome.MISSED, Outcome.SKIPPED}


def _is_past(dose: DoseFact, now: datetime) -> bool:
    """Tell whether somebody has said what happened, or the dose's window has gone by."""
    return dose.outcome is not None or now >= on_time_until(dose.due_at, dose.window)


def _next_window_end(doses: Sequence[DoseFact], now: datetime) -> datetime | None:
    ends = (on_time_until(dose.due_at, dose.window) for dose in doses if not _is_past(dose, now))
    return min(ends, default=None)


def _run(rule: Rule, run: Sequence[DoseFact], threshold: int) -> Raised:
    evidence: Evidence = {
        "doses": len(run),
        "first_due_at": run[0].due_at.isoformat(),
        "last_due_at": run[-1].due_at.isoformat(),
        "threshold": threshold,
    }
    return Raised(rule, run[0].due_at.isoformat(), evidence)
