"""What happens to a pump, as people say it: kept at once, confirmed by a second person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Required, TypedDict, Unpack
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import capacities_of
from accounts.domain.capacities import Capacity
from accounts.domain.problems import Problem, Refusal
from accounts.domain.texts import is_one_line
from accounts.models import User
from accounts.services.audit import audit_record
from tracker.domain.pump_flags import PumpEventFact, event_raised
from tracker.domain.pumps import PROBLEMS, URGENT, PumpDateKind, PumpEventKind
from tracker.models import Pump, PumpEvent, PumpEventConfirmation
from tracker.selectors.pumps import needed_dates, pump_plan_of
from tracker.services.entries import CLOCK_TOLERANCE
from tracker.services.flags import flag_open
from tracker.services.pumps import (
    far_date_problems,
    pump_date_confirm,
    pump_dates_type,
    pump_look_again,
    refuse_others_than_clinicians,
)
from tracker.services.requests import kept_at, patient_lock, request_sha256, same_body_or_conflict


class PumpStatement(TypedDict, total=False):
    """What a person said happened to a pump."""

    kind: Required[PumpEventKind]
    at: Required[datetime | None]  # None means now
    done_by: str  # of a refill: who did it, and where
    expires_on: date | None  # of oral baclofen on hand
    note: str
    dates: Mapping[PumpDateKind, date]  # of a refill that a clinician records, as read
    read_from: str


@dataclass(frozen=True, slots=True)
class PumpEventResult:
    """What came of a statement; `is_urgent` sends the person to the urgent page at once."""

    event: PumpEvent
    is_repeat_of_request: bool
    is_urgent: bool


@transaction.atomic
def pump_event_add(
    *, pump: Pump, by: User, client_id: UUID, now: datetime, **said: Unpack[PumpStatement]
) -> PumpEventResult:
    """Keep what `by` says happened to a pump; an alarm or a problem opens its flag at once.

    The same `client_id` with the same body returns the stored row; with another body it raises
    Conflict. The dates of a refill are typed with it and wait for a second person. Raises Refusal
    for what only a clinician records, and with everything else that is wrong.
    """
    patient_lock(pump.patient)
    kind, body = said["kind"], _body(pump, said)
    earlier = PumpEvent.objects.filter(by=by, client_id=client_id).first()
    if earlier is not None:
        same_body_or_conflict(earlier.body_sha256, body)
        return PumpEventResult(earlier, is_repeat_of_request=True, is_urgent=_is_urgent(earlier))
    is_clinic = Capacity.CLINICIAN in capacities_of(by, pump.patient, now)
    _refuse_statement(pump, said, now, is_clinic=is_clinic)
    event = PumpEvent(
        pump=pump,
        kind=kind,
        at=kept_at(said["at"], now),
        received_at=now,
        by=by,
        client_id=client_id,
        body_sha256=body,
        done_by=said.get("done_by", "").strip(),
        expires_on=said.get("expires_on"),
        note=said.get("note", "").strip(),
    )
    event.save()
    audit_record(
        actor=by, action="pump.event_added", target=event, patient=pump.patient, now=now, kind=kind
    )
    _flag(event, now)
    if dates := said.get("dates"):
        source = said.get("read_from", "")
        pump_dates_type(pump=pump, by=by, dates=dates, read_from=source, event=event, now=now)
    pump_look_again(pump.patient, now)
    return PumpEventResult(event, is_repeat_of_request=False, is_urgent=_is_urgent(event))


@transaction.atomic
def pump_event_confirm(
    *,
    event: PumpEvent,
    by: User,
    is_confirmed: bool,
    now: datetime,
    dates: Mapping[PumpDateKind, date] | None = None,
    read_from: str = "",
    note: str = "",
) -> PumpEventConfirmation:
    """Let a second person of the clinic say that an event is so, or with a note that it is not.

    The dates that came with a refill are typed again in `dates`, each the same, or nothing is
    confirmed. A refill that a patient or caregiver reported brings no dates: those in `dates` are
    then typed for the first time and wait for another person. One before a confirmed refill is not
    confirmed any more, for its dates have passed. No alarm's flag closes by this.
    """
    patient = event.pump.patient
    patient_lock(patient)
    refuse_others_than_clinicians(patient, by, now)
    dates = dates or {}
    _refuse_confirmation(event, by, is_confirmed=is_confirmed, note=note)
    confirmation = PumpEventConfirmation(
        event=event, by=by, at=now, is_confirmed=is_confirmed, note=note.strip()
    )
    confirmation.save()
    audit_record(
        actor=by,
        action="pump.event_confirmed" if is_confirmed else "pump.event_denied",
        target=event,
        patient=patient,
        now=now,
        kind=event.kind,
    )
    if is_confirmed and event.kind == PumpEventKind.REFILL_DONE:
        _dates_follow(event, by, dates, read_from, now)
    pump_look_again(patient, now)
    return confirmation


def _dates_follow(
    event: PumpEvent,
    by: User,
    dates: Mapping[PumpDateKind, date],
    read_from: str,
    now: datetime,
) -> None:
    """Compare a refill's dates with what was typed again, or keep them as typed the first time."""
    rows = list(event.dates.filter(confirmation=None).select_related("pump__patient", "typed_by"))
    problems = [
        Problem(kind.value, _("Type this date from the printout."))
        for kind in sorted({PumpDateKind(row.kind) for row in rows} or needed_dates(event.pump))
        if kind not in dates
    ]
    if problems:
        raise Refusal(*problems)
    if not rows:
        pump_dates_type(
            pump=event.pump, by=by, dates=dates, read_from=read_from, event=event, now=now
        )
    for row in rows:
        try:
            falls_on = dates[PumpDateKind(row.kind)]
            pump_date_confirm(pump_date=row, by=by, falls_on=falls_on, now=now)
        except Refusal as refusal:
            problems += refusal.problems
    if problems:
        raise Refusal(*problems)


def _body(pump: Pump, said: PumpStatement) -> str:
    dates = sorted((str(kind), str(day)) for kind, day in said.get("dates", {}).items())
    return request_sha256(
        pump.pk,
        said["kind"],
        said["at"],
        said.get("done_by", ""),
        said.get("expires_on"),
        said.get("note", ""),
        dates,
        said.get("read_from", ""),
    )


def _is_urgent(event: PumpEvent) -> bool:
    return event.kind in URGENT


def _refuse_statement(pump: Pump, said: PumpStatement, now: datetime, *, is_clinic: bool) -> None:
    kind, at, dates = said["kind"], said["at"], said.get("dates", {})
    problems = []
    if not is_clinic and (kind in PROBLEMS or dates):
        problems.append(Problem("kind", _("Only the clinic records this.")))
    if kind is PumpEventKind.REFILL_DONE:
        problems += _refill_problems(pump, at, dates, now, is_clinic=is_clinic)
    elif dates:
        problems.append(Problem("dates", _("Only a refill brings dates.")))
    if kind is not PumpEventKind.ORAL_ON_HAND and said.get("expires_on") is not None:
        problems.append(Problem("expires_on", _("Only oral baclofen on hand has this date.")))
    if kind is PumpEventKind.ORAL_ON_HAND and said.get("expires_on") is None:
        text = _("Type the date on the pack: until when it can be used.")
        problems.append(Problem("expires_on", text))
    if not is_one_line(said.get("done_by", "").strip()):
        problems.append(Problem("done_by", _("Write one line.")))
    problems += far_date_problems({"expires_on": said.get("expires_on")}, pump.patient, now)
    problems += [
        Problem(name, _("Write at most %(most)d characters.") % {"most": most})
        for name, most in (("done_by", 120), ("note", 500))
        if len(str(said.get(name, "")).strip()) > most
    ]
    if problems:
        raise Refusal(*problems)


def _refill_problems(
    pump: Pump,
    at: datetime | None,
    dates: Mapping[PumpDateKind, date],
    now: datetime,
    *,
    is_clinic: bool,
) -> list[Problem]:
    problems = []
    if at is not None and at > now + CLOCK_TOLERANCE:
        problems.append(Problem("at", _("A refill is recorded after it was done.")))
    if PumpDateKind.REPLACEMENT in dates:
        text = _("A refill does not move the replacement date. Type that one on its own.")
        problems.append(Problem(PumpDateKind.REPLACEMENT.value, text))
    if is_clinic:
        problems += [
            Problem(kind.value, _("Type this date from the printout."))
            for kind in sorted(needed_dates(pump))
            if kind not in dates
        ]
    if at is not None and _has_later_refill(pump, at):
        problems.append(Problem("at", _("A refill after this one is confirmed already.")))
    return problems


def _has_later_refill(pump: Pump, at: datetime) -> bool:
    """Tell whether a refill at this moment or after it is confirmed: the dates are that one's."""
    refills = pump.events.filter(kind=PumpEventKind.REFILL_DONE, confirmation__is_confirmed=True)
    return refills.filter(at__gte=at).exists()


def _refuse_confirmation(event: PumpEvent, by: User, *, is_confirmed: bool, note: str) -> None:
    if PumpEventConfirmation.objects.filter(event=event).exists():
        raise Refusal(Problem("event", _("Somebody has answered this already.")))
    if event.by_id == by.pk:
        raise Refusal(Problem("event", _("You said this yourself. Somebody else confirms it.")))
    is_refill = event.kind == PumpEventKind.REFILL_DONE
    if is_confirmed and is_refill and _has_later_refill(event.pump, event.at):
        raise Refusal(Problem("event", _("A refill after this one is confirmed already.")))
    if not is_confirmed and not note.strip():
        raise Refusal(Problem("note", _("Write why this is not so.")))
    if len(note.strip()) > 500:
        raise Refusal(Problem("note", _("Write at most 500 characters.")))


def _flag(event: PumpEvent, now: datetime) -> None:
    sounds = {
        PumpEventKind.ALARM_CRITICAL: event.pump.critical_alarm,
        PumpEventKind.ALARM_NON_CRITICAL: event.pump.non_critical_alarm,
    }
    kind = PumpEventKind(event.kind)
    raised = event_raised(
        PumpEventFact(str(event.pk), kind, event.at, event.by.name, sounds.get(kind, ""))
    )
    if raised is None:
        return
    flag_open(
        patient=event.pump.patient,
        plan=pump_plan_of(event.pump.patient),
        rule=raised.rule,
        subject=raised.subject,
        evidence=raised.evidence,
        now=now,
        by=event.by,
    )
