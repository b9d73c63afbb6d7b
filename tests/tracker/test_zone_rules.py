"""Travel as a rule: when a move begins, what it does to each dose, and which clocks are one."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.zones import have_same_clock, local_date, local_midnight, place_name
from tracker.domain.schedule import DoseTimeSpec, StepSpec, occurrences
from tracker.domain.zone_moves import (
    Answered,
    DoseMoment,
    Hindrance,
    ZoneAnswer,
    compared,
    date_begins_at,
    move_hindrances,
    occurrences_in_turns,
    turn_ahead,
    zone_at,
    zone_move,
    zone_turns,
)

LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")
TOKYO = ZoneInfo("Asia/Tokyo")
DAY = timedelta(days=1)

SECOND = timedelta(seconds=1)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)  # in London; 07:00 in New York
THERE_AT = datetime(2026, 11, 26, 5, tzinfo=UTC)


def steps_of(*clocks: str, begins_on: date = date(2026, 11, 20)) -> tuple[StepSpec, ...]:
    doses = tuple(DoseTimeSpec(time.fromisoformat(clock), "10 mg") for clock in clocks)
    return (StepSpec(number=1, begins_on=begins_on, ends_on=None, doses=doses),)


# --- the rule


@pytest.mark.parametrize(
    ("shift", "begins_on"),
    [(-SECOND, date(2026, 11, 25)), (0 * SECOND, date(2026, 11, 25)), (SECOND, date(2026, 11, 26))],
)
def test_a_move_begins_at_the_first_local_midnight_that_is_24_hours_ahead(
    shift: timedelta, begins_on: date
) -> None:
    midnight_a_day_before = datetime(2026, 11, 24, 5, tzinfo=UTC)
    move = zone_move(NEW_YORK, midnight_a_day_before + shift)
    assert move.begins_on == begins_on
    assert move.counts_from_at == local_midnight(begins_on, NEW_YORK)


@pytest.mark.parametrize(
    ("zone", "now", "begins_at"),
    [
        # The clocks go forward inside the 24 hours: that day is 23 hours long.
        (
            "America/New_York",
            datetime(2026, 3, 8, 5, tzinfo=UTC),
            datetime(2026, 3, 10, 4, tzinfo=UTC),
        ),
        (
            "America/New_York",
            datetime(2026, 3, 8, 4, tzinfo=UTC),
            datetime(2026, 3, 9, 4, tzinfo=UTC),
        ),
        # They go back: 25 hours.
        (
            "America/New_York",
            datetime(2026, 11, 1, 5, tzinfo=UTC),
            datetime(2026, 11, 2, 5, tzinfo=UTC),
        ),
        (
            "Europe/London",
            datetime(2026, 3, 28, 12, tzinfo=UTC),
            datetime(2026, 3, 29, 23, tzinfo=UTC),
        ),
        (
            "Australia/Lord_Howe",
            datetime(2026, 10, 3, 0, tzinfo=UTC),
            datetime(2026, 10, 4, 13, tzinfo=UTC),
        ),
        # A midnight that is skipped: the day begins at 01:00.
        (
            "America/Sao_Paulo",
            datetime(2018, 11, 3, 2, tzinfo=UTC),
            datetime(2018, 11, 4, 3, tzinfo=UTC),
        ),
        # A date that is skipped: the next one.
        (
            "Pacific/Apia",
            datetime(2011, 12, 29, 10, tzinfo=UTC),
            datetime(2011, 12, 30, 10, tzinfo=UTC),
        ),
        (
            "Pacific/Apia",
            datetime(2011, 12, 29, 9, tzinfo=UTC),
            datetime(2011, 12, 30, 10, tzinfo=UTC),
        ),
        (
            "Africa/Casablanca",
            datetime(2024, 4, 13, 1, tzinfo=UTC),
            datetime(2024, 4, 14, 23, tzinfo=UTC),
        ),
    ],
)
def test_a_move_near_a_clock_change_begins_with_a_date_that_exists(
    zone: str, now: datetime, begins_at: datetime
) -> None:
    move = zone_move(ZoneInfo(zone), now)
    assert move.counts_from_at == begins_at
    assert move.counts_from_at - now >= timedelta(hours=24)
    assert local_date(move.counts_from_at, move.zone) == move.begins_on


MOMENTS = st.integers(0, 3 * 366 * 86_400).map(
    lambda seconds: datetime(2024, 1, 1, tzinfo=UTC) + seconds * SECOND
)


@given(
    zone=st.sampled_from([LONDON, NEW_YORK, TOKYO, ZoneInfo("Australia/Lord_Howe")]),
    now=MOMENTS,
)
def test_a_move_never_begins_within_24_hours_nor_later_than_two_days_and_an_hour(
    zone: ZoneInfo, now: datetime
) -> None:
    ahead = zone_move(zone, now).counts_from_at - now
    assert timedelta(hours=24) <= ahead <= timedelta(hours=49)


def answered(answer: ZoneAnswer, zone: str, at: datetime, begins: datetime | None) -> Answered:
    return Answered(answer, zone, at, begins)


def test_the_zone_turns_at_the_instant_of_the_move() -> None:
    turns = zone_turns(LONDON, [answered(ZoneAnswer.MOVE, "America/New_York", NOON, THERE_AT)])
    assert zone_at(turns, THERE_AT - SECOND) == LONDON
    assert zone_at(turns, THERE_AT) == NEW_YORK
    assert turn_ahead(turns, THERE_AT - SECOND) is not None
    assert turn_ahead(turns, THERE_AT) is None


def test_only_keeping_away_from_the_same_place_takes_a_move_back_and_only_before_it_began() -> None:
    move = answered(ZoneAnswer.MOVE, "America/New_York", NOON, THERE_AT)
    elsewhere = answered(ZoneAnswer.KEEP, "Europe/Paris", NOON + SECOND, None)
    back = answered(ZoneAnswer.KEEP, "America/New_York", NOON + SECOND, None)
    late = answered(ZoneAnswer.KEEP, "America/New_York", THERE_AT, None)
    later = THERE_AT + DAY
    assert zone_at(zone_turns(LONDON, [move, elsewhere]), later) == NEW_YORK
    assert zone_at(zone_turns(LONDON, [move, back]), later) == LONDON
    assert zone_at(zone_turns(LONDON, [move, late]), later) == NEW_YORK


CLOCKS = st.lists(
    st.times().map(lambda each: each.replace(microsecond=0)), min_size=1, max_size=4, unique=True
)
ZONES = st.sampled_from(
    [
        "Europe/London",
        "America/New_York",
        "America/Los_Angeles",
        "America/Sao_Paulo",
        "Asia/Tokyo",
        "Asia/Kolkata",
        "Africa/Casablanca",
        "Australia/Lord_Howe",
        "Pacific/Kiritimati",
        "Pacific/Pago_Pago",
    ]
).map(ZoneInfo)


@given(
    clocks=CLOCKS,
    home=ZONES,
    there=ZONES,
    now=MOMENTS,
)
def test_a_move_that_is_not_refused_gives_every_date_each_dose_once(
    clocks: list[time], home: ZoneInfo, there: ZoneInfo, now: datetime
) -> None:
    doses = tuple(DoseTimeSpec(clock, "10 mg") for clock in sorted(clocks))
    steps = (StepSpec(1, (now - 9 * DAY).date(), (now + 9 * DAY).date(), doses),)
    whole = (now - 20 * DAY, now + 20 * DAY)
    rows = [
        DoseMoment(each.local_date, each.wall_time, each.due_at)
        for each in occurrences(steps, home, *whole)
    ]
    move = zone_move(there, now)
    found = move_hindrances(move, rows, steps)
    turns = zone_turns(home, [answered(ZoneAnswer.MOVE, there.key, now, move.counts_from_at)])
    made = [each for each, _zone in occurrences_in_turns(steps, turns, *whole)]
    places = [(each.local_date, each.wall_time) for each in made]
    if not found:
        assert sorted(places) == sorted((row.local_date, row.wall_time) for row in rows)
        assert len({each.due_at for each in made}) == len(made)
        assert [each.due_at for each in made] == sorted(each.due_at for each in made)
    lost = [each for each in found if each.hindrance is Hindrance.LOST]
    assert len({(row.local_date, row.wall_time) for row in rows} - set(places)) == len(lost)


def test_what_is_due_with_either_answer_is_shown_for_three_days() -> None:
    steps = steps_of("08:00", "20:00")
    turns = zone_turns(LONDON, [])
    rows = compared(zone_move(NEW_YORK, NOON), steps, turns, NOON)
    kept = {
        row.local_date.day: row.kept_at.astimezone(NEW_YORK).hour
        for row in rows
        if row.wall_time.hour == 8
    }
    moved = {
        row.local_date.day: row.moved_at.astimezone(NEW_YORK).hour
        for row in rows
        if row.wall_time.hour == 8
    }
    assert kept == {25: 3, 26: 3, 27: 3}
    assert moved == {25: 3, 26: 8, 27: 8}
    assert rows[0].kept_at == rows[0].moved_at == NOON + timedelta(hours=8)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Asia/Kolkata", "Asia/Calcutta", True),
        ("Europe/Vienna", "Europe/Paris", True),
        ("America/Phoenix", "America/Denver", True),
        ("Europe/London", "Africa/Lagos", False),
        ("Europe/London", "America/New_York", False),
    ],
)
def test_two_names_of_one_clock_are_one_clock(one: str, other: str, is_same: bool) -> None:
    assert have_same_clock(ZoneInfo(one), ZoneInfo(other), NOON, NOON + 14 * DAY) is is_same


def test_a_clock_change_that_only_one_place_has_parts_two_clocks() -> None:
    winter, spring = datetime(2027, 2, 1, tzinfo=UTC), datetime(2027, 3, 7, tzinfo=UTC)
    phoenix, denver = ZoneInfo("America/Phoenix"), ZoneInfo("America/Denver")
    assert have_same_clock(phoenix, denver, winter, winter + 14 * DAY)
    assert not have_same_clock(phoenix, denver, spring, spring + 14 * DAY)


def test_a_zone_is_called_after_its_place() -> None:
    names = {each: place_name(each) for each in ("America/New_York", "Etc/GMT+5", "UTC")}
    assert names == {"America/New_York": "New York", "Etc/GMT+5": "Etc/GMT+5", "UTC": "UTC"}
    assert place_name("America/Argentina/Buenos_Aires") == "Buenos Aires"


def test_a_date_begins_at_the_midnight_of_the_zone_in_which_its_doses_are_made() -> None:
    turns = zone_turns(LONDON, [answered(ZoneAnswer.MOVE, "America/New_York", NOON, THERE_AT)])
    assert date_begins_at(date(2026, 11, 25), turns) == datetime(2026, 11, 25, tzinfo=UTC)
    assert date_begins_at(date(2026, 11, 26), turns) == THERE_AT
    assert date_begins_at(date(2026, 11, 27), turns) == THERE_AT + DAY
