"""The patient's chart: the staircase of entered amounts, the calendar, the measures, the rest."""

import re
from datetime import date, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from accounts.clock import database_now
from accounts.models import Look, Patient, User
from tests.cast import TUESDAY, Cast, cast_make
from tests.tracker.plans import amounts
from tracker.domain.doses import Outcome
from tracker.models import PlanVersion, StayKind
from tracker.selectors.chart import Chart, patient_chart
from tracker.selectors.chart_doses import Axis, Cell, DoseChart, Lane, LaneDay
from tracker.selectors.chart_words import CellKind
from tracker.selectors.patient_list import patient_rows, patients_found
from tracker.services.checkins import check_in_add
from tracker.services.doses import doses_cancel
from tracker.services.entries import entry_add, entry_void
from tracker.services.flags import flag_close
from tracker.services.plan_moves import plan_stop
from tracker.services.stays import stay_record
from tracker.web import chart as web_chart
from tracker.web.calendar import calendar_of
from tracker.web.labels import place_in_rows
from tracker.web.plot import Plot
from tracker.web.staircase import Quantity, heights_of, lane_unit, quantity

from .charting import DAY, LONDON, dose_on, doses_until, extra, plan_signed, say

HOUR = timedelta(hours=1)
SIGNED = TUESDAY  # Tuesday 24 November 2026, 15:00 in London
FIRST = date(2026, 11, 24)
NOW = TUESDAY + 9 * DAY  # Thursday 3 December 2026, 15:00
STEPS = [
    (FIRST, "", [("08:00", "20 mg"), ("20:00", "20 mg")]),
    (FIRST + 3 * DAY, "", [("08:00", "15 mg"), ("20:00", "half a 10 mg tablet")]),
    (FIRST + 12 * DAY, "", [("08:00", "7.5 mg"), ("20:00", "15 mg")]),
]


@pytest.fixture
def plan(cast: Cast):
    """Three steps, signed on the first day after its morning dose."""
    plan = plan_signed(cast.ewan, by=cast.priya, at=SIGNED, steps=STEPS)
    doses_until(plan, NOW)
    return plan


def chart_of(cast: Cast, now: datetime = NOW) -> Chart:
    """The chart of Ewan's running plan."""
    chart = patient_chart(cast.ewan, plan_id=None, now=now)
    assert chart is not None
    return chart


def plot_of(chart: Chart) -> Plot:
    """The drawing of a chart with a signed plan."""
    plot = web_chart.plot_of(chart)
    assert plot is not None
    return plot


def lane(*texts: str, wall_time: time = time(8)) -> Lane:
    """One lane with one day for each amount."""
    days = tuple(LaneDay(FIRST + n * DAY, text, False, None) for n, text in enumerate(texts))
    return Lane(wall_time, days)


def picture(*lanes: Lane) -> DoseChart:
    """A picture of lanes without anything logged."""
    days = tuple(day.on for day in lanes[0].days)
    return DoseChart(Axis(days, NOW, LONDON), lanes, (), ())


# --- A number is read from an amount for a height, and for nothing else


@pytest.mark.parametrize(
    ("amount", "number", "unit"),
    [
        ("20 mg", 20.0, "mg"),
        ("20mg", 20.0, "mg"),
        ("7.5 mg", 7.5, "mg"),
        ("7.50 mg", 7.5, "mg"),
        ("7,5 mg", 7.5, "mg"),
        (" 5 ml ", 5.0, "ml"),
        ("2 tablets", 2.0, "tablets"),
        ("50 µg", 50.0, "µg"),
    ],
)
def test_one_plain_number_and_one_word_can_have_a_height(
    amount: str, number: float, unit: str
) -> None:
    assert quantity(amount) == Quantity(number, unit)


@pytest.mark.parametrize(
    "amount",
    [
        "half a 10 mg tablet",
        "½ tablet",
        "1 1/2 tablets",
        "10 mg tablet",
        "10 mg + 5 mg",
        "10-15 mg",
        "20",
        "mg",
        "1,000 micrograms",
        "1.000 mg",
        "٢٠ mg",
        "-5 mg",
        "1e3 mg",
        "20 mg/ml",
        "",
    ],
)
def test_every_other_amount_has_none(amount: str) -> None:
    assert quantity(amount) is None


def test_a_half_tablet_gets_a_label_and_a_band_and_no_height(plan, cast: Cast) -> None:
    morning, evening = plot_of(chart_of(cast)).lanes
    assert "half a 10 mg tablet" in [label.text for label in evening.labels]
    assert [band.is_ahead for band in evening.bands] == [False, True]
    assert morning.bands == ()


def test_units_that_differ_within_a_lane_take_every_height_from_it() -> None:
    mixed, plain = lane("20 mg", "2 tablets"), lane("20 mg", "10 mg")
    assert lane_unit(mixed) is None
    heights = heights_of(picture(mixed, plain))
    assert {number for number, _amount in heights} == {1}


def test_units_are_the_same_only_letter_for_letter() -> None:
    assert lane_unit(lane("20 mg", "20 Mg")) is None
    assert lane_unit(lane("1 tablet", "2 tablets")) is None
    assert lane_unit(lane("20 mg", "half a 10 mg tablet")) == "mg"


def test_the_same_number_of_the_same_unit_is_as_high_in_every_lane() -> None:
    heights = heights_of(picture(lane("20 mg", "10 mg"), lane("10 mg", "5 ml", "10 mg")))
    assert heights[0, "20 mg"] == 2 * heights[0, "10 mg"]
    both = heights_of(picture(lane("20 mg", "10 mg"), lane("10 mg", "10 mg")))
    assert both[0, "10 mg"] == both[1, "10 mg"]


def test_lanes_are_never_added_together(plan, cast: Cast) -> None:
    """One lane for each dose time, and no text on the page that nobody typed as an amount."""
    chart = chart_of(cast)
    assert chart.picture is not None
    assert [each.wall_time for each in chart.picture.lanes] == [time(8), time(20)]
    typed = {amount for _begins, _ends, doses in STEPS for _time, amount in doses}
    drawn = {label.text for each in plot_of(chart).lanes for label in each.labels}
    assert drawn == typed
    assert {run.amount for each in chart.picture.lanes for run in each.runs} == typed


@given(st.lists(amounts(), min_size=1, max_size=12))
def test_any_amount_is_drawn_with_its_own_text_and_never_fails(texts: list[str]) -> None:
    drawn = lane(*texts)
    for (_number, amount), height in heights_of(picture(drawn)).items():
        assert amount in texts
        assert 0 <= height <= 61.0
    assert [run.amount for run in drawn.runs] == [
        text for n, text in enumerate(texts) if n == 0 or texts[n - 1] != text
    ]


def test_zero_is_a_plain_number_with_no_height_left() -> None:
    assert heights_of(picture(lane("0 mg")))[0, "0 mg"] == 0.0


# --- Picture and tables are one


def test_the_table_of_amounts_has_exactly_what_the_picture_labels(plan, cast: Cast) -> None:
    chart = chart_of(cast)
    assert chart.picture is not None
    for drawn, lane_shown in zip(plot_of(chart).lanes, chart.picture.lanes, strict=True):
        named = [run.amount for run in lane_shown.runs]
        labels = [label.text for label in sorted(drawn.labels, key=lambda label: label.x)]
        assert labels == [text for n, text in enumerate(named) if n == 0 or named[n - 1] != text]


def test_the_picture_marks_exactly_the_past_doses_of_the_calendar(plan, cast: Cast) -> None:
    say(dose_on(plan, FIRST + DAY, "08:00"), Outcome.TAKEN, by=cast.ewan_user)
    say(dose_on(plan, FIRST + DAY, "20:00"), Outcome.SKIPPED, by=cast.ewan_user, reason="sick")
    chart = chart_of(cast)
    assert chart.picture is not None
    rows = calendar_of(chart.picture).rows
    for drawn, row in zip(plot_of(chart).lanes, rows, strict=True):
        marks = [mark.kind for mark in drawn.marks]
        squares = [square.mark for square in row.squares if square.mark not in {"", "next"}]
        word = {"taken": "taken", "skipped": "skipped", "not_logged": "silent"}
        assert [word[kind] for kind in marks] == squares


def test_drawing_and_calendar_share_one_axis(plan, cast: Cast) -> None:
    chart = chart_of(cast)
    assert chart.picture is not None
    assert [day.on for day in calendar_of(chart.picture).days] == list(chart.picture.axis.days)
    assert len(chart.picture.axis.days) == 35
    assert chart.picture.axis.begins_on == FIRST
    late = chart_of(cast, now=NOW + 60 * DAY)
    assert late.picture is not None
    assert late.picture.axis.days[27] == late.picture.axis.today


def test_the_line_breaks_where_an_amount_has_no_height() -> None:
    chart_lane = lane("20 mg", "half a 10 mg tablet", "10 mg")
    drawn = plot_of(_chart_with(chart_lane)).lanes[0]
    assert drawn.line.count("M") == 2
    assert len(drawn.bands) == 1


def _chart_with(*lanes: Lane) -> Chart:
    """A chart that holds nothing but these lanes."""
    nothing = dict.fromkeys(Chart.__dataclass_fields__)
    return Chart(**nothing | {"picture": picture(*lanes), "check_ins": (), "extras": ()})


def test_labels_closer_than_their_width_stand_in_rows_of_their_own() -> None:
    placed = place_in_rows(
        [(0.0, "half a 10 mg tablet"), (26.0, "15 mg"), (400.0, "5 mg")], padding=8, right=994
    )
    assert [each.row for each in placed] == [0, 1, 0]
    assert [each.text for each in placed] == ["half a 10 mg tablet", "15 mg", "5 mg"]


# --- The four outcomes, apart in words


def cells_of(chart: Chart, day: date) -> list[Cell | None]:
    """The cells of one day, by dose time."""
    assert chart.picture is not None
    return [each.cell for shown in chart.picture.lanes for each in shown.days if each.on == day]


def test_the_four_outcomes_are_apart_in_words_and_marks(plan, cast: Cast) -> None:
    one, two, three = (FIRST + n * DAY for n in (1, 2, 3))
    say(dose_on(plan, one, "08:00"), Outcome.TAKEN, by=cast.ewan_user)
    say(dose_on(plan, one, "20:00"), Outcome.SKIPPED, by=cast.ewan_user, reason="being sick")
    say(dose_on(plan, two, "08:00"), Outcome.MISSED, by=cast.isla)
    chart = chart_of(cast)
    said = [cell for day in (one, two, three) for cell in cells_of(chart, day)]
    assert [(cell.kind, cell.words) for cell in said[:4] if cell] == [
        (CellKind.TAKEN, "taken, on time"),
        (CellKind.SKIPPED, "skipped: being sick"),
        (CellKind.MISSED, "missed, said by Isla Macrae"),
        (CellKind.NOT_LOGGED, "not logged, nobody said"),
    ]
    assert chart.picture is not None
    squares = [square for row in calendar_of(chart.picture).rows for square in row.squares]
    assert len({square.mark for square in squares if square.on in (one, two)}) == 4


@pytest.mark.parametrize(
    ("late", "kind", "words"),
    [
        (timedelta(minutes=45, seconds=-1), CellKind.TAKEN, "taken, on time"),
        (timedelta(minutes=45), CellKind.LATE, "taken late, 08:45, 45 minutes after"),
        (timedelta(minutes=-45), CellKind.TAKEN, "taken, on time"),
        (timedelta(minutes=-46), CellKind.EARLY, "taken early, 07:14, 46 minutes before"),
        (timedelta(minutes=349), CellKind.LATE, "taken late, 13:49, 5 h 49 min after"),
    ],
)
def test_late_and_early_are_said_with_their_minutes(
    plan, cast: Cast, late: timedelta, kind: CellKind, words: str
) -> None:
    day = FIRST + DAY
    say(dose_on(plan, day, "08:00"), Outcome.TAKEN, by=cast.ewan_user, late=late)
    cell = cells_of(chart_of(cast), day)[0]
    assert cell is not None
    assert (cell.kind, cell.words) == (kind, words)


def test_doses_before_the_signature_are_entered_and_not_expected(plan, cast: Cast) -> None:
    chart = chart_of(cast)
    assert chart.picture is not None
    morning = chart.picture.lanes[0].days[0]
    assert (morning.amount, morning.cell) == ("20 mg", None)


def test_days_in_hospital_are_marked_and_named(plan, cast: Cast) -> None:
    stay_record(
        patient=cast.ewan,
        by=cast.priya,
        kind=StayKind.HOSPITAL,
        from_at=SIGNED + DAY,
        until_at=SIGNED + 2 * DAY,
        note="",
        now=NOW,
    )
    chart = chart_of(cast)
    cell = cells_of(chart, FIRST + 2 * DAY)[0]
    assert cell is not None
    assert (cell.kind, cell.words) == (CellKind.AWAY, "in hospital")
    assert [span.text for span in plot_of(chart).away] == ["in hospital"]


def test_today_is_told_from_the_days_to_come(plan, cast: Cast) -> None:
    chart = chart_of(cast)
    today, tomorrow = cells_of(chart, NOW.date()), cells_of(chart, NOW.date() + DAY)
    assert [cell.words for cell in today[1:] if cell] == ["due later today"]
    assert [cell.words for cell in tomorrow if cell] == ["still to come", "still to come"]


def test_a_dose_whose_entry_was_taken_back_is_not_logged_again(plan, cast: Cast) -> None:
    entry = say(dose_on(plan, FIRST + DAY, "08:00"), Outcome.TAKEN, by=cast.ewan_user)
    entry_void(entry=entry, by=cast.ewan_user, reason="wrong day", now=SIGNED + 2 * DAY)
    chart = chart_of(cast)
    cell = cells_of(chart, FIRST + DAY)[0]
    assert cell is not None
    assert cell.kind is CellKind.NOT_LOGGED
    facts = [(line.fact, line.quote) for line in chart.timeline]
    assert ("Entry taken back:", "wrong day") in facts
    assert ("08:00 dose taken.", "") in facts


# --- The measures


def test_each_measure_has_its_formula_n_and_the_word_self_logged(plan, cast: Cast) -> None:
    for n in range(1, 5):
        say(dose_on(plan, FIRST + n * DAY, "08:00"), Outcome.TAKEN, by=cast.ewan_user)
    extra(cast.ewan, by=cast.ewan_user, at=SIGNED + 3 * DAY)
    chart = chart_of(cast)
    assert len(chart.measures) == 9
    taking = chart.measures[0]
    assert taking.value == "4 of 18, 22.2 %"
    assert "T / E" in taking.formula
    assert taking.beside == "Extra doses beside it: 1."
    assert (taking.n, taking.n_unit) == (18, "doses")
    assert all(measure.formula and measure.source for measure in chart.measures)


def test_without_an_expected_dose_there_is_no_figure_but_words(plan, cast: Cast) -> None:
    chart = chart_of(cast, now=SIGNED + HOUR)
    values = [measure.value for measure in chart.measures]
    assert values[:3] == ["no doses expected"] * 3
    assert not any("0 %" in value or "100" in value for value in values)


# --- The rest of the page


def test_the_strip_says_which_step_today_is_and_what_was_typed(cast: Cast) -> None:
    plan = plan_signed(
        cast.ewan, by=cast.priya, at=SIGNED, steps=STEPS, hours_since_taken_threshold="24"
    )
    doses_until(plan, NOW)
    chart = chart_of(cast)
    assert chart.step is not None
    assert (chart.step.number, chart.step.count, chart.step.next_number) == (2, 3, 3)
    assert chart.thresholds == ("24 hours",)
    assert "days of supply" in chart.unset_thresholds
    assert chart.last_taken is None
    say(dose_on(plan, FIRST + DAY, "20:00"), Outcome.TAKEN, by=cast.ewan_user)
    taken = chart_of(cast).last_taken
    assert taken is not None
    assert taken.amount == "20 mg"


def test_a_phone_whose_clock_runs_ahead_makes_no_dose_of_the_future_the_last(
    plan, cast: Cast
) -> None:
    dose = dose_on(plan, FIRST, "20:00")
    logged_at = dose.due_at
    entry_add(
        patient=cast.ewan, by=cast.ewan_user, via="page", outcome=Outcome.TAKEN, dose=dose,
        taken_at=logged_at + 7 * HOUR, device_at=None, client_id=uuid4(), now=logged_at,
    )  # fmt: skip
    chart = chart_of(cast, now=logged_at + HOUR)
    last = chart.last_taken
    assert last is not None
    assert (last.taken_at, last.is_clock_wrong, last.ago) == (logged_at, True, "1 h 0 min")
    assert "The phone’s clock was ahead" in chart.timeline[0].text
    (row,) = patient_rows(patients_found(Patient.objects.filter(pk=cast.ewan.pk), ""))
    assert row.last_taken_at == logged_at


def test_an_amount_said_to_differ_is_never_shown_as_what_was_taken_without_saying_so(
    plan, cast: Cast
) -> None:
    dose = dose_on(plan, FIRST, "20:00")
    entry_add(
        patient=cast.ewan, by=cast.ewan_user, via="page", outcome=Outcome.TAKEN, dose=dose,
        taken_at=None, device_at=None, client_id=uuid4(), now=dose.due_at,
        is_amount_different=True, amount_note="only half, spilled",
    )  # fmt: skip
    chart = chart_of(cast, now=dose.due_at + HOUR)
    last = chart.last_taken
    assert last is not None
    assert (last.amount, last.is_amount_different) == ("20 mg", True)
    assert last.amount_note == "only half, spilled"
    said = [line.text for line in chart.timeline if line.amount]
    expected = "Amount taken said to differ from the amount entered."
    assert said == [f"By {cast.ewan_user.name}. {expected}"]
    strip = render_to_string("tracker/clinic/_strip.html", {"chart": chart})
    assert f"<strong>{expected}</strong> “<bdi>only half, spilled</bdi>”" in strip


def test_check_ins_stand_on_the_same_axis_with_their_signs_in_words(plan, cast: Cast) -> None:
    for signs, hours in (([], 20), (["return_of_spasticity"], 30), (["seizure"], 40)):
        check_in_add(
            patient=cast.ewan,
            by=cast.isla,
            signs=signs,
            note="",
            at=None,
            client_id=uuid4(),
            now=SIGNED + hours * HOUR,
        )
    none, spasticity, seizure = plot_of(chart_of(cast)).signs
    assert none.label is None
    assert spasticity.label is not None
    assert seizure.label is not None
    assert spasticity.label.text.startswith("Return of spasticity, 25 Nov 21:00")
    assert (spasticity.is_emergency, seizure.is_emergency) == (False, True)
    assert none.x < spasticity.x < seizure.x


def test_a_closed_flag_stays_in_the_timeline_with_who_closed_it_and_why(plan, cast: Cast) -> None:
    check_in_add(
        patient=cast.ewan,
        by=cast.isla,
        signs=["seizure"],
        note="",
        at=None,
        client_id=uuid4(),
        now=SIGNED,
    )
    flag = cast.ewan.flags.get(rule="F1")
    flag_close(flag=flag, by=cast.priya, note="Seen in the ward.", now=SIGNED + HOUR)
    chart = chart_of(cast)
    assert all(matter.flag_id != flag.pk for matter in chart.matters)
    closed = [line for line in chart.timeline if line.fact == "Flag closed:"]
    assert [line.quote for line in closed] == ["Seen in the ward."]
    assert "Dr Priya Raman" in closed[0].text


def test_two_versions_keep_the_amounts_that_were_in_force(plan, cast: Cast) -> None:
    """A later version changes the days after it counts, and no day before."""
    first = plan.versions.get()
    steps = list(first.steps.all())
    fields = {
        field.attname: getattr(first, field.attname) for field in PlanVersion._meta.concrete_fields
    }
    second = PlanVersion(
        **fields | {"id": uuid4(), "number": 2, "counts_from_at": NOW, "signed_at": NOW}
    )
    second.save()
    for step in steps:
        dose_times = list(step.dose_times.all())
        copy = replace_pk(step, version=second)
        for each in dose_times:
            changed = "1 mg" if each.wall_time == time(8) else each.amount
            replace_pk(each, step=copy, amount=changed)
    doses_cancel(plan=plan, reason="changed", now=NOW)
    chart = chart_of(cast)
    assert chart.picture is not None
    morning = {day.on: day.amount for day in chart.picture.lanes[0].days}
    assert morning[FIRST + DAY] == "20 mg"
    assert morning[NOW.date() - DAY] == "15 mg"
    assert morning[NOW.date() + DAY] == morning[FIRST + 12 * DAY] == "1 mg"


def replace_pk(row, **changed: object):
    """Add a copy of a row, with other values."""
    fields = {field.name: getattr(row, field.name) for field in type(row)._meta.concrete_fields}
    copy = type(row)(**fields | {"id": uuid4()} | changed)
    copy.save()
    return copy


def test_a_plan_that_was_stopped_long_ago_is_shown_where_it_ended(plan, cast: Cast) -> None:
    plan_stop(plan=plan, by=cast.priya, reason="side effects", now=NOW)
    chart = chart_of(cast, now=NOW + 400 * DAY)
    assert chart.picture is not None
    assert NOW.date() in chart.picture.axis.days
    assert plot_of(chart).now_x is None
    amounts_after = [
        day.amount for shown in chart.picture.lanes for day in shown.days if day.on > NOW.date()
    ]
    assert set(amounts_after) == {""}
    assert "Plan stopped." in [line.fact for line in chart.timeline]


# --- The page


@pytest.fixture
def present(db: None) -> Cast:
    """The cast as they stand now, with a running plan and two logged doses."""
    cast = cast_make(database_now())
    at = cast.now - 5 * DAY
    steps = [(at.date(), "", [("08:00", "7.50 mg"), ("20:00", "half a 10 mg tablet")])]
    plan = plan_signed(cast.ewan, by=cast.priya, at=at, steps=steps)
    doses_until(plan, cast.now)
    say(dose_on(plan, at.date() + DAY, "08:00"), Outcome.TAKEN, by=cast.ewan_user)
    say(dose_on(plan, at.date() + DAY, "20:00"), Outcome.MISSED, by=cast.isla)
    return cast


def page_of(cast: Cast, query: str = "") -> str:
    """Dr Raman's chart of Ewan."""
    answer = cast.client(cast.priya).get(f"/patients/{cast.ewan.pk}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_chart_prints_amounts_exactly_as_they_were_typed(present: Cast) -> None:
    page = page_of(present)
    assert '<span class="amt" dir="auto">7.50 mg</span>' in page
    assert ">half a 10 mg tablet</text>" in page
    assert "7.5 mg" not in page


def test_the_chart_says_self_logged_and_draws_no_line_between_good_and_bad(present: Cast) -> None:
    page = page_of(present)
    assert "Self-logged." in page
    assert "80 %" not in page
    assert not re.search(r"\b(good|poor|bad|compliant|adherent)\b", page)


def test_the_chart_has_no_inline_style_script_or_handler(present: Cast) -> None:
    page = page_of(present)
    assert " style=" not in page
    assert "<style" not in page
    assert not re.search(r"\son\w+=", page)


def test_the_numbers_of_the_drawing_are_numbers_in_every_language(present: Cast) -> None:
    User.objects.filter(pk=present.priya.pk).update(language="es")
    page = present.client(present.priya).get(f"/patients/{present.ewan.pk}/")
    assert 'lang="es"' in page.content.decode()
    assert not re.search(r'(?:x|y|cx|cy|x1|y1|height|width)="\d+,\d+"', page.content.decode())


def test_opening_the_chart_is_a_recorded_look(present: Cast) -> None:
    page_of(present)
    look = Look.objects.get(actor=present.priya)
    assert (look.patient, look.page, look.capacity) == (present.ewan, "chart", "clinician")


def test_the_chart_does_not_exist_for_anybody_else(present: Cast) -> None:
    nothing = present.client(present.juno).get(f"/patients/{uuid4()}/")
    for who in (
        present.juno,
        present.isla,
        present.ewan_user,
        present.admin,
        present.ended_clinician,
        present.ended_caregiver,
        present.stranger,
    ):
        answer = present.client(who).get(f"/patients/{present.ewan.pk}/")
        assert answer.status_code == nothing.status_code == 404
        assert b"Macrae" not in answer.content or who.name.endswith("Macrae")
    assert not Look.objects.filter(patient=present.ewan).exists()


def test_another_patients_plan_is_not_shown_here(present: Cast) -> None:
    steps = [(present.now.date(), "", [("23:00", "1 mg")])]
    other = plan_signed(present.samira, by=present.priya, at=present.now, steps=steps)
    browser = present.client(present.priya)
    assert browser.get(f"/patients/{present.ewan.pk}/?plan={other.pk}").status_code == 404
    assert browser.get(f"/patients/{present.ewan.pk}/?plan=x").status_code == 404


def test_the_chart_says_of_a_caregiver_whom_no_message_reaches_that_none_does(
    present: Cast,
) -> None:
    def who_sees() -> str:
        page = present.client(present.priya).get(f"/patients/{present.ewan.pk}/")
        text = " ".join(re.sub("<[^>]+>", " ", page.content.decode()).split())
        return text[text.index("Who sees this record") :]

    assert "no message reaches them now" not in who_sees()
    present.isla.contact_points.update(disabled_at=present.now, disabled_reason="bounced")
    assert "Isla Macrae to be told of alerts, but no message reaches them now" in who_sees()


def test_the_chart_opens_before_there_is_any_plan(present: Cast) -> None:
    answer = present.client(present.priya).get(f"/patients/{present.samira.pk}/")
    page = answer.content.decode()
    assert "No signed plan" in page
    assert "Enter a plan" in page
    assert "Has never signed in." in page


def test_the_number_of_queries_does_not_grow_with_what_was_logged(
    present: Cast, django_assert_max_num_queries
) -> None:
    for dose in present.ewan.plans.get().doses.filter(due_at__lt=present.now, standing_entry=None):
        loaded = dose_on(dose.plan, dose.local_date, f"{dose.wall_time}")
        say(loaded, Outcome.TAKEN, by=present.ewan_user)
    with django_assert_max_num_queries(20):
        patient_chart(present.ewan, plan_id=None, now=present.now)


def test_days_to_come_show_the_amount_of_their_own_weekday(cast: Cast) -> None:
    doses = [("08:00", "20 mg", "Mon Wed Fri"), ("08:00", "15 mg", "Tue Thu")]
    plan_signed(cast.ewan, by=cast.priya, at=SIGNED, steps=[(FIRST, "", doses)])

    (lane_shown,) = chart_of(cast, SIGNED).picture.lanes

    entered = {day.on.weekday(): day.amount for day in lane_shown.days if day.is_ahead}
    assert entered == {0: "20 mg", 1: "15 mg", 2: "20 mg", 3: "15 mg", 4: "20 mg", 5: "", 6: ""}
