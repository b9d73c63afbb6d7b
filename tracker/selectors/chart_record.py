"""Everything stored that a patient's chart is made of, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Prefetch

from accounts.domain.zones import local_date
from accounts.models import CareLink, Patient
from tracker.domain.dose_record import Absence
from tracker.domain.plan_states import OCCUPYING, PlanState
from tracker.domain.zone_moves import zone_at
from tracker.models import (
    AlertEvent,
    CheckIn,
    Entry,
    ExpectedDose,
    FlagEvent,
    Plan,
    PlanMove,
    PlanVersion,
    PumpEvent,
    Report,
    RiskRecord,
    Stay,
    ZoneChange,
)
from tracker.selectors.absences import absences_from
from tracker.selectors.versions import zone_turns_among

ENDED = frozenset({PlanState.STOPPED, PlanState.COMPLETED})


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """One plan of the patient: its versions with their steps, and its moves, oldest first."""

    plan: Plan
    versions: tuple[PlanVersion, ...]
    moves: tuple[PlanMove, ...]
    zone_changes: tuple[ZoneChange, ...]
    zone: ZoneInfo | None  # in which the doses of now are made; None before any version counts
    version: PlanVersion | None  # the one in force; None before any counts

    @property
    def is_signed(self) -> bool:
        """Whether anybody has signed it."""
        return bool(self.versions)

    @property
    def is_running(self) -> bool:
        """Whether doses are expected, or may be expected again."""
        return self.plan.state in OCCUPYING

    @property
    def end(self) -> PlanMove | None:
        """The move by which it was stopped or completed."""
        return next((move for move in reversed(self.moves) if move.to_state in ENDED), None)

    def last_on(self, zone: ZoneInfo, now: datetime) -> date | None:
        """Return the last local date on which what was entered holds; None while it runs.

        That is the day of the stop, or today for a plan on hold: to resume it, dates are entered
        anew.
        """
        if self.end is not None:
            return local_date(self.end.at, zone)
        return local_date(now, zone) if self.plan.state == PlanState.ON_HOLD else None


@dataclass(frozen=True, slots=True)
class ChartRecord:
    """The rows behind one chart; people, doses and entries come with what they name."""

    patient: Patient
    plans: tuple[PlanRecord, ...]  # newest first
    shown: PlanRecord | None
    doses: tuple[ExpectedDose, ...]  # of the shown plan
    entries: tuple[Entry, ...]
    check_ins: tuple[CheckIn, ...]
    reports: tuple[Report, ...]
    flag_events: tuple[FlagEvent, ...]
    alert_events: tuple[AlertEvent, ...]
    stays: tuple[Stay, ...]
    risks: tuple[RiskRecord, ...]  # those taken off file included
    pump_events: tuple[PumpEvent, ...]
    links: tuple[CareLink, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The shown plan's zone, or the patient's before anything is signed."""
        found = self.shown.zone if self.shown is not None else None
        return found if found is not None else self.patient.zone_info

    @property
    def extras(self) -> tuple[Entry, ...]:
        """Extra doses that were not taken back."""
        return tuple(
            entry for entry in self.entries if entry.dose_id is None and not is_void(entry)
        )

    @property
    def risks_on_file(self) -> list[RiskRecord]:
        """The risk factors that nobody has taken off file."""
        return [risk for risk in self.risks if not hasattr(risk, "removal")]

    @property
    def absences(self) -> tuple[Absence, ...]:
        """The stays, and the holds of the shown plan, with their reasons in words."""
        moves = self.shown.moves if self.shown is not None else ()
        return absences_from(self._standing_stays, moves)

    @property
    def _standing_stays(self) -> list[Stay]:
        return [stay for stay in self.stays if stay.taken_back_at is None]

    def stay_at(self, at: datetime) -> Stay | None:
        """Return the stay that covers a moment; there is one at most."""
        begun = (stay for stay in self._standing_stays if stay.from_at <= at)
        return next((stay for stay in begun if stay.until_at is None or stay.until_at > at), None)


def is_void(entry: Entry) -> bool:
    """Say whether an entry (read with its void) was taken back."""
    return getattr(entry, "void", None) is not None


def chart_record(patient: Patient, *, plan_id: UUID | None, now: datetime) -> ChartRecord | None:
    """Return what is stored about one patient; None when `plan_id` is no plan of theirs.

    Without a `plan_id` the running plan is shown, else the newest that was signed, else a draft.
    """
    plans = _plans(patient, now)
    shown = _shown(plans, plan_id)
    if plan_id is not None and shown is None:
        return None
    people = {"patient": patient}
    return ChartRecord(
        patient=patient,
        plans=plans,
        shown=shown,
        doses=_doses(shown),
        entries=tuple(
            Entry.objects.filter(**people)
            .select_related("by", "void__by", "dose__version")
            .defer("dose__version__signed_text")
            .order_by("received_at")
        ),
        check_ins=tuple(
            CheckIn.objects.filter(**people).select_related("by").prefetch_related("signs")
        ),
        reports=tuple(Report.objects.filter(**people, void=None).select_related("by")),
        flag_events=tuple(
            FlagEvent.objects.filter(flag__patient=patient).select_related("flag", "by")
        ),
        alert_events=tuple(
            AlertEvent.objects.filter(alert__patient=patient).select_related(
                "alert__dose__standing_entry", "alert__flag", "person", "clinic"
            )
        ),
        stays=_stays(patient),
        risks=_risks(patient),
        pump_events=_pump_events(patient),
        links=tuple(
            CareLink.objects.not_ended(now)
            .filter(**people)
            .select_related("caregiver")
            .order_by("invited_at", "name")
        ),
    )


def _stays(patient: Patient) -> tuple[Stay, ...]:
    stays = Stay.objects.filter(patient=patient).select_related("recorded_by")
    return tuple(stays.prefetch_related("events__by").order_by("from_at"))


def _risks(patient: Patient) -> tuple[RiskRecord, ...]:
    risks = RiskRecord.objects.filter(patient=patient)
    return tuple(risks.select_related("recorded_by", "removal__by").order_by("recorded_at"))


def _pump_events(patient: Patient) -> tuple[PumpEvent, ...]:
    events = PumpEvent.objects.filter(pump__patient=patient)
    return tuple(events.select_related("by", "confirmation__by"))


def _plans(patient: Patient, now: datetime) -> tuple[PlanRecord, ...]:
    versions = (
        PlanVersion.objects.select_related("signed_by")
        .defer("signed_text")
        .order_by("number")
        .prefetch_related("steps__dose_times")
    )
    plans = Plan.objects.filter(patient=patient).prefetch_related(
        Prefetch("versions", queryset=versions),
        Prefetch("moves", queryset=PlanMove.objects.select_related("by")),
        Prefetch("zone_changes", queryset=ZoneChange.objects.select_related("by").order_by("at")),
    )
    return tuple(_plan_record(plan, now) for plan in plans.order_by("-created_at"))


def _plan_record(plan: Plan, now: datetime) -> PlanRecord:
    version, changes = _in_force(plan.versions.all(), now), tuple(plan.zone_changes.all())
    return PlanRecord(
        plan=plan,
        versions=tuple(plan.versions.all()),
        moves=tuple(plan.moves.all()),
        zone_changes=changes,
        zone=zone_at(zone_turns_among(version, changes), now) if version is not None else None,
        version=version,
    )


def _in_force(versions: Iterable[PlanVersion], now: datetime) -> PlanVersion | None:
    counting = [version for version in versions if version.counts_from_at <= now]
    return counting[-1] if counting else None


def _shown(plans: Sequence[PlanRecord], plan_id: UUID | None) -> PlanRecord | None:
    if plan_id is not None:
        return next((record for record in plans if record.plan.pk == plan_id), None)
    running = (record for record in plans if record.is_running)
    signed = (record for record in plans if record.is_signed)
    return next(running, None) or next(signed, None) or next(iter(plans), None)


def _doses(shown: PlanRecord | None) -> tuple[ExpectedDose, ...]:
    if shown is None or not shown.is_signed:
        return ()
    doses = list(
        ExpectedDose.objects.filter(plan=shown.plan)
        .select_related("standing_entry__by")
        .order_by("due_at", "wall_time")
    )
    versions = {version.pk: version for version in shown.versions}
    for dose in doses:
        dose.version = versions[dose.version_id]
    return tuple(doses)
