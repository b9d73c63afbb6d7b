"""Plans: kept as drafts, signed into immutable versions, stopped."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from accounts.domain.problems import Conflict, Problem, Refusal
from accounts.domain.texts import is_one_line
from accounts.domain.zones import local_date
from accounts.models import Patient, User
from accounts.services.audit import audit_record
from tracker.domain.alerts import CloseReason
from tracker.domain.flags import Rule
from tracker.domain.plan_content import PlanContent, plan_content_from
from tracker.domain.plan_states import PlanState, may_move
from tracker.domain.schedule import StepSpec
from tracker.domain.thresholds import THRESHOLDS
from tracker.models import (
    DoseTime,
    Plan,
    PlanDraft,
    PlanMove,
    PlanVersion,
    Rung,
    Step,
)
from tracker.selectors.medicine import baclofen
from tracker.selectors.plan_reading import PlanReading, plan_reading
from tracker.selectors.plans import choices_for, content_of, draft_behind
from tracker.services.alerts import alerts_close_for_plan
from tracker.services.doses import doses_cancel, doses_extend
from tracker.services.flags import flag_open
from tracker.services.plan_text import plan_text, text_sha256
from tracker.services.requests import patient_lock

MOST_REASON = 200
UNCONFIRMED = gettext_noop("Confirm the hours in which nobody but the worklist would be told.")


@transaction.atomic
def plan_draft_save(
    *,
    patient: Patient,
    by: User,
    content: PlanContent,
    now: datetime,
    plan: Plan | None = None,
    opened_at: datetime | None = None,
) -> Plan:
    """Keep what was typed as a draft that nobody has signed; a new plan when `plan` is None.

    Refused, with nothing saved, when it names what this patient's plan cannot name. Conflict when
    there is another draft by this route, when `plan` is no draft any more, or when somebody saved
    the draft after `opened_at`, the `saved_at` that was seen.
    """
    patient_lock(patient)
    plan_content_from(content.as_raw(), choices_for(patient, now))
    if plan is None:
        plan = _plan_new(patient, by, content, now)
    else:
        plan = _draft_locked(plan)
        _draft_seen_or_conflict(plan, opened_at)
        plan.route = content.route
        plan.save(update_fields=["route"])
    PlanDraft.objects.update_or_create(
        plan=plan, defaults={"content": content.as_raw(), "saved_at": now, "saved_by": by}
    )
    audit_record(actor=by, action="plan.draft_saved", target=plan, patient=patient, now=now)
    return plan


@transaction.atomic
def plan_sign(
    *,
    plan: Plan,
    by: User,
    ticked_steps: Collection[int],
    has_confirmed_hours: bool,
    now: datetime,
    read_sha256: str | None = None,
    other_problems: Sequence[Problem] = (),
) -> PlanVersion:
    """Turn a draft into the plan's next version, immutable from here on, and start it.

    `ticked_steps` are the numbers of the steps that were read back, `read_sha256` the hash of the
    text that was read (None only where the caller wrote the draft in this same transaction).
    `other_problems` are what the caller found; with any, nothing is signed. Doors sign through
    `plan_sign_with_password`. Expected doses of the first 14 days are made here.
    Raises Refusal with everything that is in the way; Conflict when the draft is not there, or
    not as it was read.
    """
    patient_lock(plan.patient)
    plan = _draft_locked(plan)
    draft, reading, text = _draft_read(plan, read_sha256, now)
    problems = [*reading.obstacles, *_unread_problems(reading, ticked_steps), *other_problems]
    if reading.untold_lines and not has_confirmed_hours:
        problems.append(Problem("confirmed_hours", _(UNCONFIRMED)))
    if problems:
        raise Refusal(*problems)
    version = _version_make(plan, reading, text=text, by=by, now=now)
    _plan_move(plan, PlanState.ACTIVE, by=by, now=now)
    doses_extend(plan=plan, now=now)
    draft.delete()
    audit_record(
        actor=by,
        action="plan.signed",
        target=plan,
        patient=plan.patient,
        now=now,
        version=version.number,
        sha256=version.signed_sha256,
    )
    return version


@transaction.atomic
def plan_stop(*, plan: Plan, by: User, reason: str, now: datetime) -> None:
    """End a running plan: its doses ahead are cancelled and its dose alerts closed.

    No flag closes, and F9 opens when the last entered step had not begun. With observation days
    check-ins go on. Refused without a reason; Conflict when the plan does not run.
    """
    patient_lock(plan.patient)
    plan = _plan_locked(plan)
    reason = reason.strip()
    if not may_move(PlanState(plan.state), PlanState.STOPPED):
        raise Conflict(Problem("plan", _("This plan is not running, so it cannot be stopped.")))
    if not reason or len(reason) > MOST_REASON or not is_one_line(reason):
        problem_text = _("Write why the plan is stopped: one line of at most 200 characters.")
        raise Refusal(Problem("reason", problem_text))
    version = plan.versions.order_by("-number").first()
    doses_cancel(plan=plan, reason=reason, now=now)
    alerts_close_for_plan(plan=plan, reason=CloseReason.PLAN_STOPPED, now=now, by=by)
    _plan_move(plan, PlanState.STOPPED, by=by, now=now, reason=reason)
    if version is not None and version.observation_days:
        _plan_move(plan, PlanState.OBSERVATION, by=by, now=now)
    audit_record(actor=by, action="plan.stopped", target=plan, patient=plan.patient, now=now)
    if version is not None:
        _flag_early_stop(plan, version, by=by, now=now)


def _plan_new(patient: Patient, by: User, content: PlanContent, now: datetime) -> Plan:
    if patient.plans.filter(route=content.route, state=PlanState.DRAFT).exists():
        text = _("Another draft of a plan by this route is waiting. Open it and change it there.")
        raise Conflict(Problem("plan", text))
    plan = Plan(patient=patient, route=content.route, created_at=now, created_by=by)
    plan.save()
    return plan


def _plan_locked(plan: Plan) -> Plan:
    locked = Plan.objects.select_for_update(no_key=True, of=("self",))
    return locked.select_related("patient__clinic").get(pk=plan.pk)


def _draft_locked(plan: Plan) -> Plan:
    plan = _plan_locked(plan)
    if plan.state != PlanState.DRAFT:
        raise Conflict(Problem("plan", _("This plan is signed already. A draft it is no more.")))
    return plan


def _draft_read(
    plan: Plan, read_sha256: str | None, now: datetime
) -> tuple[PlanDraft, PlanReading, str]:
    """Return the draft, what is read of it at `now`, and its text; Conflict when it is another."""
    draft = draft_behind(plan)
    if draft is None:
        raise Conflict(Problem("draft", _("There is no draft to sign.")))
    reading = plan_reading(plan, content_of(draft, plan.patient, now), now)
    text = plan_text(reading, plan.patient)
    if read_sha256 is not None and read_sha256 != text_sha256(text):
        problem_text = _("The plan has changed since you read it. Read it back again.")
        raise Conflict(Problem("draft", problem_text))
    return draft, reading, text


def _draft_seen_or_conflict(plan: Plan, opened_at: datetime | None) -> None:
    draft = draft_behind(plan)
    if opened_at is None or draft is None or draft.saved_at == opened_at:
        return
    text = _("%(name)s changed this draft after you opened it. Nothing of yours was saved.")
    raise Conflict(Problem("draft", text % {"name": draft.saved_by.name}))


def _unread_problems(reading: PlanReading, ticked_steps: Collection[int]) -> list[Problem]:
    """Return a problem when steps were not ticked, or when ticks are for steps it has not."""
    numbers = {step.number for step in reading.content.steps}
    missing = len(numbers - set(ticked_steps))
    if set(ticked_steps) - numbers:
        return [Problem("ticked_steps", _("A step was ticked that this plan does not have."))]
    if not missing:
        return []
    text = ngettext(
        "%(n)d step is not read back yet. Read it against the prescription and tick it.",
        "%(n)d steps are not read back yet. Read each against the prescription and tick it.",
        missing,
    )
    return [Problem("ticked_steps", text % {"n": missing})]


def _version_make(
    plan: Plan, reading: PlanReading, *, text: str, by: User, now: datetime
) -> PlanVersion:
    content = reading.content
    version = PlanVersion(
        plan=plan,
        number=reading.number,
        zone=content.zone,
        formulation=content.formulation,
        indication=content.indication,
        off_label_reason=content.off_label_reason,
        risk_factors=list(content.risk_factors),
        risk_note=content.risk_note,
        named_clinician_id=content.named_clinician,
        missed_dose_advice=content.missed_dose_advice,
        content_version=baclofen().version,
        on_time_window=content.on_time_window,
        follow_up_delay=content.follow_up_delay,
        observation_days=content.observation_days,
        **{name: getattr(content, name) for name in THRESHOLDS},
        check_in_every_days=content.check_in_every_days,
        counts_from_at=now,
        signed_at=now,
        signed_by=by,
        signed_text=text,
        signed_sha256=text_sha256(text),
    )
    version.save()
    Rung.objects.bulk_create(
        Rung(version=version, number=rung.number, delay=rung.delay, audience=rung.audience)
        for rung in content.rungs
    )
    _steps_make(version, content.steps)
    return version


def _steps_make(version: PlanVersion, steps: Collection[StepSpec]) -> None:
    rows = [
        Step(
            version=version,
            number=step.number,
            begins_on=step.begins_on,
            ends_on=step.ends_on,
            is_dose_free=step.is_dose_free,
            note=step.note,
            rate=step.rate,
            visit_time=step.visit_time,
        )
        for step in steps
    ]
    Step.objects.bulk_create(rows)
    DoseTime.objects.bulk_create(
        DoseTime(
            step=row, wall_time=dose.wall_time, weekdays=list(dose.weekdays), amount=dose.amount
        )
        for row, step in zip(rows, steps, strict=True)
        for dose in step.doses
    )


def _plan_move(
    plan: Plan, to_state: PlanState, *, by: User, now: datetime, reason: str = ""
) -> None:
    """Move a plan that may move there, with its row in the list of moves."""
    move = PlanMove(
        plan=plan, at=now, by=by, from_state=plan.state, to_state=to_state, reason=reason
    )
    move.save()
    plan.state = to_state
    plan.next_look_at = now
    plan.save(update_fields=["state", "next_look_at"])


def _flag_early_stop(plan: Plan, version: PlanVersion, *, by: User, now: datetime) -> None:
    """Open F9 when the last entered step had not begun on the day of the stop."""
    last = version.steps.order_by("-number").first()
    stopped_on = local_date(now, ZoneInfo(version.zone))
    if last is None or stopped_on >= last.begins_on:
        return
    flag_open(
        patient=plan.patient,
        plan=plan,
        rule=Rule.STOPPED_EARLY,
        subject="plan",
        evidence={
            "stopped_on": stopped_on.isoformat(),
            "last_step": last.number,
            "last_step_begins_on": last.begins_on.isoformat(),
        },
        now=now,
        by=by,
    )
