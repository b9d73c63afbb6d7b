"""Which documents a flag's basis goes back to: those of the content file, and no others but one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from tracker.domain.flags import Rule
from tracker.domain.medicine import Cited, Source, SourceKind, sources_of
from tracker.selectors.medicine import baclofen

_NEVER_STOP_SUDDENLY = ("SEED", "GABLOFEN", "LYVISPAH")
_ABRUPT = (*_NEVER_STOP_SUDDENLY, "ORALTAB")

SOURCES_OF: Mapping[Rule, tuple[str, ...]] = MappingProxyType(
    {
        Rule.INTRATHECAL_SIGN: ("MDT_SIGNS", "MDT_CARD"),
        Rule.STOPPED_SUDDENLY: _ABRUPT,
        Rule.NOT_TAKEN_RUN: _ABRUPT,
        Rule.HOURS_SINCE_TAKEN: _ABRUPT,
        Rule.STOPPED_EARLY: _NEVER_STOP_SUDDENLY,
        Rule.STEP_CHANGE: ("SEED",),
        Rule.SUPPLY: _ABRUPT,
        Rule.NOT_REVIEWED: ("SEED",),
        Rule.ON_HOLD: _NEVER_STOP_SUDDENLY,
    }
)
"""By the ids of the content file, beside what is cited by the facts themselves."""

PUMP_EVENTS_OF: Mapping[Rule, tuple[str, ...]] = MappingProxyType(
    {
        Rule.REFILL_NEAR: ("refill_due_soon", "refill_overdue"),
        Rule.REFILL_PASSED: ("refill_overdue",),
        Rule.LOW_RESERVOIR_PASSED: ("low_reservoir_date_passed",),
        Rule.ALARM_NON_CRITICAL: ("noncritical_alarm",),
        Rule.ALARM_CRITICAL: ("critical_alarm",),
        Rule.REPLACEMENT: ("replacement_due",),
        Rule.PUMP_PROBLEM: ("catheter_problem",),
    }
)
"""The pump events of the content file whose sources are a rule's."""

HOLIDAY = Source(
    id="VRIJENS2008",
    document="Vrijens et al., BMJ 2008;336:1114-1117",
    section="Drug holidays in dosing histories",
    kind=SourceKind.LITERATURE,
    was_read="",
    url="https://doi.org/10.1136/bmj.39553.670231.25",
)

SIGN_RULES = frozenset(
    {
        Rule.EMERGENCY_SIGN,
        Rule.SAME_DAY_SIGN,
        Rule.INTRATHECAL_SIGN,
        Rule.SIGN_AFTER_CHANGE,
    }
)
"""Rules about signs: their sources are those of the very signs that were reported."""

OUR_OWN = frozenset(
    {
        Rule.SILENT_RUN,
        Rule.NO_ORAL_ON_HAND,  # a page of the pump maker that the content file does not have yet
        Rule.NOT_ACKNOWLEDGED,
        Rule.UNDELIVERED,
        Rule.SET_UP,
        Rule.CHECK_IN_UNANSWERED,
        Rule.CHANGE_NOT_SIGNED,
        Rule.CHANGE_NOT_SEEN,
        Rule.ZONE_MOVED,
    }
)
"""Rules whose basis is alerting practice or the safety of set-up: no document says so."""


def flag_sources(rule: Rule, signs: Iterable[str] = ()) -> tuple[Source, ...]:
    """Return the documents behind a flag, each once; none where the basis is our own practice.

    `signs` are those that a flag about signs reports.
    """
    facts = baclofen()
    named = {source.id: source for source in facts.sources}
    found = [*sources_of(_facts_behind(rule, frozenset(signs)))]
    found += [named[each] for each in SOURCES_OF.get(rule, ()) if each in named]
    if rule is Rule.DRUG_HOLIDAY:
        found.append(HOLIDAY)
    return tuple({source.id: source for source in found}.values())


def _facts_behind(rule: Rule, signs: frozenset[str]) -> list[Cited]:
    facts, behind = baclofen(), list[Cited]()
    if rule in SIGN_RULES:
        behind += [sign for sign in facts.signs if sign.id in signs]
        behind += [alike for alike in facts.look_alikes if alike.id in signs]
    if rule is Rule.AMOUNT_OR_EXTRA:
        behind += facts.look_alikes
    events = PUMP_EVENTS_OF.get(rule, ())
    behind += [event for event in facts.pump_events if event.id in events]
    return behind
