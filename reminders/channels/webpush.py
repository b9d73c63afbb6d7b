"""Web push: an encrypted note (RFC 8291) to the push service of a browser, signed (RFC 8292)."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from py_vapid import Vapid02

from accounts.domain.push_subscriptions import key_bytes
from reminders.channels.base import DeliveryError, Letter, PushKeys
from reminders.channels.outgoing import Outgoing, OutgoingFailed, OutgoingRefused
from reminders.channels.sessions import KeptChannel

KEPT_FOR = timedelta(hours=1)
"""How long a push service keeps the note for a browser that is away; then another way is due."""
SIGNED_FOR = timedelta(hours=12)
"""How long the signature counts; push services refuse more than 24 hours."""

# The subscription has ended (RFC 8030), or was made with another key than ours.
GONE = frozenset({404, 410})


class WebPushChannel(KeptChannel[Outgoing]):
    """Sends the payload, encrypted for the one browser that gave its keys."""

    def __init__(self) -> None:
        super().__init__(_open, Outgoing.close)

    def send(self, letter: Letter) -> str:
        """Hand the note over, or raise DeliveryError; push services report nothing later.

        A subscription that has ended, or that leads into a network of our own, is permanent.
        """
        if not settings.VAPID_PRIVATE_KEY:
            raise DeliveryError("Push messages are not set up here", is_permanent=False)
        if letter.push_keys is None or not letter.address.startswith("https://"):
            raise DeliveryError("The subscription is not valid", is_permanent=True)
        body = _encrypted(letter.payload, letter.push_keys)
        try:
            with self._keeper.use() as outgoing:
                answer = outgoing.post(letter.address, body=body, headers=_headers(letter))
        except OutgoingRefused as refused:
            raise DeliveryError(f"The push service: {refused}", is_permanent=True) from refused
        except OutgoingFailed as failed:
            self._keeper.drop()
            raise DeliveryError(f"The push service: {failed}", is_permanent=False) from failed
        if not answer.is_ok:
            raise DeliveryError(
                f"{answer.status} {answer.text[:200]}", is_permanent=answer.status in GONE
            )
        return ""


def _headers(letter: Letter) -> dict[str, str]:
    parts = urlsplit(letter.address)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((letter.written_at + SIGNED_FOR).timestamp()),
        "sub": settings.VAPID_SUBJECT,
    }
    signed: dict[str, str] = _signer(settings.VAPID_PRIVATE_KEY).sign(claims)
    return {
        **signed,
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(KEPT_FOR.total_seconds())),
        "Urgency": "high" if letter.is_urgent else "normal",
        "Topic": letter.key.hex,  # a repeat replaces the note that waits for the browser
    }


def _encrypted(payload: str, keys: PushKeys) -> bytes:
    try:
        sealed: bytes = http_ece.encrypt(
            payload.encode(),
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=key_bytes(keys.p256dh),
            auth_secret=key_bytes(keys.auth),
            version="aes128gcm",
        )
    except (ValueError, http_ece.ECEException) as unusable:
        raise DeliveryError("The subscription is not valid", is_permanent=True) from unusable
    return sealed


@cache
def _signer(private_key: str) -> Vapid02:
    return Vapid02.from_string(private_key)


def _open() -> Outgoing:
    return Outgoing(inside=settings.PUSH_INSIDE_HOSTS)
