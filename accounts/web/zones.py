"""Time zones as a list to choose from."""

from functools import cache
from itertools import groupby
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.domain.zones import zone_names

_SHOWN_APART = frozenset({"Etc", "US", "SystemV", "Brazil", "Canada", "Chile", "Mexico"})


@cache
def zone_choices() -> list[tuple[Any, Any]]:
    """Return the places of the tz database by region, after an empty first choice.

    Old aliases without a place ("GB", "US/Eastern") are left out; they stay valid where stored.
    """
    names = sorted(name for name in zone_names() if _is_place(name))
    regions = groupby(names, key=lambda name: name.partition("/")[0])
    grouped: list[tuple[Any, Any]] = [("", _("Choose a place"))]
    grouped.extend(
        (region, [(name, _place(name)) for name in members]) for region, members in regions
    )
    grouped.append(("UTC", "UTC"))
    return grouped


def _is_place(name: str) -> bool:
    region, has_place, _place_name = name.partition("/")
    return bool(has_place) and region not in _SHOWN_APART


def _place(name: str) -> str:
    """Return "Europe/London" as it is, with spaces: people look for both parts."""
    return name.replace("_", " ")
