"""What a plan's steps are refused for, and what is read back about clock changes before signing."""

from collections.abc import Sequence
from datetime import UTC, date, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tracker.domain.schedule import (
    ClockChange,
    DoseTimeSpec,
    StepRow,
    StepSpec,
    clock_change_notes,
    schedule_problems,
    steps_from,
)

LONDON = ZoneInfo("Europe/London")
APIA = ZoneInfo("Pacific/Apia")
DAY = timedelta(days=1)


def doses(*clocks: str, amount: str = "10 mg") -> tuple[DoseTimeSpec, ...]:
    return tuple(DoseTimeSpec(time.fromisoformat(clock), amount) for clock in clocks)


def plan_of(*clocks: str, begins_on: date) -> tuple[StepSpec, ...]:
    return (StepSpec(number=1, begins_on=begins_on, ends_on=None, doses=doses(*clocks)),)


def faults(rows: Sequence[StepRow], zone: ZoneInfo = LONDON) -> list[tuple[int | None, str]]:
    return [(problem.row, problem.field) for problem in schedule_problems(rows, zone)]


def row(begins: str, ends: str | None = None, *clocks: str, amount: str = "10 mg") -> StepRow:
    return StepRow(
        begins_on=date.fromisoformat(begins),
        ends_on=date.fromisoformat(ends) if ends else None,
        doses=doses(*(clocks or ("08:00", "20:00")), amount=amount),
    )


GOOD = (row("2026-12-09"), row("2026-12-16", "2026-12-22"), row("2026-12-23", "2026-12-31"))


def test_steps_that_follow_each_other_are_accepted() -> None:
    assert faults(GOOD) == []
    assert faults([row("2026-12-09")]) == []


def test_a_step_may_last_one_day() -> None:
    assert faults([row("2026-12-09", "2026-12-09"), row("2026-12-10")]) == []


def test_a_dose_free_step_between_two_others_is_accepted() -> None:
    pause = StepRow(date(2026, 12, 16), date(2026, 12, 17), is_dose_free=True)

    assert faults([row("2026-12-09"), pause, row("2026-12-18")]) == []


@pytest.mark.parametrize(
    ("rows", "expected", "words"),
    [
        pytest.param(
            [row("2026-12-09", "2026-12-16"), row("2026-12-16")],
            (2, "begins_on"),
            "Step 2 begins on 16 Dec 2026, but step 1 runs until 16 Dec 2026.",
            id="overlap of one day",
        ),
        pytest.param(
            [row("2026-12-09", "2026-12-14"), row("2026-12-16")],
            (2, "begins_on"),
            "Step 2 begins on 16 Dec 2026, but step 1 ends on 14 Dec 2026. Days without doses "
            "between them are a step of their own, marked as dose-free.",
            id="gap of one day",
        ),
        pytest.param(
            [row("2026-12-16"), row("2026-12-09")],
            (2, "begins_on"),
            "Step 2 begins on 9 Dec 2026, before step 1 begins on 16 Dec 2026.",
            id="runs backwards",
        ),
        pytest.param(
            [row("2026-12-16"), row("2026-12-16")],
            (2, "begins_on"),
            "Step 2 begins on 16 Dec 2026, the same day as step 1.",
            id="two on one day",
        ),
        pytest.param(
            [row("2026-12-16", "2026-12-15")],
            (1, "ends_on"),
            "Step 1 ends on 15 Dec 2026, before it begins on 16 Dec 2026.",
            id="ends before it begins",
        ),
        pytest.param(
            [row("0202-12-16")],
            (1, "begins_on"),
            "Step 1: 16 Dec 202 is not between 1900 and 2199.",
            id="year below",
        ),
        pytest.param(
            [row("2026-12-16", "9999-12-31")],
            (1, "ends_on"),
            "Step 1: 31 Dec 9999 is not between 1900 and 2199.",
            id="year above",
        ),
        pytest.param(
            [row("2026-12-09"), StepRow(date(2026, 12, 16))],
            (2, "doses"),
            "Step 2 has no dose time. If that is meant, mark it as dose-free.",
            id="no dose time",
        ),
        pytest.param(
            [row("2026-12-09", None, "08:00", "20:00", "08:00")],
            (1, "dose 08:00"),
            "Step 1 has the dose time 08:00 twice.",
            id="two equal dose times",
        ),
        pytest.param(
            [row("2026-12-09", None, "08:00:30", amount="")],
            (1, "dose 08:00:30"),
            "Step 1, 08:00:30: The amount is empty.",
            id="empty amount",
        ),
        pytest.param(
            [row("2026-12-09"), row("2026-12-16", None, "08:00", amount="10\u202e mg")],
            (2, "dose 08:00"),
            "Step 2, 08:00: Character 3 of the amount (U+202E RIGHT-TO-LEFT OVERRIDE) cannot be "
            "seen. Type the amount again without it.",
            id="direction-changing character",
        ),
        pytest.param(
            [row("2026-12-09", None, "08:00:00.5")],
            (1, "dose 08:00"),
            "Step 1: 08:00 is not a clock time to the second.",
            id="fractions of a second",
        ),
        pytest.param(
            [StepRow(date(2026, 12, 9), doses=(DoseTimeSpec(time(8, tzinfo=UTC), "10 mg"),))],
            (1, "dose 08:00"),
            "Step 1: 08:00 is not a clock time to the second.",
            id="a zone of its own",
        ),
        pytest.param(
            [
                row("2026-12-09"),
                StepRow(date(2026, 12, 16), doses=doses("08:00"), is_dose_free=True),
            ],
            (2, "is_dose_free"),
            "Step 2 is marked as dose-free but has dose times.",
            id="dose-free with a dose",
        ),
        pytest.param(
            [StepRow(date(2026, 12, 9), is_dose_free=True)],
            (None, "steps"),
            "No step of this plan has a dose.",
            id="no dose at all",
        ),
        pytest.param([], (None, "steps"), "A plan needs at least one step.", id="no step"),
    ],
)
def test_a_plan_that_cannot_be_meant_is_refused_naming_row_and_field(
    rows: Sequence[StepRow], expected: tuple[int | None, str], words: str
) -> None:
    (problem,) = schedule_problems(rows, LONDON)

    assert (problem.row, problem.field) == expected
    assert problem.text == words


def test_every_problem_is_named_at_once_row_by_row() -> None:
    rows = [
        row("2026-12-09", "2026-12-20", "08:00", amount=""),
        row("2026-12-16", None, "08:00", "08:00"),
        StepRow(date(2026, 12, 1)),
    ]

    assert faults(rows) == [
        (1, "dose 08:00"),
        (2, "begins_on"),
        (2, "dose 08:00"),
        (3, "begins_on"),
        (3, "doses"),
    ]


def test_a_date_that_the_zone_never_had_is_no_gap_between_two_steps() -> None:
    rows = [row("2011-12-20", "2011-12-29"), row("2011-12-31")]

    assert faults(rows, APIA) == []
    assert faults(rows, LONDON) == [(2, "begins_on")]


def test_steps_get_numbers_ends_and_doses_in_the_order_of_the_clock() -> None:
    rows = (
        StepRow(date(2026, 12, 9), doses=doses("20:00", "08:00"), note="stay here"),
        StepRow(date(2026, 12, 16), date(2026, 12, 17), is_dose_free=True),
        row("2026-12-18"),
    )

    first, pause, last = steps_from(rows)

    assert first == StepSpec(
        1, date(2026, 12, 9), date(2026, 12, 15), doses("08:00", "20:00"), note="stay here"
    )
    assert (pause.number, pause.ends_on, pause.is_dose_free) == (2, date(2026, 12, 17), True)
    assert (last.number, last.ends_on) == (3, None)


def notes_of(
    *clocks: str, zone: ZoneInfo, first_on: date, last_on: date
) -> list[tuple[ClockChange, str]]:
    steps = plan_of(*clocks, begins_on=first_on)
    return [(note.kind, note.text) for note in clock_change_notes(steps, zone, first_on, last_on)]


def test_a_plan_that_no_clock_change_touches_has_nothing_to_read_back() -> None:
    around = {"first_on": date(2026, 3, 28), "last_on": date(2026, 10, 26)}

    assert notes_of("08:00", "20:00", zone=LONDON, **around) == []


def test_a_dose_in_a_skipped_hour_is_read_back_with_the_time_it_moves_to() -> None:
    days = {"first_on": date(2026, 3, 27), "last_on": date(2026, 4, 2)}

    assert notes_of("01:30", "08:00", zone=LONDON, **days) == [
        (
            ClockChange.MOVED,
            "The clock skips 01:30 on 29 Mar 2026. That dose is due at 02:30.",
        )
    ]


def test_a_dose_that_a_gap_carries_past_midnight_is_read_back_with_its_date() -> None:
    days = {"first_on": date(1919, 3, 30), "last_on": date(1919, 3, 30)}

    assert notes_of("23:45", zone=ZoneInfo("America/Toronto"), **days) == [
        (
            ClockChange.MOVED,
            "The clock skips 23:45 on 30 Mar 1919. That dose is due at 00:45 on 31 Mar 1919.",
        )
    ]


def test_a_dose_in_an_hour_that_happens_twice_is_read_back() -> None:
    days = {"first_on": date(2026, 10, 24), "last_on": date(2026, 10, 26)}

    assert notes_of("01:00", "02:00", zone=LONDON, **days) == [
        (
            ClockChange.REPEATED,
            "01:00 happens twice on 25 Oct 2026. The dose is due the first time.",
        )
    ]


def test_doses_that_fall_on_one_moment_stop_the_read_back() -> None:
    day = date(2026, 3, 29)
    steps = plan_of("01:30", "02:30", begins_on=day)

    notes = clock_change_notes(steps, LONDON, day - DAY, day + DAY)

    assert [(note.kind, note.is_blocking) for note in notes] == [
        (ClockChange.MOVED, False),
        (ClockChange.COINCIDE, True),
    ]
    assert [dose.wall_time for dose in notes[1].doses] == [time(1, 30), time(2, 30)]
    assert notes[1].text == (
        "On 29 Mar 2026 the doses entered for 01:30 and 02:30 fall on the same moment. "
        "Enter what is meant for that date before signing."
    )


def test_a_date_that_does_not_exist_is_read_back_once() -> None:
    days = {"first_on": date(2011, 12, 28), "last_on": date(2012, 1, 2)}

    assert notes_of("08:00", "20:00", zone=APIA, **days) == [
        (
            ClockChange.NO_SUCH_DATE,
            "30 Dec 2011 does not exist in Pacific/Apia. No dose is due on it.",
        )
    ]


def test_a_dose_free_date_that_does_not_exist_is_not_worth_a_word() -> None:
    steps = (StepSpec(1, date(2011, 12, 28), None, (), is_dose_free=True),)

    assert clock_change_notes(steps, APIA, date(2011, 12, 28), date(2012, 1, 2)) == []


def test_dates_outside_those_asked_for_are_not_read_back() -> None:
    steps = plan_of("01:30", begins_on=date(2026, 1, 1))

    assert clock_change_notes(steps, LONDON, date(2026, 3, 30), date(2026, 10, 24)) == []
    assert len(clock_change_notes(steps, LONDON, date(2026, 3, 29), date(2026, 10, 25))) == 2
