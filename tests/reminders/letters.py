"""A letter to send, and the browser that can read one."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reminders.channels.base import Letter, PushKeys
from tests.cast import TUESDAY

KEY = UUID("7b1d6f7c-9a55-4f39-9c39-0d4c3b1f6a10")


def letter(address: str = "isla@work.example", **changed: Any) -> Letter:
    """One letter that any channel can send."""
    written = {
        "key": KEY,
        "address": address,
        "subject": "Stepdown: something to look at",
        "body": "Ewan: No log.\n\nStepdown is not an emergency service.\n",
        "short": "Stepdown: something to look at. https://stepdown.example/feed/",
        "payload": json.dumps({"id": str(KEY), "title": "Stepdown", "body": "", "url": "/feed/"}),
        "written_at": TUESDAY,
    }
    return Letter(**{**written, **changed})


@dataclass
class Browser:
    """What a browser keeps of a push subscription: its private key and a secret."""

    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    secret: bytes = b"sixteen secret b"

    @property
    def keys(self) -> PushKeys:
        """What it hands over."""
        public = self.private.public_key()
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return PushKeys(p256dh=text_of(point), auth=text_of(self.secret))

    def read(self, body: bytes) -> dict[str, str]:
        """Decrypt a note as RFC 8291 has it."""
        clear = http_ece.decrypt(
            body, private_key=self.private, auth_secret=self.secret, version="aes128gcm"
        )
        note: dict[str, str] = json.loads(clear)
        return note


def claims_in(authorization: str) -> dict[str, Any]:
    """Check the signature of a push request as RFC 8292 has it; return what was signed."""
    scheme, _, parameters = authorization.partition(" ")
    assert scheme == "vapid"
    given = dict(part.strip().split("=", 1) for part in parameters.split(","))
    signed, _, signature = given["t"].rpartition(".")
    raw = bytes_of(signature)
    assert len(raw) == 64
    dss = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes_of(given["k"]))
    public.verify(dss, signed.encode(), ec.ECDSA(SHA256()))
    header, claims = (json.loads(bytes_of(part)) for part in signed.split("."))
    assert header["alg"] == "ES256"
    return {**claims, "k": given["k"]}


def bytes_of(text: str) -> bytes:
    """The bytes behind base64url."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def text_of(raw: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
