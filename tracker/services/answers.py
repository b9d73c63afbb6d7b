"""Answers of one page that are more than one fact: all of it is stored, or nothing is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.problems import Problem, Refusal
from accounts.models import Patient, User
from tracker.domain.doses import Outcome, Via
from tracker.models import Entry, ExpectedDose, ReportKind
from tracker.selectors.reasons import CORRECTED, SETTLED
from tracker.selectors.versions import plan_day_of
from tracker.services.checkins import check_in_add, report_add
from tracker.services.entries import EntryResult, entry_add, entry_void


@dataclass(frozen=True, slots=True)
class SignsAnswer:
    """What a person answered about the documented signs, and what else they said."""

    signs: tuple[str, ...]
    is_none: bool  # "none of these": an answer of its own
    has_stopped: bool
    runs_out_on: date | None
    note: str


@transaction.atomic
def signs_answer(
    *,
    patient: Patient,
    by: User,
    answer: SignsAnswer,
    client_id: UUID,
    now: datetime,
    said_at: datetime | None = None,
) -> bool:
    """Store a check-in and the reports beside it; return whether help is needed now.

    "Stopped suddenly" and an emergency sign both are. The note goes with the check-in, or with
    the report where no sign was asked about. `said_at`: when, if it waited on a device. Refused
    when nothing was answered.
    """
    is_checked_in = bool(answer.signs) or answer.is_none
    if not (is_checked_in or answer.has_stopped or answer.runs_out_on):
        raise Refusal(_unanswered(answer))
    is_urgent = answer.has_stopped
    if is_checked_in:
        stored = check_in_add(
            patient=patient,
            by=by,
            signs=answer.signs,
            note=answer.note,
            at=None,
            said_at=said_at,
            client_id=client_id,
            now=now,
        )
        is_urgent |= stored.is_urgent
    note = "" if is_checked_in else answer.note
    if answer.has_stopped:
        _report(patient, by, ReportKind.STOPPED, client_id, now, note=note, said_at=said_at)
        note = ""
    if answer.runs_out_on is not None:
        report_id = _second_id(client_id) if answer.has_stopped else client_id
        kind, day = ReportKind.SUPPLY, answer.runs_out_on
        _report(patient, by, kind, report_id, now, note=note, runs_out_on=day, said_at=said_at)
    return is_urgent


def _unanswered(answer: SignsAnswer) -> Problem:
    """Return what to say to an answer without one; words alone are kept by nobody."""
    if answer.note.strip():
        text = _("Your words are not sent yet. If you feel ill and nothing here fits, call:")
        return Problem("note", text)
    return Problem("signs", _("Tick what is true now, or press “None of these”."))


@transaction.atomic
def dose_skip_none_left(
    *,
    patient: Patient,
    dose: ExpectedDose,
    by: User,
    via: Via,
    reason: str,
    client_id: UUID,
    now: datetime,
    said_at: datetime | None = None,
    device_at: datetime | None = None,
) -> EntryResult:
    """Log a dose as skipped because none is left, and report that the supply runs out that day."""
    result = entry_add(
        patient=patient,
        by=by,
        via=via,
        outcome=Outcome.SKIPPED,
        taken_at=None,
        device_at=device_at,
        said_at=said_at,
        client_id=client_id,
        now=now,
        dose=dose,
        reason=reason,
    )
    if not result.is_repeat_of_request:
        day = plan_day_of(patient, min(said_at or now, now))
        _report(patient, by, ReportKind.SUPPLY, client_id, now, runs_out_on=day, said_at=said_at)
    return result


@transaction.atomic
def entry_correct(
    *,
    entry: Entry,
    by: User,
    via: Via,
    outcome: Outcome,
    taken_at: datetime | None,
    reason: str,
    is_amount_different: bool,
    amount_note: str,
    client_id: UUID,
    now: datetime,
) -> EntryResult:
    """Take an entry back and store what really happened; both stay readable.

    The same request again returns the stored row. `taken_at` is an instant, None unless taken.
    """
    if not Entry.objects.filter(by=by, client_id=client_id).exists():
        entry_void(entry=entry, by=by, reason=CORRECTED, now=now, is_corrected=True)
    return entry_add(
        patient=entry.patient,
        by=by,
        via=via,
        outcome=outcome,
        taken_at=taken_at,
        device_at=None,
        client_id=client_id,
        now=now,
        dose=entry.dose,
        reason=reason,
        is_amount_different=is_amount_different,
        amount_note=amount_note,
    )


@transaction.atomic
def dose_settle(*, dose: ExpectedDose, keep: Entry, by: User, now: datetime) -> None:
    """Let one of a dose's entries stand and take the others back; all stay readable."""
    if keep.dose_id != dose.pk:
        raise Refusal(Problem("keep", _("This entry is about another dose.")))
    others = Entry.objects.filter(dose=dose, void=None).exclude(pk=keep.pk)
    for other in others.select_related("patient", "dose__plan"):
        reason = SETTLED % {"name": keep.by.name}
        entry_void(entry=other, by=by, reason=reason, now=now)


def _report(
    patient: Patient,
    by: User,
    kind: ReportKind,
    client_id: UUID,
    now: datetime,
    *,
    note: str = "",
    runs_out_on: date | None = None,
    said_at: datetime | None = None,
) -> None:
    report_add(
        patient=patient,
        by=by,
        kind=kind,
        at=None,
        said_at=said_at,
        client_id=client_id,
        now=now,
        runs_out_on=runs_out_on,
        note=note,
    )


def _second_id(client_id: UUID) -> UUID:
    """Return the id of the second report of one request, the same each time."""
    return UUID(int=client_id.int ^ 1)
