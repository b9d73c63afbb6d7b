"""Instants without their seconds, where seconds would only be noise."""

from datetime import datetime

from django import template

register = template.Library()


@register.filter
def to_minute(value: datetime | None) -> datetime | None:
    """Return the instant at the start of its minute; None stays None."""
    return value.replace(second=0, microsecond=0) if value is not None else None
