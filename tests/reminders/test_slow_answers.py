"""A far end that answers a byte at a time keeps no sender from the next letter."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import pytest

from config.processes import LOOPBACK
from reminders.channels import outgoing
from reminders.channels.outgoing import Outgoing, OutgoingFailed

HEAD = b"HTTP/1.1 200 OK\r\n"
ENDLESS = {
    "in its headers": (HEAD, b"X"),
    "in its body": (HEAD + b"Content-Length: 900\r\n\r\n", b"x"),
    "in the length of a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "in answers before the answer": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@contextmanager
def trickling(head: bytes, drop: bytes) -> Iterator[int]:
    """Answer with `head` and then a drop every 50 ms until the block ends; give the port."""
    has_ended = threading.Event()
    listener = socket.create_server((LOOPBACK, 0))

    def answer() -> None:
        line, _address = listener.accept()
        with line:
            line.recv(65536)
            try:
                line.sendall(head)
                while not has_ended.wait(0.05):
                    line.sendall(drop)
            except OSError:
                return

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        has_ended.set()
        thread.join()
        listener.close()


@pytest.mark.parametrize("where", ENDLESS)
def test_an_answer_that_never_ends_ends_in_time(monkeypatch, where: str) -> None:
    monkeypatch.setattr(outgoing, "MOST_SECONDS", 0.5)
    begun_at = monotonic()
    with trickling(*ENDLESS[where]) as port, pytest.raises(OutgoingFailed):
        Outgoing(inside=[LOOPBACK]).post(f"http://{LOOPBACK}:{port}/", body=b"x")
    assert monotonic() - begun_at < 2
