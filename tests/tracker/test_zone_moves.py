"""Travel: both answers, what they make of the doses, and when a move is refused."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.domain.problems import Conflict, Refusal
from accounts.models import AuditRow
from tests.cast import Cast
from tests.tracker.changing import change_signed
from tests.tracker.days import SECOND, SIGNED, at, log, plan_signed, tuesday_plan
from tests.tracker.plans import dose, raw_step
from tracker.domain.plan_states import VersionKind
from tracker.domain.schedule import DoseTimeSpec, StepSpec
from tracker.domain.zone_moves import (
    ZoneAnswer,
)
from tracker.models import ExpectedDose, Flag, Plan, ZoneChange
from tracker.selectors.around import patient_around
from tracker.selectors.plan_starts import change_start
from tracker.selectors.today import today_of
from tracker.selectors.versions import version_in_force, zone_of
from tracker.selectors.wording import flag_detail, flag_headline
from tracker.selectors.zones import is_zone_asked, travel_of, zone_question
from tracker.services.doses import doses_extend
from tracker.services.flags import flag_close
from tracker.services.zones import zone_answer_keep, zone_answer_move

LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")
TOKYO = ZoneInfo("Asia/Tokyo")
DAY = timedelta(days=1)

NOON = at(12)  # in London on the cast's Tuesday; 07:00 in New York
NEW_YORK_THURSDAY = datetime(2026, 11, 26, 5, tzinfo=UTC)


def steps_of(*clocks: str, begins_on: date = date(2026, 11, 20)) -> tuple[StepSpec, ...]:
    doses = tuple(DoseTimeSpec(time.fromisoformat(clock), "10 mg") for clock in clocks)
    return (StepSpec(number=1, begins_on=begins_on, ends_on=None, doses=doses),)


# --- the answers


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """08:00, 14:00 and 20:00 each day in London."""
    return tuesday_plan(cast)


def move(
    cast: Cast, plan: Plan, now: datetime = NOON, zone: str = "America/New_York"
) -> ZoneChange:
    return zone_answer_move(plan=plan, by=cast.ewan_user, device_zone=zone, now=now)


def keep(
    cast: Cast, plan: Plan, now: datetime = NOON, zone: str = "America/New_York"
) -> ZoneChange:
    return zone_answer_keep(plan=plan, by=cast.ewan_user, device_zone=zone, now=now)


def standing(plan: Plan) -> list[ExpectedDose]:
    return list(plan.doses.standing().order_by("due_at"))


def test_keep_leaves_every_dose_where_it_was_and_is_recorded(cast: Cast, plan: Plan) -> None:
    before = [(row.pk, row.due_at, row.next_look_at) for row in standing(plan)]
    change = keep(cast, plan)
    assert before == [(row.pk, row.due_at, row.next_look_at) for row in standing(plan)]
    assert (change.answer, change.from_zone, change.to_zone, change.counts_from_at, change.by) == (
        ZoneAnswer.KEEP,
        "Europe/London",
        "America/New_York",
        None,
        cast.ewan_user,
    )
    audit = AuditRow.objects.get(action="zone.kept")
    assert (audit.actor, audit.patient) == (cast.ewan_user, cast.ewan)
    assert not Flag.objects.filter(rule="P3").exists()


def test_move_makes_the_doses_anew_at_the_same_wall_times_there(cast: Cast, plan: Plan) -> None:
    change = move(cast, plan)
    assert change.counts_from_at == NEW_YORK_THURSDAY
    rows = standing(plan)
    before = [row for row in rows if row.due_at < NEW_YORK_THURSDAY]
    after = [row for row in rows if row.due_at >= NEW_YORK_THURSDAY]
    assert {row.zone for row in before} == {"Europe/London"}
    assert {row.zone for row in after} == {"America/New_York"}
    assert [row.due_at for row in after[:3]] == [
        datetime(2026, 11, 26, 13, tzinfo=UTC),
        datetime(2026, 11, 26, 19, tzinfo=UTC),
        datetime(2026, 11, 27, 1, tzinfo=UTC),
    ]
    assert [(row.local_date.day, row.wall_time.hour) for row in after[:3]] == [
        (26, 8),
        (26, 14),
        (26, 20),
    ]
    assert {row.amount for row in after} == {"15 mg"}
    assert all(row.next_look_at is not None for row in after)
    gone = plan.doses.filter(cancelled_at=NOON)
    assert gone.count() == 36
    assert {row.due_at >= NEW_YORK_THURSDAY for row in gone} == {True}
    assert {row.cancel_reason for row in gone} == {"Dose times move to New York time."}
    plan.refresh_from_db()
    assert plan.next_look_at == NOON
    assert AuditRow.objects.filter(action="zone.moved", actor=cast.ewan_user).count() == 1


def test_the_doses_of_later_days_are_made_where_they_moved_to(cast: Cast, plan: Plan) -> None:
    move(cast, plan)
    for day in range(25, 30):
        doses_extend(plan=plan, now=at(12, day=day))
    rows = standing(plan)
    places = [(row.local_date, row.wall_time) for row in rows]
    assert len(set(places)) == len(places)
    dates = {row.local_date for row in rows}
    assert dates == {date(2026, 11, 24) + n * DAY for n in range(len(dates))}
    assert all(len([row for row in rows if row.local_date == on]) == 3 for on in sorted(dates)[:-1])
    version = version_in_force(plan, NOON)
    assert version is not None
    assert zone_of(version, NEW_YORK_THURSDAY - SECOND) == LONDON
    assert zone_of(version, NEW_YORK_THURSDAY) == NEW_YORK


def test_the_clinic_is_told_by_a_flag_that_a_named_person_closes(cast: Cast, plan: Plan) -> None:
    move(cast, plan)
    flag = Flag.objects.get(rule="P3", plan=plan)
    assert flag.flag_class == "I"
    assert flag_headline(flag) == "Dose times move to New York time"
    assert flag_detail(flag, LONDON) == (
        "From Thu 26 Nov 05:00 on, said by Ewan Macrae. Until then London time."
    )
    flag_close(flag=flag, by=cast.priya, note="Called, all understood.", now=NOON + SECOND)
    assert move(cast, plan, NOON + 2 * SECOND).at == NOON
    assert not Flag.objects.open().filter(rule="P3").exists()


def test_today_is_read_on_the_clock_that_is_in_force(cast: Cast, plan: Plan) -> None:
    move(cast, plan)
    around = patient_around(cast.ewan_user, NOON)
    assert around is not None
    before = today_of(around, reader=cast.ewan_user, now=NEW_YORK_THURSDAY - SECOND)
    after = today_of(around, reader=cast.ewan_user, now=NEW_YORK_THURSDAY)
    assert (before.zone, before.today) == (LONDON, date(2026, 11, 26))
    assert (after.zone, after.today) == (NEW_YORK, date(2026, 11, 26))
    assert [dose.wall_time.hour for dose in after.todays] == [8, 14, 20]


def test_the_same_answer_twice_is_one(cast: Cast, plan: Plan) -> None:
    assert keep(cast, plan).pk == keep(cast, plan, NOON + SECOND).pk
    moved = move(cast, plan, NOON + 2 * SECOND)
    doses = [row.pk for row in standing(plan)]
    assert move(cast, plan, NOON + 3 * SECOND).pk == moved.pk
    assert move(cast, plan, NEW_YORK_THURSDAY + SECOND).pk == moved.pk
    assert doses == [row.pk for row in standing(plan)]
    assert ZoneChange.objects.count() == 2


def test_keep_takes_back_a_move_that_has_not_begun(cast: Cast, plan: Plan) -> None:
    before = [(row.local_date, row.wall_time, row.due_at) for row in standing(plan)]
    move(cast, plan)
    keep(cast, plan, NOON + SECOND)
    rows = standing(plan)
    assert [(row.local_date, row.wall_time, row.due_at) for row in rows][: len(before)] == before
    assert {row.zone for row in rows} == {"Europe/London"}
    assert not Flag.objects.open().filter(rule="P3").exists()
    again = move(cast, plan, NOON + 2 * SECOND)
    assert again.counts_from_at == NEW_YORK_THURSDAY
    assert {row.zone for row in standing(plan) if row.due_at >= NEW_YORK_THURSDAY} == {
        "America/New_York"
    }


def test_the_way_home_asks_the_clinic_where_an_evening_dose_would_fall_away(
    cast: Cast, plan: Plan
) -> None:
    move(cast, plan)
    home_at = datetime(2026, 12, 5, 12, tzinfo=UTC)
    doses_extend(plan=plan, now=home_at)
    with pytest.raises(Refusal, match="The 20:00 dose of Sun 6 Dec would fall away"):
        move(cast, plan, home_at, "Europe/London")


def test_the_way_home_is_a_move_too_where_no_dose_is_lost(cast: Cast) -> None:
    steps = [raw_step("2026-11-24", "", dose("08:00", "5 mg"), dose("16:00", "5 mg"))]
    plan = plan_signed(cast.ewan, cast.priya, SIGNED, steps)
    move(cast, plan)
    home_at = datetime(2026, 12, 5, 12, tzinfo=UTC)
    doses_extend(plan=plan, now=home_at)
    back = move(cast, plan, home_at, "Europe/London")
    assert back.counts_from_at == at(0, day=30) + 7 * DAY
    assert move(cast, plan, back.counts_from_at, "Europe/London").pk == back.pk


def test_a_move_that_would_drop_a_dose_is_refused_and_changes_nothing(
    cast: Cast, plan: Plan
) -> None:
    before = [row.pk for row in standing(plan)]
    with pytest.raises(Refusal) as refused:
        move(cast, plan, zone="Asia/Tokyo")
    assert str(refused.value) == (
        "The times cannot move by themselves. Ask your clinic. "
        "The 20:00 dose of Wed 25 Nov would fall away."
    )
    assert before == [row.pk for row in standing(plan)]
    assert not ZoneChange.objects.exists()


def test_a_move_that_would_bring_a_date_twice_is_refused(cast: Cast) -> None:
    steps = [raw_step("2026-11-24", "", dose("03:00", "5 mg"), dose("15:00", "5 mg"))]
    plan = plan_signed(cast.ewan, cast.priya, SIGNED, steps)
    with pytest.raises(Refusal, match="03:00 dose of Thu 26 Nov would come twice"):
        move(cast, plan)


def test_a_refused_move_names_the_dose_to_the_second_that_was_entered(cast: Cast) -> None:
    steps = [raw_step("2026-11-24", "", dose("03:00:30", "5 mg"), dose("15:00", "5 mg"))]
    plan = plan_signed(cast.ewan, cast.priya, SIGNED, steps)
    with pytest.raises(Refusal, match="03:00:30 dose of Thu 26 Nov would come twice"):
        move(cast, plan)


def test_a_move_that_would_let_two_doses_fall_together_is_refused(cast: Cast) -> None:
    """The clocks of New York go forward on 14 March 2027, two weeks before those of London."""
    steps = [raw_step("2026-11-24", "2027-03-20", dose("02:30", "5 mg"), dose("03:30", "5 mg"))]
    plan = plan_signed(cast.ewan, cast.priya, SIGNED, steps, zone="America/Phoenix")
    with pytest.raises(Refusal, match="02:30 dose of Sun 14 Mar would fall together with another"):
        move(cast, plan, zone="America/New_York")


def test_a_dose_that_was_logged_ahead_is_never_made_a_second_time(cast: Cast, plan: Plan) -> None:
    first_there = standing(plan)[6]
    assert first_there.due_at == at(8, day=26)
    log(cast, first_there, NOON)
    with pytest.raises(Refusal, match="08:00 dose of Thu 26 Nov would come twice"):
        move(cast, plan)


def test_a_zone_that_does_not_exist_is_refused(cast: Cast, plan: Plan) -> None:
    for zone in ("", "Mars/Olympus", "../etc/passwd", "New York"):
        with pytest.raises(Refusal, match="not a known time zone"):
            move(cast, plan, zone=zone)
        with pytest.raises(Refusal, match="not a known time zone"):
            keep(cast, plan, zone=zone)


def test_where_the_clock_is_the_same_there_is_nothing_to_answer(cast: Cast, plan: Plan) -> None:
    for zone in ("Europe/London", "Europe/Lisbon"):
        with pytest.raises(Conflict):
            move(cast, plan, zone=zone)
        with pytest.raises(Conflict):
            keep(cast, plan, zone=zone)


def test_a_plan_that_is_not_active_has_nothing_to_move(cast: Cast, plan: Plan) -> None:
    Plan.objects.filter(pk=plan.pk).update(state="stopped")
    for answer in (move, keep):
        with pytest.raises(Conflict):
            answer(cast, plan)


# --- who is asked


def is_asked(cast: Cast, who: str, now: datetime, zone: str = "America/New_York") -> bool:
    travel = travel_of(cast.ewan, now)
    assert travel is not None
    person = cast.ewan_user if who == "ewan" else getattr(cast, who)
    return is_zone_asked(travel, person, ZoneInfo(zone), now)


def test_everybody_is_asked_until_they_have_answered_for_themselves(cast: Cast, plan: Plan) -> None:
    assert is_asked(cast, "ewan", NOON)
    keep(cast, plan)
    assert not is_asked(cast, "ewan", NOON + SECOND)
    assert is_asked(cast, "isla", NOON + SECOND)
    assert is_asked(cast, "ewan", NOON + SECOND, "Asia/Tokyo")
    assert not is_asked(cast, "ewan", NOON + SECOND, "Europe/London")


def test_nobody_is_asked_about_a_place_to_which_the_doses_are_moving(
    cast: Cast, plan: Plan
) -> None:
    move(cast, plan)
    assert not is_asked(cast, "isla", NOON + SECOND)
    assert not is_asked(cast, "isla", NEW_YORK_THURSDAY)
    assert is_asked(cast, "ewan", NEW_YORK_THURSDAY, "Europe/London")


def test_the_question_names_both_instants_and_why_a_move_is_refused(cast: Cast, plan: Plan) -> None:
    travel = travel_of(cast.ewan, NOON)
    assert travel is not None
    there = zone_question(travel, NEW_YORK, NOON)
    assert there.move.counts_from_at == NEW_YORK_THURSDAY
    assert there.reasons == ()
    assert {row.moved_at - row.kept_at for row in there.doses} == {
        timedelta(0),
        timedelta(hours=5),
    }
    assert zone_question(travel, TOKYO, NOON).reasons == (
        "The 20:00 dose of Wed 25 Nov would fall away.",
    )


# --- a change of the plan and a move


def test_a_move_waits_for_a_signed_change_that_has_not_begun(cast: Cast, plan: Plan) -> None:
    change_signed(cast, plan, at(0, day=27), NOON)
    with pytest.raises(Refusal, match="signed a change of the plan that has not begun yet"):
        move(cast, plan, NOON + SECOND)
    assert keep(cast, plan, NOON + SECOND).answer == ZoneAnswer.KEEP


def test_a_later_version_counts_in_the_zone_that_was_signed_for_it(cast: Cast, plan: Plan) -> None:
    move(cast, plan)
    begins_at = datetime(2026, 11, 30, 5, tzinfo=UTC)  # midnight in New York
    there = {"zone": "America/New_York", "counts_from_time": "00:00"}
    version = change_signed(cast, plan, begins_at, NOON + SECOND, **there)
    assert version.counts_from_at == begins_at
    assert zone_of(version, begins_at) == NEW_YORK
    rows = standing(plan)
    assert {row.zone for row in rows if row.due_at >= begins_at} == {"America/New_York"}
    places = [(row.local_date, row.wall_time) for row in rows]
    assert len(set(places)) == len(places)


def test_a_change_in_another_zone_never_brings_a_dose_a_second_time(cast: Cast, plan: Plan) -> None:
    """08:00 in London is past at 10:00 there; 08:00 of the same date in New York is to come."""
    before = [row.pk for row in standing(plan)]
    there = {"zone": "America/New_York", "counts_from_time": "05:00"}
    with pytest.raises(Refusal, match="26 Nov 2026, 08:00 would be a dose of the version before"):
        change_signed(cast, plan, at(10, day=26), NOON, **there)
    assert before == [row.pk for row in standing(plan)]
    assert plan.versions.count() == 1


def test_the_form_of_a_change_starts_in_the_zone_of_the_doses(cast: Cast, plan: Plan) -> None:
    for now, zone in ((NOON, "America/New_York"), (NOON + SECOND, "Europe/London")):
        (move if zone == "America/New_York" else keep)(cast, plan, now)
        start = change_start(plan, VersionKind.AMEND)
        assert start is not None
        assert start["zone"] == zone
