"""What every way of reaching a person has in common."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self
from uuid import UUID

from accounts.domain.texts import one_line

MOST_DETAIL = 300
MOST_SHORT = 300
MOST_PROVIDER_ID = 200


@dataclass(frozen=True, slots=True)
class PushKeys:
    """The two keys that a browser gave with its push endpoint, base64url."""

    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent: `key` is the message's id, the same on every try.

    `subject` and `body` are for mail, `short` (one text of at most 300 characters) for a telephone,
    `payload` for a browser: it names nobody, and the page behind it says what there is to say.
    `is_repeat` tells that an earlier sender may have sent it already; the texts say so too.
    """

    key: UUID
    address: str
    subject: str
    body: str
    short: str
    payload: str
    written_at: datetime
    push_keys: PushKeys | None = None
    is_urgent: bool = False
    is_repeat: bool = False


class DeliveryError(Exception):
    """The provider did not take the letter; `is_permanent` means never to this address again.

    `is_unclear`: it may have taken the letter, only its answer is missing.
    """

    def __init__(self, detail: str, *, is_permanent: bool, is_unclear: bool = False) -> None:
        """Keep what the provider said, as one line, cut to what an attempt row holds."""
        super().__init__(detail)
        self.detail = one_line(detail)[:MOST_DETAIL]
        self.is_permanent = is_permanent
        self.is_unclear = is_unclear


class Channel(Protocol):
    """One way to reach a person.

    A channel keeps a connection from letter to letter inside `session()`, which lasts for one pass
    of the dispatch; `send` works without one as well, on a connection of its own.
    """

    def session(self) -> AbstractContextManager[Self]:
        """Keep what can be reused until the end of the `with` block; sessions may be nested."""

    def send(self, letter: Letter) -> str:
        """Hand the letter over, or raise DeliveryError.

        Return the id under which the provider may later report about it, "" when it has none.
        """
