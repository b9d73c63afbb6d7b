"""The many plain cells of a plan's grid, written out fast: a plan may have 2,000 steps."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tracker.web.plan_cells import Cell

register = template.Library()

PLAIN = (
    '<input class="{0}" id="{1}" name="{1}" value="{2}" dir="auto" autocomplete="off" '
    'spellcheck="false" aria-label="{3}">'
)


@register.simple_tag
def plain_cell(cell: Cell, css: str = "") -> SafeString:
    """Return the field of a cell of which nothing is said."""
    return format_html(PLAIN, css, cell.name, cell.value, cell.label)
