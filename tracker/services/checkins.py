"""Check-ins and reports: documented signs, "stopped suddenly", "my supply runs out on"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.problems import Problem, Refusal
from accounts.models import Patient, User
from accounts.services.audit import audit_record
from tracker.domain.flags import Rule
from tracker.domain.medicine import Urgency
from tracker.domain.plan_states import WATCHED, Route
from tracker.models import CheckIn, CheckInSign, Plan, Report, ReportKind
from tracker.selectors.medicine import baclofen
from tracker.selectors.pumps import pump_plan_of, route_of_signs
from tracker.selectors.versions import plan_day_of, watched_plan_of
from tracker.services.flags import flag_open
from tracker.services.plan_flags import flag_sign_after_step
from tracker.services.requests import kept_at, patient_lock, request_sha256, same_body_or_conflict

_EMERGENCY_RULE = {
    Route.ORAL: Rule.EMERGENCY_SIGN,
    Route.INTRATHECAL: Rule.INTRATHECAL_SIGN,
}


@dataclass(frozen=True, slots=True)
class CheckInResult:
    """What came of a check-in; `is_urgent` sends the person to the urgent page at once."""

    check_in: CheckIn
    is_repeat_of_request: bool
    is_urgent: bool


@transaction.atomic
def check_in_add(
    *,
    patient: Patient,
    by: User,
    signs: Sequence[str],
    note: str,
    at: datetime | None,
    client_id: UUID,
    now: datetime,
    said_at: datetime | None = None,
) -> CheckInResult:
    """Store which documented signs are present; no signs means "none of these".

    `at` is the person's own time, kept when a device was offline; a time ahead of `now` counts
    as `now`. `said_at`, when it waited on one, is no part of what makes a request the same. Opens
    F1 and F2, or F3 for somebody with a pump, in the same transaction, so that people are told by
    the next sweep. With a pump every sign is an emergency, also beside tablets.
    """
    patient_lock(patient)
    body = request_sha256(patient.pk, sorted(signs), note, at)
    earlier = CheckIn.objects.filter(by=by, client_id=client_id).first()
    if earlier is not None:
        same_body_or_conflict(earlier.body_sha256, body)
        return _same_check_in(earlier)
    _refuse_long(note)
    plan = pump_plan_of(patient) or watched_plan_of(patient)
    urgencies = _urgencies(signs, route := route_of_signs(patient))
    check_in = CheckIn.objects.create(
        patient=patient,
        at=kept_at(at or said_at, now),
        received_at=now,
        by=by,
        client_id=client_id,
        body_sha256=body,
        note=note.strip(),
        content_version=baclofen().version,
    )
    _signs_store(check_in, plan, urgencies, now, route)
    audit_record(
        actor=by,
        action="check_in.added",
        target=check_in,
        patient=patient,
        now=now,
        signs=sorted(urgencies),
    )
    return CheckInResult(check_in, False, Urgency.EMERGENCY in urgencies.values())


def _same_check_in(earlier: CheckIn) -> CheckInResult:
    is_urgent = earlier.signs.filter(urgency=Urgency.EMERGENCY).exists()
    return CheckInResult(earlier, is_repeat_of_request=True, is_urgent=is_urgent)


@transaction.atomic
def report_add(
    *,
    patient: Patient,
    by: User,
    kind: ReportKind,
    at: datetime | None,
    client_id: UUID,
    now: datetime,
    runs_out_on: date | None = None,
    note: str = "",
    said_at: datetime | None = None,
) -> Report:
    """Store a statement: stopped suddenly (opens F4), or the supply runs out on a local date.

    `at` and `said_at` as for a check-in.
    """
    patient_lock(patient)
    body = request_sha256(patient.pk, kind, runs_out_on, note, at)
    earlier = Report.objects.filter(by=by, client_id=client_id).first()
    if earlier is not None:
        same_body_or_conflict(earlier.body_sha256, body)
        return earlier
    _refuse_long(note)
    _refuse_day(patient, kind, runs_out_on, kept_at(at or said_at, now))
    plan = watched_plan_of(patient)
    report = Report(
        patient=patient,
        kind=kind,
        at=kept_at(at or said_at, now),
        received_at=now,
        by=by,
        client_id=client_id,
        body_sha256=body,
        runs_out_on=runs_out_on,
        note=note.strip(),
    )
    report.save()
    _report_followed(report, plan, now)
    audit_record(
        actor=by, action="report.added", target=report, patient=patient, now=now, kind=kind
    )
    return report


def _refuse_long(note: str) -> None:
    if len(note.strip()) > 500:
        raise Refusal(Problem("note", _("Write at most 500 characters.")))


def _refuse_day(
    patient: Patient, kind: ReportKind, runs_out_on: date | None, said_at: datetime
) -> None:
    """Refuse a supply without its day, and a day that had passed when it was said."""
    if (kind is ReportKind.SUPPLY) != (runs_out_on is not None):
        raise Refusal(Problem("runs_out_on", _("Say on which date the supply runs out.")))
    if runs_out_on is not None and runs_out_on < plan_day_of(patient, said_at):
        text = _("That day has passed. If nothing is left, choose today or call.")
        raise Refusal(Problem("runs_out_on", text))


def _urgencies(signs: Sequence[str], route: Route) -> dict[str, Urgency]:
    facts = baclofen()
    known = {sign.id: sign.urgency(route) for sign in facts.signs}
    known |= {alike.id: Urgency.EMERGENCY for alike in facts.look_alikes}
    unknown = [sign for sign in signs if sign not in known]
    if unknown:
        text = _("“%(sign)s” is not one of the documented signs.")
        raise Refusal(*(Problem("signs", text % {"sign": sign}) for sign in unknown))
    return {sign: known[sign] for sign in signs}


def _signs_store(
    check_in: CheckIn,
    plan: Plan | None,
    urgencies: dict[str, Urgency],
    now: datetime,
    route: Route,
) -> None:
    """Store the ticked signs and open F1 and F2 for them, or F3 by pump; F11 beside them.

    The plans that ask for check-ins look at once whether one was still unanswered.
    """
    check_in.patient.plans.filter(state__in=WATCHED).update(next_look_at=now)
    CheckInSign.objects.bulk_create(
        CheckInSign(check_in=check_in, sign=sign, urgency=urgency)
        for sign, urgency in urgencies.items()
    )
    for rule, urgency in (
        (_EMERGENCY_RULE[route], Urgency.EMERGENCY),
        (Rule.SAME_DAY_SIGN, Urgency.SAME_DAY_CALL),
    ):
        found = sorted(sign for sign, found in urgencies.items() if found is urgency)
        if found:
            flag_open(
                patient=check_in.patient,
                plan=plan,
                rule=rule,
                subject=str(check_in.pk),
                evidence={"signs": found, "by": check_in.by.name, "at": check_in.at.isoformat()},
                now=now,
                by=check_in.by,
            )
    if urgencies:
        flag_sign_after_step(check_in=check_in, plan=plan, now=now)


def _report_followed(report: Report, plan: Plan | None, now: datetime) -> None:
    """Open F4 for a sudden stop; a date of supply is for the plan's rules to look at."""
    if report.kind == ReportKind.STOPPED:
        flag_open(
            patient=report.patient,
            plan=plan,
            rule=Rule.STOPPED_SUDDENLY,
            subject=str(report.pk),
            evidence={"by": report.by.name, "at": report.at.isoformat()},
            now=now,
            by=report.by,
        )
    elif plan is not None:
        Plan.objects.filter(pk=plan.pk).update(next_look_at=now)
