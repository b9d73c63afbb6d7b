"""E-mail, as Django's settings have it: by SMTP, or by a provider that anymail speaks to."""

from __future__ import annotations

import select
import smtplib
from contextlib import ExitStack, suppress
from typing import Any
from urllib.parse import urlsplit

from anymail.exceptions import AnymailError, AnymailInvalidAddress, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from requests.exceptions import RequestException

from reminders.channels.base import MOST_PROVIDER_ID, DeliveryError, Letter
from reminders.channels.sessions import KeptChannel

SERVICE_ENDS = 421
"""SMTP: "I am closing this connection", for instance after a number of mails."""


class EmailChannel(KeptChannel[BaseEmailBackend]):
    """Sends one plain-text mail; its Message-ID carries the key."""

    def __init__(self) -> None:
        super().__init__(_open, _close)

    def send(self, letter: Letter) -> str:
        """Hand the mail over, or raise DeliveryError; return the provider's id, "" by SMTP.

        An answer of 5xx about the recipient is permanent, and so is an address that no mail can
        be written to or that the provider refuses; everything else may pass: 4xx, a refused or
        broken connection, a server that does not answer in time, a provider's fault.
        """
        try:
            return self._sent(letter)
        except smtplib.SMTPRecipientsRefused as refused:
            code, text = next(iter(refused.recipients.values()))
            raise DeliveryError(_said(code, text), is_permanent=code >= 500) from refused
        except AnymailRecipientsRefused as refused:
            raise DeliveryError(_refusal(refused), is_permanent=True) from refused
        except AnymailInvalidAddress as unwritable:
            raise DeliveryError("The address is not valid", is_permanent=True) from unwritable
        except AnymailError as failed:
            self._keeper.drop()
            raise DeliveryError(_provider_said(failed), is_permanent=False) from failed
        except ValueError as unwritable:  # no mail can be written to this: bad header, bad domain
            raise DeliveryError(str(unwritable), is_permanent=True) from unwritable
        except smtplib.SMTPResponseException as answered:
            self._keeper.drop()
            said = _said(answered.smtp_code, answered.smtp_error)
            raise DeliveryError(said, is_permanent=False) from answered
        except OSError as broken:  # smtplib's other errors and time-outs are OSErrors too
            is_unclear = self._keeper.has_kept  # it broke with the mail under way
            self._keeper.drop()
            said = str(broken) or type(broken).__name__
            raise DeliveryError(said, is_permanent=False, is_unclear=is_unclear) from broken

    def _sent(self, letter: Letter) -> str:
        """Send once; a second time when the kept connection turns out to have ended before."""
        if not self._keeper.has_kept:
            return self._sent_on_this(letter)
        with self._keeper.use() as connection:
            is_alive = _is_alive(connection)
        if is_alive:
            try:
                return self._sent_on_this(letter)
            except smtplib.SMTPResponseException as answered:
                if answered.smtp_code != SERVICE_ENDS:
                    raise
        self._keeper.drop()
        return self._sent_on_this(letter)

    def _sent_on_this(self, letter: Letter) -> str:
        with self._keeper.use() as connection:
            return _handed_over(letter, connection)


def _handed_over(letter: Letter, connection: BaseEmailBackend) -> str:
    host = urlsplit(settings.PUBLIC_URL).hostname
    mail = EmailMessage(
        subject=letter.subject,
        body=letter.body,
        to=[letter.address],
        headers={"Message-ID": f"<{letter.key}@{host}>", "Auto-Submitted": "auto-generated"},
        connection=connection,
    )
    mail.send()
    status: Any = getattr(mail, "anymail_status", None)  # what a provider's backend leaves there
    told = status.message_id if status is not None else None
    return told[:MOST_PROVIDER_ID] if isinstance(told, str) else ""


def _open() -> BaseEmailBackend:
    connection: BaseEmailBackend = get_connection()
    with ExitStack() as half_open:
        half_open.callback(_close, connection)
        connection.open()
        half_open.pop_all()
    return connection


def _close(connection: BaseEmailBackend) -> None:
    with suppress(OSError):  # a connection that is broken needs no farewell
        connection.close()


def _is_alive(connection: BaseEmailBackend) -> bool:
    """Tell whether an SMTP server is still there; what is not SMTP connects by itself.

    Nobody has asked the server anything: if there is something to read, it has said goodbye.
    """
    server: Any = getattr(connection, "connection", None)
    if not isinstance(server, smtplib.SMTP):
        return True
    if server.sock is None:
        return False
    readable = select.poll()
    readable.register(server.sock, select.POLLIN)
    return not readable.poll(0)


def _said(code: int, text: bytes | str) -> str:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return f"{code} {words}"


def _refusal(refused: AnymailRecipientsRefused) -> str:
    """Say what the provider calls the address: "invalid", "rejected"; no address is named."""
    status: Any = getattr(refused.email_message, "anymail_status", None)
    words = sorted(str(word) for word in (status.status if status is not None else None) or ())
    return f"The provider refuses the address: {', '.join(words) or 'no reason given'}"


def _provider_said(failed: AnymailError) -> str:
    """Return status and first words of the answer; the request itself is not told."""
    answer: Any = getattr(failed, "response", None)
    if answer is not None:
        return f"{answer.status_code} {answer.text[:200]}"
    cause = failed.__cause__
    return type(cause).__name__ if isinstance(cause, RequestException) else type(failed).__name__
