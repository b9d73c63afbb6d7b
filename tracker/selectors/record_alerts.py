"""Flags and alerts of one record as tables, in the words of the pages."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from accounts.models import Patient
from tracker.domain.alerts import AlertEventKind
from tracker.domain.flags import FlagEventKind
from tracker.models import Alert, AlertEvent, Flag, FlagEvent
from tracker.selectors.record_tables import (
    CHECK_INS,
    DOSES,
    ENTRIES,
    Cell,
    Span,
    Table,
    iso,
    moment,
)
from tracker.selectors.wording import (
    alert_headline,
    alert_outcome,
    class_word,
    flag_basis,
    flag_detail,
    flag_headline,
)


def _flags(patient: Patient, span: Span) -> QuerySet[Flag]:
    flags = Flag.objects.filter(span.touches("opened_at", "closed_at"), patient=patient)
    return flags.prefetch_related("events__by").order_by("opened_at", "pk")


def _flag(flag: Flag, patient: Patient, _now: datetime) -> tuple[Cell, ...]:
    zone = patient.zone_info
    closing = _closing(flag)
    return (
        iso(flag.opened_at, zone),
        zone.key,
        flag.rule,
        class_word(flag.flag_class),
        flag_headline(flag),
        flag_detail(flag, zone),
        flag_basis(flag),
        moment(flag.closed_at, zone),
        closing.by.name if closing is not None and closing.by is not None else "",
        closing.note if closing is not None else "",
    )


def _closing(flag: Flag) -> FlagEvent | None:
    closings = [event for event in flag.events.all() if event.kind == FlagEventKind.CLOSED]
    return closings[-1] if closings else None


def _alerts(patient: Patient, span: Span) -> QuerySet[Alert]:
    alerts = Alert.objects.filter(span.touches("opened_at", "closed_at"), patient=patient)
    return (
        alerts.select_related("flag", "dose__standing_entry", "dose__version", "patient__clinic")
        .prefetch_related("events__person")
        .order_by("opened_at", "pk")
    )


def _alert(alert: Alert, patient: Patient, _now: datetime) -> tuple[Cell, ...]:
    dose = alert.dose
    zone = dose.zone_info if dose is not None else patient.zone_info
    events = list(alert.events.all())
    told = [event for event in events if event.kind == AlertEventKind.TOLD]
    taken_up = _first(events, AlertEventKind.ACKNOWLEDGED)
    return (
        iso(alert.opened_at, zone),
        zone.key,
        class_word(alert.alert_class),
        alert_headline(alert),
        moment(dose.due_at if dose is not None else None, zone),
        alert.rung,
        len(told),
        moment(alert.listed_at, zone),
        taken_up.person.name if taken_up is not None and taken_up.person is not None else "",
        moment(taken_up.at if taken_up is not None else None, zone),
        moment(alert.closed_at, zone),
        alert_outcome(alert, zone) if alert.closed_at is not None else "",
    )


def _first(events: list[AlertEvent], kind: AlertEventKind) -> AlertEvent | None:
    return next((event for event in events if event.kind == kind), None)


FLAGS = Table(
    name="flags",
    title=gettext_lazy("Flags"),
    columns=(
        gettext_lazy("Opened at"),
        gettext_lazy("Time zone"),
        gettext_lazy("Rule"),
        gettext_lazy("Class"),
        gettext_lazy("Fact"),
        gettext_lazy("Detail"),
        gettext_lazy("Basis"),
        gettext_lazy("Closed at"),
        gettext_lazy("Closed by"),
        gettext_lazy("Note"),
    ),
    found=_flags,
    row=_flag,
)
ALERTS = Table(
    name="alerts",
    title=gettext_lazy("Alerts"),
    columns=(
        gettext_lazy("Opened at"),
        gettext_lazy("Time zone"),
        gettext_lazy("Class"),
        gettext_lazy("Fact"),
        gettext_lazy("Dose due"),
        gettext_lazy("Rung"),
        gettext_lazy("Times told"),
        gettext_lazy("On the worklist since"),
        gettext_lazy("First taken up by"),
        gettext_lazy("First taken up at"),
        gettext_lazy("Closed at"),
        gettext_lazy("Outcome"),
    ),
    found=_alerts,
    row=_alert,
)

CLINIC_TABLES: tuple[Table, ...] = (DOSES, ENTRIES, CHECK_INS, FLAGS, ALERTS)
"""What a clinic takes out of a record, in this order."""
