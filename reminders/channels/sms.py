"""Text messages over Twilio's REST API, or any gateway that speaks it."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.urls import reverse

from reminders.channels.base import MOST_PROVIDER_ID, MOST_SHORT, DeliveryError, Letter
from reminders.channels.outgoing import Answer, Outgoing, OutgoingFailed, OutgoingRefused
from reminders.channels.sessions import KeptChannel

SERVICE = "MG"
"""How the id of a messaging service begins; anything else is a sender's number or name."""

REPORT_AGAIN = "#rc=5&rp=5xx,ct,rt"
"""Behind the address for reports: Twilio tries five times when we cannot take one."""

# What no second try changes: not a number, a landline, or somebody who has answered STOP.
NEVER_AGAIN = frozenset({21211, 21214, 21217, 21265, 21610, 21614, 30005, 30006})


class SmsChannel(KeptChannel[Outgoing]):
    """Sends the short text; the provider's id comes back with its later reports."""

    def __init__(self) -> None:
        super().__init__(_open, Outgoing.close)

    def send(self, letter: Letter) -> str:
        """Hand the text over and return the provider's id, or raise DeliveryError.

        A number that can never get one is permanent; everything else may pass.
        """
        if not settings.SMS_ACCOUNT:
            raise DeliveryError("Text messages are not set up here", is_permanent=False)
        url = f"{settings.SMS_API_URL}/2010-04-01/Accounts/{settings.SMS_ACCOUNT}/Messages.json"
        try:
            with self._keeper.use() as outgoing:
                answer = outgoing.post(
                    url, body=_form(letter), auth=(settings.SMS_ACCOUNT, settings.SMS_TOKEN)
                )
        except (OutgoingRefused, OutgoingFailed) as failed:
            self._keeper.drop()
            raise DeliveryError(f"The provider: {failed}", is_permanent=False) from failed
        said = _said(answer)
        if answer.is_ok:
            return str(said.get("sid") or "")[:MOST_PROVIDER_ID]
        code = said.get("code")
        detail = f"{answer.status} {code or ''} {said.get('message') or ''}"
        raise DeliveryError(detail.replace(letter.address, ""), is_permanent=is_for_good(code))


def is_for_good(code: object) -> bool:
    """Tell whether the provider's error code means that this number will never get a text."""
    return str(code).isdecimal() and int(str(code)) in NEVER_AGAIN


def status_callback() -> str:
    """Return where the provider reports later; "" where it could not reach us safely."""
    return report_url() + REPORT_AGAIN if settings.IS_HTTPS else ""


def report_url() -> str:
    """Return the address of our door for reports, as the outside knows it."""
    return settings.PUBLIC_URL + reverse("webhook-sms")


def _form(letter: Letter) -> dict[str, str]:
    sender = settings.SMS_FROM
    form = {
        "To": letter.address,
        "MessagingServiceSid" if sender.startswith(SERVICE) else "From": sender,
        "Body": letter.short[:MOST_SHORT],
        "StatusCallback": status_callback(),
    }
    return {name: value for name, value in form.items() if value}


def _said(answer: Answer) -> dict[str, Any]:
    try:
        said = json.loads(answer.text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _open() -> Outgoing:
    return Outgoing(inside=settings.OUTGOING_INSIDE_HOSTS)
