"""Clinics: their numbers, hours, reminder template and staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.audiences import DEFAULT_LADDER, RungTemplate, ladder_problems
from accounts.domain.capacities import Capacity
from accounts.domain.opening_hours import OpenSpan, span_problems
from accounts.domain.problems import Problem, Refusal
from accounts.models import Clinic, ClinicRung, Membership, OpeningHours, User
from accounts.selectors.clinics import clinicians_of
from accounts.services.audit import audit_record
from accounts.services.checks import row_check

SIGNATURES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicNumbers:
    """What the urgent page and the signs page of a clinic tell people to call."""

    emergency_number: str = ""
    desk_phone: str = ""
    out_of_hours_phone: str = ""
    out_of_hours_note: str = ""


@transaction.atomic
def clinic_create(
    *,
    name: str,
    slug: str,
    zone: str,
    country: str,
    now: datetime,
    numbers: ClinicNumbers | None = None,
    by: User | None = None,
    job: str = "",
) -> Clinic:
    """Make a clinic with the usual reminder template; hours and contacts are set afterwards."""
    numbers = numbers or ClinicNumbers()
    clinic = Clinic(
        name=name.strip(), slug=slug, zone=zone, country=country.upper(), created_at=now
    )
    _put_numbers(clinic, numbers)
    row_check(clinic)
    clinic.save()
    audit_record(actor=by, action="clinic.created", target=clinic, now=now, clinic=clinic, job=job)
    clinic_set_rungs(clinic=clinic, rungs=DEFAULT_LADDER, by=by, job=job, now=now)
    return clinic


@transaction.atomic
def clinic_update(
    *,
    clinic: Clinic,
    name: str,
    zone: str,
    numbers: ClinicNumbers,
    on_time_window: timedelta,
    follow_up_delay: timedelta,
    unacknowledged_delay: timedelta,
    is_cosign_required: bool,
    by: User,
    now: datetime,
) -> Clinic:
    """Change names, numbers, reminder minutes and how many signatures a plan needs.

    Signed plans keep what they were signed with. Refused when a second signature is asked for
    where nobody could give it.
    """
    if is_cosign_required and clinicians_of(clinic, now).count() < SIGNATURES:
        text = _("A second signature needs a second clinician. Invite one first.")
        raise Refusal(Problem("is_cosign_required", text))
    clinic.is_cosign_required = is_cosign_required
    clinic.name = name.strip()
    clinic.zone = zone
    clinic.on_time_window = on_time_window
    clinic.follow_up_delay = follow_up_delay
    clinic.unacknowledged_delay = unacknowledged_delay
    _put_numbers(clinic, numbers)
    row_check(clinic)
    clinic.save()
    audit_record(actor=by, action="clinic.updated", target=clinic, now=now, clinic=clinic)
    return clinic


@transaction.atomic
def clinic_set_opening_hours(
    *,
    clinic: Clinic,
    spans: Sequence[OpenSpan],
    now: datetime,
    by: User | None = None,
    job: str = "",
) -> None:
    """Replace the desk's hours; none at all means the desk is never there.

    Raises Refusal naming the row (counted from 1) of a span that ends before it starts or overlaps.
    """
    problems = span_problems(spans)
    if problems:
        raise Refusal(*problems)
    clinic.opening_hours.all().delete()
    OpeningHours.objects.bulk_create(
        OpeningHours(
            clinic=clinic,
            weekday=span.weekday,
            opens_time=span.opens_time,
            closes_time=span.closes_time,
        )
        for span in spans
    )
    audit_record(
        actor=by, action="clinic.hours_set", target=clinic, now=now, clinic=clinic, job=job
    )


@transaction.atomic
def clinic_set_rungs(
    *,
    clinic: Clinic,
    rungs: Sequence[RungTemplate],
    now: datetime,
    by: User | None = None,
    job: str = "",
) -> None:
    """Replace the ladder that new plans start from; the clinic is always its last rung.

    Raises Refusal naming the row of a rung that is not later than the one before.
    """
    problems = ladder_problems(rungs)
    if problems:
        raise Refusal(*problems)
    clinic.rungs.all().delete()
    ClinicRung.objects.bulk_create(
        ClinicRung(
            clinic=clinic,
            number=number,
            delay=rung.delay,
            audience=rung.audience.value,
            repeat_delay=rung.repeat_delay if rung.repeat_times else None,
            repeat_times=rung.repeat_times,
        )
        for number, rung in enumerate(rungs, start=1)
    )
    audit_record(
        actor=by, action="clinic.rungs_set", target=clinic, now=now, clinic=clinic, job=job
    )


@transaction.atomic
def membership_add(
    *,
    user: User,
    clinic: Clinic,
    capacity: Capacity,
    now: datetime,
    by: User | None = None,
    job: str = "",
) -> Membership:
    """Let somebody work at a clinic; returns the membership that holds when there is one."""
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    held = Membership.objects.current(now).filter(user=user, clinic=clinic, capacity=capacity.value)
    existing = held.first()
    if existing is not None:
        return existing
    membership = Membership(user=user, clinic=clinic, capacity=capacity.value, started_at=now)
    row_check(membership)
    membership.save()
    _audit(membership, "membership.added", by=by, job=job, now=now)
    return membership


@transaction.atomic
def membership_end(*, membership: Membership, by: User, now: datetime) -> Membership:
    """End somebody's work at a clinic from this instant.

    Staff invitations that an administrator had sent stop working with the membership. Safe to
    repeat. Raises Refusal for the last administrator: nobody could manage the clinic.
    """
    clinic = Clinic.objects.select_for_update(no_key=True).get(pk=membership.clinic_id)
    row = Membership.objects.select_for_update(of=("self",), no_key=True).get(pk=membership.pk)
    if row.ended_at is not None:
        return row
    if row.capacity == Capacity.ADMINISTRATOR:
        _not_the_last_check(row, clinic, now)
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    _audit(row, "membership.ended", by=by, now=now)
    return row


def _not_the_last_check(membership: Membership, clinic: Clinic, now: datetime) -> None:
    others = Membership.objects.current(now).administering().filter(clinic=clinic)
    if not others.filter(user__is_active=True).exclude(pk=membership.pk).exists():
        text = _("The clinic has no other administrator. Invite another one first.")
        raise Refusal(Problem("", text))


def _put_numbers(clinic: Clinic, numbers: ClinicNumbers) -> None:
    clinic.emergency_number = numbers.emergency_number.strip()
    clinic.desk_phone = numbers.desk_phone.strip()
    clinic.out_of_hours_phone = numbers.out_of_hours_phone.strip()
    clinic.out_of_hours_note = numbers.out_of_hours_note.strip()


def _audit(
    membership: Membership, action: str, *, by: User | None, now: datetime, job: str = ""
) -> None:
    audit_record(
        actor=by,
        action=action,
        target=membership,
        now=now,
        clinic=membership.clinic,
        job=job,
        capacity=membership.capacity,
        user=str(membership.user_id),
    )
