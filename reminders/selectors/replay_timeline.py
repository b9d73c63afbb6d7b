"""A plan's whole story as lines of text: entries, prompts, alerts, flags, measures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.domain.zones import local_date
from tracker.domain.dose_record import CourseState, Period
from tracker.domain.doses import Outcome
from tracker.models import AlertEvent, Entry, FlagEvent, Plan
from tracker.selectors.chart_measures import measure_lines, measured_record
from tracker.selectors.wording import alert_headline, flag_headline


def timeline_texts(plan: Plan, zone: ZoneInfo) -> Iterator[str]:
    """Yield what happened, oldest first, in the plan's local time."""
    found = [*_entries(plan), *_alerts(plan), *_flags(plan)]
    for at, _order, text in sorted(found, key=lambda line: (line[0], line[1])):
        yield f"{at.astimezone(zone):%a %Y-%m-%d %H:%M:%S %Z}  {text}"


def measure_texts(plan: Plan, zone: ZoneInfo, *, now: datetime) -> Iterator[str]:
    """Yield the measures of the whole plan, each with its formula, n and source: the device."""
    doses = list(
        plan.doses.filter(due_at__lte=now)
        .select_related("version", "standing_entry")
        .order_by("due_at")
    )
    extras = Entry.objects.filter(patient=plan.patient, dose=None, void=None)
    record = measured_record(
        doses=doses, extras=extras, absences=(), zone=zone, course=CourseState.RUNNING
    )
    first_on = doses[0].local_date if doses else local_date(now, zone)
    period = Period(first_on=first_on, last_on=local_date(now, zone))
    yield f"Measures from {period.first_on} to {period.last_on}, device openings:"
    for line in measure_lines(record, period=period, now=now):
        yield f"  {line.name}: {line.value} ({line.formula}; n = {line.n}) {line.beside}".rstrip()


def _entries(plan: Plan) -> Iterator[tuple[datetime, int, str]]:
    entries = Entry.objects.filter(patient=plan.patient).select_related("dose")
    for entry in entries:
        about = "extra dose" if entry.dose is None else f"dose of {entry.dose.local_date}"
        clock = "" if entry.dose is None else f" {entry.dose.wall_time:%H:%M}"
        word = Outcome(entry.outcome).value
        yield entry.received_at, 0, f"entry    {word}: {about}{clock} ({entry.via})"


def _alerts(plan: Plan) -> Iterator[tuple[datetime, int, str]]:
    events = AlertEvent.objects.filter(alert__patient=plan.patient).select_related(
        "alert__dose__standing_entry", "alert__flag", "person", "clinic"
    )
    for event in events.order_by("pk"):
        headline = alert_headline(event.alert)
        day = f" of {event.alert.dose.local_date}" if event.alert.dose is not None else ""
        who = event.person.name if event.person is not None else event.duty
        is_prompt = event.kind == "decided" and who == plan.patient.name
        kind = "prompt  " if is_prompt else "alert   "
        rung = f" rung {event.rung}" if event.rung else ""
        yield event.at, 1, f"{kind} {event.kind}: {headline}{day}{rung} {who}".rstrip()


def _flags(plan: Plan) -> Iterator[tuple[datetime, int, str]]:
    events = FlagEvent.objects.filter(flag__patient=plan.patient).select_related("flag")
    for event in events.order_by("pk"):
        flag = event.flag
        yield event.at, 2, f"flag     {event.kind}: {flag.rule} {flag_headline(flag)}"
