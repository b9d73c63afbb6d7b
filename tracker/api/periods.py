"""A period in an address: ?from and ?to, local dates, both included."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.doors import parse_filters
from accounts.api.fields import Body, Day
from tracker.domain.dose_record import Period

LONGEST = timedelta(days=366)
A_DAY = timedelta(days=1)
A_FORTNIGHT = timedelta(days=14)


class PeriodInput(Body):
    """Local dates of the plan's zone, both included."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the two fields; "from" is no name that a class can give one."""
        return super().get_fields() | {
            "from": Day(required=False, help_text="The first local date."),
            "to": Day(required=False, help_text="The last one, included."),
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a period that runs backwards or beyond a year."""
        first_on, last_on = attrs.get("from"), attrs.get("to")
        if first_on is not None and last_on is not None:
            if last_on < first_on:
                raise serializers.ValidationError({"to": _("This date is before the first.")})
            if last_on - first_on > LONGEST:
                raise serializers.ValidationError({"to": _("Ask for a year at most.")})
        return attrs


def period_asked(request: Request, *, around: date) -> Period:
    """Return the period asked for; without dates from the day before `around` for a fortnight."""
    asked = parse_filters(PeriodInput, request)
    first_on, last_on = asked.get("from"), asked.get("to")
    if first_on is None:
        first_on = around - A_DAY if last_on is None else last_on - A_FORTNIGHT
    return Period(first_on, last_on or first_on + A_FORTNIGHT)
