"""Ewan with a pump: its record, a signed plan by it, and what people say of it, for the tests."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from accounts.models import Patient, User
from tests.cast import TUESDAY
from tracker.domain.plan_states import PlanState, Route
from tracker.domain.pumps import PumpDateKind, PumpEventKind
from tracker.models import Flag, Plan, PlanVersion, Pump, PumpEvent, Rung, Step
from tracker.services.flag_rules import flags_evaluate
from tracker.services.pump_events import PumpEventResult, pump_event_add, pump_event_confirm
from tracker.services.pumps import pump_date_confirm, pump_dates_type, pump_record

SIGNED = TUESDAY - timedelta(days=6)
REFILL, LOW, REPLACEMENT = PumpDateKind
TERMS: dict[str, Any] = {
    "model": "SynchroMed II",
    "serial": "NGV402117H",
    "implanted_on": date(2021, 6, 3),
    "critical_alarm": "two-tone alarm, every ten minutes",
    "non_critical_alarm": "single beep about once an hour",
    "team_phone": "01632 960 143",
    "out_of_hours_phone": "01632 960 144",
    "oral_instruction": "Keep one sealed pack at home",
}
SOURCE = "programmer printout"


def pump_make(patient: Patient, by: User, now: datetime = SIGNED, **terms: Any) -> Pump:
    """Put a pump on record."""
    return pump_record(patient=patient, by=by, now=now, **(TERMS | terms))


def pump_plan(patient: Patient, by: User, now: datetime = SIGNED, **changed: Any) -> Plan:
    """Let a plan by pump run with one rate, beginning two days before."""
    plan = Plan(
        patient=patient,
        route=Route.INTRATHECAL,
        state=PlanState.ACTIVE,
        created_at=now,
        created_by=by,
    )
    plan.save()
    version = PlanVersion(**(_terms(plan, by, now) | changed))
    version.save()
    Step(
        version=version,
        number=1,
        begins_on=now.date() - timedelta(days=2),
        rate="182.4 micrograms a day",
        visit_time=time(14, 30),
    ).save()
    rungs = ((0, "patient"), (45, "caregivers"), (90, "clinic"))
    for number, (minutes, audience) in enumerate(rungs, 1):
        delay = timedelta(minutes=minutes)
        Rung(version=version, number=number, delay=delay, audience=audience).save()
    return plan


def _terms(plan: Plan, by: User, now: datetime) -> dict[str, Any]:
    return {
        "plan": plan,
        "number": 1,
        "zone": "Europe/London",
        "formulation": "pump",
        "indication": "multiple_sclerosis",
        "named_clinician": by,
        "content_version": "1",
        "on_time_window": timedelta(minutes=45),
        "follow_up_delay": timedelta(minutes=30),
        "observation_days": 28,
        "counts_from_at": now,
        "signed_at": now,
        "signed_by": by,
        "signed_text": "",
        "signed_sha256": "",
    }


def dates_set(
    pump: Pump,
    by: User,
    again: User | None,
    now: datetime = SIGNED,
    **dates: date,
) -> None:
    """Type dates, and let a second person type them again unless nobody does."""
    kinds = {PumpDateKind(name): day for name, day in dates.items()}
    for row in pump_dates_type(pump=pump, by=by, dates=kinds, read_from=SOURCE, now=now):
        if again is not None:
            pump_date_confirm(pump_date=row, by=again, falls_on=row.falls_on, now=now)


def tell(
    pump: Pump, by: User, kind: PumpEventKind, now: datetime = TUESDAY, **said: Any
) -> PumpEventResult:
    """Say what happened to a pump."""
    asked = {"at": None, "client_id": uuid4()} | said
    return pump_event_add(pump=pump, by=by, kind=kind, now=now, **asked)


def refill(pump: Pump, by: User, now: datetime = TUESDAY, **dates: date) -> PumpEvent:
    """Let a clinician record a refill with what the printout says."""
    kinds = {PumpDateKind(name): day for name, day in dates.items()}
    result = tell(pump, by, PumpEventKind.REFILL_DONE, now, dates=kinds, read_from=SOURCE)
    return result.event


def confirm(event: PumpEvent, by: User, now: datetime = TUESDAY, **dates: date) -> None:
    """Let somebody confirm a refill by typing its dates again."""
    kinds = {PumpDateKind(name): day for name, day in dates.items()}
    pump_event_confirm(
        event=event, by=by, is_confirmed=True, dates=kinds, read_from=SOURCE, now=now
    )


def rules_of(plan: Plan) -> list[str]:
    """The rules of a pump's open flags, the safety of set-up left out."""
    found = Flag.objects.open().filter(plan=plan).exclude(rule="F24")
    return sorted(found.values_list("rule", flat=True))


def rules_at(plan: Plan, now: datetime) -> list[str]:
    """The same, after a look at `now`."""
    flags_evaluate(plan=plan, now=now)
    return rules_of(plan)
