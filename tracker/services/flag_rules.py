"""Applies the rules that follow a plan over time: opens what they raise, closes what fell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from accounts.domain.zones import local_date
from accounts.models.contact_points import OUT_OF_HOURS
from accounts.selectors.contact_points import usable_contact_points
from tracker.domain import flags as rules
from tracker.domain.adherence import drug_holidays
from tracker.domain.dose_record import CourseState, Period, Record
from tracker.domain.doses import Outcome
from tracker.domain.flags import FlagEventKind, Raised, Rule, Verdict
from tracker.domain.plan_flags import check_in_unanswered
from tracker.domain.plan_states import PlanState, Route
from tracker.domain.pump_flags import PUMP_RULES
from tracker.domain.thresholds import thresholds_of
from tracker.models import Entry, Flag, FlagEvent, Plan, PlanVersion, ReportKind
from tracker.selectors.absences import absences_from
from tracker.selectors.chart_measures import measured_record
from tracker.selectors.check_ins_asked import check_ins_asked, is_away
from tracker.selectors.versions import version_in_force, zone_of
from tracker.services.flags import flag_close_by_fact, flag_open
from tracker.services.plan_flags import HELD_RULES, PLAN_RULES, held_verdicts, plan_verdicts
from tracker.services.pump_flags import pump_gaps, pump_verdicts

CHECK_IN_RULES = frozenset({Rule.CHECK_IN_UNANSWERED})
"""They go on while doses are on hold, and after the last one: its end is not the end."""
WATCHED_RULES = frozenset(
    {
        Rule.NOT_TAKEN_RUN,
        Rule.HOURS_SINCE_TAKEN,
        Rule.SILENT_RUN,
        Rule.DRUG_HOLIDAY,
        Rule.SUPPLY,
        Rule.SET_UP,
        *PUMP_RULES,
        *PLAN_RULES,
        *CHECK_IN_RULES,
    }
)
"""The rules of an active plan."""
HELD_ON = frozenset({*PUMP_RULES, *HELD_RULES, *CHECK_IN_RULES})
"""Those that go on while it is on hold: a pump still empties, a review date still passes."""
WATCHED_IN = MappingProxyType(
    {
        PlanState.ACTIVE: WATCHED_RULES,
        PlanState.ON_HOLD: HELD_ON,
        PlanState.OBSERVATION: CHECK_IN_RULES,
    }
)
"""The rules that are looked at while a plan is in a state; in the others none is."""


@transaction.atomic
def flags_evaluate(*, plan: Plan, now: datetime) -> datetime | None:
    """Open, restate and close the plan's watched flags; return when the next could change.

    On hold only what a hold leaves true is looked at, under observation only the check-ins, and
    nothing of the others closes; after the end nothing opens or closes.
    """
    version = version_in_force(plan, now)
    watched = _watched(plan, now)
    if version is None or not watched:
        return None
    verdicts = _verdicts_in(PlanState(plan.state), plan, version, now)
    raised = {
        (found.rule, found.subject): found for verdict in verdicts for found in verdict.raised
    }
    standing = Flag.objects.open().filter(plan=plan, rule__in=watched)
    held = standing.select_for_update(no_key=True, of=("self",))
    for flag in held.select_related("patient__clinic"):
        if (Rule(flag.rule), flag.subject) not in raised:
            flag_close_by_fact(flag=flag, fact={"seen_at": now.isoformat()}, now=now)
    for found in raised.values():
        if not _was_closed_by_a_person(plan, found):
            flag_open(
                patient=plan.patient,
                plan=plan,
                rule=found.rule,
                subject=found.subject,
                evidence=found.evidence,
                flag_class=found.found_class,
                now=now,
            )
    looks = [verdict.next_look_at for verdict in verdicts if verdict.next_look_at is not None]
    return min(looks, default=None)


def _watched(plan: Plan, now: datetime) -> frozenset[Rule]:
    """Return the rules to look at; during a stay nobody is asked to check in, and F27 stays."""
    watched = WATCHED_IN.get(PlanState(plan.state), frozenset())
    return watched - CHECK_IN_RULES if watched and is_away(plan, now) else watched


def _verdicts_in(
    state: PlanState, plan: Plan, version: PlanVersion, now: datetime
) -> Sequence[Verdict]:
    asked = check_in_unanswered(
        check_ins_asked(plan, version, now), zone=zone_of(version, now), now=now
    )
    if state is PlanState.OBSERVATION:
        return (asked,)
    verdicts = _held_verdicts if state is PlanState.ON_HOLD else _verdicts
    return (asked, *verdicts(plan, version, now))


def _verdicts(plan: Plan, version: PlanVersion, now: datetime) -> Sequence[Verdict]:
    zone = zone_of(version, now)
    record = _record(plan, zone)
    period = _whole(record, zone, now)
    doses = record.monitored(period)
    holidays = drug_holidays(record, period=period, now=now).holidays
    supply = plan.patient.reports.filter(kind=ReportKind.SUPPLY, void=None).order_by("at").last()
    return (
        rules.not_taken_runs(doses, threshold=version.missed_doses_threshold),
        rules.hours_since_taken(
            doses, _taken_instants(plan), threshold=version.hours_since_taken_threshold, now=now
        ),
        rules.silent_run(doses, threshold=version.silent_doses_threshold, now=now),
        rules.drug_holidays(holidays, doses, now=now),
        rules.supply_runs_out(
            supply.runs_out_on if supply else None,
            threshold=version.supply_days_threshold,
            zone=zone,
            now=now,
        ),
        rules.set_up_gaps(_missing(plan, version)),
        *_pump_verdicts(plan, version, now),
        *plan_verdicts(plan, version, now),
    )


def _held_verdicts(plan: Plan, version: PlanVersion, now: datetime) -> Sequence[Verdict]:
    return (*_pump_verdicts(plan, version, now), *held_verdicts(plan, version, now))


def _pump_verdicts(plan: Plan, version: PlanVersion, now: datetime) -> Sequence[Verdict]:
    return pump_verdicts(plan, version, now) if plan.route == Route.INTRATHECAL else ()


def _record(plan: Plan, zone: ZoneInfo) -> Record:
    doses = plan.doses.select_related("standing_entry", "version").order_by("due_at", "wall_time")
    extras = Entry.objects.filter(patient=plan.patient, dose=None, void=None)
    return measured_record(
        doses=doses,
        extras=extras,
        absences=absences_from(plan.patient.stays.standing(), plan.moves.all()),
        zone=zone,
        course=CourseState.RUNNING,
    )


def _taken_instants(plan: Plan) -> list[datetime]:
    """Return when doses and extra doses were logged taken since the plan was first signed.

    A phone whose clock runs ahead cannot say that something was taken after it was received.
    """
    signed_at = plan.versions.order_by("number").values_list("counts_from_at", flat=True).first()
    entries = Entry.objects.filter(
        Q(stands_for__plan=plan) | Q(dose=None, patient=plan.patient),
        outcome=Outcome.TAKEN,
        taken_at__gte=signed_at,
        void=None,
    )
    times = entries.values_list("taken_at", "received_at")
    return [min(taken_at, received_at) for taken_at, received_at in times if taken_at is not None]


def _whole(record: Record, zone: ZoneInfo, now: datetime) -> Period:
    """Return the period from the first expected dose to the last one made."""
    days = [dose.local_date for dose in record.doses] or [local_date(now, zone)]
    return Period(first_on=min(days), last_on=max(days))


def _missing(plan: Plan, version: PlanVersion) -> list[str]:
    missing = [name for name in thresholds_of(Route(plan.route)) if getattr(version, name) is None]
    if plan.route == Route.INTRATHECAL:
        missing += pump_gaps(plan)
    clinic = plan.patient.clinic
    if not usable_contact_points(clinic=clinic, duty=OUT_OF_HOURS).exists():
        missing.append("out_of_hours_contact")
    if plan.patient.user is None:
        missing.append("patient_never_signed_in")
    return missing


def _was_closed_by_a_person(plan: Plan, found: Raised) -> bool:
    """Tell whether a named person has closed a flag that stated exactly these facts."""
    closing = FlagEvent.objects.filter(
        flag__plan=plan,
        flag__rule=found.rule,
        flag__subject=found.subject,
        kind=FlagEventKind.CLOSED,
        by__isnull=False,
    )
    return closing.filter(evidence=dict(found.evidence)).exists()
