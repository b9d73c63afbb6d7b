"""Warns of quiet hours that cover a dose time."""

from datetime import datetime

from django import template

from accounts.models import ContactPoint
from tracker.selectors.quiet_doses import dose_times_in_quiet_hours

register = template.Library()


@register.filter
def dose_times_covered(point: ContactPoint, now: datetime) -> list[str]:
    """Return the clock times of its owner's doses that lie in its quiet hours; none as a rule."""
    return dose_times_in_quiet_hours(point, now)
