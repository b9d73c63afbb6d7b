"""What is read back is complete: every day, every clock change, every hour nobody would be told."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.domain.audiences import Audience
from accounts.domain.opening_hours import OpenSpan
from accounts.domain.zones import local_midnight
from tracker.domain.plan_days import (
    OPEN_ENDED_DAYS,
    clock_changes,
    coming_days,
    next_clock_change,
    stretches,
)
from tracker.domain.plan_reach import (
    Answers,
    ContactWay,
    DeskHours,
    Listener,
    UntoldHours,
    is_told,
    told_at,
    untold_hours,
    untold_spans,
)
from tracker.domain.schedule import DoseTimeSpec, StepSpec

LONDON = ZoneInfo("Europe/London")
APIA = ZoneInfo("Pacific/Apia")
NOW = datetime(2026, 12, 8, 12, tzinfo=UTC)
WEEKDAYS = (0, 1, 2, 3, 4)
DESK = DeskHours(tuple(OpenSpan(day, time(8), time(18)) for day in WEEKDAYS), LONDON)
ANY_TIME = ContactWay(None, None, LONDON)


# A busy machine is no fault of the code.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def way(quiet_from: str, quiet_until: str, zone: ZoneInfo = LONDON) -> ContactWay:
    return ContactWay(time.fromisoformat(quiet_from), time.fromisoformat(quiet_until), zone)


def caregiver(*ways: ContactWay) -> Listener:
    return Listener("Karim Haddad", Audience.CAREGIVERS, ways)


def at_the_desk(*ways: ContactWay) -> Listener:
    return Listener("Desk", Audience.CLINIC, ways, Answers.IN_HOURS)


def out_of_hours(*ways: ContactWay) -> Listener:
    return Listener("Out of hours", Audience.CLINIC, ways, Answers.OUT_OF_HOURS)


def step(number: int, begins_on: date, ends_on: date | None, *times: str) -> StepSpec:
    doses = tuple(DoseTimeSpec(time.fromisoformat(each), "5 mg") for each in times)
    return StepSpec(number, begins_on, ends_on, doses, is_dose_free=not doses)


def test_somebody_without_quiet_hours_is_told_at_every_hour() -> None:
    assert untold_hours([caregiver(ANY_TIME)], DESK, LONDON, NOW) == ()


@pytest.mark.parametrize("listeners", [[], [caregiver()], [out_of_hours()]])
def test_nobody_with_a_contact_is_nobody_at_any_hour(listeners: list[Listener]) -> None:
    assert untold_hours(listeners, DESK, LONDON, NOW) is None


def test_a_closed_desk_leaves_the_nights_and_the_weekend() -> None:
    assert untold_hours([at_the_desk(ANY_TIME)], DESK, LONDON, NOW) == (
        UntoldHours((0, 1, 2, 3), time(18), time(8), 1),
        UntoldHours((4,), time(18), time(8), 3),
    )


def test_the_out_of_hours_contact_covers_what_the_desk_does_not() -> None:
    listeners = [at_the_desk(ANY_TIME), out_of_hours(ANY_TIME)]
    assert untold_hours(listeners, DESK, LONDON, NOW) == ()


def test_two_caregivers_leave_only_the_hours_that_are_quiet_for_both() -> None:
    listeners = [caregiver(way("21:00", "07:00")), caregiver(way("23:00", "09:00"))]
    every_day = tuple(range(7))
    assert untold_hours(listeners, DESK, LONDON, NOW) == (
        UntoldHours(every_day, time(23), time(7), 1),
    )


def test_one_free_contact_point_of_two_is_enough() -> None:
    assert untold_hours([caregiver(way("21:00", "07:00"), ANY_TIME)], DESK, LONDON, NOW) == ()


def test_quiet_hours_follow_the_persons_own_zone() -> None:
    vienna = way("22:00", "06:00", ZoneInfo("Europe/Vienna"))
    (hours,) = untold_hours([caregiver(vienna)], DESK, LONDON, NOW) or ()
    assert (hours.from_time, hours.until_time) == (time(21), time(5))


clock_times = st.times().map(lambda each: each.replace(microsecond=0))
ways = st.builds(
    ContactWay,
    clock_times,
    clock_times,
    st.sampled_from([LONDON, APIA, ZoneInfo("Australia/Lord_Howe")]),
).filter(lambda each: each.quiet_from_time != each.quiet_until_time)


@patient
@given(
    st.lists(st.builds(caregiver, ways) | st.builds(at_the_desk, ways), max_size=3),
    st.sampled_from([datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)]),
    st.integers(0, 3 * 24 * 3600 - 1),
)
@example([caregiver(way("22:00", "01:30"))], datetime(2026, 10, 24, tzinfo=UTC), 90_000)
@example([caregiver(way("22:00", "01:30"))], datetime(2026, 10, 24, tzinfo=UTC), 91_799)
@example([caregiver(way("22:00", "01:30"))], datetime(2026, 10, 24, tzinfo=UTC), 91_800)
def test_an_hour_is_listed_exactly_when_nobody_would_be_told(
    listeners: list[Listener], from_at: datetime, seconds: int
) -> None:
    at = from_at + timedelta(seconds=seconds)
    spans = untold_spans(listeners, DESK, from_at, from_at + timedelta(days=3))
    is_listed = any(begins_at <= at < ends_at for begins_at, ends_at in spans)
    assert is_listed is not any(is_told(each, DESK, at) for each in listeners)


def test_every_day_from_today_to_the_last_is_there() -> None:
    steps = [
        step(1, date(2026, 12, 1), date(2026, 12, 9), "08:00", "20:00"),
        step(2, date(2026, 12, 10), date(2026, 12, 11)),
        step(3, date(2026, 12, 12), date(2026, 12, 14), "20:00"),
    ]
    days = coming_days(steps, LONDON, NOW)
    assert [day.on.day for day in days] == [8, 9, 10, 11, 12, 13, 14]
    assert [dose.wall_time for dose in days[0].past] == [time(8)]
    assert [len(day.doses) for day in days] == [1, 2, 0, 0, 1, 1, 1]
    told = [([day.on.day for day in each.days], each.begins_step) for each in stretches(days, [])]
    assert told == [([8], True), ([9], False), ([10, 11], True), ([12, 13, 14], True)]


def test_an_open_ended_step_is_written_out_for_four_weeks() -> None:
    days = coming_days([step(1, date(2027, 1, 1), None, "08:00")], LONDON, NOW)
    assert (days[0].on, len(days)) == (date(2027, 1, 1), OPEN_ENDED_DAYS)


def test_a_date_that_does_not_exist_is_no_day() -> None:
    now = datetime(2011, 12, 28, tzinfo=UTC)
    steps = [step(1, date(2011, 12, 28), date(2012, 1, 2), "08:00")]
    days = [day.on.day for day in coming_days(steps, APIA, now)]
    assert days == [28, 29, 31, 1, 2]


def test_the_night_of_a_clock_change_stands_alone() -> None:
    change = date(2027, 3, 28)
    steps = [step(1, date(2027, 3, 26), date(2027, 3, 30), "08:00")]
    assert clock_changes(LONDON, date(2027, 3, 1), date(2027, 3, 31)) == [change]
    gathered = stretches(coming_days(steps, LONDON, NOW), [change])
    assert [[day.on.day for day in each.days] for each in gathered] == [[26, 27], [28], [29, 30]]


def test_the_next_clock_change_is_named_where_there_is_one() -> None:
    assert next_clock_change(LONDON, NOW.date()) == date(2027, 3, 28)
    assert next_clock_change(ZoneInfo("Asia/Tokyo"), NOW.date()) is None


@patient
@given(st.integers(0, 40), st.integers(1, 30), st.sampled_from([LONDON, APIA]))
def test_gathering_days_loses_and_doubles_none(ahead: int, length: int, zone: ZoneInfo) -> None:
    begins_on = date(2026, 11, 20) + timedelta(days=ahead)
    steps = [step(1, begins_on, begins_on + timedelta(days=length), "00:30", "12:00")]
    days = coming_days(steps, zone, NOW)
    gathered = [day for each in stretches(days, days[:1] and [days[0].on]) for day in each.days]
    assert gathered == days
    assert all(local_midnight(day.on, zone) < dose.due_at for day in days for dose in day.doses)


def test_days_with_other_doses_never_stand_behind_the_same_on_more_days() -> None:
    odd = DoseTimeSpec(time(8), "20 mg", weekdays=(0, 2, 4))
    even = DoseTimeSpec(time(8), "15 mg", weekdays=(1, 3))
    spec = StepSpec(1, date(2026, 11, 30), date(2026, 12, 6), (odd, even))
    days = coming_days([spec], LONDON, datetime(2026, 11, 29, tzinfo=UTC))

    shown = [
        ([each.on.day for each in stretch.days], [dose.amount for dose in stretch.first.doses])
        for stretch in stretches(days, ())
    ]

    assert shown == [
        ([30], ["20 mg"]),
        ([1], ["15 mg"]),
        ([2], ["20 mg"]),
        ([3], ["15 mg"]),
        ([4], ["20 mg"]),
        ([5, 6], []),
    ]


@pytest.mark.parametrize(("turn", "kind"), [(0, "sms"), (1, "push"), (2, "sms")])
def test_a_repeat_is_foretold_at_the_next_contact_that_is_not_quiet(turn: int, kind: str) -> None:
    ways = (
        ContactWay(time(0), time(23, 59), LONDON, "email"),
        ContactWay(None, None, LONDON, "sms"),
        ContactWay(None, None, LONDON, "push"),
    )
    turns = {0: 0, 1: 2, 2: 3}
    assert told_at(caregiver(*ways), DESK, NOW, turn=turns[turn]).kind == kind


def test_with_every_contact_quiet_a_message_waits_and_uses_none_yet() -> None:
    told = told_at(caregiver(way("00:00", "23:59")), DESK, NOW, turn=1)
    assert (told.kind, told.waits_until) == ("", datetime(2026, 12, 8, 23, 59, tzinfo=UTC))
