"""E-mail over SMTP, as Django's mail settings have it."""

from __future__ import annotations

import smtplib
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage

from reminders.channels.base import DeliveryError, Letter


class EmailChannel:
    """Sends one plain-text mail; its Message-ID carries the key."""

    def send(self, letter: Letter) -> None:
        """Hand the mail to the server, or raise DeliveryError.

        An answer of 5xx about the recipient is permanent, and so is an address that no mail can
        be written to; everything else may pass: 4xx, a
        refused or broken connection, a server that does not answer in time.
        """
        host = urlsplit(settings.PUBLIC_URL).hostname
        mail = EmailMessage(
            subject=letter.subject,
            body=letter.body,
            to=[letter.address],
            headers={"Message-ID": f"<{letter.key}@{host}>", "Auto-Submitted": "auto-generated"},
        )
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused as refused:
            code, text = next(iter(refused.recipients.values()))
            raise DeliveryError(_said(code, text), is_permanent=code >= 500) from refused
        except ValueError as unwritable:  # no mail can be written to this: bad header, bad domain
            raise DeliveryError(str(unwritable), is_permanent=True) from unwritable
        except smtplib.SMTPResponseException as answered:
            said = _said(answered.smtp_code, answered.smtp_error)
            raise DeliveryError(said, is_permanent=False) from answered
        except OSError as broken:  # smtplib's other errors and time-outs are OSErrors too
            raise DeliveryError(
                str(broken) or type(broken).__name__, is_permanent=False
            ) from broken


def _said(code: int, text: bytes | str) -> str:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return f"{code} {words}"
