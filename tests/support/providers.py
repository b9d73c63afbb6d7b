"""Providers on this machine: they speak the real protocols and keep what they were sent."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.processes import LOOPBACK, free_port


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Provider:
    """A provider's HTTP API: it answers what it is told to, in turn, the last for ever."""

    server: ThreadingHTTPServer
    answers: list[tuple[int, object]] = field(default_factory=lambda: [(200, {})])
    received: list[Received] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    names_asked: list[str | None] = field(default_factory=list)
    connections: int = 0

    @property
    def port(self) -> int:
        """Where it listens, on the loopback address."""
        return int(self.server.server_address[1])

    @property
    def url(self) -> str:
        """Its address without TLS."""
        return f"http://{LOOPBACK}:{self.port}"

    def answer(self) -> tuple[int, object]:
        """The next answer."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def provider(*, certificate: Path | None = None) -> Iterator[Provider]:
    """Listen until the end of the block; with TLS when there is a certificate."""
    here: list[Provider] = []

    class Api(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            here[0].connections += 1

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            here[0].received.append(Received(self.path, dict(self.headers), body))
            status, said = here[0].answer()
            text = said if isinstance(said, str) else json.dumps(said)
            self.send_response(status)
            for name, value in here[0].headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer((LOOPBACK, 0), Api)
    here.append(Provider(server))
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.sni_callback = lambda _socket, name, _context: here[0].names_asked.append(name)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield here[0]
    finally:
        server.shutdown()
        server.server_close()


def certificate_for(name: str, folder: Path) -> Path:
    """Write a self-signed certificate for this name, with its key, into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(tz=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / f"{name}.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@dataclass
class MailServer:
    """An SMTP server: it says what it is told to, and keeps what it took."""

    says: dict[str, str] = field(default_factory=dict)
    """By command ("MAIL", "RCPT", "DATA"): the answer instead of 250."""
    letters: list[Envelope] = field(default_factory=list)
    connections: int = 0
    ends_after: int = 0
    """After how many mails it says 421, enough for one connection; 0 is never."""
    hangs_up: bool = False
    """Whether it ends the connection after each mail, without a word."""
    loses_answers: bool = False
    """Whether the connection breaks when a mail is kept, before it has said so."""

    async def handle_EHLO(
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list
    ) -> list:
        """Count the connections."""
        session.host_name = hostname
        self.connections += 1
        server.taken = 0
        return responses

    async def handle_MAIL(
        self, server: SMTP, _s: Session, envelope: Envelope, address: str, options: list
    ) -> str:
        """Take the sender, or say goodbye."""
        if self.ends_after and server.taken >= self.ends_after:
            return "421 enough for one connection"
        envelope.mail_from = address
        return self.says.get("MAIL", "250 ok")

    async def handle_RCPT(
        self, _server: SMTP, _s: Session, envelope: Envelope, address: str, options: list
    ) -> str:
        """Take the recipient, or not."""
        said = self.says.get("RCPT", "250 ok")
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Keep the mail, or not."""
        said = self.says.get("DATA", "250 kept")
        if said.startswith("250"):
            self.letters.append(envelope)
            server.taken += 1
            if self.loses_answers:
                server.transport.abort()
            if self.hangs_up:
                server.loop.call_later(0.05, server.transport.close)
        return said


@contextmanager
def mail_server() -> Iterator[tuple[MailServer, int]]:
    """Listen until the end of the block; gives the server and its port."""
    kept = MailServer()
    port = free_port()
    controller = Controller(kept, hostname=LOOPBACK, port=port)
    controller.start()
    try:
        yield kept, port
    finally:
        controller.stop()
