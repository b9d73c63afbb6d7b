"""What the rules of a pump find for a plan at one moment."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from tracker.domain import pump_flags as rules
from tracker.domain.flags import Verdict
from tracker.domain.pumps import REFILLED, PumpDateKind, standing_dates
from tracker.models import Plan, PlanVersion
from tracker.selectors.pumps import dates_of, oral_said, pump_of, typed_dates


def pump_verdicts(plan: Plan, version: PlanVersion, now: datetime) -> list[Verdict]:
    """Return what F14, F15, F16, F19 and F21 find; nothing where no pump is on record."""
    pump = pump_of(plan.patient)
    if pump is None:
        return []
    zone = ZoneInfo(version.zone)
    typed = typed_dates(dates_of(pump))
    refill = standing_dates(typed, PumpDateKind.REFILL, zone)
    low = standing_dates(typed, PumpDateKind.LOW_RESERVOIR, zone)
    replacing = standing_dates(typed, PumpDateKind.REPLACEMENT, zone)
    return [
        rules.refill_near(refill, threshold=version.refill_days_threshold, zone=zone, now=now),
        rules.refill_passed(refill, zone=zone, now=now),
        rules.low_reservoir_passed(low, zone=zone, now=now),
        rules.replacement(
            replacing, threshold=version.replacement_days_threshold, zone=zone, now=now
        ),
        rules.no_oral_on_hand(
            oral_said(pump), is_instructed=bool(pump.oral_instruction), zone=zone, now=now
        ),
    ]


def pump_gaps(plan: Plan) -> list[str]:
    """Return what of a pump is not on record, for F24: without it nothing can be watched."""
    pump = pump_of(plan.patient)
    if pump is None:
        return ["pump_record"]
    typed = set(pump.dates.values_list("kind", flat=True))
    return [f"pump_{kind}_date" for kind in sorted(REFILLED, reverse=True) if kind not in typed]
