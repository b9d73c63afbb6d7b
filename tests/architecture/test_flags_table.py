"""Every flag stands in docs/flags.md as it is in the code, with tests of its edges."""

import re
from functools import cache

import pytest

from tests.architecture.sources import ROOT, assert_none
from tests.architecture.test_invariants import names_in
from tracker.domain.flags import CLASS_OF, Rule
from tracker.domain.thresholds import THRESHOLDS
from tracker.selectors.flag_sources import (
    OUR_OWN,
    PUMP_EVENTS_OF,
    SIGN_RULES,
    SOURCES_OF,
    flag_sources,
)
from tracker.selectors.medicine import baclofen
from tracker.selectors.threshold_words import NAMED, SAID
from tracker.selectors.wording import BASIS

PAGE = (ROOT / "docs" / "flags.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (F\d+) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \| (.+) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[a-z_/]+\.py)::(test_[a-z0-9_]+)`")
NUMBERED = [rule for rule in Rule if rule.value.startswith("F")]
TURNS = {Rule.REPLACEMENT: "I, then D", Rule.ON_HOLD: "I, then D", Rule.NOT_ACKNOWLEDGED: None}
THRESHOLD_OF = {
    "F5": "missed_doses_threshold",
    "F6": "hours_since_taken_threshold",
    "F7": "silent_doses_threshold",
    "F10": "step_change_days_threshold",
    "F11": "sign_hours_threshold",
    "F13": "supply_days_threshold",
    "F14": "refill_days_threshold",
    "F19": "replacement_days_threshold",
    "F25": "review_days_threshold",
}


@cache
def rows() -> dict[str, tuple[str, str, str, str, str]]:
    """The table: number -> fact, class, threshold, basis, tests."""
    return {number: tuple(cells) for number, *cells in ROW.findall(PAGE)}


def test_the_table_has_every_flag_of_the_measures_document_once_and_in_order() -> None:
    numbers = [f"F{number}" for number in range(1, 28)]

    assert [number for number, *_ in ROW.findall(PAGE)] == numbers
    assert [rule.value for rule in NUMBERED] == numbers


@pytest.mark.parametrize("rule", NUMBERED, ids=str)
def test_a_flag_has_the_class_the_threshold_and_the_basis_that_the_table_says(rule: Rule) -> None:
    fact, flag_class, threshold, basis, named = rows()[rule.value]

    expected = TURNS.get(rule, CLASS_OF[rule].value)
    assert flag_class == (expected or "as its alert")
    assert threshold.strip("`") == THRESHOLD_OF.get(rule.value, "–")
    assert fact
    assert basis
    assert str(BASIS[rule])
    tests = TEST.findall(named)
    assert tests
    assert_none(f"{path}::{name}" for path, name in tests if name not in names_in(path))


def test_every_threshold_of_a_plan_is_that_of_one_flag() -> None:
    assert set(THRESHOLD_OF.values()) == set(THRESHOLDS)
    assert list(SAID) == list(NAMED) == list(THRESHOLDS)  # on the chart too, typed or not set


def test_every_rule_names_its_documents_or_is_our_own_practice() -> None:
    facts = baclofen()
    signs = [sign.id for sign in facts.signs]
    named = {rule for rule in Rule if flag_sources(rule, signs)}

    assert named == set(Rule) - OUR_OWN
    known = {source.id for source in facts.sources}
    assert_none(each for ids in SOURCES_OF.values() for each in ids if each not in known)
    events = {event.id for event in facts.pump_events}
    assert_none(each for ids in PUMP_EVENTS_OF.values() for each in ids if each not in events)


@pytest.mark.parametrize("sign", [sign.id for sign in baclofen().signs])
def test_a_flag_about_a_sign_cites_the_sources_of_that_sign(sign: str) -> None:
    cited = set(baclofen().sign(sign).sources)

    for rule in SIGN_RULES:
        assert cited <= set(flag_sources(rule, [sign]))
    assert set(flag_sources(Rule.EMERGENCY_SIGN, [sign])) == cited
