"""Versions as rows: what was read back, written down once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from tracker.domain.ladder import LadderRung
from tracker.domain.schedule import StepSpec
from tracker.domain.thresholds import THRESHOLDS
from tracker.models import DoseTime, Plan, PlanVersion, Rung, Step
from tracker.selectors.medicine import baclofen
from tracker.selectors.plan_reading import PlanReading
from tracker.services.plan_text import text_sha256


@dataclass(frozen=True, slots=True)
class Signatures:
    """Who signed a text, and when; the second one where the clinic asks for it."""

    by: User
    at: datetime
    second_by: User | None = None
    second_at: datetime | None = None


def version_make(
    plan: Plan, reading: PlanReading, *, text: str, signed: Signatures, now: datetime
) -> PlanVersion:
    """Write the next version of a plan with its ladder and steps, from the text that was signed.

    A change counts from the moment typed for it, a first version from `now`.
    """
    content = reading.content
    version = PlanVersion(
        plan=plan,
        number=reading.number,
        kind=reading.kind,
        change_reason=content.change_reason,
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
        unacknowledged_delay=content.unacknowledged_delay,
        observation_days=content.observation_days,
        **{name: getattr(content, name) for name in THRESHOLDS},
        check_in_every_days=content.check_in_every_days,
        counts_from_at=content.counts_from_at or now,
        signed_at=signed.at,
        signed_by=signed.by,
        cosigned_at=signed.second_at,
        cosigned_by=signed.second_by,
        signed_text=text,
        signed_sha256=text_sha256(text),
    )
    version.save()
    _rungs_make(version, content.rungs)
    _steps_make(version, content.steps)
    return version


def _rungs_make(version: PlanVersion, rungs: Collection[LadderRung]) -> None:
    Rung.objects.bulk_create(
        Rung(
            version=version,
            number=rung.number,
            delay=rung.delay,
            audience=rung.audience,
            repeat_delay=rung.repeat_delay if rung.repeat_times else None,
            repeat_times=rung.repeat_times,
        )
        for rung in rungs
    )


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
