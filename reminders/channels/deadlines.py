"""Connections whose answers come to an end: a limit for each wait alone lets a slow one last."""

from __future__ import annotations

import http.client
import io
import socket
from time import monotonic
from typing import TYPE_CHECKING, Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class _Timed(io.RawIOBase):
    """Reads from a socket until a moment (monotonic seconds); each wait is cut to what is left."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase, ends_at: float) -> None:
        super().__init__()
        self._socket, self._raw, self._ends_at = sock, raw, ends_at
        self._longest_wait = sock.gettimeout() or ends_at

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """Read what is there, or raise TimeoutError when the moment has come."""
        left = self._ends_at - monotonic()
        if left <= 0:
            raise TimeoutError("the answer takes too long")
        self._socket.settimeout(min(self._longest_wait, left))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Close the reader of the socket as well."""
        self._raw.close()
        super().close()


def pools_ending_after(seconds: float) -> dict[str, type[HTTPConnectionPool]]:
    """Return pools by scheme whose answers, headers and body together, end after so long."""

    class Answer(http.client.HTTPResponse):
        def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
            super().__init__(sock, *args, **options)
            raw = self.fp.detach()
            self.fp = io.BufferedReader(_Timed(sock, raw, monotonic() + seconds))

    class Plain(HTTPConnection):
        response_class = Answer

    class Secure(HTTPSConnection):
        response_class = Answer

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
