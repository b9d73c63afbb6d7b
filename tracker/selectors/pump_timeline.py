"""Everything that was said and done about one pump, newest first, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Patient
from tracker.domain.pumps import PumpDateKind, PumpEventKind
from tracker.models import AlertEvent, FlagEvent, PumpDate, PumpEvent
from tracker.selectors.chart_timeline import TimelineLine, timeline
from tracker.selectors.pump_page import PUMP_FLAGS
from tracker.selectors.pump_wording import DATE_WORDS, EVENT_WORDS


def pump_timeline(
    patient: Patient, events: Iterable[PumpEvent], dates: Iterable[PumpDate], zone: ZoneInfo
) -> tuple[TimelineLine, ...]:
    """Return one line for each fact about the pump, its flags and who was told of them."""
    flags = FlagEvent.objects.filter(flag__patient=patient, flag__rule__in=PUMP_FLAGS)
    alerts = AlertEvent.objects.filter(
        alert__flag__patient=patient, alert__flag__rule__in=PUMP_FLAGS
    )
    lines = timeline(
        entries=(),
        check_ins=patient.check_ins.select_related("by").prefetch_related("signs"),
        reports=(),
        flag_events=flags.select_related("flag", "by"),
        alert_events=alerts.select_related("alert__dose", "alert__flag", "person", "clinic"),
        versions=(),
        moves=(),
        stays=(),
        zone=zone,
    )
    said = [line for event in events for line in event_lines(event)]
    typed = [line for row in dates for line in date_lines(row)]
    return tuple(sorted([*lines, *said, *typed], key=lambda line: line.at, reverse=True))


def event_lines(event: PumpEvent) -> Iterator[TimelineLine]:
    """Yield what somebody said happened, and what a second person said of that."""
    words = EVENT_WORDS[PumpEventKind(event.kind)]
    by = _("By %(name)s.") % {"name": event.by.name}
    if event.expires_on is not None:
        until = date_format(event.expires_on, "j M Y")
        by = f"{by} {_('Usable until %(day)s.') % {'day': until}}"
    if event.done_by:
        by = f"{by} {_('Done by %(who)s.') % {'who': event.done_by}}"
    yield TimelineLine(event.at, f"{words}.", by, quote=event.note)
    said = getattr(event, "confirmation", None)
    if said is not None:
        fact = _("%(what)s: confirmed.") if said.is_confirmed else _("%(what)s: not so.")
        name = _("By %(name)s.") % {"name": said.by.name}
        yield TimelineLine(said.at, fact % {"what": words}, name, quote=said.note)


def date_lines(row: PumpDate) -> Iterator[TimelineLine]:
    """Yield that a date was typed, and that a second person typed it again.

    Before that it is not given away here: the second person reads it from the source.
    """
    word, day = DATE_WORDS[PumpDateKind(row.kind)], date_format(row.falls_on, "D j M Y")
    values = {"date": word, "day": day}
    said = getattr(row, "confirmation", None)
    fact = _("%(date)s typed.") if said is None else _("%(date)s typed: %(day)s.")
    by = _("By %(name)s, from: %(source)s.")
    about = {"name": row.typed_by.name, "source": row.read_from}
    yield TimelineLine(row.typed_at, fact % values, by % about)
    if said is not None:
        name = _("By %(name)s.") % {"name": said.by.name}
        yield TimelineLine(said.at, _("%(date)s typed again, the same.") % values, name)
