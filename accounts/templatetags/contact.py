"""Ways to reach somebody, ready for a link."""

import re

from django import template
from django.utils.translation import gettext as _

from accounts.domain.telephones import shown_number
from accounts.models import ContactPoint
from accounts.models.contact_points import PUSH, SMS

register = template.Library()


@register.filter
def tel(phone: str) -> str:
    """Return the address that calls this number; "" when there is nothing to dial.

    A number is shown as it was typed; only the link leaves out what a phone cannot dial.
    """
    digits = re.sub(r"[^\d*#]", "", phone.replace("(0)", ""))
    sign = "+" if phone.strip().startswith("+") else ""
    return f"tel:{sign}{digits}" if digits else ""


@register.filter
def shown_address(point: ContactPoint) -> str:
    """Return where a contact point leads, as people call it: address, number or browser."""
    if point.kind == SMS:
        return shown_number(point.address)
    if point.kind == PUSH:
        return point.label or _("A browser")
    return point.address


@register.filter
def way_icon(point: ContactPoint) -> str:
    """Return the name of the icon for the kind of a contact point."""
    return {SMS: "sms", PUSH: "push"}.get(point.kind, "mail")
