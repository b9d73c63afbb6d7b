"""The project's own source files, parsed once, for tests that read code instead of running it."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Lowest first: each package may name only itself and what stands before it.
PACKAGES = ("accounts", "tracker", "reminders", "config")


@dataclass(frozen=True)
class Source:
    """One Python file: its path from the root, its text and its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        """The top-level package it belongs to."""
        return self.path.split("/", maxsplit=1)[0]

    @property
    def layer(self) -> str:
        """The room inside its package: "web", "services", ..., or the module's own name."""
        return self.path.split("/")[1].removesuffix(".py")

    def calls(self) -> list[ast.Call]:
        """Every call in the file."""
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.Call)]


@cache
def sources() -> tuple[Source, ...]:
    """Every module of the four packages, migrations left out."""
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return tuple(read(path) for path in paths if "migrations" not in path.parts)


def read(path: Path) -> Source:
    """Parse one file."""
    text = path.read_text()
    return Source(str(path.relative_to(ROOT)), text, ast.parse(text))


def rank(package: str) -> int:
    """How high a package stands; whatever is not ours counts as lowest."""
    return PACKAGES.index(package) if package in PACKAGES else -1


def dotted(node: ast.expr) -> str:
    """Return "a.b.c" for a chain of names, '' for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def assert_none(wrong: Iterable[str]) -> None:
    """Fail and list every place, one a line."""
    listed = list(wrong)
    assert not listed, "\n" + "\n".join(listed)
