"""What a browser hands over when somebody lets it show notes: an address and two keys."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from ipaddress import ip_address
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from accounts.domain.public_addresses import is_public

LONGEST_ENDPOINT = 1000
SECRET_BYTES = 16
HTTPS = 443


def is_push_endpoint(endpoint: str) -> bool:
    """Tell whether this can be a push service's address: https, a name, no port, no password.

    Where the name leads is looked at when a note is sent, because that may change at any time.
    """
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if len(endpoint) > LONGEST_ENDPOINT or not endpoint.isascii() or not endpoint.isprintable():
        return False
    if parts.scheme != "https" or not host or parts.username or parts.password or " " in endpoint:
        return False
    return port in {None, HTTPS} and _is_public_host(host)


def are_push_keys(*, p256dh: str, auth: str) -> bool:
    """Tell whether a note can be encrypted for these keys: a point of P-256, 16 secret bytes."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key_bytes(p256dh))
        return len(key_bytes(auth)) == SECRET_BYTES
    except ValueError:
        return False


def key_bytes(text: str) -> bytes:
    """Return the bytes behind base64url without padding; ValueError when it is none."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _is_public_host(host: str) -> bool:
    """Tell whether a host may be public by its looks: an address that is, or a name with a dot."""
    try:
        return is_public(ip_address(host))
    except ValueError:
        is_local = host.endswith((".local", ".localhost", ".internal", ".home.arpa"))
        return "." in host and not is_local
