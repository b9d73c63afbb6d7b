"""How a secret token is recognised without being kept."""

import hashlib


def fingerprint(token: str) -> str:
    """Return the SHA-256 of a token in hexadecimal; the only form that is stored."""
    return hashlib.sha256(token.encode()).hexdigest()
