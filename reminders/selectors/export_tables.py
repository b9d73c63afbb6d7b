"""Doses, entries and check-ins as tables that a spreadsheet opens, in the language in force."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Patient
from reminders.selectors.export_rows import BATCH, iso
from tracker.domain.doses import Outcome
from tracker.models import CheckIn, Entry, ExpectedDose
from tracker.selectors.reasons import reason_words
from tracker.selectors.wording import sign_names

Rows = Iterator[tuple[str, ...]]

OUTCOMES: Mapping[str, Promise] = MappingProxyType(
    {
        Outcome.TAKEN: gettext_lazy("taken"),
        Outcome.SKIPPED: gettext_lazy("skipped"),
        Outcome.MISSED: gettext_lazy("missed"),
    }
)


def dose_rows(patient: Patient, now: datetime) -> Rows:
    """Yield the head, then each expected dose in the order in which they were due."""
    yield (
        _("Due"), _("Time zone"), _("Amount as entered"), _("Plan version"), _("Step"),
        _("What was said"), _("Taken at"), _("Logged at"), _("Logged by"), _("Reason"),
        _("Amount differed"), _("Cancelled at"), _("Why cancelled"),
    )  # fmt: skip
    doses = ExpectedDose.objects.filter(plan__patient=patient).order_by("due_at", "pk")
    for dose in doses.select_related("version", "standing_entry__by").iterator(BATCH):
        zone, entry = dose.zone_info, dose.standing_entry
        yield (
            iso(dose.due_at, zone),
            zone.key,
            dose.amount,
            str(dose.version.number),
            str(dose.step_number),
            _said_of(dose, now),
            _moment(entry.taken_at if entry else None, zone),
            _moment(entry.received_at if entry else None, zone),
            entry.by.name if entry else "",
            reason_words(entry.reason) if entry else "",
            _difference(entry) if entry else "",
            _moment(dose.cancelled_at, zone),
            reason_words(dose.cancel_reason),
        )


def entry_rows(patient: Patient, _now: datetime) -> Rows:
    """Yield the head, then each entry in the order in which they came, those taken back too."""
    yield (
        _("Logged at"), _("Time zone"), _("What was said"), _("Taken at"), _("Dose due"),
        _("Amount as entered"), _("Logged by"), _("How"), _("Reason"), _("Amount differed"),
        _("Taken back at"), _("Taken back by"), _("Why taken back"),
    )  # fmt: skip
    entries = Entry.objects.filter(patient=patient).order_by("received_at", "pk")
    for entry in entries.select_related("dose", "by", "void__by").iterator(BATCH):
        zone = entry.dose.zone_info if entry.dose else patient.zone_info
        void = getattr(entry, "void", None)
        yield (
            iso(entry.received_at, zone),
            zone.key,
            str(OUTCOMES[entry.outcome]),
            _moment(entry.taken_at, zone),
            iso(entry.dose.due_at, zone) if entry.dose else _("extra dose"),
            entry.dose.amount if entry.dose else "",
            entry.by.name,
            entry.via,
            reason_words(entry.reason),
            _difference(entry),
            _moment(void.at if void else None, zone),
            void.by.name if void else "",
            reason_words(void.reason) if void else "",
        )


def check_in_rows(patient: Patient, _now: datetime) -> Rows:
    """Yield the head, then each check-in in the order in which they were said."""
    yield (_("Said at"), _("Time zone"), _("Received at"), _("Said by"), _("Signs"), _("Note"))
    zone = patient.zone_info
    found: QuerySet[CheckIn] = CheckIn.objects.filter(patient=patient).order_by("at", "pk")
    rows = found.select_related("by").prefetch_related("signs")
    for each in rows.iterator(BATCH):
        signs = sign_names(sorted(sign.sign for sign in each.signs.all()))
        yield (
            iso(each.at, zone),
            zone.key,
            iso(each.received_at, zone),
            each.by.name,
            signs or _("none of these"),
            each.note,
        )


TABLES: Mapping[str, Callable[[Patient, datetime], Rows]] = MappingProxyType(
    {"doses.csv": dose_rows, "entries.csv": entry_rows, "check-ins.csv": check_in_rows}
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


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    return iso(at, zone) if at is not None else ""
