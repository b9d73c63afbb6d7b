"""A record as tables: doses, entries and check-ins, for spreadsheets, in the language in force.

Every file with rows of a record is made of these tables: the patient's own and the clinic's.
Amounts are the entered words; times are ISO 8601, on the clock of the zone that stands beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.zones import day_bounds
from accounts.models import Patient
from tracker.domain.doses import Outcome
from tracker.models import CheckIn, Entry, ExpectedDose
from tracker.selectors.reasons import reason_words
from tracker.selectors.wording import sign_names

BATCH = 500
Cell = str | int


@dataclass(frozen=True, slots=True)
class Span:
    """From one instant up to another; None on a side has no bound there."""

    from_at: datetime | None = None
    until_at: datetime | None = None

    @classmethod
    def of_days(cls, first_on: date | None, last_on: date | None, zone: ZoneInfo) -> Span:
        """Return the span of local days, both included."""
        return cls(
            from_at=day_bounds(first_on, zone)[0] if first_on is not None else None,
            until_at=day_bounds(last_on, zone)[1] if last_on is not None else None,
        )

    def holds(self, field: str) -> Q:
        """Return the condition that an instant lies in the span."""
        found = Q(**{f"{field}__isnull": False})
        if self.from_at is not None:
            found &= Q(**{f"{field}__gte": self.from_at})
        if self.until_at is not None:
            found &= Q(**{f"{field}__lt": self.until_at})
        return found

    def touches(self, opened: str, closed: str) -> Q:
        """Return the condition that something was open at some moment of the span."""
        found = Q()
        if self.from_at is not None:
            found &= Q(**{f"{closed}__isnull": True}) | Q(**{f"{closed}__gte": self.from_at})
        if self.until_at is not None:
            found &= Q(**{f"{opened}__lt": self.until_at})
        return found


ALWAYS = Span()


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns, which rows belong to a span, and how a row reads."""

    name: str  # of its file: "check-ins"
    title: Promise
    columns: tuple[Promise, ...]
    found: Callable[[Patient, Span], QuerySet[Any]]
    row: Callable[[Any, Patient, datetime], tuple[Cell, ...]]

    @property
    def head(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(str(column) for column in self.columns)

    def count(self, patient: Patient, span: Span) -> int:
        """Return how many rows there are."""
        return self.found(patient, span).count()

    def rows(self, patient: Patient, span: Span, now: datetime) -> Iterator[tuple[Cell, ...]]:
        """Yield the rows, read a batch at a time."""
        for each in self.found(patient, span).iterator(BATCH):
            yield self.row(each, patient, now)


OUTCOMES: Mapping[str, Promise] = MappingProxyType(
    {
        Outcome.TAKEN: gettext_lazy("taken"),
        Outcome.SKIPPED: gettext_lazy("skipped"),
        Outcome.MISSED: gettext_lazy("missed"),
    }
)


def iso(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant in a zone, to the second, with its offset."""
    return at.astimezone(zone).isoformat(timespec="seconds")


def moment(at: datetime | None, zone: ZoneInfo) -> str:
    """Return an instant as `iso` does; "" for none."""
    return iso(at, zone) if at is not None else ""


def _doses(patient: Patient, span: Span) -> QuerySet[ExpectedDose]:
    doses = ExpectedDose.objects.filter(span.holds("due_at"), plan__patient=patient)
    return doses.select_related("version", "standing_entry__by").order_by("due_at", "pk")


def _dose(dose: ExpectedDose, _patient: Patient, now: datetime) -> tuple[Cell, ...]:
    zone, entry = dose.zone_info, dose.standing_entry
    return (
        iso(dose.due_at, zone),
        zone.key,
        dose.amount,
        dose.version.number,
        dose.step_number,
        _said_of(dose, now),
        moment(entry.taken_at if entry else None, zone),
        moment(entry.received_at if entry else None, zone),
        entry.by.name if entry else "",
        reason_words(entry.reason) if entry else "",
        _difference(entry) if entry else "",
        moment(dose.cancelled_at, zone),
        reason_words(dose.cancel_reason),
    )


def _entries(patient: Patient, span: Span) -> QuerySet[Entry]:
    """Return what was said in the span, and what was said about it at any time."""
    about = span.holds("received_at") | span.holds("taken_at") | span.holds("dose__due_at")
    entries = Entry.objects.filter(about, patient=patient)
    return entries.select_related("dose", "by", "void__by").order_by("received_at", "pk")


def _entry(entry: Entry, patient: Patient, _now: datetime) -> tuple[Cell, ...]:
    zone = entry.dose.zone_info if entry.dose else patient.zone_info
    void = getattr(entry, "void", None)
    return (
        iso(entry.received_at, zone),
        zone.key,
        str(OUTCOMES[entry.outcome]),
        moment(entry.taken_at, zone),
        iso(entry.dose.due_at, zone) if entry.dose else _("extra dose"),
        entry.dose.amount if entry.dose else "",
        entry.by.name,
        entry.via,
        reason_words(entry.reason),
        _difference(entry),
        moment(void.at if void else None, zone),
        void.by.name if void else "",
        reason_words(void.reason) if void else "",
    )


def _check_ins(patient: Patient, span: Span) -> QuerySet[CheckIn]:
    found = CheckIn.objects.filter(span.holds("at"), patient=patient)
    return found.select_related("by").prefetch_related("signs").order_by("at", "pk")


def _check_in(said: CheckIn, patient: Patient, _now: datetime) -> tuple[Cell, ...]:
    zone = patient.zone_info
    signs = sign_names(sorted(sign.sign for sign in said.signs.all()))
    return (
        iso(said.at, zone),
        zone.key,
        iso(said.received_at, zone),
        said.by.name,
        signs or _("none of these"),
        said.note,
    )


DOSES = Table(
    name="doses",
    title=gettext_lazy("Doses"),
    columns=(
        gettext_lazy("Due"),
        gettext_lazy("Time zone"),
        gettext_lazy("Amount as entered"),
        gettext_lazy("Plan version"),
        gettext_lazy("Step"),
        gettext_lazy("What was said"),
        gettext_lazy("Taken at"),
        gettext_lazy("Logged at"),
        gettext_lazy("Logged by"),
        gettext_lazy("Reason"),
        gettext_lazy("Amount differed"),
        gettext_lazy("Cancelled at"),
        gettext_lazy("Why cancelled"),
    ),
    found=_doses,
    row=_dose,
)
ENTRIES = Table(
    name="entries",
    title=gettext_lazy("Entries"),
    columns=(
        gettext_lazy("Logged at"),
        gettext_lazy("Time zone"),
        gettext_lazy("What was said"),
        gettext_lazy("Taken at"),
        gettext_lazy("Dose due"),
        gettext_lazy("Amount as entered"),
        gettext_lazy("Logged by"),
        gettext_lazy("How"),
        gettext_lazy("Reason"),
        gettext_lazy("Amount differed"),
        gettext_lazy("Taken back at"),
        gettext_lazy("Taken back by"),
        gettext_lazy("Why taken back"),
    ),
    found=_entries,
    row=_entry,
)
CHECK_INS = Table(
    name="check-ins",
    title=gettext_lazy("Check-ins"),
    columns=(
        gettext_lazy("Said at"),
        gettext_lazy("Time zone"),
        gettext_lazy("Received at"),
        gettext_lazy("Said by"),
        gettext_lazy("Signs"),
        gettext_lazy("Note"),
    ),
    found=_check_ins,
    row=_check_in,
)


def _said_of(dose: ExpectedDose, now: datetime) -> str:
    if dose.standing_entry is not None:
        return str(OUTCOMES[dose.standing_entry.outcome])
    if dose.cancelled_at is not None:
        return _("cancelled")
    is_past = now >= dose.due_at + dose.version.on_time_window
    return _("not logged") if is_past else ""


def _difference(entry: Entry) -> str:
    return entry.amount_note or _("yes") if entry.is_amount_different else ""
