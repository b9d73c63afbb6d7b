"""Pumps as somebody may read them: the record, the dates that stand, the events."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, QuerySet

from accounts.access import Person, patients_visible_to
from accounts.domain.zones import local_date
from accounts.models import Patient
from tracker.domain.plan_states import WATCHED, Route
from tracker.domain.pump_flags import OralOnHand
from tracker.domain.pumps import ORAL, REFILLED, PumpDateKind, PumpEventKind, TypedDate
from tracker.models import (
    Plan,
    PlanVersion,
    Pump,
    PumpDate,
    PumpDateConfirmation,
    PumpEvent,
    PumpEventConfirmation,
)
from tracker.selectors.versions import version_in_force


def pump_of(patient: Patient) -> Pump | None:
    """Return the pump that is in place; None when the clinic has none on record."""
    return Pump.objects.filter(patient=patient, removed_at=None).first()


def pumps_visible_to(user: Person, now: datetime) -> QuerySet[Pump]:
    """Return the pumps of the patients whom this person may see at `now`."""
    found = Pump.objects.filter(patient__in=patients_visible_to(user, now))
    return found.select_related("patient__clinic", "recorded_by")


def events_of(pump: Pump) -> QuerySet[PumpEvent]:
    """Return what somebody said happened, newest first, with what each came to."""
    dates = Prefetch("dates", PumpDate.objects.select_related("typed_by", "confirmation__by"))
    rows = pump.events.select_related("by", "confirmation__by", "pump").order_by("-at", "-pk")
    return rows.prefetch_related(dates)


def dates_of(pump: Pump) -> QuerySet[PumpDate]:
    """Return every date as it was typed, newest first, with who typed it again."""
    rows = pump.dates.select_related(
        "typed_by", "confirmation__by", "event__by", "event__confirmation"
    )
    return rows.order_by("-typed_at", "kind")


def pump_plan_of(patient: Patient) -> Plan | None:
    """Return the patient's watched plan by pump, None without one."""
    found = patient.plans.filter(state__in=WATCHED, route=Route.INTRATHECAL)
    return found.order_by("-created_at").first()


def is_by_pump(patient: Patient) -> bool:
    """Tell whether this patient's signs are those of a pump: one in place, or a plan by it."""
    return pump_of(patient) is not None or pump_plan_of(patient) is not None


def route_of_signs(patient: Patient) -> Route:
    """Return the route whose classes this patient's signs have: that of a pump, where there is
    one, because none of its classes is lower than the one by mouth."""
    return Route.INTRATHECAL if is_by_pump(patient) else Route.ORAL


def typed_dates(rows: Iterable[PumpDate]) -> tuple[TypedDate, ...]:
    """Return dates as the rules read them; rows of `dates_of`."""
    return tuple(
        TypedDate(
            id=row.pk,
            kind=PumpDateKind(row.kind),
            falls_on=row.falls_on,
            typed_at=row.typed_at,
            is_from_refill=row.event is not None and row.event.kind == PumpEventKind.REFILL_DONE,
            counts_at=_counts_at(row),
        )
        for row in rows
    )


def _counts_at(row: PumpDate) -> datetime | None:
    """Return when both the date and the refill it came with had a second person's word."""
    confirmation: PumpDateConfirmation | None = getattr(row, "confirmation", None)
    if confirmation is None or row.event is None:
        return confirmation.at if confirmation is not None else None
    said: PumpEventConfirmation | None = getattr(row.event, "confirmation", None)
    return max(confirmation.at, said.at) if said is not None and said.is_confirmed else None


def oral_said(pump: Pump) -> OralOnHand | None:
    """Return the newest word about oral baclofen on hand; None when nobody has said anything."""
    said = pump.events.filter(kind__in=ORAL).select_related("by").order_by("at", "received_at")
    last = said.last()
    if last is None:
        return None
    return OralOnHand(
        id=str(last.pk),
        is_on_hand=last.kind == PumpEventKind.ORAL_ON_HAND,
        expires_on=last.expires_on,
        at=last.at,
        by=last.by.name,
    )


def needed_dates(pump: Pump) -> frozenset[PumpDateKind]:
    """Return which dates a refill must bring: its next one, and whatever it moves that is on
    record."""
    typed = set(pump.dates.filter(kind__in=REFILLED).values_list("kind", flat=True))
    return frozenset(PumpDateKind(kind) for kind in typed) | {PumpDateKind.REFILL}


def event_visible_to(user: Person, event_id: UUID, now: datetime) -> PumpEvent | None:
    """Return one event of a pump that this person may see at `now`, None otherwise."""
    rows = PumpEvent.objects.filter(pk=event_id, pump__in=pumps_visible_to(user, now))
    found = rows.select_related("pump__patient__clinic", "by", "confirmation__by")
    return found.prefetch_related("dates__typed_by", "dates__confirmation").first()


def date_visible_to(user: Person, date_id: UUID, now: datetime) -> PumpDate | None:
    """Return one date of a pump that this person may see at `now`, None otherwise."""
    rows = PumpDate.objects.filter(pk=date_id, pump__in=pumps_visible_to(user, now))
    return rows.select_related("pump__patient__clinic", "typed_by", "confirmation__by").first()


def critical_alarm_told(patient: Patient, since: datetime) -> datetime | None:
    """Return when a critical alarm of the patient's pump was last told after `since`, or None."""
    told = PumpEvent.objects.filter(
        pump__patient=patient, kind=PumpEventKind.ALARM_CRITICAL, received_at__gt=since
    )
    last = told.order_by("received_at").last()
    return last.at if last is not None else None


def rate_of(version: PlanVersion, today: date) -> str:
    """Return the programmed rate of a plan by pump on a local date, verbatim; "" by mouth."""
    if version.plan.route != Route.INTRATHECAL:
        return ""
    begun = version.steps.filter(begins_on__lte=today).order_by("number").last()
    return begun.rate if begun is not None else ""


def pumps_of(patient: Patient) -> QuerySet[Pump]:
    """Return the pumps on record of one patient."""
    return Pump.objects.filter(patient=patient).select_related("recorded_by")


def pump_clock(patient: Patient, now: datetime) -> tuple[ZoneInfo, date]:
    """Return the zone in which a pump's dates are local, and today's date there.

    It is that of the plan by pump, else the patient's.
    """
    plan = pump_plan_of(patient)
    version = version_in_force(plan, now) if plan is not None else None
    zone = ZoneInfo(version.zone) if version is not None else patient.zone_info
    return zone, local_date(now, zone)
