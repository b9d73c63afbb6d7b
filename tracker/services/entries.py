"""Entries: everything that a person says happened to a dose is kept; at most one stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Required, TypedDict, Unpack
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.problems import Problem, Refusal
from accounts.models import Patient, User
from accounts.services.audit import audit_record
from tracker.domain.doses import Outcome, Via
from tracker.domain.flags import Rule
from tracker.models import (
    Entry,
    EntryVoid,
    ExpectedDose,
    Flag,
    Plan,
    PlanVersion,
    Report,
    ReportKind,
    ReportVoid,
)
from tracker.selectors.reasons import COUNTED_AS_EXTRA, reason_words
from tracker.selectors.versions import plan_behind_extras
from tracker.services.doses import dose_cancel_outlived
from tracker.services.flags import flag_close_by_fact, flag_open
from tracker.services.requests import patient_lock, request_sha256, same_body_or_conflict

CLOCK_TOLERANCE = timedelta(minutes=10)
"""How far ahead a phone's clock may run and still count as the received time.

A phone that says its own clock as it sends may be wrong by this much either way.
"""


@dataclass(frozen=True, slots=True)
class EntryResult:
    """What came of a request: the row, whether it was a repeat, and what to ask the person."""

    entry: Entry
    is_repeat_of_request: bool
    standing: Entry | None
    question: str  # "", "one_or_two" (own second entry), "two_people" or "clock"


class Statement(TypedDict, total=False):
    """What a person said about a dose, and how it came in."""

    via: Required[Via]
    outcome: Required[Outcome]
    taken_at: Required[datetime | None]  # None for a taken dose means now
    device_at: Required[datetime | None]  # the device's own clock when it was sent
    said_at: datetime | None  # when it was said, if it waited on a device: its "now"
    reason: str
    is_amount_different: bool  # ticked by the person, never compared
    amount_note: str


@transaction.atomic
def entry_add(
    *,
    patient: Patient,
    by: User,
    client_id: UUID,
    now: datetime,
    dose: ExpectedDose | None = None,
    **said: Unpack[Statement],
) -> EntryResult:
    """Store what `by` says happened to a dose, or (no dose) that an extra one was taken.

    The same `client_id` with the same body returns the stored row; with another body it raises
    Conflict. When it was said is no part of the body: a request that waited and one that arrived
    after all are the same. Raises Refusal for a time before the plan, a dose that is no longer
    expected, or text that is too long.

    A dose taken that was cancelled before a device could tell is an extra dose: nothing that
    somebody did is turned away.
    """
    patient_lock(patient)
    body = _body(patient, dose, said)
    earlier = entry_with_request(by=by, client_id=client_id)
    if earlier is not None:
        same_body_or_conflict(earlier.entry.body_sha256, body)
        return earlier
    if dose is not None:
        locked = ExpectedDose.objects.select_for_update(no_key=True, of=("self",))
        dose = locked.select_related("plan", "standing_entry").get(pk=dose.pk)
    plan = dose.plan if dose is not None else plan_behind_extras(patient)
    if dose is not None and _came_too_late(dose, said):
        dose = None
    entry = _entry_from(said, now)
    entry.patient, entry.dose, entry.by = patient, dose, by
    entry.client_id, entry.body_sha256 = client_id, body
    _refuse_what_cannot_be(entry, plan)
    entry.save()
    standing = _stand(entry, dose, now)
    _flag(entry, plan, standing, now)
    _look_again(plan, now)
    audit_record(
        actor=by,
        action="entry.added",
        target=entry,
        patient=patient,
        now=now,
        outcome=entry.outcome,
    )
    return EntryResult(entry, False, standing, _question(entry, standing))


def entry_with_request(*, by: User, client_id: UUID) -> EntryResult | None:
    """Return what an earlier request with this id came to; None when there was none."""
    earlier = Entry.objects.filter(by=by, client_id=client_id).select_related("dose").first()
    if earlier is None:
        return None
    standing = earlier.dose.standing_entry if earlier.dose is not None else None
    return EntryResult(earlier, True, standing, _question(earlier, standing))


@transaction.atomic
def entry_void(
    *, entry: Entry, by: User, reason: str, now: datetime, is_corrected: bool = False
) -> EntryVoid:
    """Take an entry back; the row stays. The next unvoided entry of the dose stands, if any.

    A report of the supply that came with it is taken back too. A dose that was still expected only
    because it was logged is cancelled, unless the caller corrects the entry in this transaction.
    """
    patient_lock(entry.patient)
    if EntryVoid.objects.filter(entry=entry).exists():
        raise Refusal(Problem("entry", _("This entry was taken back already.")))
    if not reason.strip():
        raise Refusal(Problem("reason", _("Say why the entry is taken back.")))
    void = EntryVoid(entry=entry, by=by, at=now, reason=reason.strip())
    void.save()
    _void_report_of(entry, void)
    plan = entry.dose.plan if entry.dose is not None else plan_behind_extras(entry.patient)
    if entry.dose is not None:
        _stand_after_void(entry.dose, now)
        _settle_two_people(entry.dose, now)
        if not is_corrected:
            dose_cancel_outlived(dose=entry.dose, now=now)
    _look_again(plan, now)
    audit_record(actor=by, action="entry.voided", target=entry, patient=entry.patient, now=now)
    return void


@transaction.atomic
def entry_count_as_extra(*, entry: Entry, by: User, now: datetime) -> Entry:
    """Answer "two" to "one dose or two?": the repeat is taken back and kept as an extra dose."""
    if entry.outcome != Outcome.TAKEN:
        raise Refusal(Problem("entry", _("Only a dose that was taken can be an extra dose.")))
    entry_void(entry=entry, by=by, reason=COUNTED_AS_EXTRA, now=now)
    return entry_add(
        patient=entry.patient,
        by=by,
        via=Via(entry.via),
        outcome=Outcome.TAKEN,
        taken_at=entry.taken_at,
        device_at=entry.device_at,
        client_id=uuid5(entry.pk, "extra"),
        is_amount_different=entry.is_amount_different,
        amount_note=entry.amount_note,
        now=now,
    ).entry


def _body(patient: Patient, dose: ExpectedDose | None, said: Statement) -> str:
    return request_sha256(
        patient.pk,
        dose and dose.pk,
        said["outcome"],
        said["taken_at"],
        said.get("reason", ""),
        said.get("is_amount_different", False),
        said.get("amount_note", ""),
    )


def _came_too_late(dose: ExpectedDose, said: Statement) -> bool:
    """Tell whether a device says of a dose cancelled meanwhile that it was taken, and when."""
    is_timed = said["taken_at"] is not None or said.get("said_at") is not None
    is_told_by_device = said["via"] == Via.API and is_timed
    return is_told_by_device and dose.cancelled_at is not None and said["outcome"] == Outcome.TAKEN


def _entry_from(said: Statement, now: datetime) -> Entry:
    taken_at, is_clock_wrong = _stated_time(said, now)
    return Entry(
        outcome=said["outcome"],
        taken_at=taken_at,
        device_at=said["device_at"],
        received_at=now,
        via=said["via"],
        reason=said.get("reason", "").strip(),
        is_amount_different=said.get("is_amount_different", False),
        amount_note=said.get("amount_note", ""),
        is_clock_wrong=is_clock_wrong,
    )


def _stated_time(said: Statement, now: datetime) -> tuple[datetime | None, bool]:
    """Return the time to keep, and whether the phone's clock must be wrong.

    A clock that was wrong as the phone sent was wrong when it noted the time: nobody puts that
    right but the person, who is asked.
    """
    taken_at = said["taken_at"] or said.get("said_at")
    if said["outcome"] is not Outcome.TAKEN:
        return None, False
    if taken_at is None:
        return now, False
    device_at = said["device_at"]
    is_clock_wrong = device_at is not None and abs(device_at - now) > CLOCK_TOLERANCE
    if is_clock_wrong or taken_at <= now:
        return taken_at, is_clock_wrong
    if taken_at <= now + CLOCK_TOLERANCE:
        return now, False
    return taken_at, True


def _refuse_what_cannot_be(entry: Entry, plan: Plan | None) -> None:
    problems = []
    first = PlanVersion.objects.filter(plan=plan).order_by("number").first() if plan else None
    if first is None:
        problems.append(Problem("dose", _("There is no plan to log a dose for.")))
    elif entry.taken_at is not None and entry.taken_at < first.counts_from_at:
        text = _("That is before the plan was signed; doses count from then on.")
        problems.append(Problem("taken_at", text))
    if entry.dose is not None and entry.dose.cancelled_at is not None:
        text = _("This dose is no longer expected: %(reason)s. Log it as an extra dose.")
        if entry.outcome != Outcome.TAKEN:
            text = _("This dose is no longer expected: %(reason)s. Nothing is to be logged for it.")
        problems.append(Problem("dose", text % {"reason": reason_words(entry.dose.cancel_reason)}))
    problems += [
        Problem(name, _("Write at most 200 characters."))
        for name in ("reason", "amount_note")
        if len(getattr(entry, name)) > 200
    ]
    if problems:
        raise Refusal(*problems)


def _stand(entry: Entry, dose: ExpectedDose | None, now: datetime) -> Entry | None:
    """Let the first entry of a dose stand; return the one that stands."""
    if dose is None:
        return None
    if dose.standing_entry is None:
        dose.standing_entry = entry
    dose.next_look_at = now
    dose.save(update_fields=["standing_entry", "next_look_at"])
    return dose.standing_entry


def _void_report_of(entry: Entry, void: EntryVoid) -> None:
    """Take back what "none left" said about the supply with the entry that said it."""
    said = Report.objects.filter(
        by=entry.by, client_id=entry.client_id, kind=ReportKind.SUPPLY, void=None
    )
    for report in said:
        ReportVoid(report=report, by=void.by, at=void.at, reason=void.reason).save()


def _stand_after_void(dose: ExpectedDose, now: datetime) -> None:
    locked = ExpectedDose.objects.select_for_update(no_key=True, of=("self",)).get(pk=dose.pk)
    left = Entry.objects.filter(dose=locked, void=None).order_by("received_at", "pk")
    if locked.standing_entry_id not in {entry.pk for entry in left}:
        locked.standing_entry = left.first()
    locked.next_look_at = now
    locked.save(update_fields=["standing_entry", "next_look_at"])


def _question(entry: Entry, standing: Entry | None) -> str:
    if entry.is_clock_wrong:
        return "clock"
    if standing is None or standing.pk == entry.pk:
        return ""
    return "two_people" if _is_of_somebody_else(entry, standing) else "one_or_two"


def _flag(entry: Entry, plan: Plan | None, standing: Entry | None, now: datetime) -> None:
    """Open F12 for an extra dose or a differing amount, and for two people's entries for one dose.

    The second has its own flag: settling whose entry stands does not undo what an entry states.
    """
    said = {
        "extra": entry.dose is None,
        "amount": entry.is_amount_different,
    }
    stated = {str(entry.pk): [what for what, is_said in said.items() if is_said]}
    if entry.dose is not None and _is_of_somebody_else(entry, standing):
        stated[str(entry.dose.pk)] = ["two_people"]
    for subject, what in stated.items():
        if not what:
            continue
        flag_open(
            patient=entry.patient,
            plan=plan,
            rule=Rule.AMOUNT_OR_EXTRA,
            subject=subject,
            evidence={
                "what": what,
                "entry": str(entry.pk),
                "by": entry.by.name,
                "at": now.isoformat(),
            },
            now=now,
            by=entry.by,
        )


def _is_of_somebody_else(entry: Entry, standing: Entry | None) -> bool:
    """Tell whether another person's entry stands for the same dose."""
    return standing is not None and standing.by_id != entry.by_id


def _settle_two_people(dose: ExpectedDose, now: datetime) -> None:
    """Close F12 about two people's entries once a single entry is left."""
    if Entry.objects.filter(dose=dose, void=None).count() > 1:
        return
    conflicts = Flag.objects.open().filter(rule=Rule.AMOUNT_OR_EXTRA, subject=str(dose.pk))
    for flag in conflicts.select_related("patient__clinic"):
        flag_close_by_fact(flag=flag, fact={"settled_at": now.isoformat()}, now=now)


def _look_again(plan: Plan | None, now: datetime) -> None:
    if plan is not None:
        Plan.objects.filter(pk=plan.pk).update(next_look_at=now)
