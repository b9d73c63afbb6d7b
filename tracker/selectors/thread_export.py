"""One alert's thread as rows of a file: each event that was written, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from tracker.domain.alerts import AlertEventKind
from tracker.models import Alert
from tracker.selectors.matters import told_name
from tracker.selectors.thread_messages import WAY_WORDS

HEADER: tuple[Promise, ...] = (
    gettext_lazy("Time (UTC)"),
    gettext_lazy("Local time"),
    gettext_lazy("Time zone"),
    gettext_lazy("What happened"),
    gettext_lazy("Rung"),
    gettext_lazy("Round"),
    gettext_lazy("Who"),
    gettext_lazy("Duty"),
    gettext_lazy("Channel"),
    gettext_lazy("Kind of message"),
    gettext_lazy("Said"),
)
EVENT_WORDS: Mapping[str, Promise] = MappingProxyType(
    {
        AlertEventKind.OPENED: gettext_lazy("opened"),
        AlertEventKind.DECIDED: gettext_lazy("decided to tell"),
        AlertEventKind.UNREACHABLE: gettext_lazy("nobody to reach"),
        AlertEventKind.TOLD: gettext_lazy("told"),
        AlertEventKind.BOUNCED: gettext_lazy("came back"),
        AlertEventKind.LISTED: gettext_lazy("put on the worklist"),
        AlertEventKind.ACKNOWLEDGED: gettext_lazy("“I have it”"),
        AlertEventKind.PASSED_ON: gettext_lazy("passed on"),
        AlertEventKind.LAPSED: gettext_lazy("no longer has it"),
        AlertEventKind.CLOSED: gettext_lazy("closed"),
    }
)


def thread_rows(alert: Alert) -> Iterator[tuple[str, ...]]:
    """Yield the head and then one row for each event of the thread, oldest first."""
    zone = alert.dose.zone_info if alert.dose is not None else alert.patient.zone_info
    yield tuple(str(name) for name in HEADER)
    for event in alert.events.select_related("person", "clinic").order_by("at", "pk"):
        way = str(event.facts.get("way") or event.facts.get("channel") or "")
        yield (
            event.at.isoformat(timespec="seconds"),
            event.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
            zone.key,
            str(EVENT_WORDS[event.kind]),
            str(event.rung) if event.rung else "",
            str(event.round),
            told_name(event),
            event.duty,
            str(WAY_WORDS.get(way, way)),
            str(event.facts.get("purpose", "")),
            event.note or str(event.facts.get("said") or event.facts.get("detail") or ""),
        )
