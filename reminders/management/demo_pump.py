"""Halina of the demo clinic: a pump whose refill date passed, and an alarm that was heard."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import uuid4

from accounts.domain.zones import local_date, local_midnight
from accounts.models import Clinic, Patient, User
from reminders.management.demo_people import (
    DAY,
    MINUTE,
    ZONE,
    caregiver_demo,
    patient_demo,
    plan_demo,
    user_of,
)
from tracker.domain.pumps import PumpDateKind, PumpEventKind
from tracker.models import Plan, Pump
from tracker.services.flag_rules import flags_evaluate
from tracker.services.pump_events import pump_event_add, pump_event_confirm
from tracker.services.pumps import pump_date_confirm, pump_dates_type, pump_record

PRINTOUT = "programmer printout"
TERMS: dict[str, object] = {
    "route": "intrathecal",
    "formulation": "pump",
    "indication": "spinal_cord_injury",
    "risk_factors": ["sci_t6_or_above", "autonomic_dysreflexia"],
    "rungs": [
        {"delay": "0", "audience": "patient"},
        {"delay": "0", "audience": "caregivers"},
        {"delay": "0", "audience": "clinic"},
    ],
    "refill_days_threshold": "14",
    "replacement_days_threshold": "90",
    "step_change_days_threshold": "3",
    "sign_hours_threshold": "72",
    "review_days_threshold": "120",
}


def pump_demo(clinic: Clinic, by: User, second: User, now: datetime) -> tuple[Patient, User]:
    """Halina: refilled 81 days ago; the refill date passed six days ago, the alarm date two.

    Nine days ago she had no oral baclofen at hand; this morning her son heard a single beep.
    """
    at = now - 82 * DAY
    halina = patient_demo(
        "Halina Dąbrowska",
        clinic,
        by,
        at,
        born_on=date(1968, 2, 19),
        clinic_number="20077",
        phone="07700 900 127",
    )
    piotr = caregiver_demo(halina, "Piotr Dąbrowski", "piotr", "Son", at)
    pump = pump_record(
        patient=halina,
        by=by,
        now=at,
        model="SynchroMed II, 40 ml",
        serial="NGV402117H",
        implanted_on=date(2021, 6, 3),
        critical_alarm="Two-tone alarm, again and again",
        non_critical_alarm="Single beep about once an hour",
        team_phone="01632 960 118",
        out_of_hours_phone="01632 960 144",
        oral_instruction="Keep a sealed pack at home for when the pump team says so.",
    )
    plan = _plan(halina, by, at)
    _dates(pump, by, second, now)
    _since(pump, plan, piotr, now)
    return halina, piotr


def _plan(halina: Patient, by: User, at: datetime) -> Plan:
    step: dict[str, object] = {
        "begins_on": local_date(at, ZONE).isoformat(),
        "visit_time": "14:30",
        "rate": "182.4 micrograms a day",
        "note": "Simple continuous, from the printout",
        "doses": [],
    }
    thresholds = {name: str(value) for name, value in TERMS.items() if name.endswith("threshold")}
    terms = {name: value for name, value in TERMS.items() if name not in thresholds}
    return plan_demo(halina, by, at, [step], thresholds | terms)


def _dates(pump: Pump, by: User, second: User, now: datetime) -> None:
    """Type the replacement date from the implant card, and a refill with its dates; both twice."""
    typed_at, today = now - 81 * DAY, local_date(now, ZONE)
    (card,) = pump_dates_type(
        pump=pump,
        by=by,
        dates={PumpDateKind.REPLACEMENT: today + timedelta(days=535)},
        read_from="implant card",
        now=typed_at,
    )
    pump_date_confirm(pump_date=card, by=second, falls_on=card.falls_on, now=typed_at + MINUTE)
    dates = {
        PumpDateKind.REFILL: today - 6 * DAY,
        PumpDateKind.LOW_RESERVOIR: today - 2 * DAY,
    }
    refill = pump_event_add(
        pump=pump,
        by=second,
        client_id=uuid4(),
        now=typed_at + 5 * MINUTE,
        kind=PumpEventKind.REFILL_DONE,
        at=typed_at,
        done_by="Pump team, Harbour ward 3",
        dates=dates,
        read_from=PRINTOUT,
    )
    pump_event_confirm(
        event=refill.event, by=by, is_confirmed=True, dates=dates, now=typed_at + 22 * MINUTE
    )


def _since(pump: Pump, plan: Plan, piotr: User, now: datetime) -> None:
    """Say what was said and look when dates neared and passed, in that order, as it would be."""
    today = local_date(now, ZONE)
    plan.refresh_from_db()
    flags_evaluate(plan=plan, now=local_midnight(today - 20 * DAY, ZONE))
    _tell(pump, user_of(pump.patient), PumpEventKind.NO_ORAL_ON_HAND, now - 9 * DAY)
    for days in (5, 1):
        flags_evaluate(plan=plan, now=local_midnight(today - days * DAY, ZONE))
    heard_at, note = now - timedelta(hours=10), "Not the two-tone alarm."
    _tell(pump, piotr, PumpEventKind.ALARM_NON_CRITICAL, heard_at, note)


def _tell(pump: Pump, by: User, kind: PumpEventKind, at: datetime, note: str = "") -> None:
    pump_event_add(pump=pump, by=by, client_id=uuid4(), now=at, kind=kind, at=None, note=note)
