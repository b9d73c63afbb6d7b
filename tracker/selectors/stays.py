"""A patient's stays as a clinician reads them: what, when, who said so, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.models import Patient
from tracker.models import Stay, StayEvent, StayEventKind, StayKind
from tracker.selectors.chart_timeline import STAY_WORDS
from tracker.selectors.dose_entries import stays_of
from tracker.selectors.wording import local_moment


@dataclass(frozen=True, slots=True)
class StayOnRecord:
    """One stay in words; times are on the clock of the plan's zone."""

    id: UUID
    what: str
    from_at: datetime
    until_at: datetime | None
    note: str
    said: tuple[str, ...]  # who recorded it, ended it, took it back, and why
    is_running: bool  # begun, without an end that has come
    may_end: bool
    is_taken_back: bool


def stay_lines(patient: Patient, *, zone: ZoneInfo, now: datetime) -> tuple[StayOnRecord, ...]:
    """Return every stay, newest begin first; those taken back are among them."""
    return tuple(_line(stay, zone, now) for stay in stays_of(patient).order_by("-from_at", "pk"))


def _line(stay: Stay, zone: ZoneInfo, now: datetime) -> StayOnRecord:
    is_taken_back = stay.taken_back_at is not None
    is_begun = stay.from_at <= now
    return StayOnRecord(
        id=stay.pk,
        what=str(STAY_WORDS[StayKind(stay.kind)]),
        from_at=stay.from_at,
        until_at=stay.until_at,
        note=stay.note,
        said=(_recorded(stay, zone), *(_event(event, zone) for event in stay.events.all())),
        is_running=not is_taken_back
        and is_begun
        and (stay.until_at is None or stay.until_at > now),
        may_end=not is_taken_back and stay.until_at is None,
        is_taken_back=is_taken_back,
    )


def _recorded(stay: Stay, zone: ZoneInfo) -> str:
    return _("Recorded by %(name)s, %(moment)s.") % {
        "name": stay.recorded_by.name,
        "moment": local_moment(stay.recorded_at, zone),
    }


def _event(event: StayEvent, zone: ZoneInfo) -> str:
    values = {"name": event.by.name, "moment": local_moment(event.at, zone)}
    if event.kind == StayEventKind.ENDED:
        return _("End recorded by %(name)s, %(moment)s.") % values
    text = _("Taken back by %(name)s, %(moment)s: %(reason)s")
    return text % (values | {"reason": event.reason})
