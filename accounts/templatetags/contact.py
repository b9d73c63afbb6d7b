"""Ways to reach somebody, ready for a link."""

import re

from django import template

register = template.Library()


@register.filter
def tel(phone: str) -> str:
    """Return the address that calls this number; "" when there is nothing to dial.

    A number is shown as it was typed; only the link leaves out what a phone cannot dial.
    """
    digits = re.sub(r"[^\d*#]", "", phone.replace("(0)", ""))
    sign = "+" if phone.strip().startswith("+") else ""
    return f"tel:{sign}{digits}" if digits else ""
