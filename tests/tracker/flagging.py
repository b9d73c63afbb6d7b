"""The flags of a plan whose thresholds are typed, for the tests of flags."""

from datetime import datetime, timedelta

from tests.cast import Cast
from tests.tracker.days import at
from tracker.models import Flag, Plan, ReportKind
from tracker.services.checkins import report_add

THRESHOLDS = {
    "missed_doses_threshold": "2",
    "hours_since_taken_threshold": "30",
    "silent_doses_threshold": "3",
    "supply_days_threshold": "5",
    "step_change_days_threshold": "3",
    "sign_hours_threshold": "72",
    "review_days_threshold": "365",
}
WINDOW = timedelta(minutes=45)
THIRD_SILENCE = at(20) + WINDOW


def open_rules(plan: Plan) -> list[str]:
    """The rules of the plan's open flags."""
    return sorted(Flag.objects.open().filter(plan=plan).values_list("rule", flat=True))


def supply(cast: Cast, runs_out: datetime, now: datetime) -> None:
    """Ewan says on which date his supply runs out."""
    report_add(
        patient=cast.ewan,
        by=cast.ewan_user,
        kind=ReportKind.SUPPLY,
        at=None,
        client_id=f"00000000-0000-4000-8000-{runs_out:%Y%m%d%H%M}",
        now=now,
        runs_out_on=runs_out.date(),
    )
