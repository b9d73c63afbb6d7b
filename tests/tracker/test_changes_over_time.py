"""Whatever is amended, held and resumed: no dose twice, none lost, and the past as it was."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.domain.problems import Refusal
from tests.cast import Cast
from tests.tracker.changing import change_signed, expected
from tests.tracker.days import SIGNED, plan_signed
from tests.tracker.plans import dose, raw_step
from tracker.domain.plan_input import clock_time_from
from tracker.domain.plan_states import VersionKind
from tracker.domain.schedule import due_instant
from tracker.models import ExpectedDose, Plan
from tracker.services.doses import HORIZON, doses_extend
from tracker.services.plan_moves import plan_hold

ZONE = "Europe/London"
DAY = timedelta(days=1)
TIMES = ["00:00", "01:30", "08:00", "12:00:30", "23:59:59"]


@dataclass(frozen=True)
class Signed:
    """A version as somebody signed it, for a second opinion on what is expected."""

    signed_at: datetime
    counts_from_at: datetime
    times: tuple[str, ...]
    is_first: bool = False

    def has_begun(self, at: datetime) -> bool:
        """A change counts from its very moment, a first version after its signature."""
        return self.counts_from_at < at or (self.counts_from_at == at and not self.is_first)


@dataclass(frozen=True)
class Turn:
    """One thing that a clinician does, some time after the last."""

    later: timedelta
    what: str
    ahead: timedelta
    times: tuple[str, ...]


def turns() -> st.SearchStrategy[list[Turn]]:
    """Up to six amendments, holds and resumes, often at the very second of a dose or beside it."""
    beside = st.sampled_from([-1, 0, 1])
    hours = st.integers(1, 24 * 25).map(lambda number: timedelta(hours=number))
    spans = st.builds(lambda span, second: span + timedelta(seconds=second), hours, beside)
    times = st.lists(st.sampled_from(TIMES), min_size=1, max_size=3, unique=True)
    turn = st.builds(
        Turn, spans, st.sampled_from(["amend", "amend", "hold", "resume"]), spans, times.map(tuple)
    )
    return st.lists(turn, min_size=1, max_size=6)


def second_opinion(
    versions: list[Signed], holds: list[datetime], until: datetime
) -> list[tuple[datetime, int]]:
    """When a dose is expected and by which version, asked of every minute that could have one."""
    found = []
    first_on = versions[0].signed_at.date() - DAY
    for offset in range((until.date() - first_on).days + 2):
        for clock in TIMES:
            due_at = due_instant(first_on + offset * DAY, clock_time_from(clock), ZoneInfo(ZONE))
            begun = [n for n, each in enumerate(versions) if each.has_begun(due_at)]
            if not begun or due_at > until or clock not in versions[begun[-1]].times:
                continue
            signed_at = versions[begun[-1]].signed_at
            if not any(signed_at <= held_at < due_at for held_at in holds):
                found.append((due_at, begun[-1] + 1))
    return sorted(found)


def steps(begins_at: datetime, times: tuple[str, ...]) -> list[dict[str, object]]:
    day = begins_at.astimezone(ZoneInfo(ZONE)).date()
    return [raw_step(day.isoformat(), "", *(dose(clock, "5 mg") for clock in times))]


def settle(plan: Plan, since: datetime, now: datetime) -> None:
    """Do what the sweep does each night, and once more now."""
    moment = since
    while plan.state == "active" and moment < now:
        doses_extend(plan=plan, now=moment)
        moment += DAY
    if plan.state == "active":
        doses_extend(plan=plan, now=now)


def past_of(plan: Plan, now: datetime) -> list[dict[str, object]]:
    rows = ExpectedDose.objects.filter(plan=plan, due_at__lte=now).order_by("due_at", "pk").values()
    return [{**row, "next_look_at": None} for row in rows]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(turns())
def test_no_dose_is_expected_twice_none_is_lost_and_the_past_stays(
    cast: Cast, found: list[Turn]
) -> None:
    with transaction.atomic():
        follow(cast, found)
        transaction.set_rollback(True)


def follow(cast: Cast, found: list[Turn]) -> None:
    """Let a clinician do these things, and after each compare with the second opinion."""
    first_times = ("08:00", "12:00:30")
    plan = plan_signed(cast.ewan, cast.priya, SIGNED, steps(SIGNED, first_times))
    versions = [Signed(SIGNED, SIGNED, first_times, is_first=True)]
    holds: list[datetime] = []
    now = SIGNED
    for turn in found:
        since, now = now, now + turn.later
        settle(plan, since, now)
        past = past_of(plan, now)
        begins_at = now + turn.ahead
        try:
            if turn.what == "hold":
                review_on = (now + 2 * DAY).date()
                plan_hold(plan=plan, by=cast.priya, reason="r", review_on=review_on, now=now)
                holds.append(now)
            else:
                change_made(cast, plan, turn, begins_at=begins_at, now=now)
                versions.append(Signed(now, begins_at, turn.times))
        except Refusal:
            pass
        plan.refresh_from_db()
        assert past_of(plan, now) == past
        agreed = second_opinion(versions, holds, now + HORIZON)
        assert [(due_at, number) for due_at, _amount, number in expected(plan)] == agreed


def change_made(cast: Cast, plan: Plan, turn: Turn, *, begins_at: datetime, now: datetime) -> None:
    local = begins_at.astimezone(ZoneInfo(ZONE))
    with transaction.atomic():  # two services: kept, then signed
        change_signed(
            cast,
            plan,
            begins_at,
            now,
            kind=VersionKind(turn.what),
            steps=steps(begins_at, turn.times),
            counts_from_on=local.date().isoformat(),
            counts_from_time=local.time().isoformat("seconds"),
        )
