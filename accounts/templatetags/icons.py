"""Icons of the sprite, by name."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

SPRITE = "icons.svg"


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
