"""The thresholds of a plan on its chart: those that were typed, and those that are not set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext

from tracker.domain.plan_states import Route
from tracker.domain.thresholds import thresholds_of
from tracker.models import PlanVersion


def _missed(count: int) -> str:
    return ngettext("%(n)d missed or skipped", "%(n)d missed or skipped", count) % {"n": count}


def _hours(count: int) -> str:
    return ngettext("%(n)d hour", "%(n)d hours", count) % {"n": count}


def _silent(count: int) -> str:
    return ngettext("%(n)d not logged", "%(n)d not logged", count) % {"n": count}


def _supply(count: int) -> str:
    return ngettext("%(n)d day of supply", "%(n)d days of supply", count) % {"n": count}


def _step(count: int) -> str:
    words = ngettext("%(n)d day before a step change", "%(n)d days before a step change", count)
    return words % {"n": count}


def _sign(count: int) -> str:
    words = ngettext("%(n)d hour after a step change", "%(n)d hours after a step change", count)
    return words % {"n": count}


def _review(count: int) -> str:
    words = ngettext("%(n)d day without a review", "%(n)d days without a review", count)
    return words % {"n": count}


def _refill(count: int) -> str:
    words = ngettext("%(n)d day before a refill", "%(n)d days before a refill", count)
    return words % {"n": count}


def _replacement(count: int) -> str:
    words = ngettext(
        "%(n)d day before the pump’s replacement", "%(n)d days before the pump’s replacement", count
    )
    return words % {"n": count}


SAID: Mapping[str, Callable[[int], str]] = MappingProxyType(
    {
        "missed_doses_threshold": _missed,
        "hours_since_taken_threshold": _hours,
        "silent_doses_threshold": _silent,
        "supply_days_threshold": _supply,
        "step_change_days_threshold": _step,
        "sign_hours_threshold": _sign,
        "review_days_threshold": _review,
        "refill_days_threshold": _refill,
        "replacement_days_threshold": _replacement,
    }
)
NAMED: Mapping[str, Promise] = MappingProxyType(
    {
        "missed_doses_threshold": gettext_lazy("doses missed or skipped"),
        "hours_since_taken_threshold": gettext_lazy("hours since the last dose"),
        "silent_doses_threshold": gettext_lazy("doses not logged"),
        "supply_days_threshold": gettext_lazy("days of supply"),
        "step_change_days_threshold": gettext_lazy("days before a step change"),
        "sign_hours_threshold": gettext_lazy("hours after a step change"),
        "review_days_threshold": gettext_lazy("days without a review"),
        "refill_days_threshold": gettext_lazy("days before a refill"),
        "replacement_days_threshold": gettext_lazy("days before the pump’s replacement"),
    }
)


def thresholds_typed(version: PlanVersion | None) -> tuple[str, ...]:
    """Return the typed thresholds in words, those that its route has; nothing has a default."""
    return tuple(
        SAID[name](count) for name in _had(version) if (count := getattr(version, name)) is not None
    )


def thresholds_unset(version: PlanVersion | None) -> tuple[str, ...]:
    """Return the thresholds of its route that nobody typed, in words."""
    return tuple(str(NAMED[name]) for name in _had(version) if getattr(version, name) is None)


def _had(version: PlanVersion | None) -> tuple[str, ...]:
    return thresholds_of(Route(version.plan.route)) if version is not None else ()
