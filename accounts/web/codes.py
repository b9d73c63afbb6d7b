"""A link as something to show on a screen, to print and to copy."""

from dataclasses import dataclass
from datetime import datetime

import segno
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from accounts.models import Invitation


@dataclass(frozen=True, slots=True)
class HandedLink:
    """One handed link with its code, and until when it works."""

    invitation: Invitation
    address: str
    code: SafeString
    works_until: datetime


def join_address(token: str) -> str:
    """Return the full address that opens an invitation."""
    return f"{settings.PUBLIC_URL}{reverse('accounts:join', args=[token])}"


def handed_link(invitation: Invitation, token: str) -> HandedLink:
    """Return the link and its code; the only moment at which the token can be shown."""
    address = join_address(token)
    return HandedLink(
        invitation=invitation,
        address=address,
        code=code_svg(address),
        works_until=invitation.expires_at,
    )


def code_svg(text: str) -> SafeString:
    """Return a QR code as inline SVG without style: black on white in light and dark."""
    drawing = segno.make(text, error="m", micro=False).svg_inline(
        scale=5, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    return mark_safe(drawing)  # noqa: S308 - drawn by segno from our own address, no markup in it
