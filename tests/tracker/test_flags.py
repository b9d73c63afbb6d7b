"""The flags' rules, as pure functions: what they state, and when they could state another thing."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracker.november import (
    LONDON,
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
    silence,
)
from tracker.domain import adherence
from tracker.domain.dose_record import DoseFact
from tracker.domain.doses import Outcome
from tracker.domain.flags import (
    CLASS_OF,
    FlagClass,
    Rule,
    Verdict,
    drug_holidays,
    hours_since_taken,
    not_taken_runs,
    set_up_gaps,
    silent_run,
    supply_runs_out,
)

END = at(30)


def times_taken(doses: list[DoseFact]) -> list[datetime]:
    return [each.taken_at for each in doses if each.taken_at is not None]


def hours(doses: list[DoseFact], threshold: int | None, now: datetime, *extra: datetime) -> Verdict:
    """F6 over these doses and extra doses."""
    taken = [*times_taken(doses), *extra]
    return hours_since_taken(doses, taken, threshold=threshold, now=now)


def holidays(doses: list[DoseFact], now: datetime) -> Verdict:
    """F8 over the holidays that the measure of that name finds."""
    found = adherence.drug_holidays(record(*doses), period=november(), now=now).holidays
    return drug_holidays(found, doses, now=now)


def stated(verdict: Verdict) -> list[tuple[Rule, str]]:
    return [(raised.rule, raised.subject) for raised in verdict.raised]


def test_every_rule_has_the_class_of_the_measures_document() -> None:
    assert {rule.value: CLASS_OF[rule].value for rule in Rule} == {
        "F1": "E",
        "F2": "D",
        "F3": "E",
        "F4": "E",
        "F5": "D",
        "F6": "D",
        "F7": "W",
        "F8": "D",
        "F9": "D",
        "F10": "I",
        "F11": "W",
        "F12": "D",
        "F13": "W",
        "F14": "I",
        "F15": "D",
        "F16": "E",
        "F17": "D",
        "F18": "E",
        "F19": "I",
        "F20": "E",
        "F21": "W",
        "F22": "W",
        "F23": "D",
        "F24": "W",
        "F25": "W",
        "F26": "I",
        "F27": "W",
        "P1": "D",
        "P2": "W",
        "P3": "I",
    }
    assert "".join(FlagClass) == "EDWI"  # most urgent first


def test_an_empty_threshold_turns_a_rule_off_for_good() -> None:
    doses = [dose(day, outcome=MISSED) for day in range(1, 9)] + [silence(9)]

    assert not_taken_runs(doses, threshold=None) == Verdict((), None)
    assert hours(doses, None, END) == Verdict((), None)
    assert silent_run(doses, threshold=None, now=END) == Verdict((), None)
    off = supply_runs_out(on(1), threshold=None, zone=LONDON, now=END)
    assert off == Verdict((), None)


@pytest.mark.parametrize(("threshold", "is_raised"), [(1, True), (2, True), (3, False)])
def test_f5_needs_as_many_doses_in_a_row_as_the_clinician_typed(
    threshold: int, is_raised: bool
) -> None:
    doses = [dose(1), dose(2, outcome=MISSED), dose(3, outcome=SKIPPED), dose(4)]

    assert bool(not_taken_runs(doses, threshold=threshold).raised) is is_raised


def test_f5_states_how_many_and_from_when_to_when() -> None:
    doses = [dose(1), dose(2, outcome=MISSED), dose(3, outcome=SKIPPED), dose(4)]

    (raised,) = not_taken_runs(doses, threshold=2).raised

    assert raised.subject == at(2, "08:00").isoformat()
    assert raised.evidence == {
        "doses": 2,
        "first_due_at": at(2, "08:00").isoformat(),
        "last_due_at": at(3, "08:00").isoformat(),
        "threshold": 2,
    }


def test_f5_stays_a_fact_after_the_next_dose_is_taken_and_tells_two_runs_apart() -> None:
    doses = [
        dose(1, outcome=MISSED),
        dose(2, outcome=MISSED),
        dose(3),
        dose(4, outcome=SKIPPED),
        dose(5, outcome=MISSED),
        dose(6),
    ]

    found = stated(not_taken_runs(doses, threshold=2))

    assert found == [
        (Rule.NOT_TAKEN_RUN, at(1, "08:00").isoformat()),
        (Rule.NOT_TAKEN_RUN, at(4, "08:00").isoformat()),
    ]


@pytest.mark.parametrize("between", [silence(2), dose(2)])
def test_f5_is_about_what_was_said_and_silence_parts_a_run(between: DoseFact) -> None:
    doses = [dose(1, outcome=MISSED), between, dose(3, outcome=MISSED)]

    assert stated(not_taken_runs(doses, threshold=2)) == []


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_f6_is_raised_when_the_hours_are_full_and_not_a_second_before(seconds: int) -> None:
    doses = [dose(1), silence(2), silence(3)]
    full_at = at(1, "08:00") + timedelta(hours=30)

    found = hours(doses, 30, full_at + seconds * SECOND)

    assert stated(found) == ([(Rule.HOURS_SINCE_TAKEN, "plan")] if seconds >= 0 else [])
    assert found.next_look_at == (None if seconds >= 0 else full_at)


def test_f6_counts_from_the_first_due_instant_when_nothing_was_taken() -> None:
    doses = [silence(1), silence(2)]
    full_at = at(2, "08:00")

    assert hours(doses, 24, full_at - SECOND).raised == ()
    (raised,) = hours(doses, 24, full_at).raised
    assert raised.evidence == {
        "since": at(1, "08:00").isoformat(),
        "threshold": 24,
        "counted_from": "first_due",
    }


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_f6_waits_until_a_dose_due_after_it_has_passed_its_window(seconds: int) -> None:
    doses = [dose(1), silence(4)]  # nothing was expected on the days between
    window_ends_at = at(4, "08:00") + WINDOW

    found = hours(doses, 24, window_ends_at + seconds * SECOND)

    assert bool(found.raised) is (seconds >= 0)
    assert found.next_look_at == (None if seconds >= 0 else window_ends_at)


def test_f6_is_not_raised_while_every_dose_due_since_was_taken() -> None:
    early = dose(3, taken_at=at(2, "20:00"))

    assert hours([dose(1), dose(2), early], 6, END) == Verdict((), None)
    assert hours([silence(1), dose(2)], 6, END) == Verdict((), None)  # the silence is older
    same_moment = [dose(1, taken_at=at(1, "14:00")), silence(1, "14:00")]
    assert hours(same_moment, 6, END) == Verdict((), None)


@pytest.mark.parametrize("outcome", [MISSED, SKIPPED, None])
def test_f6_is_about_doses_not_taken_whatever_was_said_of_them(outcome: Outcome | None) -> None:
    doses = [dose(1), dose(2, outcome=outcome)]

    assert stated(hours(doses, 24, END)) == [(Rule.HOURS_SINCE_TAKEN, "plan")]


def test_f6_counts_from_an_extra_dose_too_for_it_was_logged_taken() -> None:
    doses = [dose(1), silence(2), silence(3)]
    extra = at(2, "14:00")

    (raised,) = hours(doses, 24, at(3, "14:00"), extra).raised

    assert raised.evidence["since"] == extra.isoformat()
    assert hours(doses, 24, at(3, "14:00") - SECOND, extra).raised == ()


def test_f6_of_a_plan_without_doses_says_nothing() -> None:
    assert hours([], 24, END) == Verdict((), None)


@pytest.mark.parametrize(("threshold", "is_raised"), [(2, True), (3, True), (4, False)])
def test_f7_counts_the_newest_doses_without_a_taken_entry(threshold: int, is_raised: bool) -> None:
    doses = [silence(1), dose(2), silence(3), dose(4, outcome=MISSED), silence(5)]

    found = silent_run(doses, threshold=threshold, now=END)

    assert stated(found) == ([(Rule.SILENT_RUN, "plan")] if is_raised else [])


@pytest.mark.parametrize(("silences", "is_raised"), [(0, False), (1, True), (2, True)])
def test_f7_needs_one_silence_for_what_was_said_is_for_f5(silences: int, is_raised: bool) -> None:
    doses = [dose(day, outcome=SKIPPED) for day in range(1, 5)]
    doses += [silence(5 + extra) for extra in range(silences)]

    assert bool(silent_run(doses, threshold=3, now=END).raised) is is_raised


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_f7_counts_a_dose_once_its_window_has_passed(seconds: int) -> None:
    doses = [dose(1), silence(2), silence(3)]
    window_ends_at = at(3, "08:00") + WINDOW

    found = silent_run(doses, threshold=2, now=window_ends_at + seconds * SECOND)

    assert bool(found.raised) is (seconds >= 0)
    assert found.next_look_at == (None if seconds >= 0 else window_ends_at)


def test_f7_states_the_whole_run() -> None:
    doses = [dose(1), silence(2), dose(3, outcome=MISSED), silence(4)]

    (raised,) = silent_run(doses, threshold=2, now=END).raised

    assert raised.evidence == {
        "doses": 3,
        "first_due_at": at(2, "08:00").isoformat(),
        "last_due_at": at(4, "08:00").isoformat(),
        "threshold": 2,
    }


def test_f8_needs_no_threshold_and_names_each_holiday_by_its_first_day() -> None:
    days = [dose(1), *map(silence, (2, 3, 4)), dose(5), *map(silence, (6, 7, 8, 9))]
    doses = [*days, silence(9, "20:00")]

    found = holidays(doses, END)

    assert stated(found) == [
        (Rule.DRUG_HOLIDAY, on(2).isoformat()),
        (Rule.DRUG_HOLIDAY, on(6).isoformat()),
    ]
    assert found.raised[1].evidence == {
        "first_on": on(6).isoformat(),
        "last_on": on(9).isoformat(),
        "days": 4,
        "doses": 5,
    }


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_f8_begins_when_the_third_day_is_whole(seconds: int) -> None:
    doses = [dose(1), silence(2), silence(3), silence(4), silence(4, "20:00")]
    whole_at = at(4, "20:00") + WINDOW

    found = holidays(doses, whole_at + seconds * SECOND)

    assert bool(found.raised) is (seconds >= 0)
    assert found.next_look_at == (None if seconds >= 0 else whole_at)


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_f8_does_not_count_days_to_come_whatever_was_said_of_them(seconds: int) -> None:
    doses = [silence(1), *(dose(day, outcome=SKIPPED) for day in (2, 3, 4))]
    third_day_at = at(3, "08:00")

    found = holidays(doses, third_day_at + seconds * SECOND)

    assert stated(found) == ([(Rule.DRUG_HOLIDAY, on(1).isoformat())] if seconds >= 0 else [])
    assert found.next_look_at == (at(4, "08:00") if seconds >= 0 else third_day_at)


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_f13_is_raised_from_the_local_midnight_that_many_days_before(seconds: int) -> None:
    raise_at = at(12)

    found = supply_runs_out(on(15), threshold=3, zone=LONDON, now=raise_at + seconds * SECOND)

    assert stated(found) == ([(Rule.SUPPLY, "plan")] if seconds >= 0 else [])
    assert found.next_look_at == (None if seconds >= 0 else raise_at)


def test_f13_turns_at_the_midnight_of_the_plans_zone_also_after_the_clocks_changed() -> None:
    midnight = datetime.fromisoformat("2026-10-26T00:00:00+00:00")  # winter time since the 25th
    runs_out_on = date(2026, 10, 28)

    before = supply_runs_out(runs_out_on, threshold=2, zone=LONDON, now=midnight - SECOND)

    assert before == Verdict((), midnight)
    assert supply_runs_out(runs_out_on, threshold=2, zone=LONDON, now=midnight).raised


def test_f13_stands_while_the_date_stands_and_says_which_it_is() -> None:
    (raised,) = supply_runs_out(on(15), threshold=0, zone=LONDON, now=END).raised

    assert raised.evidence == {"runs_out_on": on(15).isoformat(), "threshold": 0}
    assert supply_runs_out(None, threshold=3, zone=LONDON, now=END) == Verdict((), None)


def test_f24_lists_what_is_not_set_and_is_off_when_nothing_is_missing() -> None:
    (raised,) = set_up_gaps(["supply_days_threshold", "out_of_hours_contact"]).raised

    assert raised.rule is Rule.SET_UP
    assert raised.evidence == {"missing": ["supply_days_threshold", "out_of_hours_contact"]}
    assert set_up_gaps(["supply_days_threshold"]).raised
    assert set_up_gaps([]) == Verdict((), None)


@st.composite
def courses(draw: st.DrawFn) -> list[DoseFact]:
    """Up to a fortnight of doses at two times a day: logged, silent, or said ahead of time."""
    doses = []
    for day in range(1, draw(st.integers(1, 14)) + 1):
        for clock in ("08:00", "20:00")[: draw(st.integers(1, 2))]:
            outcome = draw(st.sampled_from([TAKEN, SKIPPED, MISSED, None, None]))
            late = timedelta(minutes=draw(st.integers(-600, 1200)))
            taken_at = at(day, clock) + late if outcome is TAKEN else None
            doses.append(dose(day, clock, outcome, taken_at=taken_at))
    return doses


def all_rules(doses: list[DoseFact], threshold: int, now: datetime) -> dict[str, Verdict]:
    return {
        "F5": not_taken_runs(doses, threshold=threshold),
        "F6": hours(doses, threshold * 12, now),
        "F7": silent_run(doses, threshold=threshold, now=now),
        "F8": holidays(doses, now),
        "F13": supply_runs_out(on(9), threshold=threshold, zone=LONDON, now=now),
    }


moments = st.integers(0, 20 * 24 * 60).map(lambda minutes: at(1) + timedelta(minutes=minutes))


@given(doses=courses(), threshold=st.integers(1, 5), now=moments, part=st.fractions(0, 1))
def test_no_answer_changes_before_the_next_look_that_the_rule_asked_for(
    doses: list[DoseFact], threshold: int, now: datetime, part: float
) -> None:
    for name, verdict in all_rules(doses, threshold, now).items():
        look_at = verdict.next_look_at
        assert look_at is None or look_at > now, name
        until = look_at - SECOND if look_at is not None else now + timedelta(days=400)
        for then in (until, now + (until - now) * float(part)):
            later = all_rules(doses, threshold, max(then, now))[name]
            assert later.raised == verdict.raised, (name, then)


@given(doses=courses(), threshold=st.integers(1, 5), now=moments, later=moments)
def test_time_alone_never_takes_back_what_a_rule_has_stated(
    doses: list[DoseFact], threshold: int, now: datetime, later: datetime
) -> None:
    first, second = sorted([now, later])

    before, after = all_rules(doses, threshold, first), all_rules(doses, threshold, second)

    for name, verdict in before.items():
        assert set(stated(verdict)) <= set(stated(after[name])), name
