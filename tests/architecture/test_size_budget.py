"""Small pieces: module, function and nesting budgets (docs/architecture.md)."""

import ast

import pytest

from tests.architecture.sources import ROOT, Source, assert_none, read, sources

MODULE_LINES = 400
FUNCTION_LINES = 40
NESTING = 3
BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match, ast.AsyncFor, ast.AsyncWith)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def measured() -> list[Source]:
    tools = sorted((ROOT / "tests" / "support").glob("*.py")) + sorted(
        (ROOT / "bench").rglob("*.py")
    )
    return [*sources(), *map(read, tools)]


def functions(source: Source) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(source.tree) if isinstance(node, FUNCTIONS)]


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines from `def` to the end, without the docstring: explaining is free."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    return lines - len((ast.get_docstring(function, clean=False) or "").splitlines())


def depth(node: ast.AST, *, is_elif: bool = False) -> int:
    """How many blocks stand inside each other below this node; `elif` is not one more."""
    own = int(isinstance(node, BLOCKS) and not is_elif)
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
            continue
        continues = isinstance(node, ast.If) and node.orelse == [child]
        deepest = max(deepest, depth(child, is_elif=continues and isinstance(child, ast.If)))
    return own + deepest


def test_no_module_is_longer_than_the_budget() -> None:
    long = {source.path: source.text.count("\n") for source in measured()}
    assert_none(f"{path} {lines}" for path, lines in long.items() if lines > MODULE_LINES)


def test_no_function_is_longer_than_the_budget() -> None:
    long = {
        f"{source.path}:{function.lineno} {function.name}": lines
        for source in measured()
        for function in functions(source)
        if (lines := length(function)) > FUNCTION_LINES
    }
    assert_none(f"{where}: {lines}" for where, lines in long.items())


def test_no_function_is_nested_deeper_than_the_budget() -> None:
    deep = {
        f"{source.path}:{function.lineno} {function.name}": nesting
        for source in measured()
        for function in functions(source)
        if (nesting := max(map(depth, function.body), default=0)) > NESTING
    }
    assert_none(f"{where}: {nesting}" for where, nesting in deep.items())


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x = 1", 0),
        ("if a:\n  pass\nelif b:\n  pass\nelse:\n  pass", 1),
        ("for a in b:\n  if a:\n    with c:\n      pass", 3),
        ("if a:\n  pass\nelse:\n  for b in c:\n    pass", 2),
    ],
)
def test_nesting_is_counted_as_a_reader_sees_it(code: str, expected: int) -> None:
    assert max(map(depth, ast.parse(code).body)) == expected
