"""A record as a document: what a summary on one page and a full report say, as plain values.

The facts are those of the chart, read by the chart's own selector. Nothing here is markup: the
template that sets the page reads every text as data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.domain.zones import local_date
from accounts.models import User
from tracker.domain.dose_record import Period
from tracker.selectors.chart import Chart, patient_chart
from tracker.selectors.document_picture import (
    band_rows,
    marks_line,
    outcome_rows,
    picture_svg,
    picture_words,
)
from tracker.selectors.plan_words import day_text
from tracker.selectors.record_about import RecordPart
from tracker.selectors.record_alerts import ALERTS, FLAGS
from tracker.selectors.record_tables import ENTRIES, iso
from tracker.selectors.wording import class_word

Block = dict[str, Any]
MOST_ROWS = 2_000
FEW = 4
SHORT = 160
INSTANT = re.compile(r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d\Z")
"""An instant as the tables of a record write it; a cell of times may also be empty or a word."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a document is made from."""

    part: RecordPart
    chart: Chart
    now: datetime
    is_one_page: bool

    @property
    def most(self) -> int:
        """How many rows of one table stand in the document."""
        return FEW if self.is_one_page else MOST_ROWS

    @property
    def period(self) -> Period | None:
        """The days of the measures; None while no plan is signed."""
        return self.part.measured.period if self.part.measured is not None else None

    def moment(self, at: datetime) -> str:
        """Return an instant on the clock of the plan, with its weekday and year."""
        return _moment(at.astimezone(self.part.zone))

    def short(self, words: str) -> str:
        """Return words cut for the one page, which says that they are cut; never an amount."""
        is_long = self.is_one_page and len(words) > SHORT
        return words[:SHORT] + " […]" if is_long else words


def document_of(part: RecordPart, by: User, *, is_one_page: bool, now: datetime) -> dict[str, Any]:
    """Return a document in the language in force; its fingerprint covers all that it says."""
    plan_id = part.measured.plan_id if part.measured is not None else None
    chart = patient_chart(part.patient, plan_id=plan_id, now=now)
    if chart is None:
        raise LookupError(plan_id)
    reading = Reading(part, chart, now, is_one_page)
    sections = [_who(reading), _plan(reading), _open(reading), _measures(reading)]
    sections += [_signs(reading), _alerts(reading)]
    sections += [] if is_one_page else _whole(reading)
    sections.append(_about(reading))
    title = _("Summary: %(name)s") if is_one_page else _("Report: %(name)s")
    document = {
        "title": title % {"name": part.patient.name},
        "author": by.name,
        "language": (get_language() or "en").split("-", maxsplit=1)[0],
        "made_at": iso(now, part.zone),
        "is_one_page": is_one_page,
        "sections": sections,
    }
    print_of = sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]
    words = _("Made by %(name)s, %(at)s, %(zone)s. Fingerprint %(print)s")
    values = {
        "name": by.name, "at": reading.moment(now), "zone": part.zone.key, "print": print_of,
    }  # fmt: skip
    return document | {"footer": words % values}


def _section(title: str, *blocks: Block) -> Block:
    return {"title": title, "blocks": list(blocks)}


def _text(words: str) -> Block:
    return {"kind": "text", "text": words}


def _facts(rows: Sequence[tuple[str, str]]) -> Block:
    return {"kind": "facts", "rows": [list(row) for row in rows if row[1]]}


def _moment(at: datetime) -> str:
    """Return an instant as its own zone reads it, with its offset: "Wed 9 Dec 2026 08:00 +0000".

    A dose keeps the zone of its day: without the offset two zones, or the hour that a clock change
    repeats, could not be told apart on paper.
    """
    return f"{day_text(at.date())} {at:%H:%M %z}"


def _picked(row: Sequence[object], places: Sequence[int], instants: Sequence[int]) -> list[object]:
    """Return these cells of a record's row; those of `instants` as paper says a time.

    Only columns that the record itself fills are read as times: free text stands as it was said.
    """
    return [
        _moment(datetime.fromisoformat(str(row[place])))
        if place in instants and INSTANT.match(str(row[place]))
        else row[place]
        for place in places
    ]


def _rows(
    head: Sequence[str], widths: Sequence[int], rows: Iterable[Sequence[object]], most: int
) -> list[Block]:
    """Return a table of at most so many rows, with a line that says when there are more."""
    found = [[str(cell) for cell in row] for row in islice(rows, most + 1)]
    if not found:
        return [_text(_("None."))]
    table = {"kind": "rows", "head": list(head), "widths": list(widths), "rows": found[:most]}
    more = _("More stand in the record; this shows the first %(count)s.") % {"count": most}
    return [table, _text(more)] if len(found) > most else [table]


def _who(reading: Reading) -> Block:
    patient, chart = reading.part.patient, reading.chart
    route = ""
    if chart.plan is not None:
        is_oral = chart.plan.plan.route == "oral"
        route = _("Baclofen by mouth.") if is_oral else _("Baclofen by pump.")
    calls = "; ".join(
        f"{each.name}{f', {each.relation}' if each.relation else ''}: {each.phone}"
        for each in chart.numbers
    )
    return _section(
        _("Who"),
        _facts(
            [
                (_("Patient"), patient.name),
                (_("Born"), day_text(patient.born_on) if patient.born_on else ""),
                (_("Clinic"), f"{patient.clinic.name} {patient.clinic_number}".strip()),
                (_("Route"), route),
                (_("Call"), calls or _("No number on file")),
                (_("Period"), reading.part.period_words),
            ]
        ),
    )


def _plan(reading: Reading) -> Block:
    chart, version = reading.chart, reading.chart.version
    rows = [(_("Plan"), chart.state or _("None entered"))]
    if version is not None:
        words = _("Version %(number)s, %(state)s. %(name)s signed %(moment)s") % {
            "number": version.number,
            "state": chart.state,
            "name": version.signed_by.name,
            "moment": reading.moment(version.signed_at),
        }
        rows = [(_("Plan"), words)]
    rows += [(_("Step today"), _step(chart))]
    rows += [(_("Amounts entered for today"), amounts_today(chart))]
    rows += [(_("Thresholds"), ", ".join(chart.thresholds))]
    rows += [(_("Not set"), ", ".join(chart.unset_thresholds))]
    risks = ", ".join(chart.context.factors) or _("None on file")
    rows += [(_("Context, not counted"), reading.short(f"{risks}. {chart.context.note}".strip()))]
    return _section(_("Plan"), _facts(rows))


def _step(chart: Chart) -> str:
    step = chart.step
    if step is None:
        return _("No step today")
    words = _("%(number)s of %(count)s") % {"number": step.number, "count": step.count}
    if step.ends_on is not None:
        words += ", " + _("until %(day)s") % {"day": day_text(step.ends_on)}
    return words + (". " + _("No doses entered for this step.") if step.is_dose_free else "")


def amounts_today(chart: Chart) -> str:
    """Return what is entered for each dose time of today, each amount verbatim, never added."""
    if chart.picture is None:
        return ""
    today = local_date(chart.now, chart.zone)
    return "; ".join(
        f"{lane.wall_time:%H:%M}: {day.amount}"
        for lane in chart.picture.lanes
        for day in lane.days
        if day.on == today and day.amount
    )


def _open(reading: Reading) -> Block:
    rows = (
        (
            class_word(each.flag_class),
            reading.short(f"{each.headline}\n{each.detail}".strip()),
            reading.moment(each.since_at),
            reading.short(each.basis),
        )
        for each in reading.chart.matters
    )
    head = (_("Class"), _("Fact"), _("Open since"), _("Basis"))
    return _section(_("Open now"), *_rows(head, (2, 5, 2, 5), rows, reading.most + 2))


def _measures(reading: Reading) -> Block:
    measured, period = reading.part.measured, reading.period
    days = f"{day_text(period.first_on)} – {day_text(period.last_on)}" if period is not None else ""
    rows = (
        (
            line.name,
            f"{line.value}\n{line.beside}".strip(),
            f"{line.n} {line.n_unit}",
            line.formula,
            line.period or days,
            line.basis,
            line.source,
        )
        for _measure, line in (measured.pairs if measured is not None else ())
    )
    head = (
        _("Measure"), _("Figure"), "n", _("Formula"), _("Period"), _("Where doses come from"),
        _("Published in"),
    )  # fmt: skip
    return _section(_("Measures"), *_rows(head, (4, 5, 3, 7, 4, 3, 4), rows, MOST_ROWS))


def _signs(reading: Reading) -> Block:
    span = reading.part.span
    said = [
        (reading.moment(each.at), reading.short(each.words or _("none of these")), each.by)
        for each in reversed(reading.chart.check_ins)
        if (span.from_at is None or each.at >= span.from_at)
        and (span.until_at is None or each.at < span.until_at)
    ]
    head = (_("Said at"), _("Signs"), _("Said by"))
    return _section(_("Signs and check-ins"), *_rows(head, (2, 7, 2), said, reading.most))


def _alerts(reading: Reading) -> Block:
    patient, span = reading.part.patient, reading.part.span
    found = ALERTS.found(patient, span).order_by("-opened_at", "pk")[: reading.most + 1]
    rows = (ALERTS.row(each, patient, reading.now) for each in found)
    places = (0, 2, 3, 10, 11)
    cells = (_picked(row, places, (0, 10)) for row in rows)
    picked = ((*row[:2], reading.short(str(row[2])), *row[3:]) for row in cells)
    head = [ALERTS.head[place] for place in places]
    return _section(_("Alerts"), *_rows(head, (3, 2, 5, 3, 4), picked, reading.most))


def _whole(reading: Reading) -> list[Block]:
    """Return what only the full report has."""
    patient, span, chart = reading.part.patient, reading.part.span, reading.chart
    found: list[Block] = []
    if chart.picture is not None and reading.period is not None:
        found.append(_pictured(reading))
    for table, places, instants in (
        (FLAGS, (0, 3, 4, 5, 6, 7, 9), (0, 7)),
        (ENTRIES, (0, 2, 3, 4, 5, 6, 8, 9), (0, 3, 4)),
    ):
        rows = table.rows(patient, span, reading.now)
        picked = (_picked(row, places, instants) for row in rows)
        head = [table.head[place] for place in places]
        found.append(_section(str(table.title), *_rows(head, [1] * len(head), picked, MOST_ROWS)))
    versions = (
        (each.number, each.state, each.signed_by, reading.moment(each.signed_at),
         reading.moment(each.counts_from_at))
        for each in chart.versions
    )  # fmt: skip
    head = [_("Version"), _("State"), _("Signed by"), _("Signed at"), _("Counts from")]
    found.append(_section(_("Plan versions"), *_rows(head, (1, 2, 2, 2, 2), versions, MOST_ROWS)))
    lines = (
        (reading.moment(each.at), each.fact, f"{each.amount} {each.text}".strip(), each.quote)
        for each in chart.timeline
        if (span.from_at is None or each.at >= span.from_at)
        and (span.until_at is None or each.at < span.until_at)
    )
    head = [_("When"), _("What"), _("More"), _("Own words")]
    found.append(_section(_("Timeline"), *_rows(head, (2, 3, 4, 3), lines, MOST_ROWS)))
    return found


def _pictured(reading: Reading) -> Block:
    picture, period = reading.chart.picture, reading.period
    if picture is None or period is None:
        return _section(_("Entered amounts"), _text(_("None.")))
    bands = (
        (row.time, day_text(row.first_on), day_text(row.last_on), row.amount)
        for row in band_rows(picture, period)
    )
    head = (_("Dose time"), _("First day"), _("Last day"), _("Amount as entered"))
    said = (_("Day"), _("Dose time"), _("Amount as entered"), _("What was said"))
    return _section(
        _("Entered amounts"),
        {"kind": "picture", "svg": picture_svg(picture, period), "alt": picture_words()},
        _text(marks_line()),
        *_rows(head, (1, 2, 2, 4), bands, MOST_ROWS),
        *_rows(said, (2, 1, 3, 4), outcome_rows(picture, period), MOST_ROWS),
    )


def _about(reading: Reading) -> Block:
    words = _(
        "Facts as entered and said; nothing is worked out and no line between good and bad is "
        "drawn. A character that cannot be printed stands as its number, like [U+0645]."
    )
    if reading.is_one_page:
        words += " " + _("[…] means that words go on in the full report.")
    return _section(_("About this document"), _text(words))
