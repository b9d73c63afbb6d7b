"""Icons of the sprite, by name."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

SPRITE = "icons.svg"
SIGNS = "signs.svg"
"""A sprite of its own: only pages with the signs fetch it."""


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Return one icon of the sprite.

    Without a label it is decoration and assistive software passes over it: the words beside it
    carry the meaning.
    """
    address = f"{static(SPRITE)}#{name}"
    if label:
        return format_html(
            '<svg class="i" role="img" aria-label="{}"><use href="{}"/></svg>', label, address
        )
    return format_html('<svg class="i" aria-hidden="true"><use href="{}"/></svg>', address)


@register.simple_tag
def sign_icon(sign_id: str) -> SafeString:
    """Return our own drawing of a documented sign; its words stand beside it."""
    address = f"{static(SIGNS)}#{sign_id}"
    return format_html('<svg class="i i--sign" aria-hidden="true"><use href="{}"/></svg>', address)
