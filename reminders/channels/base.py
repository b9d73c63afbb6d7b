"""What every way of reaching a person has in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent: `key` is the message's id, the same on every try."""

    key: UUID
    address: str
    subject: str
    body: str


class DeliveryError(Exception):
    """The provider did not take the letter; `is_permanent` means never to this address again."""

    def __init__(self, detail: str, *, is_permanent: bool) -> None:
        """Keep what the provider said, cut to what an attempt row holds."""
        super().__init__(detail)
        self.detail = detail[:300]
        self.is_permanent = is_permanent


class Channel(Protocol):
    """One way to reach a person."""

    def send(self, letter: Letter) -> None:
        """Hand the letter over, or raise DeliveryError."""
