"""Rows pasted from a spreadsheet: taken over as they are, asked about, never guessed."""

import csv
import io
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracker.plans import amounts
from tracker.domain.plan_paste import NO_DOSE_WORDS, Pasted, paste_read

TIMES = [("08:00", ""), ("14:00", ""), ("20:00", "")]


def shown(pasted: Pasted) -> list[tuple[str, ...]]:
    assert pasted.ambiguous == ()
    return [(row.begins_on, row.ends_on, *row.amounts, row.note) for row in pasted.rows]


def said(pasted: Pasted) -> list[tuple[int, str, int]]:
    return [(each.row, each.field, each.column) for each in pasted.problems]


def test_rows_without_a_heading_go_under_the_dose_times_of_the_grid() -> None:
    text = (
        "Wed 27 Jan 2027\t10 mg\t10 mg\t10 mg\tcall before step 8\r\n"
        "Wed 3 Feb 2027\thalf a 10 mg tablet\t7,5 mg\t-\r\n\r\n"
    )
    pasted = paste_read(text, columns=TIMES)
    assert pasted.columns == tuple(TIMES)
    assert shown(pasted) == [
        ("Wed 27 Jan 2027", "", "10 mg", "10 mg", "10 mg", "call before step 8"),
        ("Wed 3 Feb 2027", "", "half a 10 mg tablet", "7,5 mg", "-", ""),
    ]
    assert pasted.problems == ()


@pytest.mark.parametrize("delimiter", ["\t", ";", ","])
def test_a_heading_names_the_columns_in_any_order(delimiter: str) -> None:
    rows = [
        ["Step", "Note", "Last day", "Begins", "20:00", "08:00 Mon Wed Fri"],
        ["1", "with food; slowly", "2026-12-15", "2026-12-09", "7,5 mg", " 20 mg"],
    ]
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows(rows)
    pasted = paste_read(written.getvalue())
    assert pasted.columns == (("20:00", ""), ("08:00", "Mon Wed Fri"))
    assert shown(pasted) == [("2026-12-09", "2026-12-15", "7,5 mg", " 20 mg", "with food; slowly")]
    assert pasted.problems == ()


def test_one_row_per_range_time_and_amount_becomes_one_step_per_range() -> None:
    text = (
        "From;To;Time;Weekdays;Amount;Note\n"
        "2026-12-09;2026-12-15;20:00;;20 mg;\n"
        "2026-12-09;2026-12-15;08:00;Mon Wed;7,5 mg;with food\n"
        "2026-12-16;;08:00;Mon Wed;5 mg;\n"
    )
    pasted = paste_read(text)
    assert pasted.columns == (("08:00", "Mon Wed"), ("20:00", ""))
    assert shown(pasted) == [
        ("2026-12-09", "2026-12-15", "7,5 mg", "20 mg", "with food"),
        ("2026-12-16", "", "5 mg", NO_DOSE_WORDS, ""),
    ]


def test_rows_of_range_time_and_amount_are_known_without_a_heading() -> None:
    pasted = paste_read("2026-12-09,2026-12-15,08:00,20 mg\n2026-12-16,,08:00,15 mg,last\n")
    assert shown(pasted) == [
        ("2026-12-09", "2026-12-15", "20 mg", ""),
        ("2026-12-16", "", "15 mg", "last"),
    ]


def test_two_amounts_for_one_time_of_one_range_both_stay_to_be_seen() -> None:
    pasted = paste_read("2026-12-09,08:00,20 mg\n2026-12-09,08:00,15 mg\n")
    assert pasted.columns == (("08:00", ""), ("08:00", ""))
    assert shown(pasted) == [("2026-12-09", "", "20 mg", "15 mg", "")]


def test_the_visits_of_a_pump_have_a_time_and_a_rate() -> None:
    pasted = paste_read("2026-12-09;10:30; 299,5 micrograms/day;first visit\n", is_pump=True)
    (row,) = pasted.rows
    assert (row.begins_on, row.time, row.rate, row.note) == (
        "2026-12-09",
        "10:30",
        " 299,5 micrograms/day",
        "first visit",
    )


def test_dates_that_may_be_day_or_month_first_are_asked_about() -> None:
    text = "09/12/2026\t20 mg\n25/12/2026\t15 mg\n05/05/2027\t10 mg\n"
    asked = paste_read(text, columns=TIMES[:1])
    assert asked.ambiguous == ("09/12/2026",)
    assert asked.rows == ()
    day_first = paste_read(text, columns=TIMES[:1], order="day")
    assert [row.begins_on for row in day_first.rows] == [
        "Wed 9 Dec 2026",
        "Fri 25 Dec 2026",
        "Wed 5 May 2027",
    ]
    month_first = paste_read(text, columns=TIMES[:1], order="month")
    assert [row.begins_on for row in month_first.rows] == [
        "Sat 12 Sep 2026",
        "25/12/2026",
        "Wed 5 May 2027",
    ]
    assert said(month_first) == [(2, "begins_on", 0)]


def test_dates_that_can_be_read_in_one_way_only_are_not_asked_about() -> None:
    pasted = paste_read("13.12.2026\t20 mg\n20.12.2026\t15 mg\n", columns=TIMES[:1])
    assert [row.begins_on for row in pasted.rows] == ["Sun 13 Dec 2026", "Sun 20 Dec 2026"]


def test_dates_that_contradict_each_other_are_asked_about() -> None:
    pasted = paste_read("25/12/2026\t20 mg\n12/31/2026\t15 mg\n", columns=TIMES[:1])
    assert pasted.ambiguous == ("25/12/2026", "12/31/2026")


@pytest.mark.parametrize(
    "cell", ["=SUM(A1:A3)", "+20 mg", "@cmd", " =1+1", "20\u202e mg", "20\x07 mg", "20\u200b mg"]
)
def test_formulas_and_hidden_characters_are_left_out_and_named_at_their_cell(cell: str) -> None:
    pasted = paste_read(f"2026-12-09\t20 mg\t{cell}\t5 mg\n", columns=TIMES)
    assert shown(pasted) == [("2026-12-09", "", "20 mg", "", "5 mg", "")]
    assert said(pasted) == [(1, "amount", 2)]


def test_a_comma_that_may_belong_to_an_amount_splits_nothing_silently() -> None:
    pasted = paste_read("Begins,08:00,20:00,Note\n2026-12-09,7,5 mg,20 mg\n")
    assert shown(pasted) == [("2026-12-09", "", "", "", "20 mg")]
    assert said(pasted) == [(1, "amount", 1), (1, "amount", 2)]


def test_a_row_with_too_many_cells_is_not_pushed_into_other_columns() -> None:
    pasted = paste_read("Begins;08:00\n2026-12-09;5 mg;5 mg;5 mg\n")
    assert shown(pasted) == [("", "", "", "")]
    assert said(pasted) == [(1, "begins_on", 0)]


@pytest.mark.parametrize("text", ["", "  \n\t\n", "Begins;08:00\n"])
def test_a_paste_without_rows_says_so(text: str) -> None:
    assert said(paste_read(text)) == [(0, "", 0)]


def test_more_rows_than_a_plan_may_have_are_refused_whole() -> None:
    pasted = paste_read("2026-12-09\t5 mg\n" * 2001, columns=TIMES[:1])
    assert pasted.rows == ()
    assert "2001 rows were pasted" in pasted.problems[0].text


def test_a_heading_that_is_no_clock_time_stays_as_it_is() -> None:
    assert paste_read("Begins;morning\n2026-12-09;5 mg\n").columns == (("morning", ""),)


def test_two_thousand_rows_are_read_in_a_moment() -> None:
    text = "".join(f"2026-12-09\t{n} mg\t{n} mg\t{n} mg\tnote {n}\n" for n in range(2000))
    began = perf_counter()
    pasted = paste_read(text, columns=TIMES)
    assert len(pasted.rows) == 2000
    assert perf_counter() - began < 1


@given(st.lists(amounts(), min_size=3, max_size=3), st.sampled_from("\t;,"))
def test_an_amount_comes_through_character_for_character(texts: list[str], delimiter: str) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(
        [["Begins", "08:00", "14:00", "20:00"], ["2026-12-09", *texts]]
    )
    pasted = paste_read(written.getvalue())
    (row,) = pasted.rows
    refused = {each.column for each in pasted.problems}
    for column, (text, read) in enumerate(zip(texts, row.amounts, strict=True), 1):
        assert read == ("" if column in refused else text)


@given(st.text(max_size=300), st.sampled_from(["", "day", "month"]), st.booleans())
def test_no_text_at_all_breaks_the_reader(text: str, order: str, is_pump: bool) -> None:
    pasted = paste_read(text, columns=TIMES, is_pump=is_pump, order=order)
    assert pasted.rows or pasted.problems or pasted.ambiguous
