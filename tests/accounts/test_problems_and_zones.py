"""Refusals carry what is wrong; a zone says where each local day begins and ends."""

import copy
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.domain.problems import Conflict, Problem, Refusal
from accounts.domain.zones import (
    date_exists,
    day_bounds,
    instant,
    local_date,
    local_midnight,
    zone_named,
    zone_names,
)

LONDON = ZoneInfo("Europe/London")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
APIA = ZoneInfo("Pacific/Apia")
NEW_YORK = ZoneInfo("America/New_York")

ROW_TWO = Problem(field="begins_on", text="Step 2 begins too soon.", row=2)
NO_EMAIL = Problem(field="email", text="Type an e-mail address.")


class Lazy:
    """A text that becomes words only when it is shown, as a lazy translation does."""

    def __str__(self) -> str:
        return "Said later."


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_a_refusal_keeps_its_problems_in_order_and_says_them_all() -> None:
    refusal = Refusal(ROW_TWO, NO_EMAIL)

    assert refusal.problems == (ROW_TWO, NO_EMAIL)
    assert str(refusal) == "Step 2 begins too soon. Type an e-mail address."


def test_a_conflict_is_caught_as_a_refusal() -> None:
    with pytest.raises(Refusal) as caught:
        raise Conflict(NO_EMAIL)

    assert caught.value.problems == (NO_EMAIL,)


def test_a_refusal_without_a_problem_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="at least one problem"):
        Refusal()


def test_a_text_that_is_translated_later_is_said_when_the_refusal_is() -> None:
    assert str(Refusal(Problem(field="zone", text=Lazy()))) == "Said later."


def test_a_problem_cannot_be_changed_on_its_way_to_the_door() -> None:
    with pytest.raises(AttributeError):
        ROW_TWO.text = "Something else."


def test_a_copy_of_a_refusal_says_the_same() -> None:
    again = copy.copy(Conflict(ROW_TWO))

    assert type(again) is Conflict
    assert again.problems == (ROW_TWO,)


def test_a_zone_is_found_by_its_exact_name() -> None:
    assert zone_named("Europe/London") == LONDON


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Europe/Londn",
        "europe/london",
        "Europe",
        "Europe/London\0",
        "UTC+1",
        "localtime",
        "Factory",
        "posixrules",
        "posix/UTC",
        "right/UTC",
        "/etc/localtime",
        "../../etc/passwd",
    ],
)
def test_a_name_that_is_no_place_is_refused_at_its_field(name: str) -> None:
    with pytest.raises(Refusal) as caught:
        zone_named(name)

    assert [problem.field for problem in caught.value.problems] == ["zone"]


def test_every_name_offered_can_be_chosen() -> None:
    assert len(zone_names()) > 400
    assert all(zone_named(name).key == name for name in zone_names())


def test_an_instant_without_a_zone_is_an_error_and_never_read_as_local() -> None:
    naive = utc(2026, 11, 24, 8).replace(tzinfo=None)

    with pytest.raises(ValueError, match="no zone"):
        instant(naive)
    with pytest.raises(ValueError, match="no zone"):
        local_date(naive, LONDON)


def test_an_instant_keeps_the_moment_and_is_in_utc() -> None:
    at = datetime(2026, 11, 24, 8, 0, tzinfo=timezone(timedelta(hours=5, minutes=45)))

    assert instant(at) == utc(2026, 11, 24, 2, 15)
    assert instant(at).tzinfo is UTC


@pytest.mark.parametrize(
    ("second", "expected"), [(-1, date(2026, 7, 1)), (0, date(2026, 7, 2)), (1, date(2026, 7, 2))]
)
def test_the_date_turns_at_local_midnight(second: int, expected: date) -> None:
    at = utc(2026, 7, 1, 23) + timedelta(seconds=second)  # London is an hour ahead of UTC in July

    assert local_date(at, LONDON) == expected


@pytest.mark.parametrize(
    ("day", "zone", "expected"),
    [
        pytest.param(date(2026, 11, 24), LONDON, utc(2026, 11, 24), id="winter"),
        pytest.param(date(2026, 3, 29), LONDON, utc(2026, 3, 29), id="the clock changes later"),
        pytest.param(date(2026, 3, 30), LONDON, utc(2026, 3, 29, 23), id="the day after"),
        pytest.param(date(2018, 11, 4), SAO_PAULO, utc(2018, 11, 4, 3), id="midnight skipped"),
        pytest.param(
            date(2026, 11, 1), ZoneInfo("America/Havana"), utc(2026, 11, 1, 4), id="midnight twice"
        ),
        pytest.param(date(2011, 12, 30), APIA, utc(2011, 12, 30, 10), id="no such date"),
        pytest.param(date(2011, 12, 31), APIA, utc(2011, 12, 30, 10), id="the date after it"),
        pytest.param(
            date(1919, 3, 31), ZoneInfo("America/Toronto"), utc(1919, 3, 31, 4, 30), id="from 23:30"
        ),
    ],
)
def test_a_local_day_begins_at_its_first_moment(
    day: date, zone: ZoneInfo, expected: datetime
) -> None:
    assert local_midnight(day, zone) == expected


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        pytest.param(date(2026, 6, 1), NEW_YORK, 24, id="an ordinary day"),
        pytest.param(date(2026, 3, 8), NEW_YORK, 23, id="New York springs forward"),
        pytest.param(date(2026, 11, 1), NEW_YORK, 25, id="New York falls back"),
        pytest.param(date(2026, 10, 4), ZoneInfo("Australia/Lord_Howe"), 23.5, id="half an hour"),
        pytest.param(date(2018, 11, 4), SAO_PAULO, 23, id="without a midnight"),
        pytest.param(date(2011, 12, 30), APIA, 0, id="no such date"),
        pytest.param(date(2011, 12, 29), APIA, 24, id="the day before it"),
    ],
)
def test_a_local_day_lasts_as_long_as_the_clock_makes_it(
    day: date, zone: ZoneInfo, hours: float
) -> None:
    begins_at, ends_at = day_bounds(day, zone)

    assert ends_at - begins_at == timedelta(hours=hours)


def test_apia_had_no_30_december_2011_and_every_date_around_it() -> None:
    dates = [date(2011, 12, day) for day in (29, 30, 31)]

    assert [date_exists(day, APIA) for day in dates] == [True, False, True]


def test_a_date_without_a_midnight_exists_all_the_same() -> None:
    assert date_exists(date(2018, 11, 4), SAO_PAULO)


days = st.dates(date(1970, 1, 2), date(2100, 1, 1))
zones = st.sampled_from(sorted(zone_names())).map(ZoneInfo)


@settings(deadline=None)
@given(day=days, zone=zones)
def test_no_moment_before_midnight_belongs_to_the_day_and_midnight_does(
    day: date, zone: ZoneInfo
) -> None:
    begins_at = local_midnight(day, zone)

    assert local_date(begins_at - timedelta(seconds=1), zone) < day
    assert local_date(begins_at, zone) >= day
    assert (local_date(begins_at, zone) == day) is date_exists(day, zone)
    assert begins_at.tzinfo is UTC


@settings(deadline=None)
@given(day=days, zone=zones)
def test_each_day_ends_where_the_next_begins(day: date, zone: ZoneInfo) -> None:
    begins_at, ends_at = day_bounds(day, zone)

    assert begins_at <= ends_at
    assert ends_at == day_bounds(day + timedelta(days=1), zone)[0]
