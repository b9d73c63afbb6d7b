"""What a flag's evidence holds, and its dates and instants as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format

Evidence = Mapping[str, Any]
"""As it comes back from the database: dates and instants are ISO texts."""


def day_words(iso: str) -> str:
    """Return "Wed 25 Nov" for a local date."""
    return date_format(date.fromisoformat(iso), "D j M")


def moment_words(iso: str, zone: ZoneInfo) -> str:
    """Return "Wed 25 Nov 08:00" for an instant, on the clock of `zone`."""
    return date_format(datetime.fromisoformat(iso).astimezone(zone), "D j M H:i")
