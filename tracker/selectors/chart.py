"""One patient in a minute: every fact of the chart, ready to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.domain.zones import local_date
from accounts.models import Patient
from accounts.selectors.clinics import clinicians_of
from tracker.domain.dose_record import Period
from tracker.domain.doses import Outcome, Via
from tracker.domain.medicine import Urgency
from tracker.domain.plan_states import PlanState
from tracker.models import Entry, PlanVersion, Stay, Step
from tracker.selectors.chart_doses import DoseChart, dose_chart
from tracker.selectors.chart_measures import (
    MeasureLine,
    measure_lines,
    measured_course,
    measured_record,
    span_words,
)
from tracker.selectors.chart_record import ChartRecord, PlanRecord, chart_record, is_void
from tracker.selectors.chart_timeline import TimelineLine, timeline
from tracker.selectors.matters import Matter, open_matters
from tracker.selectors.patient_facts import (
    CallNumber,
    RiskContext,
    Watcher,
    call_numbers,
    risk_context,
    watchers,
)
from tracker.selectors.plan_words import STATE_WORDS
from tracker.selectors.pump_timeline import event_lines
from tracker.selectors.threshold_words import thresholds_typed, thresholds_unset
from tracker.selectors.versions import spans_among
from tracker.selectors.wording import sign_names
from tracker.selectors.worklist import age_at


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One signed version: who signed it, when, and from when it counts."""

    number: int
    state: str  # of its plan, in words, for the newest version; "" for earlier ones
    signed_by: str
    signed_at: datetime
    counts_from_at: datetime
    plan_id: UUID
    is_shown: bool


@dataclass(frozen=True, slots=True)
class StepNow:
    """Which step today belongs to, and which comes next."""

    number: int
    count: int
    ends_on: date | None
    is_dose_free: bool
    next_number: int | None
    next_on: date | None


@dataclass(frozen=True, slots=True)
class LastTaken:
    """The newest dose logged taken; `amount` is what was entered, verbatim, "" for an extra dose.

    A phone whose clock runs ahead cannot say that something was taken after it was received:
    `taken_at` is then when it was received.
    """

    amount: str
    taken_at: datetime
    ago: str  # in words, counted to now
    is_device: bool  # an opening that was imported; nobody said it
    is_clock_wrong: bool
    is_amount_different: bool  # said to differ from `amount`
    amount_note: str  # the person's own words about what was taken


@dataclass(frozen=True, slots=True)
class SignMark:
    """One check-in on the axis: the signs in words, "" for none of them."""

    at: datetime
    words: str
    is_emergency: bool
    by: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything the page prints. Amounts are verbatim; times are instants, shown in `zone`."""

    patient: Patient
    age: int | None
    zone: ZoneInfo
    now: datetime
    plan: PlanRecord | None
    draft_id: UUID | None
    state: str
    step: StepNow | None
    last_taken: LastTaken | None
    thresholds: tuple[str, ...]
    unset_thresholds: tuple[str, ...]
    matters: tuple[Matter, ...]
    picture: DoseChart | None
    check_ins: tuple[SignMark, ...]
    extras: tuple[datetime, ...]
    period: Period | None
    measures: tuple[MeasureLine, ...]
    timeline: tuple[TimelineLine, ...]
    versions: tuple[VersionLine, ...]
    watchers: tuple[Watcher, ...]
    clinician_count: int
    numbers: tuple[CallNumber, ...]
    context: RiskContext
    stay: Stay | None  # that covers now

    @property
    def version(self) -> PlanVersion | None:
        """The version in force of the shown plan; a change signed for later is not it yet."""
        return self.plan.version if self.plan is not None else None


def patient_chart(patient: Patient, *, plan_id: UUID | None, now: datetime) -> Chart | None:
    """Return the chart of one patient; None when `plan_id` is no plan of theirs."""
    record = chart_record(patient, plan_id=plan_id, now=now)
    if record is None:
        return None
    about = open_matters(
        Patient.objects.filter(pk=patient.pk), now=now, is_unlisted_shown=True
    ).get(patient.pk)
    shown = record.shown
    version = shown.version if shown is not None else None
    picture = _picture(record, now)
    period = _period(picture)
    drafts = (each.plan.pk for each in record.plans if each.plan.state == PlanState.DRAFT)
    return Chart(
        patient=patient,
        age=age_at(patient.born_on, local_date(now, patient.zone_info)),
        zone=record.zone,
        now=now,
        plan=shown,
        draft_id=next(drafts, None),
        state=str(STATE_WORDS[PlanState(shown.plan.state)]) if shown is not None else "",
        step=_step_now(shown, local_date(now, record.zone)),
        last_taken=_last_taken(record, now),
        thresholds=thresholds_typed(version),
        unset_thresholds=thresholds_unset(version),
        matters=about.matters if about is not None else (),
        picture=picture,
        check_ins=_sign_marks(record),
        extras=tuple(entry.taken_at for entry in record.extras if entry.taken_at is not None),
        period=period,
        measures=_measures(record, period, now),
        timeline=_timeline(record),
        versions=_versions(record, now),
        watchers=tuple(watchers(record.links, now)),
        clinician_count=clinicians_of(patient.clinic, now).count(),
        numbers=tuple(call_numbers(patient, record.links, now)),
        context=risk_context(version, record.risks_on_file),
        stay=record.stay_at(now),
    )


def _picture(record: ChartRecord, now: datetime) -> DoseChart | None:
    if record.shown is None or not record.shown.is_signed:
        return None
    return dose_chart(
        versions=record.shown.versions,
        doses=record.doses,
        absences=record.absences,
        last_on=record.shown.last_on(record.zone, now),
        zone=record.zone,
        now=now,
    )


def _period(picture: DoseChart | None) -> Period | None:
    """Return the past days of the axis: the measures are of what the picture shows."""
    if picture is None:
        return None
    axis = picture.axis
    return Period(axis.begins_on, max(axis.begins_on, min(axis.today, axis.ends_on)))


def _measures(record: ChartRecord, period: Period | None, now: datetime) -> tuple[MeasureLine, ...]:
    if period is None or record.shown is None:
        return ()
    end = record.shown.end
    facts = measured_record(
        doses=record.doses,
        extras=record.extras,
        absences=record.absences,
        zone=record.zone,
        course=measured_course(
            record.shown.plan.state,
            was_completed=end is not None and end.to_state == PlanState.COMPLETED,
        ),
    )
    return measure_lines(facts, period=period, now=now)


def _timeline(record: ChartRecord) -> tuple[TimelineLine, ...]:
    about_pump = [line for event in record.pump_events for line in event_lines(event)]
    lines = timeline(
        entries=record.entries,
        check_ins=record.check_ins,
        reports=record.reports,
        flag_events=record.flag_events,
        alert_events=record.alert_events,
        versions=[version for each in record.plans for version in each.versions],
        moves=[move for each in record.plans for move in each.moves],
        stays=record.stays,
        risks=record.risks,
        zone=record.zone,
        zone_changes=[change for each in record.plans for change in each.zone_changes],
    )
    return tuple(sorted([*lines, *about_pump], key=lambda line: line.at, reverse=True))


def _step_now(shown: PlanRecord | None, today: date) -> StepNow | None:
    version = shown.version if shown is not None else None
    if shown is None or version is None or not shown.is_running:
        return None
    steps: list[Step] = list(version.steps.all())
    current = next(
        (
            step
            for step in steps
            if step.begins_on <= today and (step.ends_on is None or today <= step.ends_on)
        ),
        None,
    )
    if current is None:
        return None
    after = next((step for step in steps if step.begins_on > current.begins_on), None)
    return StepNow(
        number=current.number,
        count=len(steps),
        ends_on=current.ends_on,
        is_dose_free=current.is_dose_free,
        next_number=after.number if after is not None else None,
        next_on=after.begins_on if after is not None else None,
    )


def _last_taken(record: ChartRecord, now: datetime) -> LastTaken | None:
    taken: list[tuple[datetime, Entry]] = [
        (min(entry.taken_at, entry.received_at), entry)
        for entry in record.entries
        if entry.outcome == Outcome.TAKEN and entry.taken_at is not None and not is_void(entry)
    ]
    if not taken:
        return None
    taken_at, entry = max(taken, key=lambda pair: pair[0])
    amount = entry.dose.amount if entry.dose is not None else ""
    return LastTaken(
        amount=amount,
        taken_at=taken_at,
        ago=span_words(max(now - taken_at, timedelta(0))),
        is_device=entry.via == Via.DEVICE,
        is_clock_wrong=entry.is_clock_wrong,
        is_amount_different=entry.is_amount_different,
        amount_note=entry.amount_note,
    )


def _sign_marks(record: ChartRecord) -> tuple[SignMark, ...]:
    marks = []
    for check_in in record.check_ins:
        signs = list(check_in.signs.all())
        marks.append(
            SignMark(
                at=check_in.at,
                words=sign_names([sign.sign for sign in signs]),
                is_emergency=any(sign.urgency == Urgency.EMERGENCY for sign in signs),
                by=check_in.by.name,
            )
        )
    return tuple(sorted(marks, key=lambda mark: mark.at))


def _versions(record: ChartRecord, now: datetime) -> tuple[VersionLine, ...]:
    return tuple(line for each in record.plans for line in _plan_versions(each, record.shown, now))


def _version_state(plan: PlanRecord, version: PlanVersion, now: datetime) -> str:
    """Return what stands beside a version: the plan's state, or that it is to come, or never."""
    spans = {span.version: span for span in spans_among(plan.versions, plan.moves)}
    ahead = version.counts_from_at > now
    if version not in spans or (ahead and plan.plan.state != PlanState.ACTIVE):
        return _("signed, did not begin")
    if ahead:
        return _("signed, not yet in force")
    return str(STATE_WORDS[PlanState(plan.plan.state)]) if version is plan.version else ""


def _plan_versions(
    plan: PlanRecord, shown: PlanRecord | None, now: datetime
) -> Sequence[VersionLine]:
    return [
        VersionLine(
            number=version.number,
            state=_version_state(plan, version, now),
            signed_by=version.signed_by.name,
            signed_at=version.signed_at,
            counts_from_at=version.counts_from_at,
            plan_id=plan.plan.pk,
            is_shown=shown is not None and plan.plan.pk == shown.plan.pk,
        )
        for version in reversed(plan.versions)
    ]
