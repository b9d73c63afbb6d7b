"""An SMTP server that takes everything as fast as Python can, and notes when each mail came.

`python -m bench.sink PORT FILE` appends "seconds-since-epoch Message-ID" for each mail.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import IO

from config.processes import LOOPBACK

ANSWERS = {b"EHLO": b"250-sink\r\n250 8BITMIME\r\n", b"QUIT": b"221 bye\r\n"}


class Sink(asyncio.Protocol):
    """One connection; speaks as much SMTP as smtplib needs."""

    def __init__(self, notes: IO[str]) -> None:
        self._notes = notes
        self._waiting = b""
        self._is_in_mail = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer every whole command, and every whole mail."""
        self._waiting += data
        end = self._end()
        while end >= 0 and self._transport is not None:
            taken, self._waiting = self._waiting[:end], self._waiting[end:]
            self._transport.write(self._answer(taken))
            end = self._end()

    def _end(self) -> int:
        mark = b"\r\n.\r\n" if self._is_in_mail else b"\r\n"
        at = self._waiting.find(mark)
        return at + len(mark) if at >= 0 else -1

    def _answer(self, taken: bytes) -> bytes:
        if self._is_in_mail:
            self._is_in_mail = False
            self._notes.write(f"{time.time():.6f} {_key(taken)}\n")
            return b"250 kept\r\n"
        command = taken[:4].upper()
        if command == b"DATA":
            self._is_in_mail = True
            return b"354 go on\r\n"
        return ANSWERS.get(command, b"250 ok\r\n")


def _key(mail: bytes) -> str:
    at = mail.lower().find(b"message-id:")
    return mail[at + 11 : mail.find(b"\r\n", at)].strip().decode() if at >= 0 else "-"


async def serve(port: int, path: Path) -> None:
    """Listen until the process is ended; each line is written out at once."""
    with path.open("a", buffering=1) as notes:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Sink(notes), LOOPBACK, port)
        async with server:
            await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
