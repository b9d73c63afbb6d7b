"""Reading nested content with all of its mistakes at once.

A `Node` is one mapping of a content file with the place it came from. Its accessors return a
harmless stand-in for what is missing or wrong and note the problem, so that whoever edits the file
sees the whole list instead of the first line of it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeVar

Choice = TypeVar("Choice", bound=StrEnum)

EXCUSES = (
    *("unless", "only if", "except", "can wait", "with no cold", "no infection", "no cause"),
    *("a menos que", "salvo", "solo si", "excepto", "puede esperar", "sin causa"),
)
CAUSES = ("withdrawal", "overdose", "underdose", "abstinencia", "sobredosis", "infradosis")
AMOUNT = re.compile(r"\d\s*(?:mg|mcg|ug|µg|g|ml|tablets?|comprimidos?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ContentProblem:
    """One mistake: the place in the file, and what is wrong there."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class InvalidContentError(ValueError):
    """The content cannot be used; `problems` lists everything that is wrong with it."""

    def __init__(self, problems: Sequence[ContentProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(slots=True)
class Node:
    """One mapping of the file, where it stands, and the list that its problems go to."""

    raw: Mapping[str, object]
    where: str
    problems: list[ContentProblem]
    _read: set[str] = field(default_factory=set)

    def problem(self, key: str, what: str) -> None:
        """Note that `key` of this node is wrong."""
        self.problems.append(ContentProblem(f"{self.where}.{key}".lstrip("."), what))

    def take(self, key: str) -> object:
        """Return the raw value, or None; the key counts as known from here on."""
        self._read.add(key)
        return self.raw.get(key)

    def text(self, key: str) -> str:
        """Return a text that must be there and must not be blank."""
        value = self.take(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.problem(key, "must be a text that is not empty")
        return ""

    def text_or_empty(self, key: str) -> str:
        """Return a text that may be left out."""
        return "" if self.take(key) is None else self.text(key)

    def plain(self, key: str) -> str:
        """Return a text that everybody reads: no excuse to wait, no cause, no amount."""
        return self._checked(key, self.text(key))

    def plain_or_empty(self, key: str) -> str:
        """Return a text that everybody reads and that may be left out."""
        return self._checked(key, self.text_or_empty(key))

    def _checked(self, key: str, text: str) -> str:
        words = f" {re.sub('[^a-z]+', ' ', text.lower())} "
        for excuse in EXCUSES:
            if f" {excuse} " in words:
                self.problem(key, f"offers an excuse to wait: “{excuse}”")
        for cause in CAUSES:
            if f" {cause} " in words:
                self.problem(key, f"names a cause: “{cause}”")
        if AMOUNT.search(text):
            self.problem(key, "names an amount")
        return text

    def flag(self, key: str) -> bool:
        """Return a yes or no; no when left out."""
        value = self.take(key)
        if value is None or isinstance(value, bool):
            return bool(value)
        self.problem(key, "must be true or false")
        return False

    def day(self, key: str) -> date | None:
        """Return a date, or None when it is left out."""
        value = self.take(key)
        if value is None or isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.problem(key, "must be a date such as 2026-11-22")
            return None

    def choice(self, key: str, choices: type[Choice]) -> Choice:
        """Return one of `choices`; the first of them stands in for what is wrong."""
        value = self.take(key)
        if isinstance(value, str) and value in {str(choice) for choice in choices}:
            return choices(value)
        names = ", ".join(choices)
        self.problem(key, f"{'is missing' if value is None else 'is none of these'}: {names}")
        return next(iter(choices))

    def choice_or_none(self, key: str, choices: type[Choice]) -> Choice | None:
        """Return one of `choices`, or None when it is left out."""
        return None if self.take(key) is None else self.choice(key, choices)

    def texts(self, key: str) -> list[str]:
        """Return a list of texts that must not be empty."""
        value = self.take(key)
        if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
            return value
        self.problem(key, "must be a list with at least one text")
        return []

    def child(self, key: str) -> "Node":
        """Return the mapping under `key`."""
        value = self.take(key)
        if not isinstance(value, Mapping):
            self.problem(key, "must be a mapping")
            value = {}
        return Node(value, f"{self.where}.{key}".lstrip("."), self.problems)

    def children(self, key: str) -> list["Node"]:
        """Return the mappings of a list that must not be empty; each is named by its own id."""
        value = self.take(key)
        if not isinstance(value, list) or not value:
            self.problem(key, "must be a list that is not empty")
            return []
        nodes = []
        for number, item in enumerate(value, start=1):
            if isinstance(item, Mapping):
                name = item.get("id") or item.get("feature") or number
                nodes.append(Node(item, f"{self.where}.{key}[{name}]".lstrip("."), self.problems))
            else:
                self.problem(f"{key}[{number}]", "must be a mapping")
        return nodes

    def done(self) -> None:
        """Note every key that nobody asked for: a slip of the pen must not be a silent loss."""
        for key in self.raw:
            if key not in self._read:
                self.problem(str(key), "is not a known key")
