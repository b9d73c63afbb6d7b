"""A real SMTP server inside the test process that keeps what it is sent."""

import email
import email.policy
import re
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope

from config.processes import LOOPBACK, free_port, wait_until

Behaviour = Callable[[SMTP, str], Awaitable[str | None]]
"""What a server does with one recipient's address or one message's key; None: as it should."""

LINK = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One message as it arrived: `to` is the envelope's recipient, `key` its Message-ID."""

    to: str
    subject: str
    text: str
    key: str
    received_at: datetime
    message: EmailMessage

    @property
    def links(self) -> list[str]:
        """Every web address in the text, in order."""
        return [link.rstrip(".,;)") for link in LINK.findall(self.text)]


class Inbox:
    """Start, stop, refuse and read; a stopped one refuses connections on the same port."""

    def __init__(self) -> None:
        self.port = free_port()
        self.refusal: str | None = None  # "451 later": the answer to every message from now on
        self.at_recipient: Behaviour | None = None
        self.before_keeping: Behaviour | None = None
        self.after_keeping: Behaviour | None = None
        self._mails: list[Mail] = []
        self._lock = threading.Lock()
        self._controller: Controller | None = None

    def start(self) -> None:
        """Listen on the inbox's port."""
        self._controller = Controller(self, hostname=LOOPBACK, port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """Close the port; what has arrived stays readable."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    @property
    def mails(self) -> list[Mail]:
        """Everything that has arrived so far, oldest first."""
        with self._lock:
            return list(self._mails)

    def to(self, address: str) -> list[Mail]:
        """Everything for one address so far, oldest first."""
        return [mail for mail in self.mails if mail.to.lower() == address.lower()]

    def wait_for(self, address: str, *, count: int = 1, seconds: float = 30) -> list[Mail]:
        """Return the mails of one address once there are at least `count`; fail after a while."""
        is_there = wait_until(lambda: len(self.to(address)) >= count, seconds=seconds)
        assert is_there, (
            f"{count} mails for {address} expected within {seconds} s, "
            f"there are {[mail.subject for mail in self.to(address)]}; "
            f"all: {[(mail.to, mail.subject) for mail in self.mails]}"
        )
        return self.to(address)

    async def handle_RCPT(self, server: SMTP, session, envelope, address: str, options) -> str:
        """Take one recipient, or answer as the test has it."""
        if self.at_recipient is not None and (answer := await self.at_recipient(server, address)):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session, envelope: Envelope) -> str:
        """Keep one message for each of its recipients, or refuse it."""
        if self.refusal is not None:
            return self.refusal
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        key = str(message["Message-ID"] or "")
        if self.before_keeping is not None and (answer := await self.before_keeping(server, key)):
            return answer
        self._keep(message, envelope.rcpt_tos)
        if self.after_keeping is not None and (answer := await self.after_keeping(server, key)):
            return answer
        return "250 kept"

    def _keep(self, message: EmailMessage, recipients: list[str]) -> None:
        body = message.get_body(("plain",))
        with self._lock:
            self._mails += [
                Mail(
                    to=recipient,
                    subject=str(message["Subject"] or ""),
                    text=body.get_content() if body is not None else "",
                    key=str(message["Message-ID"] or ""),
                    received_at=datetime.now(tz=UTC),
                    message=message,
                )
                for recipient in recipients
            ]
