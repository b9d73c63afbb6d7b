"""The saved filters beside the worklist, each with how many patients it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tracker.selectors.worklist import Show


@dataclass(frozen=True, slots=True)
class FilterLink:
    """One filter: `icon` and `tone` are those of its class, "" for others."""

    show: Show
    words: str
    count: int
    is_open: bool
    icon: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class FilterGroup:
    """Filters under one heading."""

    heading: str
    links: tuple[FilterLink, ...]


def filter_groups(show: Show, counts: Mapping[Show, int]) -> tuple[FilterGroup, ...]:
    """Return the filters in the order of the page; `show` is the open one."""

    def link(each: Show, words: str, icon: str = "", tone: str = "") -> FilterLink:
        return FilterLink(each, words, counts[each], each is show, icon, tone)

    return (
        FilterGroup(
            _("Saved filters"),
            (
                link(Show.ALL, _("Everything open")),
                link(Show.NOBODY, _("Nobody has it")),
                link(Show.MINE, _("I have it")),
            ),
        ),
        FilterGroup(
            _("Class"),
            (
                link(Show.EMERGENCY, _("Emergency"), "emergency", "k-e"),
                link(Show.SAME_DAY, _("Same-day"), "sameday", "k-d"),
                link(Show.WATCH, _("Watch"), "watch", "k-w"),
                link(Show.INFORMATION, _("Information"), "info", "k-n"),
            ),
        ),
        FilterGroup(_("Also"), (link(Show.NOTHING_OPEN, _("No open flag")),)),
    )
