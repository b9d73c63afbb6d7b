"""The only way out over HTTP for what is sent to people: no letter opens a door into our network.

The name is resolved once, every address it has must be a public one, and the connection goes to
that very address under the original name, so that a second answer of the resolver changes nothing.
Redirects are not followed, proxies of the environment are not used, answers are read to a limit.
"""

from __future__ import annotations

import socket
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from requests import Response, Session
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException

from accounts.domain.public_addresses import Address, is_public
from reminders.channels.deadlines import pools_ending_after

TIME_OUT = (5.0, 10.0)
"""Seconds to connect, and to wait for the next piece of an answer."""
MOST_SECONDS = 15.0
"""For a whole answer: whoever sends it a byte at a time keeps no sender from the next letter."""
MOST_READ = 16 * 1024
PORTS: Mapping[str, int] = {"http": 80, "https": 443}


class OutgoingRefused(Exception):
    """The address leads, or may lead, into a network that no letter goes to."""


class OutgoingFailed(Exception):
    """The other side could not be reached, or did not answer in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, and the beginning of the body as text."""

    status: int
    text: str

    @property
    def is_ok(self) -> bool:
        """Whether the request was taken."""
        return 200 <= self.status < 300


class Outgoing:
    """Posts to public addresses; keeps a connection to each until `close`.

    Hosts named in `inside` may lie in our own network: an operator's choice, never a user's.
    """

    def __init__(self, *, inside: Collection[str] = ()) -> None:
        self._inside = frozenset(host.lower() for host in inside)
        self._lines: dict[tuple[str, str, int], tuple[str, Session]] = {}

    def post(
        self,
        url: str,
        *,
        body: bytes | Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> Answer:
        """Post and return the answer, whatever its status; raise OutgoingRefused or -Failed."""
        parts, host, port = _parts(url)
        origin, session = self._line(parts.scheme, host, port)
        pinned = parts._replace(netloc=origin).geturl()
        named = host if port == PORTS[parts.scheme] else f"{host}:{port}"
        try:
            with session.post(
                pinned,
                data=body,
                headers={**(headers or {}), "Host": named},
                auth=auth,
                timeout=TIME_OUT,
                allow_redirects=False,
                stream=True,
            ) as response:
                return Answer(status=response.status_code, text=_beginning(response))
        except (RequestException, OSError) as failed:
            raise OutgoingFailed(type(failed).__name__) from failed

    def close(self) -> None:
        """End all connections."""
        for _origin, session in self._lines.values():
            session.close()
        self._lines.clear()

    def _line(self, scheme: str, host: str, port: int) -> tuple[str, Session]:
        key = (scheme, host, port)
        if key not in self._lines:
            address = resolved(host, port, may_be_inside=host.lower() in self._inside)
            literal = f"[{address}]" if address.version == 6 else str(address)
            self._lines[key] = (f"{literal}:{port}", _session_to(host))
        return self._lines[key]


def resolved(host: str, port: int, *, may_be_inside: bool = False) -> Address:
    """Return the one address to connect to; OutgoingRefused when any that the name has is inside.

    Raises OutgoingFailed when the name has none now.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as unknown:
        raise OutgoingFailed("the name of the host is not known") from unknown
    addresses = [ip_address(str(sockaddr[0])) for *_rest, sockaddr in found]
    if not addresses:
        raise OutgoingFailed("the name of the host is not known")
    if not may_be_inside and not all(is_public(address) for address in addresses):
        raise OutgoingRefused("the address is not a public one")
    return addresses[0]


class _Timely(HTTPAdapter):
    """Waits for no answer longer than `MOST_SECONDS`, and asks once."""

    def __init__(self) -> None:
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make connections that end their answers in time."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = pools_ending_after(MOST_SECONDS)


class _Pinned(_Timely):
    """Speaks TLS under the original name, whatever address the connection goes to."""

    def __init__(self, host: str) -> None:
        self._host = host
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Check the certificate against the name that was asked for."""
        super().init_poolmanager(
            *args, **options, server_hostname=self._host, assert_hostname=self._host
        )


def _session_to(host: str) -> Session:
    session = Session()
    session.trust_env = False
    session.verify = settings.OUTGOING_CA_FILE or True
    session.headers["User-Agent"] = "stepdown"
    session.mount("https://", _Pinned(host))
    session.mount("http://", _Timely())
    return session


def _parts(url: str) -> tuple[SplitResult, str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise OutgoingRefused("not an address") from None
    if parts.scheme not in PORTS or not parts.hostname or parts.username or parts.password:
        raise OutgoingRefused("not an http or https address")
    return parts, parts.hostname, port or PORTS[parts.scheme]


def _beginning(response: Response) -> str:
    """Read at most 16 KB."""
    read = b""
    for piece in response.iter_content(1024):
        read += piece
        if len(read) >= MOST_READ:
            break
    return read[:MOST_READ].decode(errors="replace")
