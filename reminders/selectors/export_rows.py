"""One row of a table as a person may read it again: names, whole times, amounts as entered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Field, ForeignKey, Model
from django.utils.duration import duration_iso_string

from accounts.models import Clinic, Patient, User
from reminders.selectors.export_parts import FIELDS_LEFT_OUT, Part
from tracker.models import AlertEvent
from tracker.selectors.record_tables import BATCH, iso

NAMED = (User, Clinic)
"""Rows of others: their name stands beside the id, and nothing else of them."""


def rows_of(part: Part, patient: Patient) -> Iterator[dict[str, Any]]:
    """Yield every row of this part, a batch at a time; instants in the patient's zone.

    A row that has a zone of its own (a version, a dose) gives its instants in that one.
    """
    left_out = FIELDS_LEFT_OUT.get(part.model._meta.label, frozenset())
    fields = [each for each in part.model._meta.concrete_fields if each.name not in left_out]
    rows = part.rows_of(patient).select_related(*_named(fields))
    for row in rows.iterator(chunk_size=BATCH):
        zone = _zone_of(row, patient)
        shown = {each.name: _shown(row, each, zone) for each in fields}
        yield _of_oneself(row, shown, patient)


def _named(fields: list[Field[Any, Any]]) -> list[str]:
    return [each.name for each in fields if each.related_model in NAMED]


def _zone_of(row: Model, patient: Patient) -> ZoneInfo:
    name = getattr(row, "zone", None)
    return ZoneInfo(name) if isinstance(name, str) and name else patient.zone_info


def _shown(row: Model, field: Field[Any, Any], zone: ZoneInfo) -> Any:
    if isinstance(field, ForeignKey):
        key = getattr(row, field.attname)
        if key is None or field.related_model not in NAMED:
            return _plain(key, zone)
        return {"id": str(key), "name": getattr(row, field.name).name}
    return _plain(getattr(row, field.attname), zone)


def _plain(value: Any, zone: ZoneInfo) -> Any:
    """Return a value as JSON has it; texts, amounts among them, character for character."""
    if isinstance(value, datetime):
        return iso(value, zone)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration_iso_string(value)
    return str(value) if isinstance(value, UUID) else value


def _of_oneself(row: Model, shown: dict[str, Any], patient: Patient) -> dict[str, Any]:
    """Leave out what a provider said of somebody else's address: it may quote the address."""
    if not isinstance(row, AlertEvent) or row.person_id == patient.user_id:
        return shown
    facts: Mapping[str, Any] = row.facts
    if "said" not in facts:
        return shown
    kept = {name: value for name, value in facts.items() if name != "said"}
    return shown | {"note": "", "facts": kept}
