"""Expected doses and what people said about them, as pages show them.

Amounts are the texts that were entered. Local times are in the plan's zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from accounts.domain.zones import local_date, local_midnight
from accounts.models import Patient, User
from tracker.domain.doses import DoseState, Outcome, Timing, dose_state, minutes_from_due, timing
from tracker.models import Entry, ExpectedDose
from tracker.selectors.around import covered_by_a_stay
from tracker.selectors.reasons import reason_words
from tracker.selectors.span_words import span_text
from tracker.selectors.wording import local_clock, local_moment


@dataclass(frozen=True, slots=True)
class EntryLine:
    """What one person said, when, and in whose name."""

    id: UUID
    outcome: Outcome
    taken_at: datetime | None
    received_at: datetime
    by_id: UUID
    by: str
    is_mine: bool
    reason: str
    is_amount_different: bool
    amount_note: str
    is_clock_wrong: bool
    is_extra: bool
    words: str  # the outcome with its time, as one sentence without its full stop
    is_off_time: bool  # taken early or late, by the plan's window


@dataclass(frozen=True, slots=True)
class DoseLine:
    """One expected dose at one moment."""

    id: UUID
    patient_id: UUID
    local_date: date
    wall_time: time
    due_at: datetime
    on_time_until_at: datetime
    amount: str
    step_number: int
    state: DoseState
    minutes_since_due: int
    is_away: bool
    entry: EntryLine | None  # the standing one
    others: tuple[EntryLine, ...]  # kept beside it until somebody settles which is right

    @property
    def is_logged(self) -> bool:
        """Whether somebody has said what happened."""
        return self.entry is not None

    @property
    def is_due(self) -> bool:
        """Whether the dose is inside its window and nobody has said anything."""
        return self.state is DoseState.DUE

    @property
    def is_silent(self) -> bool:
        """Whether the window is over and nobody has said what happened."""
        return self.state is DoseState.NOT_LOGGED

    @property
    def is_upcoming(self) -> bool:
        """Whether the dose is not due yet and nobody has said anything."""
        return self.state is DoseState.UPCOMING

    @property
    def span_since_due(self) -> str:
        """How long ago it was due, in words."""
        return span_text(self.minutes_since_due)

    @property
    def mark(self) -> str:
        """The outcome mark of the style sheet."""
        return _mark(self)

    @property
    def icon(self) -> str:
        """The icon beside the mark."""
        return ICONS[self.mark]


ICONS = {
    "taken": "taken",
    "late": "taken",
    "skipped": "skipped",
    "missed": "missed",
    "silent": "notlogged",
    "next": "clock",
    "hold": "hold",
}


def dose_lines(
    patient: Patient, *, reader: User, zone: ZoneInfo, now: datetime, since: date, until: date
) -> list[DoseLine]:
    """Return the expected doses of these local dates, both included, in due order.

    One query, and one more when a dose has several entries. Cancelled doses are left out unless
    somebody said something about them.
    """
    rows = ExpectedDose.objects.filter(
        plan__patient=patient, local_date__gte=since, local_date__lte=until
    ).exclude(cancelled_at__isnull=False, standing_entry=None)
    return lines_of(
        marked(rows).order_by("due_at", "wall_time"),
        reader=reader,
        zone=zone,
        now=now,
    )


def next_dose_line(
    patient: Patient, *, reader: User, zone: ZoneInfo, now: datetime
) -> DoseLine | None:
    """Return the first dose after `now` that is a row; None when there is none."""
    rows = ExpectedDose.objects.standing().filter(
        plan__patient=patient, due_at__gt=now, standing_entry=None
    )
    first = marked(rows).order_by("due_at", "wall_time")[:1]
    return next(iter(lines_of(first, reader=reader, zone=zone, now=now)), None)


def marked(rows: QuerySet[ExpectedDose]) -> QuerySet[ExpectedDose]:
    """Return the rows with what a line needs: whether a stay covers them, other entries kept."""
    others = Entry.objects.filter(dose=OuterRef("pk"), void=None, stands_for=None)
    return (
        rows.annotate(is_away=covered_by_a_stay(), has_others=Exists(others))
        .select_related("version", "plan", "standing_entry__by")
        .defer("version__signed_text")
    )


def lines_of(
    rows: Iterable[ExpectedDose], *, reader: User, zone: ZoneInfo, now: datetime
) -> list[DoseLine]:
    """Return rows (as `marked` gives them) as lines, with the entries kept beside."""
    doses = list(rows)
    contested = [dose.pk for dose in doses if getattr(dose, "has_others", False)]
    kept = Entry.objects.filter(dose__in=contested, void=None, stands_for=None)
    others: dict[UUID, list[Entry]] = {}
    for entry in kept.select_related("by").order_by("received_at") if contested else ():
        others.setdefault(entry.dose_id or entry.pk, []).append(entry)
    return [
        _dose_line(dose, others.get(dose.pk, ()), reader=reader, zone=zone, now=now)
        for dose in doses
    ]


def extra_entries(
    patient: Patient, *, reader: User, zone: ZoneInfo, since: datetime
) -> list[EntryLine]:
    """Return the extra doses said since an instant and not taken back, oldest first.

    Each is shown under its own day: its words have the time alone.
    """
    rows = Entry.objects.filter(patient=patient, dose=None, void=None, taken_at__gte=since)
    return [
        entry_line(row, None, reader=reader, zone=zone, is_under_its_day=True)
        for row in rows.select_related("by").order_by("taken_at")
    ]


def extras_of_today(
    patient: Patient, *, reader: User, zone: ZoneInfo, now: datetime
) -> tuple[EntryLine, ...]:
    """Return the extra doses of the local day of `now` that are not taken back, oldest first."""
    since = local_midnight(local_date(now, zone), zone)
    return tuple(extra_entries(patient, reader=reader, zone=zone, since=since))


def entry_line(
    entry: Entry,
    dose: ExpectedDose | None,
    *,
    reader: User,
    zone: ZoneInfo,
    is_under_its_day: bool = False,
) -> EntryLine:
    """Return one entry as a line; `dose` is the one it is about, None for an extra dose."""
    return EntryLine(
        id=entry.pk,
        outcome=Outcome(entry.outcome),
        taken_at=entry.taken_at,
        received_at=entry.received_at,
        by_id=entry.by_id,
        by=entry.by.name,
        is_mine=entry.by_id == reader.pk,
        reason=reason_words(entry.reason),
        is_amount_different=entry.is_amount_different,
        amount_note=entry.amount_note,
        is_clock_wrong=entry.is_clock_wrong,
        is_extra=dose is None,
        words=_words(entry, dose, zone, is_under_its_day=is_under_its_day),
        is_off_time=_timing(entry, dose) not in {None, Timing.ON_TIME},
    )


def _dose_line(
    dose: ExpectedDose, others: Sequence[Entry], *, reader: User, zone: ZoneInfo, now: datetime
) -> DoseLine:
    entry, window = dose.standing_entry, dose.version.on_time_window
    return DoseLine(
        id=dose.pk,
        patient_id=dose.plan.patient_id,
        local_date=dose.local_date,
        wall_time=dose.wall_time,
        due_at=dose.due_at,
        on_time_until_at=dose.due_at + window,
        amount=dose.amount,
        step_number=dose.step_number,
        state=dose_state(
            due_at=dose.due_at,
            window=window,
            outcome=Outcome(entry.outcome) if entry is not None else None,
            is_cancelled=dose.cancelled_at is not None,
            now=now,
        ),
        minutes_since_due=minutes_from_due(now, dose.due_at),
        is_away=bool(getattr(dose, "is_away", False)),
        entry=entry_line(entry, dose, reader=reader, zone=zone) if entry is not None else None,
        others=tuple(entry_line(other, dose, reader=reader, zone=zone) for other in others),
    )


def _timing(entry: Entry, dose: ExpectedDose | None) -> Timing | None:
    if entry.taken_at is None or dose is None:
        return None
    return timing(taken_at=entry.taken_at, due_at=dose.due_at, window=dose.version.on_time_window)


def _words(
    entry: Entry, dose: ExpectedDose | None, zone: ZoneInfo, *, is_under_its_day: bool
) -> str:
    """Return the outcome with its time: a fact in words, never a judgement."""
    if entry.outcome == Outcome.TAKEN and entry.taken_at is not None:
        if dose is None:
            when = (local_clock if is_under_its_day else local_moment)(entry.taken_at, zone)
            return _("Taken %(when)s, beside the plan") % {"when": when}
        return _taken_words(entry, entry.taken_at, dose, zone)
    is_same_day = dose is not None and local_date(entry.received_at, zone) == dose.local_date
    said = (local_clock if is_same_day else local_moment)(entry.received_at, zone)
    if entry.outcome == Outcome.SKIPPED:
        if entry.reason:
            return _("Skipped: %(reason)s") % {"reason": reason_words(entry.reason)}
        return _("Skipped, said %(moment)s") % {"moment": said}
    return _("Missed, said %(moment)s") % {"moment": said}


def _taken_words(entry: Entry, taken_at: datetime, dose: ExpectedDose, zone: ZoneInfo) -> str:
    is_same_day = local_date(taken_at, zone) == dose.local_date
    when = local_clock(taken_at, zone) if is_same_day else local_moment(taken_at, zone)
    found = _timing(entry, dose)
    if found is Timing.ON_TIME:
        return _("Taken %(when)s, on time") % {"when": when}
    late, early = _("Taken %(when)s, %(span)s after the time"), _("Taken %(when)s, %(span)s early")
    span = span_text(minutes_from_due(taken_at, dose.due_at))
    return (late if found is Timing.LATE else early) % {"when": when, "span": span}


def _mark(line: DoseLine) -> str:
    if line.entry is not None:
        if line.entry.outcome is not Outcome.TAKEN:
            return line.entry.outcome.value
        return "late" if line.entry.is_off_time else "taken"
    if line.is_away or line.state is DoseState.CANCELLED:
        return "hold"
    return "silent" if line.is_silent else "next"
