"""Notices: a plan has changed, is on hold or has ended, a step is near. No amount is in them.

A notice is decided once for each reader, version and step, with the plan's row held by the sweep.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.domain.zones import ONE_DAY
from accounts.models import Patient, User
from accounts.selectors.care_links import logging_caregivers
from reminders.domain.messages import Purpose, urgency_of
from reminders.models import Message
from tracker.domain.plan_states import PlanState, VersionKind
from tracker.domain.zone_moves import date_begins_at
from tracker.models import Plan, PlanVersion, VersionSeen
from tracker.selectors.versions import Span, spans_of, zone_turns_of

STATES = {
    Purpose.PLAN_CHANGED: {PlanState.ACTIVE},
    Purpose.STEP_NOTICE: {PlanState.ACTIVE},
    Purpose.PLAN_HELD: {PlanState.ON_HOLD},
    Purpose.PLAN_ENDED: {
        PlanState.STOPPED, PlanState.COMPLETED, PlanState.OBSERVATION, PlanState.CLOSED,
    },
}  # fmt: skip
"""The states of a plan in which each notice is true."""

STEP_NOTICE_AHEAD = timedelta(hours=48)
"""How long before the local midnight at which a step begins its readers are told."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that every reader of a plan is told once, between two instants."""

    version: PlanVersion
    step_number: int | None  # None: it is about the plan as a whole
    purpose: Purpose
    from_at: datetime
    until_at: datetime | None


def notices_queue(*, plan: Plan, now: datetime) -> datetime | None:
    """Queue the notices that are due at `now`; return when the next one will be."""
    versions = list(plan.versions.order_by("number"))
    if not versions:
        return None
    readers = plan_readers(plan.patient, now)
    ahead = []
    for notice in _notices(plan, versions):
        if now < notice.from_at:
            ahead.append(notice.from_at)
        elif notice.until_at is None or now < notice.until_at:
            _queue(notice, readers, now)
    return min(ahead, default=None)


def notice_stands(message: Message, now: datetime) -> bool:
    """Tell whether a queued notice is still true, and still news to its reader."""
    version, person = message.plan_version, message.person
    if version is None or person is None:
        return False
    is_current = _is_current(message, version)
    is_news = (
        message.purpose != Purpose.PLAN_CHANGED
        or not VersionSeen.objects.filter(version=version, by=person).exists()
    )
    is_reader = person in plan_readers(version.plan.patient, now)
    is_true = version.plan.state in STATES[Purpose(message.purpose)]
    return is_current and is_news and is_reader and is_true


def plan_readers(patient: Patient, now: datetime) -> list[User]:
    """Return who goes by the plan: the patient, and the caregivers who may log for them."""
    caregivers = [link.caregiver for link in logging_caregivers(patient, now)]
    return [person for person in (patient.user, *caregivers) if person is not None]


def _is_current(message: Message, version: PlanVersion) -> bool:
    """Tell whether no later version has undone what the message says."""
    if message.purpose != Purpose.STEP_NOTICE:
        return not version.plan.versions.filter(number__gt=version.number).exists()
    near = (step for span in spans_of(version.plan) for step in _steps_near(span))
    return any((each.version, each.step_number) == (version, message.step_number) for each in near)


def _notices(plan: Plan, versions: Sequence[PlanVersion]) -> Iterator[Notice]:
    newest = versions[-1]
    for purpose in (Purpose.PLAN_CHANGED, Purpose.PLAN_HELD, Purpose.PLAN_ENDED):
        is_news = purpose is not Purpose.PLAN_CHANGED or len(versions) > 1
        if is_news and plan.state in STATES[purpose]:
            yield Notice(newest, None, purpose, newest.signed_at, None)
    if plan.state not in STATES[Purpose.STEP_NOTICE]:
        return
    for span in spans_of(plan):
        yield from _steps_near(span)


def _steps_near(span: Span) -> Iterator[Notice]:
    """Notice the steps that begin while their version counts, also the first step of a change.

    The first step of a first version is none to be ready for; a change signed less than 48 hours
    before it counts is told of as a change alone.
    """
    version, turns = span.version, zone_turns_of(span.version)
    signed_at = version.cosigned_at or version.signed_at
    for step in version.steps.all():
        begins_at = date_begins_at(step.begins_on, turns)
        if begins_at <= version.counts_from_at < begins_at + ONE_DAY:
            begins_at = version.counts_from_at
        from_at = begins_at - STEP_NOTICE_AHEAD
        is_own = span.after < begins_at and (span.until is None or begins_at <= span.until)
        is_first = version.kind == VersionKind.FIRST
        is_told_already = step.number == 1 and (is_first or from_at < signed_at)
        if is_own and not is_told_already:
            from_at = max(from_at, signed_at)
            yield Notice(version, step.number, Purpose.STEP_NOTICE, from_at, begins_at)


def _queue(notice: Notice, readers: Sequence[User], now: datetime) -> None:
    told = Message.objects.filter(
        plan_version=notice.version, step_number=notice.step_number, purpose=notice.purpose
    ).values_list("person", flat=True)
    known = set(told)
    if notice.purpose is Purpose.PLAN_CHANGED:
        known |= set(notice.version.seen.values_list("by", flat=True))
    Message.objects.bulk_create(
        Message(
            person=reader,
            plan_version=notice.version,
            step_number=notice.step_number,
            purpose=notice.purpose,
            urgency=urgency_of("", notice.purpose),
            decided_at=now,
            next_try_at=now,
            expires_at=notice.until_at,
        )
        for reader in readers
        if reader.pk not in known
    )
