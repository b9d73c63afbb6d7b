"""The rules of telling, as pure functions: quiet hours, spacing of tries, grouping, moves."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.quiet_hours import quiet_until
from reminders.domain.backoff import FIRST_DELAY, LONGEST_DELAY, MOST_ATTEMPTS, next_try_at
from reminders.domain.grouping import Line, group_key
from reminders.domain.messages import ALLOWED, MessageState, Purpose, urgency_of
from reminders.domain.recipients import Recipient
from tracker.domain.flags import FlagClass

SECOND = timedelta(seconds=1)
LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
NIGHT = (time(22), time(7))
NOW = datetime(2026, 11, 24, 16, 0, 30, tzinfo=UTC)
KEY = UUID("6f1c2f5e-0d6b-4a36-8b52-3d6f5d8f1c11")


def utc(text: str) -> datetime:
    """An instant in UTC, such as "2026-11-24 22:00:00"."""
    return datetime.fromisoformat(f"{text}+00:00")


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-24 21:59:59", None),
        ("2026-11-24 22:00:00", "2026-11-25 07:00:00"),
        ("2026-11-24 22:00:01", "2026-11-25 07:00:00"),
        ("2026-11-24 23:59:59", "2026-11-25 07:00:00"),
        ("2026-11-25 00:00:00", "2026-11-25 07:00:00"),
        ("2026-11-25 06:59:59", "2026-11-25 07:00:00"),
        ("2026-11-25 07:00:00", None),
        ("2026-11-25 07:00:01", None),
    ],
)
def test_a_night_of_quiet_begins_in_the_evening_and_ends_in_the_morning(
    at: str, until: str | None
) -> None:
    assert quiet_until(*NIGHT, LONDON, utc(at)) == (utc(until) if until else None)


@pytest.mark.parametrize(
    ("at", "is_quiet"),
    [("12:59:59", False), ("13:00:00", True), ("14:59:59", True), ("15:00:00", False)],
)
def test_quiet_hours_by_day_end_on_the_same_day(at: str, is_quiet: bool) -> None:
    found = quiet_until(time(13), time(15), LONDON, utc(f"2026-11-24 {at}"))

    assert found == (utc("2026-11-24 15:00:00") if is_quiet else None)


def test_quiet_hours_are_wall_times_where_the_person_is() -> None:
    at = utc("2026-11-25 03:30:00")  # 22:30 in New York, 03:30 in London

    assert quiet_until(time(22), time(6), NEW_YORK, at) == utc("2026-11-25 11:00:00")
    assert quiet_until(time(8), time(20), LONDON, at) is None


@pytest.mark.parametrize("times", [(None, None), (time(22), None), (None, time(7))])
def test_without_both_times_nothing_is_quiet(times: tuple[time | None, time | None]) -> None:
    assert quiet_until(*times, LONDON, utc("2026-11-24 23:00:00")) is None


def test_two_equal_times_are_no_quiet_hours() -> None:
    assert quiet_until(time(7), time(7), LONDON, utc("2026-11-24 07:00:00")) is None


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-03-28 22:00:00", "2026-03-29 06:00:00"),  # the clocks go forward: 07:00 is 06:00Z
        ("2026-03-29 05:59:59", "2026-03-29 06:00:00"),
        ("2026-03-29 06:00:00", None),
        ("2026-10-24 20:59:59", None),
        ("2026-10-24 21:00:00", "2026-10-25 07:00:00"),  # the clocks go back: an hour more
        ("2026-10-25 06:59:59", "2026-10-25 07:00:00"),
        ("2026-10-25 07:00:00", None),
    ],
)
def test_a_night_of_a_clock_change_ends_when_the_wall_says_so(at: str, until: str | None) -> None:
    assert quiet_until(*NIGHT, LONDON, utc(at)) == (utc(until) if until else None)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-10-25 00:29:59", "2026-10-25 00:30:00"),
        ("2026-10-25 00:30:00", None),  # the first 01:30
        ("2026-10-25 01:15:00", None),  # 01:15 for the second time
        ("2026-10-25 01:30:00", None),  # 01:30 for the second time
    ],
)
def test_an_end_that_happens_twice_is_the_first(at: str, until: str | None) -> None:
    found = quiet_until(time(22), time(1, 30), LONDON, utc(at))

    assert found == (utc(until) if until else None)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-03-29 00:59:59", "2026-03-29 01:30:00"),
        ("2026-03-29 01:29:59", "2026-03-29 01:30:00"),  # 02:29:59 on the wall
        ("2026-03-29 01:30:00", None),
    ],
)
def test_an_end_that_the_clock_skips_is_the_same_amount_after_the_gap(
    at: str, until: str | None
) -> None:
    found = quiet_until(time(22), time(1, 30), LONDON, utc(at))

    assert found == (utc(until) if until else None)


walls = st.times().map(lambda wall: wall.replace(microsecond=0))
moments = st.integers(0, 400 * 24 * 3600).map(lambda s: utc("2026-01-01 00:00:00") + s * SECOND)


@given(
    from_time=walls,
    until_time=walls,
    at=moments,
    zone=st.sampled_from([LONDON, NEW_YORK, ZoneInfo("Australia/Lord_Howe")]),
)
def test_quiet_hours_end_later_than_now_and_are_over_then(
    from_time: time, until_time: time, at: datetime, zone: ZoneInfo
) -> None:
    until = quiet_until(from_time, until_time, zone, at)

    if until is not None:
        assert at < until <= at + timedelta(hours=25)
        assert quiet_until(from_time, until_time, zone, until) is None
        assert quiet_until(from_time, until_time, zone, until - SECOND) == until


@pytest.mark.parametrize("attempts", range(1, MOST_ATTEMPTS))
def test_each_try_waits_twice_as_long_up_to_ten_minutes_and_a_quarter_at_most_more(
    attempts: int,
) -> None:
    delay = min(FIRST_DELAY * 2 ** (attempts - 1), LONGEST_DELAY)

    for key in (KEY, uuid4(), UUID(int=0), UUID(int=2**128 - 1)):
        at = next_try_at(attempts=attempts, key=key, now=NOW)
        assert at is not None
        assert delay <= at - NOW < delay * 1.25


def test_after_the_last_try_a_message_is_given_up() -> None:
    assert next_try_at(attempts=MOST_ATTEMPTS - 1, key=KEY, now=NOW) is not None
    assert next_try_at(attempts=MOST_ATTEMPTS, key=KEY, now=NOW) is None
    assert next_try_at(attempts=MOST_ATTEMPTS + 1, key=KEY, now=NOW) is None


def test_all_tries_together_take_a_little_over_an_hour() -> None:
    tries = [NOW]
    while at := next_try_at(attempts=len(tries), key=KEY, now=tries[-1]):
        tries.append(at)

    assert len(tries) == MOST_ATTEMPTS
    assert timedelta(minutes=60) < tries[-1] - NOW < timedelta(minutes=90)


def test_messages_that_failed_together_do_not_return_together() -> None:
    again = {next_try_at(attempts=5, key=uuid4(), now=NOW) for _ in range(50)}

    assert len(again) > 25
    assert next_try_at(attempts=5, key=KEY, now=NOW) == next_try_at(attempts=5, key=KEY, now=NOW)


ISLA, TOMASZ = Recipient(person_id=UUID(int=101)), Recipient(person_id=UUID(int=102))
LINE = Line(
    alert_id=UUID(int=103),
    dose_id=UUID(int=104),
    alert_class="",
    rung=3,
    round=1,
    recipient=ISLA,
    purpose=Purpose.ALERT,
)


@pytest.mark.parametrize(
    "changed",
    [
        {"alert_id": UUID(int=105)},
        {"dose_id": UUID(int=106)},
        {"dose_id": None},
        {"rung": 4},
        {"round": 2},
    ],
    ids=str,
)
def test_lines_for_one_person_in_one_minute_share_a_message(changed: dict[str, object]) -> None:
    assert group_key(LINE, NOW) == group_key(replace(LINE, **changed), NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"recipient": TOMASZ},
        {"recipient": Recipient(clinic_id=UUID(int=107), duty="desk")},
        {"purpose": Purpose.PROMPT},
        {"purpose": Purpose.FOLLOW_UP},
        {"alert_class": FlagClass.WATCH},
        {"alert_class": FlagClass.SAME_DAY},
        {"expires_at": NOW},
        {"turn": 1},
    ],
    ids=str,
)
def test_what_differs_for_the_reader_is_a_message_of_its_own(changed: dict[str, object]) -> None:
    assert group_key(LINE, NOW) != group_key(replace(LINE, **changed), NOW)


@pytest.mark.parametrize(
    ("seconds", "is_shared"), [(-31, False), (-30, True), (29, True), (30, False)]
)
def test_a_message_gathers_one_minute(seconds: int, is_shared: bool) -> None:
    other = group_key(LINE, NOW + seconds * SECOND)

    assert (other == group_key(LINE, NOW)) is is_shared


def test_an_emergency_stands_alone() -> None:
    urgent = replace(LINE, alert_class=FlagClass.EMERGENCY)

    assert group_key(urgent, NOW) != group_key(replace(urgent, alert_id=UUID(int=108)), NOW)
    assert group_key(urgent, NOW) == group_key(urgent, NOW)


def test_a_message_moves_only_along_its_table() -> None:
    named = {state.value: {each.value for each in ALLOWED[state]} for state in MessageState}

    assert named == {
        "queued": {"sending", "cancelled", "expired"},
        "sending": {"sent", "queued", "failed", "cancelled", "expired"},
        "sent": {"queued", "failed"},
        "cancelled": set(),
        "failed": set(),
        "expired": set(),
    }


def test_the_queue_takes_the_most_urgent_class_first_and_news_before_outcomes() -> None:
    classes = [*FlagClass, ""]
    places = [
        urgency_of(each, purpose)
        for purpose in (Purpose.ALERT, Purpose.FOLLOW_UP)
        for each in classes
    ]

    assert places[0] == 0
    assert all(earlier <= later for earlier, later in pairwise(places))
    assert urgency_of("E", Purpose.ALERT) < urgency_of("D", Purpose.ALERT)
    assert urgency_of("D", Purpose.ALERT) < urgency_of("W", Purpose.ALERT)
    assert urgency_of("W", Purpose.ALERT) < urgency_of("", Purpose.PROMPT)
    assert urgency_of("", Purpose.PROMPT) < urgency_of("E", Purpose.FOLLOW_UP)
