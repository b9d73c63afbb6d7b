"""What became of the rows of a file of openings, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracker.domain.openings_file import Opening, RowLeft, RowReason
from tracker.domain.openings_placing import Place
from tracker.selectors.chart_measures import span_words

LEFT_WORDS: Mapping[RowReason, Promise] = MappingProxyType(
    {
        RowReason.NO_TIME: gettext_lazy("has no time"),
        RowReason.ORDER_UNKNOWN: gettext_lazy(
            "“%(cell)s”: say whether the day or the month comes first"
        ),
        RowReason.NOT_A_TIME: gettext_lazy("“%(cell)s” is not a time"),
        RowReason.MISALIGNED: gettext_lazy(
            "has %(cell)s cells, more than the heading: nobody can tell which is the time"
        ),
        RowReason.AHEAD: gettext_lazy("“%(cell)s” lies in the future"),
        RowReason.NOT_AN_OPENING: gettext_lazy("“%(cell)s” is no opening"),
    }
)

PLACE_WORDS: Mapping[Place, Promise] = MappingProxyType(
    {
        Place.DOSE: gettext_lazy("fills the dose of %(dose)s"),
        Place.EXTRA: gettext_lazy("an extra dose: no dose was left that it could stand for"),
        Place.SAME: gettext_lazy("one with the opening at %(other)s: both are kept, one counts"),
        Place.BESIDE: gettext_lazy(
            "beside the dose of %(dose)s, which a person logged: kept, not counted"
        ),
        Place.APART: gettext_lazy("during a hold or a stay: kept, not counted"),
        Place.ALREADY: gettext_lazy("was imported before: not imported again"),
        Place.BEFORE: gettext_lazy("before the plan was signed: not imported"),
    }
)

PLACE_NAMES: Mapping[Place, Promise] = MappingProxyType(
    {
        Place.DOSE: gettext_lazy("fill a dose"),
        Place.EXTRA: gettext_lazy("extra doses"),
        Place.SAME: gettext_lazy("within 10 minutes of another"),
        Place.BESIDE: gettext_lazy("beside a dose that a person logged"),
        Place.APART: gettext_lazy("during a hold or a stay"),
        Place.ALREADY: gettext_lazy("imported before"),
        Place.BEFORE: gettext_lazy("before the plan"),
    }
)


def left_words(left: RowLeft) -> str:
    """Say why a row is no opening."""
    return str(LEFT_WORDS[left.reason]) % {"cell": left.cell}


def moment_words(opening: Opening, zone: ZoneInfo) -> str:
    """Return when it was opened: the local time with its offset."""
    return opening.at.astimezone(zone).isoformat(" ", "seconds")


def difference_words(differs_by: timedelta | None) -> str:
    """Say by how much the column of local times is off; "" where it is not."""
    if differs_by is None:
        return ""
    words = _("The local column says %(span)s later; UTC counts.")
    if differs_by < timedelta(0):
        words = _("The local column says %(span)s earlier; UTC counts.")
    return words % {"span": span_words(differs_by)}
