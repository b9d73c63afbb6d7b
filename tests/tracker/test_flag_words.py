"""Every rule has words: the fact in one line, what was counted or who said it, and its basis."""

from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from tracker.domain.flags import CLASS_OF, Rule
from tracker.models import Flag
from tracker.selectors.wording import flag_basis, flag_detail, flag_headline

LONDON = ZoneInfo("Europe/London")
AT = "2026-11-24T08:00:00+00:00"
SAID = {"at": AT, "by": "Isla Macrae"}
RUN = {"doses": 3, "first_due_at": AT, "last_due_at": AT, "threshold": 2}
DATE = {"date_on": "2026-11-24", "confirmed": 1}

STATED = {
    Rule.EMERGENCY_SIGN: (SAID | {"signs": ["seizure"]}, "Sign reported"),
    Rule.SAME_DAY_SIGN: (SAID | {"signs": ["insomnia"]}, "Sign reported"),
    Rule.INTRATHECAL_SIGN: (SAID | {"signs": ["fever"]}, "Sign reported"),
    Rule.STOPPED_SUDDENLY: (SAID, "stopped suddenly"),
    Rule.NOT_TAKEN_RUN: (RUN, "3 doses in a row reported missed or skipped"),
    Rule.HOURS_SINCE_TAKEN: (
        {"since": AT, "threshold": 30, "counted_from": "taken"},
        "30 hours or more since the last dose logged taken",
    ),
    Rule.SILENT_RUN: (RUN, "3 doses in a row without a taken entry"),
    Rule.DRUG_HOLIDAY: (
        {"first_on": "2026-11-24", "last_on": "2026-11-26", "days": 3, "doses": 9},
        "3 consecutive days",
    ),
    Rule.STOPPED_EARLY: (
        {"stopped_on": "2026-11-24", "last_step": 4, "last_step_begins_on": "2026-12-24"},
        "before its last entered step",
    ),
    Rule.STEP_CHANGE: (
        {"step": 2, "step_begins_on": "2026-11-28", "threshold": 3},
        "step 2 begins Sat 28 Nov",
    ),
    Rule.SIGN_AFTER_CHANGE: (
        {
            "signs": ["fever"],
            "step": 2,
            "step_began_on": "2026-11-24",
            "said_at": AT,
            "threshold": 72,
        },
        "within 72 hours after a step change",
    ),
    Rule.AMOUNT_OR_EXTRA: (SAID | {"what": ["extra", "amount", "two_people"]}, "Extra dose logged"),
    Rule.SUPPLY: ({"runs_out_on": "2026-11-26", "threshold": 5}, "run out Thu 26 Nov"),
    Rule.REFILL_NEAR: (DATE | {"threshold": 14}, "Refill due Tue 24 Nov"),
    Rule.REFILL_PASSED: (DATE | {"passed": 1}, "Refill date Tue 24 Nov passed"),
    Rule.LOW_RESERVOIR_PASSED: (DATE | {"passed": 1}, "no refill recorded"),
    Rule.ALARM_NON_CRITICAL: (
        SAID | {"what": "alarm_non_critical", "sound": "single beep"},
        "single beep",
    ),
    Rule.ALARM_CRITICAL: (SAID | {"what": "alarm_critical", "sound": "two tones"}, "two tones"),
    Rule.REPLACEMENT: (DATE | {"threshold": 90}, "replacement date Tue 24 Nov is near"),
    Rule.PUMP_PROBLEM: (SAID | {"what": "programming_problem"}, "Programming problem"),
    Rule.NO_ORAL_ON_HAND: (SAID | {"instructed": 1}, "No oral baclofen on hand as instructed"),
    Rule.NOT_ACKNOWLEDGED: (
        {"about": "No log for the 08:00 dose", "asked_since": AT, "minutes": "60"},
        "No log for the 08:00 dose",
    ),
    Rule.UNDELIVERED: ({"who": "Isla Macrae"}, "could not be delivered to Isla Macrae"),
    Rule.SET_UP: (
        {"missing": ["review_days_threshold", "out_of_hours_contact"]},
        "2 things are not set",
    ),
    Rule.NOT_REVIEWED: ({"reviewed_on": "2026-11-24", "threshold": 30}, "not reviewed for 30 days"),
    Rule.ON_HOLD: (
        {
            "held_at": AT,
            "held_by": "Dr Priya Raman",
            "review_on": "2026-11-26",
            "is_review_passed": 1,
        },
        "review date Thu 26 Nov passed",
    ),
    Rule.CHECK_IN_UNANSWERED: (
        {"expected_on": "2026-11-24", "every_days": 2, "last_on": ""},
        "Check-in of Tue 24 Nov not answered",
    ),
    Rule.CHANGE_NOT_SIGNED: (
        {"was_to_count_from": AT, "typed_by": "Dr Priya Raman"},
        "not signed",
    ),
    Rule.CHANGE_NOT_SEEN: ({"version": 2, "counts_from": AT, "has_begun": 1}, "version 2"),
    Rule.ZONE_MOVED: (
        {
            "moves_at": AT,
            "said_by": "Ewan Macrae",
            "from_zone": "Europe/London",
            "to_zone": "America/New_York",
        },
        "New York",
    ),
}


def test_every_rule_is_said_here() -> None:
    assert set(STATED) == set(Rule)


@pytest.mark.parametrize("rule", list(Rule), ids=str)
def test_a_flag_says_its_fact_what_stands_behind_it_and_its_basis(rule: Rule) -> None:
    evidence, words = STATED[rule]
    flag = Flag(rule=rule, flag_class=CLASS_OF[rule], subject="plan", evidence=evidence)

    assert words in flag_headline(flag)
    said = (flag_headline(flag), flag_detail(flag, LONDON), flag_basis(flag))
    for text in said:
        assert text or rule is Rule.UNDELIVERED  # whom it could not reach is the whole of it
        assert "None" not in text
        assert "%(" not in text
        assert "_" not in text  # no code where a word belongs
    with translation.override("es"):
        spanish = (flag_headline(flag), flag_detail(flag, LONDON), flag_basis(flag))
    assert spanish[2] != said[2]
    assert spanish[:2] != said[:2]
