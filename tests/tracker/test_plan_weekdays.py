"""Weekdays of a dose time, and the visits of a plan by pump, as they are typed and read."""

from datetime import date, time

import pytest

from accounts.domain.problems import Refusal
from tests.tracker.plans import dose, raw_plan, raw_step
from tracker.domain.plan_content import plan_content_from
from tracker.domain.plan_input import weekdays_from
from tracker.domain.plan_raw import weekdays_typed
from tracker.domain.schedule import EVERY_WEEKDAY, Occurrence, occurrences_between

WEDNESDAY = "2026-12-09"


def on(weekdays: str, time: str, amount: str) -> dict[str, object]:
    return {**dose(time, amount), "weekdays": weekdays}


def problems(raw: dict[str, object]) -> list[tuple[str, int | None, str]]:
    with pytest.raises(Refusal) as refused:
        plan_content_from(raw)
    return [(each.field, each.row, str(each.text)) for each in refused.value.problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", EVERY_WEEKDAY),
        ("  ", EVERY_WEEKDAY),
        ("every day", EVERY_WEEKDAY),
        ("Mon Wed Fri", (0, 2, 4)),
        ("fri, monday,Wed", (0, 2, 4)),
        ("Mon-Fri", (0, 1, 2, 3, 4)),
        ("Sat to Sun", (5, 6)),
        ("Mon Wed–Fri", (0, 2, 3, 4)),
        ("Mon Mon", (0,)),
    ],
)
def test_weekdays_are_read_as_they_are_typed(text: str, expected: tuple[int, ...]) -> None:
    assert weekdays_from(text) == expected
    assert weekdays_from(weekdays_typed(expected)) == expected


@pytest.mark.parametrize("text", ["M W F", "Mo", "daily", "Mon to", "to Fri", "Fri-Mon", "1 3 5"])
def test_what_is_no_weekday_is_refused_and_never_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="weekday"):
        weekdays_from(text)


@pytest.mark.parametrize("sent", [["Mon"], [0, 2], [], {"mon": True}, True, 7.5])
def test_weekdays_that_are_not_text_are_never_read_as_every_day(sent: object) -> None:
    step = raw_step(WEDNESDAY, "", dose("08:00", "10 mg") | {"weekdays": sent})
    told = problems(raw_plan(steps=[step]))
    assert any(row == 1 and "Send weekdays as text" in text for _field, row, text in told)


def test_one_time_may_have_other_amounts_on_other_weekdays() -> None:
    doses = [on("Mon Wed Fri", "08:00", "10 mg"), on("Tue Thu", "08:00", "half a 10 mg tablet")]
    content = plan_content_from(raw_plan(steps=[raw_step(WEDNESDAY, "2026-12-15", *doses)]))
    days = occurrences_between(
        content.steps, content.zone_info, date(2026, 12, 9), date(2026, 12, 15)
    )

    def shown(each: Occurrence) -> tuple[str, str]:
        return f"{each.local_date:%a}", each.amount

    assert list(map(shown, days)) == [
        ("Wed", "10 mg"),
        ("Thu", "half a 10 mg tablet"),
        ("Fri", "10 mg"),
        ("Mon", "10 mg"),
        ("Tue", "half a 10 mg tablet"),
    ]
    assert plan_content_from(content.as_raw()) == content


def test_one_time_twice_on_one_weekday_is_refused_at_its_cell() -> None:
    doses = [on("Mon Wed", "08:00", "10 mg"), on("Wed Thu", "08:00", "5 mg")]
    assert problems(raw_plan(steps=[raw_step(WEDNESDAY, "2026-12-15", *doses)])) == [
        ("dose 08:00 Wed Thu", 1, "Step 1 has the dose time 08:00 twice on Wed.")
    ]


def test_unreadable_weekdays_are_named_at_their_column() -> None:
    doses = [on("Mon Wodin", "08:00", "10 mg")]
    assert problems(raw_plan(steps=[raw_step(WEDNESDAY, "2026-12-15", *doses)])) == [
        (
            "weekdays 08:00 Mon Wodin",
            1,
            "Step 1: “Mon Wodin” are not weekdays. Write Mon Wed Fri; empty: every day.",
        )
    ]


def visit(begins_on: str, visit_time: str, rate: str, **more: object) -> dict[str, object]:
    return {"begins_on": begins_on, "visit_time": visit_time, "rate": rate, "note": "", **more}


def pump_plan(*steps: dict[str, object]) -> dict[str, object]:
    return raw_plan(route="intrathecal", formulation="pump", steps=list(steps))


def test_a_plan_by_pump_has_visits_with_a_rate_kept_character_for_character() -> None:
    raw = pump_plan(
        visit(WEDNESDAY, "10:30", " 299,5 micrograms / day"),
        visit("2027-01-13", "09:00", "see programmer print-out"),
    )
    content = plan_content_from(raw)
    assert [(step.rate, step.visit_time, step.doses) for step in content.steps] == [
        (" 299,5 micrograms / day", time(10, 30), ()),
        ("see programmer print-out", time(9), ()),
    ]
    assert [step.ends_on for step in content.steps] == [date(2027, 1, 12), None]
    assert plan_content_from(content.as_raw()) == content


def test_each_problem_of_a_visit_names_its_cell() -> None:
    raw = pump_plan(
        visit("31 Nov 2026", "10.30", ""),
        visit("2027-01-13", "", "1\u202e2", ends_on="2027-02-01"),
        visit("2027-02-13", "09:00", "200", doses=[dose("08:00", "5 mg")]),
    )
    assert {(field, row) for field, row, _text in problems(raw)} == {
        ("begins_on", 1),
        ("visit_time", 1),
        ("rate", 1),
        ("visit_time", 2),
        ("rate", 2),
        ("ends_on", 2),
        ("doses", 3),
    }


def test_a_plan_by_mouth_has_no_rate() -> None:
    step = {**raw_step(WEDNESDAY, "2026-12-15", dose("08:00", "5 mg")), "rate": "200"}
    assert [problem[:2] for problem in problems(raw_plan(steps=[step]))] == [("rate", 1)]
