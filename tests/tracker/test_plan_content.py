"""What a clinician types as a plan is read whole, or refused whole with every problem named."""

from contextlib import suppress
from copy import deepcopy
from datetime import date, time, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.domain.audiences import Audience
from accounts.domain.problems import Problem, Refusal
from tests.tracker.plans import WHO, amounts, dose, raw_plan, raw_step
from tracker.domain.plan_content import Choices, plan_content_from
from tracker.domain.plan_input import date_from, says_no_dose
from tracker.domain.plan_states import Route
from tracker.domain.schedule import DoseTimeSpec

ARABIC = "\u0660\u0668:\u0660\u0660"  # 08:00 in digits that are not those of the form
CHOICES = Choices(
    formulations={"tablet": Route.ORAL, "pump": Route.INTRATHECAL},
    indications=frozenset({"multiple_sclerosis"}),
    off_label_uses=frozenset({"gerd"}),
    risk_factors=frozenset({"epilepsy"}),
    clinicians=frozenset({WHO}),
)


# A busy machine is no fault of the code.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def problems_of(raw: dict[str, object], choices: Choices | None = None) -> list[Problem]:
    with pytest.raises(Refusal) as refused:
        plan_content_from(raw, choices)
    return list(refused.value.problems)


def places(problems: list[Problem]) -> list[tuple[int | None, str]]:
    return [(problem.row, problem.field) for problem in problems]


def plan_with_step(number: int, **changed: object) -> dict[str, object]:
    raw = raw_plan()
    raw["steps"][number - 1] |= changed
    return raw


def test_a_plan_is_read_as_typed() -> None:
    content = plan_content_from(raw_plan(), CHOICES)
    assert [(step.begins_on, step.ends_on) for step in content.steps] == [
        (date(2026, 12, 9), date(2026, 12, 15)),
        (date(2026, 12, 16), date(2026, 12, 22)),
        (date(2026, 12, 23), date(2027, 1, 5)),
    ]
    assert content.steps[1].doses == (
        DoseTimeSpec(time(8), "half a 10 mg tablet"),
        DoseTimeSpec(time(20, 0, 30), "7,5 mg"),
    )
    assert [(rung.delay, rung.audience) for rung in content.rungs] == [
        (timedelta(), Audience.PATIENT),
        (timedelta(minutes=45), Audience.PATIENT),
        (timedelta(minutes=90), Audience.CAREGIVERS),
        (timedelta(minutes=180), Audience.CLINIC),
    ]
    assert content.on_time_window == timedelta(minutes=45)
    assert content.follow_up_delay == timedelta(seconds=20)
    assert content.observation_days == 28


def test_thresholds_have_no_default() -> None:
    content = plan_content_from(raw_plan())
    assert content.missed_doses_threshold is None
    assert content.hours_since_taken_threshold is None
    assert content.silent_doses_threshold is None
    assert content.supply_days_threshold is None


def test_a_kept_draft_reads_back_as_the_same_plan() -> None:
    content = plan_content_from(raw_plan())
    assert plan_content_from(content.as_raw(), CHOICES) == content


def test_words_or_a_dash_say_that_a_step_has_no_dose_at_a_time() -> None:
    raw = plan_with_step(1, doses=[dose("08:00", "20 mg"), dose("14:00", " No  dose ")])
    raw["steps"][1]["doses"] = [dose("08:00", "-"), dose("14:00", "–")]
    first, second, _ = plan_content_from(raw).steps
    assert first.doses == (DoseTimeSpec(time(8), "20 mg"),)
    assert second.doses == ()
    assert second.is_dose_free


def test_dose_free_days_are_a_step_of_their_own() -> None:
    raw = plan_with_step(2, doses=[], is_dose_free=True)
    assert plan_content_from(raw).steps[1].is_dose_free


def test_an_open_ended_last_step_is_said_not_assumed() -> None:
    raw = plan_with_step(3, ends_on="")
    assert plan_content_from(raw | {"ending": "open"}).steps[-1].ends_on is None
    assert places(problems_of(raw | {"ending": ""})) == [(None, "ending")]
    assert places(problems_of(raw | {"ending": "stop"})) == [(3, "ends_on")]
    assert places(problems_of(raw_plan() | {"ending": "open"})) == [(3, "ends_on")]


@pytest.mark.parametrize(
    ("changed", "row", "field", "words"),
    [
        ({"ends_on": "2026-12-18"}, 3, "begins_on", "but step 2 ends on 18 Dec 2026"),
        ({"ends_on": "2026-12-28"}, 3, "begins_on", "but step 2 runs until 28 Dec 2026"),
        ({"begins_on": "2026-12-01"}, 2, "begins_on", "before step 1 begins"),
        ({"ends_on": "2026-12-10"}, 2, "ends_on", "before it begins"),
        ({"doses": []}, 2, "doses", "no dose time"),
        ({"doses": [dose("08:00", "5 mg"), dose("08:00:00", "5 mg")]}, 2, "dose 08:00", "twice"),
        ({"doses": [dose("08:00", "")]}, 2, "dose 08:00", "empty"),
        ({"doses": [dose("08:00", "  ")]}, 2, "dose 08:00", "empty"),
        ({"doses": [dose("08:00", "5\tmg")]}, 2, "dose 08:00", "cannot be seen"),
        ({"doses": [dose("08:00", "5 \u202emg")]}, 2, "dose 08:00", "cannot be seen"),
        ({"doses": [dose("08:00", "5" * 81)]}, 2, "dose 08:00", "80 at most"),
        ({"doses": [dose("08:00", 5)]}, 2, "dose 08:00", "as text"),
        ({"doses": [dose("8:00", "5 mg")]}, 2, "time 8:00", "is not a clock time"),
        ({"doses": [dose("24:00", "5 mg")]}, 2, "time 24:00", "is not a clock time"),
        ({"doses": [dose("", "5 mg")]}, 2, "time ", "dose time is empty"),
        ({"doses": [dose(ARABIC, "5 mg")]}, 2, f"time {ARABIC}", "is not a clock time"),
        ({"is_dose_free": True}, 2, "is_dose_free", "marked as dose-free but has dose times"),
        ({"begins_on": "31 Nov 2026"}, 2, "begins_on", "November 2026 has 30 days"),
        ({"begins_on": ""}, 2, "begins_on", "The date is empty"),
        ({"begins_on": "09/12/2026"}, 2, "begins_on", "can be read in two ways"),
        ({"begins_on": "24/12/2026"}, 2, "begins_on", "is all in figures"),
        ({"begins_on": "Mon 16 Dec 2026"}, 2, "begins_on", "that day is a Wednesday"),
        ({"begins_on": "0001-01-01"}, 2, "begins_on", "is not between 1900"),
        ({"begins_on": "16 Dec 2062"}, 2, "begins_on", "more than ten years"),
        ({"ends_on": "soon"}, 2, "ends_on", "is not a date"),
        ({"note": "a\x00b"}, 2, "note", "cannot be shown"),
        ({"note": "x" * 201}, 2, "note", "200 at most"),
    ],
)
def test_a_bad_step_is_refused_at_its_cell(
    changed: dict[str, object], row: int, field: str, words: str
) -> None:
    problems = problems_of(plan_with_step(2, **changed))
    assert (row, field) in places(problems)
    said = next(problem for problem in problems if (problem.row, problem.field) == (row, field))
    assert words in said.text
    assert said.text.startswith(f"Step {row}")


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"zone": "Mars/Olympus"}, "zone", "not a known time zone"),
        ({"zone": ""}, "zone", "not a known time zone"),
        ({"route": "by nose"}, "route", "Choose"),
        ({"formulation": ""}, "formulation", "Choose"),
        ({"formulation": "patch"}, "formulation", "from the list"),
        ({"formulation": "pump"}, "formulation", "not given by the route"),
        ({"indication": "", "off_label_reason": ""}, "indication", "reason for treatment"),
        ({"indication": "boredom"}, "indication", "from the list"),
        ({"off_label_reason": "also this"}, "off_label_reason", "not both"),
        ({"risk_factors": ["luck"]}, "risk_factors", "from the list"),
        ({"risk_factors": "epilepsy"}, "risk_factors", "list of codes"),
        ({"named_clinician": ""}, "named_clinician", "Choose the clinician"),
        ({"named_clinician": str(UUID(int=9))}, "named_clinician", "works at this clinic"),
        ({"rungs": []}, "rungs", "who is told"),
        ({"on_time_window": ""}, "on_time_window", "Type the minutes"),
        ({"on_time_window": "0"}, "on_time_window", "is not between"),
        ({"follow_up_delay": "soon"}, "follow_up_delay", "not a number of minutes"),
        ({"missed_doses_threshold": "two"}, "missed_doses_threshold", "not a whole number"),
        ({"hours_since_taken_threshold": "0"}, "hours_since_taken_threshold", "from 1 to"),
        ({"silent_doses_threshold": "-1"}, "silent_doses_threshold", "not a whole number"),
        ({"supply_days_threshold": "1.5"}, "supply_days_threshold", "not a whole number"),
        ({"observation_days": ""}, "observation_days", "or “none”"),
        ({"observation_days": "0"}, "observation_days", "from 1 to"),
        ({"missed_dose_advice": "x" * 501}, "missed_dose_advice", "500 at most"),
        ({"risk_note": "\ud800"}, "risk_note", "cannot be shown"),
        ({"steps": []}, "steps", "at least one step"),
        ({"steps": "three"}, "steps", "list of rows"),
    ],
)
def test_a_bad_field_is_refused_by_name(changed: dict[str, object], field: str, words: str) -> None:
    problems = problems_of(raw_plan() | changed, CHOICES)
    said = [problem.text for problem in problems if problem.field == field]
    assert any(words in text for text in said), problems


@pytest.mark.parametrize(
    ("rung", "field", "words"),
    [
        ({"delay": "", "audience": "clinic"}, "delay", "Type the minutes"),
        ({"delay": "an hour", "audience": "clinic"}, "delay", "not a number of minutes"),
        ({"delay": "1:75", "audience": "clinic"}, "delay", "not a number of minutes"),
        ({"delay": "20000", "audience": "clinic"}, "delay", "is not between"),
        ({"delay": "5", "audience": "clinic"}, "delay", "earlier than the line above"),
        ({"delay": "200", "audience": "everybody"}, "audience", "choose who is told"),
    ],
)
def test_a_bad_line_of_the_ladder_is_refused_at_its_row(
    rung: dict[str, str], field: str, words: str
) -> None:
    raw = raw_plan()
    raw["rungs"] = [*raw["rungs"], rung]
    (problem,) = problems_of(raw)
    assert (problem.row, problem.field) == (5, field)
    assert words in problem.text


def test_every_problem_is_named_at_once() -> None:
    raw = raw_plan() | {"zone": "Nowhere", "observation_days": ""}
    raw["steps"][0] |= {"begins_on": "31 Nov 2026", "doses": [dose("8am", ""), dose("20:00", "")]}
    raw["steps"][2] |= {"ends_on": "1/2/2027"}
    raw["rungs"][3] |= {"delay": "x"}
    assert places(problems_of(raw)) == [
        (1, "begins_on"),
        (1, "time 8am"),
        (1, "dose 8am"),
        (1, "dose 20:00"),
        (3, "ends_on"),
        (None, "zone"),
        (None, "observation_days"),
        (4, "delay"),
    ]


def test_a_date_that_cannot_be_read_makes_no_second_problem_of_its_neighbours() -> None:
    assert places(problems_of(plan_with_step(2, begins_on="soon"))) == [(2, "begins_on")]


def test_a_number_without_a_unit_warns_and_is_kept_as_typed() -> None:
    content = plan_content_from(plan_with_step(1, doses=[dose("20:00", "7.50")]))
    assert content.steps[0].doses == (DoseTimeSpec(time(20), "7.50"),)
    (warning,) = content.warnings
    assert (warning.row, warning.field) == (1, "dose 20:00")
    assert "7.50 has no unit" in warning.text


@patient
@given(amounts())
def test_an_amount_is_the_same_text_before_and_after(amount: str) -> None:
    content = plan_content_from(plan_with_step(1, doses=[dose("08:00", amount)]))
    again = plan_content_from(content.as_raw())
    expected = () if says_no_dose(amount) else (DoseTimeSpec(time(8), amount),)
    assert content.steps[0].doses == again.steps[0].doses == expected


@patient
@given(st.dates(min_value=date(2020, 1, 1), max_value=date(2035, 12, 31)))
def test_a_date_is_read_however_its_month_is_written_out(day: date) -> None:
    patterns = ["%Y-%m-%d", "%d %b %Y", "%d %B %Y", "%a %d %b %Y", "%A, %d %B %Y", "%b %d, %Y"]
    assert {date_from(day.strftime(pattern)) for pattern in patterns} == {day}


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*raw_plan(), *raw_step(), "time", "amount"]), inner)
    ),
    max_leaves=8,
)


@patient
@given(st.dictionaries(st.sampled_from(list(raw_plan())), junk))
def test_whatever_is_sent_is_read_or_refused(changed: dict[str, object]) -> None:
    with suppress(Refusal):
        plan_content_from(deepcopy(raw_plan()) | changed, CHOICES)
