"""Which check-in a plan expects next, or has expected since a date that nobody answered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from itertools import takewhile
from zoneinfo import ZoneInfo

from django.db.models import Max

from accounts.domain.zones import local_date
from tracker.domain.plan_flags import CheckInsAsked
from tracker.domain.plan_states import WATCHED
from tracker.models import Plan, PlanVersion
from tracker.selectors.versions import zone_of


def check_ins_asked(plan: Plan, version: PlanVersion, now: datetime) -> CheckInsAsked | None:
    """Return the check-in that is expected; None where the version that counts asks for none.

    The days count from the last check-in, whoever made it, but not from before the plan began to
    ask or from before the end of a stay. During a stay, and after the observation, nobody is asked.
    """
    every_days = version.check_in_every_days
    if every_days is None or plan.state not in WATCHED or is_away(plan, now):
        return None
    zone = zone_of(version, now)
    began_on = _began_on(plan, zone, now)
    last_at = plan.patient.check_ins.filter(at__lte=now).aggregate(at=Max("at"))["at"]
    stays = plan.patient.stays.standing()
    back_at = stays.filter(until_at__lte=now).aggregate(at=Max("until_at"))["at"]
    last_on = local_date(last_at, zone) if last_at is not None else None
    back_on = local_date(back_at, zone) if back_at is not None else None
    since_on = max(on for on in (began_on, last_on, back_on) if on is not None)
    subject = f"{plan.route} since {since_on.isoformat()}"
    return CheckInsAsked(subject, every_days, since_on, last_on)


def is_away(plan: Plan, now: datetime) -> bool:
    """Tell whether the patient is in hospital or not monitored: nobody is asked anything."""
    return plan.patient.stays.covering(now).exists()


def _began_on(plan: Plan, zone: ZoneInfo, now: datetime) -> date:
    """Return the first day of the versions that have asked for check-ins without a break."""
    counted = plan.versions.filter(counts_from_at__lte=now).order_by("-number")
    rows: Iterable[tuple[datetime, int | None]] = counted.values_list(
        "counts_from_at", "check_in_every_days"
    )
    asking = takewhile(lambda row: row[1] is not None, rows)
    return min(local_date(counts_from_at, zone) for counts_from_at, _days in asking)
