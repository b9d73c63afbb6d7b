"""Providers at the far end of a channel, each answering as a test tells it to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

import pytest

from accounts.models import ContactPoint, User
from accounts.models.contact_points import EMAIL, PUSH, SMS
from reminders.channels.base import Letter
from tests.cast import TUESDAY

Answer = Callable[[Letter], str]


class Provider:
    """Takes every letter, gives each an id of its own, and counts its connections."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.letters: list[Letter] = []
        self.connections = 0
        self.answer: Answer | None = None

    @contextmanager
    def session(self) -> Iterator[Self]:
        """Keep one connection."""
        self.connections += 1
        yield self

    def send(self, letter: Letter) -> str:
        """Take a letter and return "email 1" and so on, or do as the test says."""
        if self.answer is not None:
            return self.answer(letter)
        self.letters.append(letter)
        return f"{self.kind} {len(self.letters)}"

    @property
    def addresses(self) -> list[str]:
        """To whom the letters went, sorted."""
        return sorted(letter.address for letter in self.letters)


def providers_put(monkeypatch: pytest.MonkeyPatch) -> dict[str, Provider]:
    """Put a provider behind every kind of contact point."""
    providers = {kind: Provider(kind) for kind in (EMAIL, SMS, PUSH)}
    monkeypatch.setattr("reminders.services.sending.CHANNELS", providers)
    return providers


def second_way(person: User, kind: str = SMS, address: str = "+447700900999") -> ContactPoint:
    """Give somebody a second, verified contact point."""
    return ContactPoint.objects.create(
        person=person,
        kind=kind,
        address=address,
        position=2,
        added_at=TUESDAY,
        verified_at=TUESDAY,
    )
