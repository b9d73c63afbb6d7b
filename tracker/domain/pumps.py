"""What is known of a pump: kinds of dates and events, and which of its typed dates stand.

No date is ever worked out, and nothing here knows how much is in a reservoir.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.domain.zones import ONE_DAY, local_midnight


class PumpDateKind(StrEnum):
    """Which date of a pump was typed. None is ever worked out."""

    REFILL = "refill"
    LOW_RESERVOIR = "low_reservoir"
    REPLACEMENT = "replacement"


class PumpEventKind(StrEnum):
    """What happened to a pump, as somebody reports or records it."""

    REFILL_DONE = "refill_done"
    ALARM_CRITICAL = "alarm_critical"
    ALARM_NON_CRITICAL = "alarm_non_critical"
    CATHETER_PROBLEM = "catheter_problem"
    PROGRAMMING_PROBLEM = "programming_problem"
    ORAL_ON_HAND = "oral_on_hand"
    NO_ORAL_ON_HAND = "no_oral_on_hand"


ALARMS = frozenset({PumpEventKind.ALARM_CRITICAL, PumpEventKind.ALARM_NON_CRITICAL})
PROBLEMS = frozenset({PumpEventKind.CATHETER_PROBLEM, PumpEventKind.PROGRAMMING_PROBLEM})
ORAL = frozenset({PumpEventKind.ORAL_ON_HAND, PumpEventKind.NO_ORAL_ON_HAND})
URGENT = frozenset({PumpEventKind.ALARM_CRITICAL}) | PROBLEMS

REFILLED = frozenset({PumpDateKind.REFILL, PumpDateKind.LOW_RESERVOIR})
"""Dates that only a refill moves once they have gone by."""


@dataclass(frozen=True, slots=True)
class TypedDate:
    """One date as somebody typed it; a local date in the plan's zone.

    `counts_at` is when a second person had typed it again, and had confirmed the refill with which
    it came if it came with one; None while either is missing.
    """

    id: UUID
    kind: PumpDateKind
    falls_on: date
    typed_at: datetime
    is_from_refill: bool
    counts_at: datetime | None


def gone_by_at(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment at which a local date has gone by: the next local midnight."""
    return local_midnight(day + ONE_DAY, zone)


def standing_dates(
    typed: Iterable[TypedDate], kind: PumpDateKind, zone: ZoneInfo
) -> tuple[TypedDate, ...]:
    """Return the dates of one kind that people go by, the newest last; none when none was typed.

    A confirmed date replaces the one before it. A refill date or a low-reservoir alarm date that
    had gone by before it was replaced stays, until a confirmed refill brings a new one. Until one
    is confirmed at all, the newest typed one stands.
    """
    ours = [each for each in typed if each.kind is kind]
    counting = [(each.counts_at, each) for each in ours if each.counts_at is not None]
    if not counting:
        return tuple(sorted(ours, key=lambda each: each.typed_at)[-1:])
    standing: list[TypedDate] = []
    for counts_at, each in sorted(counting, key=lambda pair: (pair[0], pair[1].typed_at)):
        is_replacing_all = each.is_from_refill or kind not in REFILLED
        kept = [] if is_replacing_all else standing
        standing = [old for old in kept if gone_by_at(old.falls_on, zone) <= counts_at]
        standing.append(each)
    return tuple(standing)
