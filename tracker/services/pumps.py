"""Pumps: the clinic's record of one, and its dates as typed by one person and another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Required, TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import capacities_of
from accounts.domain.capacities import Capacity
from accounts.domain.problems import Conflict, Problem, Refusal
from accounts.domain.texts import is_one_line, is_phone_number
from accounts.domain.zones import local_date
from accounts.models import Patient, User
from accounts.services.audit import audit_record
from tracker.domain.pumps import PumpDateKind
from tracker.models import Plan, Pump, PumpDate, PumpDateConfirmation, PumpEvent
from tracker.selectors.pumps import pump_clock, pump_of, pump_plan_of
from tracker.services.flag_rules import flags_evaluate
from tracker.services.requests import patient_lock

MOST_YEARS = timedelta(days=20 * 366)
"""How far from today a pump's date may lie: a slip of the keyboard lies further."""

_LONGEST = {
    "model": 80,
    "serial": 40,
    "critical_alarm": 300,
    "non_critical_alarm": 300,
    "team_phone": 32,
    "out_of_hours_phone": 32,
    "oral_instruction": 300,
}
_NEEDED = ("model", "critical_alarm", "non_critical_alarm", "team_phone")


class PumpTerms(TypedDict, total=False):
    """What the clinic's record says of a pump; texts as typed."""

    model: Required[str]
    serial: str
    implanted_on: date | None
    critical_alarm: Required[str]  # the maker's words for its sound
    non_critical_alarm: Required[str]
    team_phone: Required[str]
    out_of_hours_phone: str
    oral_instruction: str


@transaction.atomic
def pump_record(
    *,
    patient: Patient,
    by: User,
    now: datetime,
    seen_at: datetime | None = None,
    **terms: Unpack[PumpTerms],
) -> Pump:
    """Put a patient's pump on record, or correct the record of the one in place.

    `seen_at` is the `recorded_at` of the record that `by` had before them, None when there was
    none. Refusal names every problem; Conflict when somebody else recorded it meanwhile.
    """
    patient_lock(patient)
    refuse_others_than_clinicians(patient, by, now)
    pump = pump_of(patient)
    if seen_at != (pump.recorded_at if pump is not None else None):
        text = _("Somebody changed the pump’s record after you opened it. Nothing was saved.")
        raise Conflict(Problem("pump", text))
    _refuse_terms(terms, local_date(now, patient.zone_info))
    pump = pump or Pump(patient=patient)
    changed = sorted(name for name in terms if getattr(pump, name) != _kept(terms.get(name)))
    for name, value in terms.items():
        setattr(pump, name, _kept(value))
    pump.recorded_at, pump.recorded_by = now, by
    pump.save()
    audit_record(
        actor=by, action="pump.recorded", target=pump, patient=patient, now=now, changed=changed
    )
    pump_look_again(patient, now)
    return pump


@transaction.atomic
def pump_dates_type(
    *,
    pump: Pump,
    by: User,
    dates: Mapping[PumpDateKind, date],
    read_from: str,
    now: datetime,
    event: PumpEvent | None = None,
) -> list[PumpDate]:
    """Keep dates exactly as `by` read them from a printout or a letter; a second person types
    them again.

    The same dates typed again by the same person, not confirmed yet, are the same rows. Refused
    without a source, without a date, and for a date that cannot be meant.
    """
    patient_lock(pump.patient)
    refuse_others_than_clinicians(pump.patient, by, now)
    _refuse_dates(pump, dates, read_from, now)
    rows = []
    for kind in PumpDateKind:
        if kind not in dates:
            continue
        said = {"kind": kind, "falls_on": dates[kind], "read_from": read_from.strip()}
        waiting = pump.dates.filter(typed_by=by, event=event, confirmation=None, **said).first()
        row = waiting or PumpDate(pump=pump, event=event, typed_at=now, typed_by=by, **said)
        if waiting is None:
            row.save()
        rows.append(row)
    audit_record(
        actor=by,
        action="pump.dates_typed",
        target=pump,
        patient=pump.patient,
        now=now,
        dates={row.kind: row.falls_on.isoformat() for row in rows},
    )
    pump_look_again(pump.patient, now)
    return rows


@transaction.atomic
def pump_date_confirm(
    *, pump_date: PumpDate, by: User, falls_on: date, now: datetime
) -> PumpDateConfirmation:
    """Confirm a date: a second person of the clinic typed the same one again.

    Refused, in words that do not give the date away, when it differs; when it is the same person;
    when it is confirmed already, or a newer one was typed.
    """
    patient = pump_date.pump.patient
    patient_lock(patient)
    refuse_others_than_clinicians(patient, by, now)
    _refuse_confirmation(pump_date, by, falls_on)
    confirmation = PumpDateConfirmation(pump_date=pump_date, by=by, at=now)
    confirmation.save()
    audit_record(
        actor=by,
        action="pump.date_confirmed",
        target=pump_date,
        patient=patient,
        now=now,
        kind=pump_date.kind,
    )
    pump_look_again(patient, now)
    return confirmation


def pump_look_again(patient: Patient, now: datetime) -> None:
    """Evaluate the rules of the patient's plan by pump at once, and let the sweep look too."""
    plan = pump_plan_of(patient)
    if plan is None:
        return
    # The sweep holds a plan before its flags; whoever comes from here does the same.
    Plan.objects.filter(pk=plan.pk).update(next_look_at=now)
    flags_evaluate(plan=plan, now=now)


def refuse_others_than_clinicians(patient: Patient, by: User, now: datetime) -> None:
    """Raise Refusal unless `by` is a clinician of the patient's clinic at `now`."""
    if Capacity.CLINICIAN not in capacities_of(by, patient, now):
        raise Refusal(Problem("by", _("Only the clinic records this.")))


def far_date_problems(
    dates: Mapping[str, date | None], patient: Patient, now: datetime
) -> list[Problem]:
    """Return a problem for each of these dates, by field, that is too far away to be meant."""
    _zone, today = pump_clock(patient, now)
    text = _("This date is more than twenty years away. Check the year.")
    return [
        Problem(name, text)
        for name, day in dates.items()
        if day is not None and abs(day - today) > MOST_YEARS
    ]


def _kept(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _refuse_terms(terms: PumpTerms, today: date) -> None:
    texts = {name: str(terms.get(name, "")).strip() for name in _LONGEST}
    problems = [
        Problem(name, _("Type this. It is shown to people exactly as you type it."))
        for name in _NEEDED
        if not texts[name]
    ]
    for name, text in texts.items():
        most = _LONGEST[name]
        if len(text) > most or not is_one_line(text):
            problem_text = _("Write one line of at most %(most)d characters.")
            problems.append(Problem(name, problem_text % {"most": most}))
        elif text and name.endswith("_phone") and not is_phone_number(text):
            problems.append(Problem(name, _("Type a number that can be dialled.")))
    implanted_on = terms.get("implanted_on")
    if implanted_on is not None and not today - 3 * MOST_YEARS <= implanted_on <= today:
        problems.append(Problem("implanted_on", _("A pump is on record after it was implanted.")))
    if problems:
        raise Refusal(*problems)


def _refuse_dates(
    pump: Pump, dates: Mapping[PumpDateKind, date], read_from: str, now: datetime
) -> None:
    problems = far_date_problems(
        {kind.value: day for kind, day in dates.items()}, pump.patient, now
    )
    if not dates:
        problems.append(Problem("dates", _("Type at least one date.")))
    source = read_from.strip()
    if not source or len(source) > 120 or not is_one_line(source):
        text = _("Say what you read this from: a printout, a letter, a call. One line.")
        problems.append(Problem("read_from", text))
    if problems:
        raise Refusal(*problems)


def _refuse_confirmation(pump_date: PumpDate, by: User, falls_on: date) -> None:
    name = pump_date.typed_by.name
    if PumpDateConfirmation.objects.filter(pump_date=pump_date).exists():
        raise Refusal(Problem(pump_date.kind, _("This date is confirmed already.")))
    if pump_date.typed_by_id == by.pk:
        text = _("You typed this date yourself. Somebody else types it again.")
        raise Refusal(Problem(pump_date.kind, text))
    newer = PumpDate.objects.filter(
        pump=pump_date.pump_id, kind=pump_date.kind, typed_at__gt=pump_date.typed_at
    )
    if newer.exists():
        text = _("A newer date has been typed since. Confirm that one.")
        raise Refusal(Problem(pump_date.kind, text))
    if falls_on != pump_date.falls_on:
        text = _(
            "This is not the date that %(name)s typed. Read the source again together; nothing "
            "was confirmed."
        )
        raise Refusal(Problem(pump_date.kind, text % {"name": name}))
