"""A hundred patient-years of the engine's rules on random lives, with everything that breaks."""

import gc
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.simulation.invariants import Broken
from tests.simulation.loop import Loop
from tests.simulation.people import case_from
from tests.simulation.shrink import case_text

FIRST_SEED = 1
PATIENT_YEARS = 100
HAPPENED = (
    *("faults: down", "faults: clock", "faults: two", "faults: kill sweep"),
    *("faults: kill dispatch", "faults: fail", "faults: hang", "faults: slow", "faults: twice"),
    *("faults: bounce", "faults: returned", "alerts: no_log", "alerts: not_taken", "alerts: flag"),
    *("delivered: prompt", "delivered: alert", "delivered: follow_up", "messages: failed"),
    *("messages: cancelled", "messages: expired", "acknowledgements", "closed: entry"),
    *("closed: entry_voided", "closed: plan_held", "closed: plan_stopped", "pages"),
)


@pytest.fixture
def no_collection() -> Iterator[None]:
    """The rows of a case point at each other; collecting them meanwhile costs a third."""
    gc.disable()
    yield
    gc.enable()
    gc.collect()


@pytest.mark.timeout(400)  # half a minute of one processor, longer where others use it too
def test_a_hundred_patient_years_break_no_invariant(no_collection: None) -> None:
    lived, seed, counts = 0.0, FIRST_SEED, Counter[str]()
    while lived < PATIENT_YEARS:
        case = case_from(seed)
        try:
            counts += Loop(case).run().counts
        except Broken as broken:
            pytest.fail(f"make simulate PATIENT_YEARS=1 SEED={seed}: {broken}")
        lived, seed = lived + case.patient_years, seed + 1
    assert [name for name in HAPPENED if not counts[name]] == []


@pytest.mark.parametrize("seed", [3, 8, 21])
def test_the_same_seed_lives_the_same_life(seed: int) -> None:
    case, again = case_from(seed, days=20), case_from(seed, days=20)
    assert case == again
    first, second = Loop(case), Loop(again)
    assert first.run().counts == second.run().counts
    assert list(first.watch.deliveries) == list(second.watch.deliveries)


def test_a_case_prints_as_the_python_that_makes_it() -> None:
    case = case_from(5, days=3)
    made: dict[str, object] = {}
    text = case_text(case, invariant=4, said="for this test")
    exec(compile(text, "case", "exec"), made)  # noqa: S102 - our own text
    assert made["CASE"] == case
    assert all(len(line) <= 100 for line in text.splitlines())
