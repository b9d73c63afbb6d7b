"""Plays real openings against a plan: the same services and the same sweep, `now` passed in.

Everything happens in a transaction that is rolled back. It decides and never sends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from accounts.domain.zones import local_date, local_midnight
from accounts.models import Patient
from reminders.services.replay_people import ReplayPeople, replay_people_make
from reminders.services.sweep import sweep_run
from tracker.domain.doses import Outcome, Via
from tracker.domain.openings import OpenDose, match_opening
from tracker.domain.openings_file import Opening
from tracker.domain.plan_content import plan_content_from
from tracker.models import Alert, ExpectedDose, Plan
from tracker.services.entries import entry_add
from tracker.services.plan_drafts import plan_draft_save
from tracker.services.plan_signing import plan_sign

AROUND = timedelta(days=2)
AFTER_THE_LAST = timedelta(days=1)
ONE_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """The plan to play against: wall times with their amounts as typed, and its timings."""

    zone: ZoneInfo
    doses: tuple[tuple[time, str], ...]
    window_minutes: int
    thresholds: dict[str, str]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the replay left in the database, to be read before it is rolled back."""

    plan: Plan
    began_at: datetime
    ended_at: datetime


def replay_run(*, openings: Sequence[Opening], terms: ReplayPlan) -> Replayed:
    """Sign the plan before the first opening's local day, then let time pass opening by opening.

    Between openings the sweep runs exactly when something asks for a look. The caller holds the
    transaction and rolls it back.
    """
    first_on = local_date(openings[0].at, terms.zone)
    now = local_midnight(first_on, terms.zone) - ONE_SECOND
    people = replay_people_make(zone=terms.zone, now=now)
    plan = _sign(people, terms, first_on.isoformat(), now)
    ended_at = openings[-1].at + AFTER_THE_LAST
    for opening in openings:
        _let_time_pass(plan, until=opening.at)
        _log(plan, people.patient, opening)
        sweep_run(now=opening.at)
    _let_time_pass(plan, until=ended_at)
    return Replayed(plan=plan, began_at=now, ended_at=ended_at)


def _sign(people: ReplayPeople, terms: ReplayPlan, begins_on: str, now: datetime) -> Plan:
    content = plan_content_from(
        {
            "route": "oral",
            "zone": terms.zone.key,
            "steps": [
                {
                    "begins_on": begins_on,
                    "ends_on": "",
                    "is_dose_free": False,
                    "note": "",
                    "doses": [
                        {"time": wall_time.isoformat(), "amount": amount}
                        for wall_time, amount in sorted(terms.doses)
                    ],
                }
            ],
            "ending": "open",
            "formulation": "tablet",
            "indication": "multiple_sclerosis",
            "off_label_reason": "",
            "risk_factors": [],
            "risk_note": "",
            "named_clinician": str(people.clinician.pk),
            "rungs": [
                {"delay": "0", "audience": "patient"},
                {"delay": str(terms.window_minutes), "audience": "patient"},
                {"delay": str(2 * terms.window_minutes), "audience": "caregivers"},
                {"delay": str(4 * terms.window_minutes), "audience": "clinic"},
            ],
            "on_time_window": str(terms.window_minutes),
            "follow_up_delay": "30",
            "observation_days": "none",
            "missed_dose_advice": "",
            **terms.thresholds,
        }
    )
    plan = plan_draft_save(patient=people.patient, by=people.clinician, content=content, now=now)
    plan_sign(plan=plan, by=people.clinician, ticked_steps=[1], has_confirmed_hours=True, now=now)
    return plan


def _let_time_pass(plan: Plan, *, until: datetime) -> None:
    for now in _looks(plan, until):
        sweep_run(now=now)


def _looks(plan: Plan, until: datetime) -> Iterator[datetime]:
    """Yield each next moment at which the plan, a dose or an alert asks to be looked at."""
    while True:
        asked = [
            rows.filter(next_look_at__lte=until)
            .order_by("next_look_at")
            .values_list("next_look_at", flat=True)
            .first()
            for rows in (
                Plan.objects.filter(pk=plan.pk),
                ExpectedDose.objects.filter(plan=plan),
                Alert.objects.filter(patient=plan.patient),
            )
        ]
        moments = [moment for moment in asked if moment is not None]
        if not moments:
            return
        yield min(moments)


def _log(plan: Plan, patient: Patient, opening: Opening) -> None:
    """Store the opening as a taken dose of the nearest expected one, or as an extra dose."""
    near = plan.doses.standing().due_between(opening.at - AROUND, opening.at + AROUND)
    doses = {dose.pk: dose for dose in near}
    found = match_opening(
        opening.at,
        [
            OpenDose(id=dose.pk, due_at=dose.due_at, is_logged=dose.standing_entry_id is not None)
            for dose in doses.values()
        ],
    )
    if patient.user is None:
        raise ValueError("the replayed patient has accepted the invitation")
    entry_add(
        patient=patient,
        dose=doses[found] if found is not None else None,
        by=patient.user,
        via=Via.DEVICE,
        outcome=Outcome.TAKEN,
        taken_at=opening.at,
        device_at=None,
        client_id=uuid4(),
        now=opening.at,
    )
