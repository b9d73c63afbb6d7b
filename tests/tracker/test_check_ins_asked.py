"""F27: a check-in was expected and not answered by the day the next one is due."""

from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from accounts.models import User
from tests.cast import Cast
from tests.tracker.changing import change_signed
from tests.tracker.days import SECOND, at, plan_signed, tuesday_plan
from tests.tracker.plans import dose, raw_step
from tracker.domain.flags import Rule
from tracker.domain.plan_flags import CheckInsAsked, check_in_unanswered
from tracker.domain.plan_states import PlanState
from tracker.models import Flag, Plan, Stay, StayKind
from tracker.selectors.check_ins_asked import check_ins_asked
from tracker.selectors.versions import version_in_force
from tracker.selectors.wording import flag_basis, flag_detail, flag_headline
from tracker.services.checkins import check_in_add
from tracker.services.flag_rules import flags_evaluate
from tracker.services.plan_moves import plan_close_observed, plan_hold, plan_stop

LONDON = ZoneInfo("Europe/London")
TUESDAY_ON = date(2026, 11, 24)


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """Signed on Tuesday 24 November; a check-in every three days: on the 27th, the 30th, ..."""
    return tuesday_plan(cast, check_in_every_days="3", observation_days="14")


def unanswered() -> list[str]:
    """The expected dates of the flags that are open."""
    flags = Flag.objects.open().filter(rule=Rule.CHECK_IN_UNANSWERED)
    return [flag.evidence["expected_on"] for flag in flags]


def checked_in(cast: Cast, moment: datetime, by: User | None = None) -> None:
    """Somebody says that none of the signs is present."""
    check_in_add(
        patient=cast.ewan,
        by=by or cast.ewan_user,
        signs=[],
        note="",
        at=None,
        client_id=uuid4(),
        now=moment,
    )


def expected_on(plan: Plan, moment: datetime) -> date | None:
    """The date of the check-in that is asked for."""
    version = version_in_force(plan, moment)
    assert version is not None
    asked = check_ins_asked(plan, version, moment)
    return asked.expected_on if asked is not None else None


@pytest.mark.parametrize(("seconds", "is_raised"), [(-1, False), (0, True), (1, True)])
def test_it_is_unanswered_once_the_next_one_is_due(seconds: int, is_raised: bool) -> None:
    asked = CheckInsAsked("oral", 3, TUESDAY_ON, None)
    found = check_in_unanswered(asked, zone=LONDON, now=at(0, day=30) + seconds * SECOND)
    assert bool(found.raised) is is_raised
    assert found.next_look_at == (None if is_raised else at(0, day=30))


def test_the_days_turn_at_local_midnight_also_where_the_clock_is_moved() -> None:
    asked = CheckInsAsked("oral", 1, date(2026, 3, 28), None)
    summer = datetime.fromisoformat("2026-03-29T23:00:00+00:00")
    assert check_in_unanswered(asked, zone=LONDON, now=summer).raised
    assert not check_in_unanswered(asked, zone=LONDON, now=summer - SECOND).raised


@pytest.mark.parametrize(("seconds", "is_raised"), [(-1, False), (0, True), (1, True)])
def test_a_check_in_that_nobody_answered_is_flagged(
    plan: Plan, seconds: int, is_raised: bool
) -> None:
    look_at = flags_evaluate(plan=plan, now=at(0, day=30) + seconds * SECOND)
    assert unanswered() == ["2026-11-27"] * is_raised
    if not is_raised:
        assert look_at == at(0, day=30)
        return
    flag = Flag.objects.get(rule=Rule.CHECK_IN_UNANSWERED)
    assert flag.flag_class == "W"
    assert flag_headline(flag) == "Check-in of Fri 27 Nov not answered"
    assert flag_detail(flag, LONDON) == "Asked every 3 days. No check-in yet."
    assert flag_basis(flag)


def test_a_plan_that_asks_for_none_flags_none(cast: Cast) -> None:
    plan = tuesday_plan(cast)
    flags_evaluate(plan=plan, now=at(0, day=30) + timedelta(days=90))
    assert unanswered() == []


def test_a_check_in_by_anybody_answers_it_and_the_days_count_from_it(
    cast: Cast, plan: Plan
) -> None:
    checked_in(cast, at(9, day=26), by=cast.isla)
    assert expected_on(plan, at(9, day=26)) == date(2026, 11, 29)
    flags_evaluate(plan=plan, now=at(0, day=30))
    assert unanswered() == []


def test_a_late_check_in_closes_the_flag_and_brings_the_next_look(cast: Cast, plan: Plan) -> None:
    flags_evaluate(plan=plan, now=at(0, day=30))
    checked_in(cast, at(9, day=30))
    plan.refresh_from_db()
    assert plan.next_look_at == at(9, day=30)
    flags_evaluate(plan=plan, now=at(9, day=30))
    assert unanswered() == []


def test_it_does_not_close_because_days_go_by(plan: Plan) -> None:
    for day in (0, 1, 3, 30):
        flags_evaluate(plan=plan, now=at(0, day=30) + timedelta(days=day))
    assert unanswered() == ["2026-11-27"]
    assert Flag.objects.filter(rule=Rule.CHECK_IN_UNANSWERED).count() == 1


def test_a_change_of_the_plan_does_not_begin_the_days_anew(cast: Cast, plan: Plan) -> None:
    change_signed(cast, plan, at(12, day=28), at(9, day=28), check_in_every_days="3")
    assert expected_on(plan, at(12, day=29)) == date(2026, 11, 27)


def test_a_change_that_begins_to_ask_counts_from_its_own_first_day(cast: Cast) -> None:
    plan = tuesday_plan(cast)
    change_signed(cast, plan, at(12, day=28), at(9, day=28), check_in_every_days="2")
    assert expected_on(plan, at(12, day=29)) == date(2026, 11, 30)


def test_on_hold_check_ins_go_on(cast: Cast, plan: Plan) -> None:
    plan_hold(plan=plan, by=cast.priya, reason="Surgery", review_on=date(2026, 12, 20), now=at(9))
    plan.refresh_from_db()
    flags_evaluate(plan=plan, now=at(0, day=30))
    assert unanswered() == ["2026-11-27"]


def test_after_the_last_dose_check_ins_go_on_until_the_observation_ends(
    cast: Cast, plan: Plan
) -> None:
    plan_stop(plan=plan, by=cast.priya, reason="Agreed", now=at(9))
    plan.refresh_from_db()
    assert plan.state == PlanState.OBSERVATION
    assert plan_close_observed(plan=plan, now=at(9)) == at(0, day=30)
    plan_close_observed(plan=plan, now=at(0, day=30))
    assert unanswered() == ["2026-11-27"]
    plan_close_observed(plan=plan, now=at(0, day=24) + timedelta(days=15))
    assert plan.state == PlanState.CLOSED
    assert unanswered() == ["2026-11-27"]
    assert expected_on(plan, at(0, day=24) + timedelta(days=15)) is None


def test_in_hospital_nobody_is_asked_and_the_days_count_from_the_return(
    cast: Cast, plan: Plan
) -> None:
    Stay.objects.create(
        patient=cast.ewan,
        kind=StayKind.HOSPITAL,
        from_at=at(12, day=25),
        until_at=at(12, day=28),
        recorded_at=at(12, day=25),
        recorded_by=cast.priya,
    )
    assert expected_on(plan, at(12, day=27)) is None
    assert expected_on(plan, at(12, day=28)) == date(2026, 12, 1)
    flags_evaluate(plan=plan, now=at(0, day=30))
    assert unanswered() == []


def test_a_stay_closes_no_flag_that_stands(cast: Cast, plan: Plan) -> None:
    flags_evaluate(plan=plan, now=at(0, day=30))
    Stay.objects.create(
        patient=cast.ewan,
        kind=StayKind.HOSPITAL,
        from_at=at(1, day=30),
        recorded_at=at(1, day=30),
        recorded_by=cast.priya,
    )
    flags_evaluate(plan=plan, now=at(2, day=30))
    assert unanswered() == ["2026-11-27"]


@pytest.mark.parametrize(
    ("days_ago", "words"),
    [(2, ""), (3, "Your clinic asks for a check-in today."), (5, "has asked for a check-in since")],
)
def test_today_asks_for_a_check_in_from_the_day_it_is_due(
    live_cast: Cast, days_ago: int, words: str
) -> None:
    signed_at = live_cast.now - timedelta(days=days_ago)
    begins_on = signed_at.date() - timedelta(days=1)
    plan_since(live_cast, begins_on, signed_at)
    page = live_cast.client(live_cast.ewan_user).get("/today/").content.decode()
    assert words in page
    assert ("asks for a check-in" in page or "asked for a check-in" in page) is bool(words)
    assert ('class="btn btn--l btn--wide" href="/check-in/"' in page) is bool(words)


def plan_since(cast: Cast, begins_on: date, signed_at: datetime) -> None:
    """A plan on the cast's own calendar that asks every three days."""
    steps = [raw_step(begins_on.isoformat(), "", dose("08:00", "15 mg"))]
    plan_signed(
        cast.ewan, cast.priya, signed_at, steps, check_in_every_days="3", ending="open", zone="UTC"
    )
