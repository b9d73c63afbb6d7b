"""Every invariant is held by tests that are there, and the table that names them is whole."""

import ast
import re
from functools import cache

import pytest

from tests.architecture.sources import ROOT, assert_none

TABLE = (ROOT / "docs" / "safety.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (\d+) \| \*\*(.+?)\*\* .+? \| (.+) \|$", flags=re.MULTILINE)
TEST = re.compile(r"`(tests/[a-z_/]+\.py)::(test_[a-z0-9_]+)`")

INVARIANTS = {
    1: "No dose calculation.",
    2: "Facts are added, never changed.",
    3: "Silence is not a miss.",
    4: "Nothing is lost.",
    5: "Silence of the engine is loud.",
    6: "Clinical thresholds have no default.",
    7: "Flags are facts.",
    8: "Withdrawal or overdose: never say which.",
    9: "Every warning sign cites its source.",
    10: "Nobody sees a record without a live reason.",
    11: "Discreet by default.",
    12: "Not an emergency service.",
    13: "Somebody outside the patient is always told.",
    14: "Nothing ever prompts for a stale dose or a second one.",
}


def rows() -> dict[int, tuple[str, list[tuple[str, str]]]]:
    """The table: number -> promise, and (path, name) of each of its tests."""
    return {int(number): (name, TEST.findall(cell)) for number, name, cell in ROW.findall(TABLE)}


@cache
def names_in(path: str) -> frozenset[str]:
    """The names of the test functions in a file; none when there is no such file."""
    file = ROOT / path
    if not file.exists():
        return frozenset()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def test_all_fourteen_invariants_are_in_the_table_in_their_order() -> None:
    assert {number: name for number, (name, _) in rows().items()} == INVARIANTS
    assert list(rows()) == list(INVARIANTS)


@pytest.mark.parametrize("number", INVARIANTS)
def test_every_invariant_names_tests_that_are_there(number: int) -> None:
    _, named = rows()[number]

    assert named
    assert_none(f"{path}::{name}" for path, name in named if name not in names_in(path))


def test_no_cell_names_a_test_in_a_way_that_is_not_read() -> None:
    read = sum(len(named) for _, named in rows().values())

    assert read == TABLE.count("::")


def test_none_of_the_named_tests_is_skipped_or_expected_to_fail() -> None:
    marks = re.compile(r"pytest\.(mark\.(skip|xfail)|skip\(|xfail\()")
    paths = {path for _, named in rows().values() for path, _ in named}

    assert_none(path for path in paths if marks.search((ROOT / path).read_text(encoding="utf-8")))
