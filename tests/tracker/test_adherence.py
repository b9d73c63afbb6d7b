"""The measures of implementation, on one month that shows them and on the edges of each."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracker.november import (
    MISSED,
    SECOND,
    SKIPPED,
    TAKEN,
    WINDOW,
    at,
    dose,
    november,
    on,
    record,
    share,
    silence,
)
from tracker.domain.adherence import (
    correct_dosing,
    doses_expected,
    drug_holidays,
    logging_coverage,
    longest_gap,
    measures,
    persistence,
    seven_day_rolling,
    taking_adherence,
    timing_adherence,
)
from tracker.domain.dose_record import Absence, Basis, DoseFact, ExtraFact, Period, Record
from tracker.domain.doses import Outcome
from tracker.domain.measures import MeasureName

# Ewan's month: three doses a day from 28 October, seen on 24 November at 17:22.
NOW = at(24, "17:22")
MONTH = Period(date(2026, 10, 28), on(24))
IN_HOSPITAL = Absence(at(14), at(15), "in hospital")
SAID: dict[tuple[int, str], tuple[Outcome | None, str]] = {
    (0, "08:00"): (TAKEN, "08:58"),
    (1, "20:00"): (None, ""),
    (5, "14:00"): (SKIPPED, ""),
    (7, "20:00"): (TAKEN, "21:10"),
    (9, "14:00"): (None, ""),
    (9, "20:00"): (None, ""),
    (12, "08:00"): (MISSED, ""),
    (13, "20:00"): (TAKEN, "20:02"),
    (14, "08:00"): (None, ""),
    (14, "14:00"): (None, ""),
    (14, "20:00"): (None, ""),
    (15, "08:00"): (TAKEN, "08:08"),
    (16, "14:00"): (TAKEN, "15:02"),
    (17, "20:00"): (None, ""),
    (19, "14:00"): (SKIPPED, ""),
    (21, "20:00"): (TAKEN, "21:52"),
    (22, "14:00"): (None, ""),
    (24, "14:00"): (None, ""),
    (24, "20:00"): (None, ""),
}


def ewans_dose(day: int, clock: str) -> DoseFact:
    outcome, taken = SAID.get((day, clock), (TAKEN, clock))
    return dose(day, clock, outcome, taken_at=at(day, taken) if taken else None)


EWAN = record(
    *(
        ewans_dose(day, clock) if day <= 24 else silence(day, clock)
        for day in range(-3, 28)
        for clock in ("08:00", "14:00", "20:00")
    ),
    absences=(IN_HOSPITAL,),
)


def test_the_month_of_a_patient_gives_the_figures_that_can_be_counted_on_its_calendar() -> None:
    assert share(taking_adherence(EWAN, period=MONTH, now=NOW)) == (71, 80)
    assert share(timing_adherence(EWAN, period=MONTH, now=NOW)) == (67, 80)
    assert share(correct_dosing(EWAN, period=MONTH, now=NOW)) == (19, 26)
    assert share(logging_coverage(EWAN, period=MONTH, now=NOW)) == (74, 80)
    assert share(seven_day_rolling(EWAN, last_on=on(24), now=NOW)) == (17, 20)
    assert drug_holidays(EWAN, period=MONTH, now=NOW).holidays == ()


def test_the_gap_over_a_day_in_hospital_stands_apart_with_its_reason() -> None:
    gaps = longest_gap(EWAN, period=MONTH, now=NOW)

    assert gaps.n == 70
    assert gaps.longest is not None
    assert gaps.longest.length == timedelta(hours=24)
    assert gaps.longest.from_at == at(9, "08:00")
    (apart,) = gaps.apart
    assert apart.length == timedelta(hours=36, minutes=6)
    assert apart.reasons == ("in hospital",)


def test_every_figure_carries_its_formula_period_n_source_and_basis() -> None:
    figures = measures(EWAN, period=MONTH, now=NOW)

    assert [figure.name for figure in figures] == list(MeasureName)
    for figure in figures:
        assert figure.formula
        assert figure.source
        assert figure.period is not None
        assert figure.n > 0
        assert figure.n_unit in {"doses", "days", "gaps", "steps"}
        assert figure.basis.value == "self-logged"
        assert figure.nothing_to_show == ""


def test_figures_from_a_bottle_or_cap_say_device() -> None:
    figures = measures(replace(EWAN, basis=Basis.DEVICE), period=MONTH, now=NOW)

    assert {figure.basis.value for figure in figures} == {"device"}


def test_a_figure_is_exact_and_rounded_by_nobody_here() -> None:
    assert taking_adherence(EWAN, period=MONTH, now=NOW).ratio == Fraction(71, 80)


@pytest.mark.parametrize(("offset", "expected"), [(-SECOND, 0), (0 * SECOND, 1), (SECOND, 1)])
def test_a_silent_dose_is_expected_once_its_window_has_passed(
    offset: timedelta, expected: int
) -> None:
    now = at(2, "08:45") + offset

    assert len(doses_expected(record(silence(2)), period=november(), now=now)) == expected


@pytest.mark.parametrize("outcome", Outcome)
def test_a_dose_with_an_entry_is_expected_at_once(outcome: Outcome) -> None:
    early = dose(2, "08:00", outcome, taken_at=at(2, "07:50") if outcome is TAKEN else None)

    assert doses_expected(record(early), period=november(), now=at(2, "07:55")) == (early,)


def test_cancelled_doses_and_doses_of_other_days_are_not_expected() -> None:
    doses = record(silence(1), dose(2, outcome=None, is_cancelled=True), silence(3), silence(4))

    found = doses_expected(doses, period=november(2, 3), now=at(9))

    assert [each.local_date for each in found] == [on(3)]


@pytest.mark.parametrize(
    ("due", "is_expected"),
    [
        (at(2, "08:00") - SECOND, True),
        (at(2, "08:00"), False),
        (at(3, "08:00") - SECOND, False),
        (at(3, "08:00"), True),
    ],
)
def test_doses_due_inside_a_stay_leave_the_denominator(due: datetime, is_expected: bool) -> None:
    inside = replace(silence(2), due_at=due, local_date=due.date())
    stay = Absence(at(2, "08:00"), at(3, "08:00"), "in hospital")

    found = doses_expected(record(inside, absences=(stay,)), period=november(), now=at(9))

    assert bool(found) is is_expected


def test_a_stay_without_an_end_goes_on() -> None:
    stay = Absence(at(2), None, "in hospital")
    doses = record(silence(1), silence(2), silence(29), absences=(stay,))

    assert len(doses_expected(doses, period=november(), now=at(30))) == 1


def test_nothing_expected_is_said_in_words_and_is_neither_0_nor_100_percent() -> None:
    for figure in measures(record(), period=november(), now=at(9)):
        assert figure.ratio is None
        assert figure.nothing_to_show in {"no doses expected", "no doses logged taken"}
        assert figure.n == 0


def test_extra_doses_stand_beside_and_never_make_up_for_one_not_taken() -> None:
    doses = record(dose(2), silence(3), extras=(ExtraFact(at(3, "12:00"), on(3)),))

    taking = taking_adherence(doses, period=november(), now=at(9))

    assert share(taking) == (1, 2)
    assert taking.extras == 1


def test_a_dose_taken_on_hold_is_shown_apart_and_not_counted() -> None:
    hold = Absence(at(3), at(6), "on hold")
    doses = record(
        dose(2),
        dose(3, is_cancelled=True),
        extras=(ExtraFact(at(4, "12:00"), on(4)),),
        absences=(hold,),
    )

    taking = taking_adherence(doses, period=november(), now=at(9))

    assert (share(taking), taking.extras, taking.taken_apart) == ((1, 1), 0, 2)


def test_a_dose_taken_in_hospital_is_shown_apart_and_not_counted() -> None:
    doses = record(dose(2), dose(3), absences=(Absence(at(3), at(4), "in hospital"),))

    taking = taking_adherence(doses, period=november(), now=at(9))

    assert (share(taking), taking.extras, taking.taken_apart) == ((1, 1), 0, 1)


def test_a_dose_taken_although_it_had_been_cancelled_is_an_extra() -> None:
    doses = record(dose(2), dose(3, is_cancelled=True))

    taking = taking_adherence(doses, period=november(), now=at(9))

    assert (share(taking), taking.extras) == ((1, 1), 1)


def test_extras_of_other_days_are_not_of_this_period() -> None:
    doses = record(dose(2), extras=(ExtraFact(at(3, "12:00"), on(3)),))

    assert taking_adherence(doses, period=november(1, 2), now=at(9)).extras == 0


def test_a_day_is_correct_with_exactly_the_expected_number_taken() -> None:
    doses = record(
        *[dose(2), dose(2, "20:00")],
        *[dose(3), silence(3, "20:00")],
        *[dose(4), dose(4, "20:00", SKIPPED)],
        *[silence(5), silence(5, "20:00")],
    )

    assert share(correct_dosing(doses, period=november(), now=at(9))) == (1, 4)


@pytest.mark.parametrize("not_taken", [None, SKIPPED])
def test_an_extra_dose_makes_a_day_incorrect_even_where_the_number_would_fit(
    not_taken: Outcome | None,
) -> None:
    doses = record(
        *[dose(2), dose(2, "20:00", not_taken)],
        dose(3),
        extras=(ExtraFact(at(2, "21:00"), on(2)), ExtraFact(at(3, "12:00"), on(3))),
    )

    assert share(correct_dosing(doses, period=november(), now=at(9))) == (0, 2)


@pytest.mark.parametrize(("offset", "days"), [(-SECOND, 1), (0 * SECOND, 2)])
def test_a_day_counts_when_its_last_window_has_passed(offset: timedelta, days: int) -> None:
    doses = record(dose(2), dose(3), silence(3, "20:00"))
    now = at(3, "20:45") + offset

    assert share(correct_dosing(doses, period=november(), now=now)) == (1, days)


@pytest.mark.parametrize(
    ("late_by", "is_on_time"),
    [
        (-WINDOW - SECOND, False),
        (-WINDOW, True),
        (WINDOW - SECOND, True),
        (WINDOW, False),
        (WINDOW + SECOND, False),
    ],
)
def test_on_time_is_inside_the_window(late_by: timedelta, is_on_time: bool) -> None:
    doses = record(dose(2, taken_at=at(2, "08:00") + late_by), silence(3))

    timing = timing_adherence(doses, period=november(), now=at(9))

    assert share(timing) == (int(is_on_time), 2)


def test_the_windows_in_force_are_given_with_the_figure() -> None:
    wide = timedelta(hours=2)
    doses = record(dose(2, window=wide), dose(3), dose(4, window=wide))

    assert timing_adherence(doses, period=november(), now=at(9)).windows == (WINDOW, wide)


def test_the_last_seven_local_days_end_with_the_day_asked_for() -> None:
    doses = record(*(silence(day) for day in range(1, 9)), dose(9), dose(10))

    rolling = seven_day_rolling(doses, last_on=on(9), now=at(20))

    assert share(rolling) == (1, 7)
    assert rolling.period == november(3, 9)
    assert rolling.days == 7


def test_fewer_than_seven_days_are_said() -> None:
    rolling = seven_day_rolling(record(dose(8), dose(9)), last_on=on(9), now=at(9, "12:00"))

    assert (share(rolling), rolling.days) == ((2, 2), 2)


def test_the_seven_days_end_today_in_the_zone_of_the_plan_and_not_with_a_period_to_come() -> None:
    auckland = replace(EWAN, zone=ZoneInfo("Pacific/Auckland"))

    figures = measures(auckland, period=november(), now=at(9, "12:00"))

    (rolling,) = [each for each in figures if each.name is MeasureName.ROLLING]
    assert rolling.period == november(4, 10)


@pytest.mark.parametrize(("outcome", "taken_at"), [(TAKEN, None), (None, at(2)), (SKIPPED, at(2))])
def test_only_a_taken_dose_has_a_time_taken(
    outcome: Outcome | None, taken_at: datetime | None
) -> None:
    with pytest.raises(ValueError, match="time it was taken"):
        DoseFact(at(2), on(2), WINDOW, outcome, taken_at, False, 1)


def test_a_period_that_runs_backwards_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="before"):
        Period(on(3), on(2))


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Draw two weeks of up to two doses a day, with anything said about them."""
    outcomes = st.sampled_from([TAKEN, SKIPPED, MISSED, None])
    slots = [(day, clock) for day in range(1, 15) for clock in ("08:00", "20:00")]
    doses = [
        dose(day, clock, draw(outcomes), is_cancelled=draw(st.integers(0, 9)) == 0)
        for day, clock in draw(st.lists(st.sampled_from(slots), unique=True))
    ]
    extra_days = draw(st.lists(st.integers(1, 14), max_size=3))
    stay = draw(st.sampled_from([(), (Absence(at(5), at(7), "in hospital"),)]))
    extras = tuple(ExtraFact(at(day, "12:00"), on(day)) for day in extra_days)
    return record(*doses, extras=extras, absences=stay)


@given(doses=records(), now=st.integers(1, 20).map(at))
def test_no_share_leaves_0_to_1_and_the_shares_keep_their_order(
    doses: Record, now: datetime
) -> None:
    period = november(1, 14)
    taking = taking_adherence(doses, period=period, now=now)
    timing = timing_adherence(doses, period=period, now=now)
    coverage = logging_coverage(doses, period=period, now=now)

    for figure in measures(doses, period=period, now=now):
        assert figure.ratio is None or 0 <= figure.ratio <= 1
    assert taking.denominator == timing.denominator == coverage.denominator
    assert (timing.numerator or 0) <= (taking.numerator or 0) <= (coverage.numerator or 0)


@given(doses=records(), now=st.integers(1, 20).map(at))
def test_no_dose_logged_taken_is_lost_between_the_figures(doses: Record, now: datetime) -> None:
    taking = taking_adherence(doses, period=november(1, 14), now=now)

    assert persistence(doses).n == (taking.numerator or 0) + taking.extras + taking.taken_apart


@given(doses=records(), now=st.integers(1, 20).map(at), data=st.data())
def test_the_order_in_which_facts_arrive_changes_nothing(
    doses: Record, now: datetime, data: st.DataObject
) -> None:
    def shuffled(facts: Sequence) -> list:
        return data.draw(st.permutations(list(facts)))

    other = replace(doses, doses=shuffled(doses.doses), extras=shuffled(doses.extras))

    assert measures(other, period=november(1, 14), now=now) == measures(
        doses, period=november(1, 14), now=now
    )
