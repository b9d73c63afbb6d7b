"""Keeps one connection for each thread while a session of a channel lasts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Self, TypeVar

Kept = TypeVar("Kept")


class Keeper(Generic[Kept]):
    """One thing to reuse: opened when it is first needed, closed when the session ends."""

    def __init__(self, opens: Callable[[], Kept], closes: Callable[[Kept], None]) -> None:
        self._opens = opens
        self._closes = closes
        self._here = threading.local()

    @contextmanager
    def session(self) -> Iterator[None]:
        """Keep what is opened until the outermost session of this thread ends."""
        depth = getattr(self._here, "depth", 0)
        self._here.depth = depth + 1
        try:
            yield
        finally:
            self._here.depth = depth
            if not depth:
                self.drop()

    @property
    def has_kept(self) -> bool:
        """Whether something is kept from an earlier letter."""
        return getattr(self._here, "kept", None) is not None

    @contextmanager
    def use(self) -> Iterator[Kept]:
        """Give what is kept, or a new one; outside a session it is closed again at once."""
        kept: Kept | None = getattr(self._here, "kept", None)
        if kept is None:
            kept = self._here.kept = self._opens()
        try:
            yield kept
        finally:
            if not getattr(self._here, "depth", 0):
                self.drop()

    def drop(self) -> None:
        """Close what is kept, if anything: the next letter opens anew."""
        kept: Kept | None = getattr(self._here, "kept", None)
        self._here.kept = None
        if kept is not None:
            self._closes(kept)


class KeptChannel(Generic[Kept]):
    """A channel that keeps one connection for each thread from letter to letter."""

    def __init__(self, opens: Callable[[], Kept], closes: Callable[[Kept], None]) -> None:
        self._keeper = Keeper(opens, closes)

    @contextmanager
    def session(self) -> Iterator[Self]:
        """Keep the connection from letter to letter until the end of the block."""
        with self._keeper.session():
            yield self
