"""What a file with rows of a record says about itself, and the measures with their formulas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Patient, User
from tracker.selectors.measured import Measured, plan_measured
from tracker.selectors.record_tables import Cell, Span, iso

GUARDED = gettext_lazy("Cells not character for character")
ABOUT_TITLE = gettext_lazy("About this file")
ABOUT_HEAD: tuple[Promise, ...] = (gettext_lazy("About"), gettext_lazy("This file"))
MEASURES_TITLE = gettext_lazy("Measures")
MEASURES_HEAD: tuple[Promise, ...] = (
    gettext_lazy("Measure"),
    gettext_lazy("Figure"),
    gettext_lazy("Numerator"),
    gettext_lazy("Denominator"),
    gettext_lazy("n"),
    gettext_lazy("n counts"),
    gettext_lazy("Formula"),
    gettext_lazy("Beside it"),
    gettext_lazy("First day"),
    gettext_lazy("Last day"),
    gettext_lazy("Time zone"),
    gettext_lazy("Where doses come from"),
    gettext_lazy("Published in"),
)


@dataclass(frozen=True, slots=True)
class RecordPart:
    """What of one record is asked for: local days, both included, None without a bound."""

    patient: Patient
    first_on: date | None
    last_on: date | None
    zone: ZoneInfo
    measured: Measured | None  # None while no plan is signed

    @property
    def span(self) -> Span:
        """The days as instants."""
        return Span.of_days(self.first_on, self.last_on, self.zone)

    @property
    def period_words(self) -> str:
        """The days as the file says them, ISO dates."""
        if self.first_on is None and self.last_on is None:
            return _("the whole record")
        if self.first_on is None:
            return _("up to %(last)s, included") % {"last": self.last_on}
        if self.last_on is None:
            return _("from %(first)s on") % {"first": self.first_on}
        values = {"first": self.first_on, "last": self.last_on}
        return _("%(first)s to %(last)s, both included") % values


def record_part(
    patient: Patient,
    *,
    plan_id: UUID | None,
    first_on: date | None,
    last_on: date | None,
    now: datetime,
) -> RecordPart | None:
    """Return a part of a record with its measures; None when `plan_id` is no plan of theirs."""
    measured = plan_measured(patient, plan_id=plan_id, first_on=first_on, last_on=last_on, now=now)
    if measured is None and plan_id is not None:
        return None
    zone = measured.zone if measured is not None else patient.zone_info
    return RecordPart(patient, first_on, last_on, zone, measured)


def about_rows(
    part: RecordPart, by: User, *, is_guarded: bool, now: datetime
) -> Iterator[tuple[Cell, ...]]:
    """Yield what the file is, and how its cells are to be read."""
    verbatim = _("Amounts are the entered words, character for character. Nothing is worked out.")
    if is_guarded:
        verbatim += " " + _(
            "A cell that a spreadsheet could take for a formula has an apostrophe before it, and "
            "line ends in a cell became blanks. The last column names those cells of its row; all "
            "others are character for character."
        )
    yield _("Patient"), part.patient.name
    yield _("Clinic number"), part.patient.clinic_number
    yield _("Clinic"), part.patient.clinic.name
    yield _("Period"), part.period_words
    yield _("Time zone"), part.zone.key
    yield _("Made at"), iso(now, part.zone)
    yield _("Made by"), by.name
    yield (
        _("Times"),
        _("ISO 8601, on the clock of the zone that stands in the row, with its distance from UTC."),
    )
    yield _("Amounts"), verbatim
    yield _("Doses"), _("Due in the period. “Not logged” means that nobody said anything.")
    yield _("Entries"), _("Said in the period, or about a dose of the period.")
    yield _("Flags and alerts"), _("Open at any time of the period.")
    yield (
        _("Where doses come from"),
        _(
            "What people said, or what a device counted; the measures say which. "
            "No line between good and bad is drawn."
        ),
    )


def measure_rows(part: RecordPart) -> Iterator[tuple[Cell, ...]]:
    """Yield each measure of the plan as the chart words it, with its formula."""
    if part.measured is None:
        return
    for measure, line in part.measured.pairs:
        period = measure.period or part.measured.period
        yield (
            line.name,
            line.value,
            "" if measure.numerator is None else measure.numerator,
            "" if measure.denominator is None else measure.denominator,
            measure.n,
            line.n_unit,
            line.formula,
            line.beside,
            period.first_on.isoformat(),
            period.last_on.isoformat(),
            part.zone.key,
            measure.basis,
            line.source,
        )
