"""One alert's thread as rows of a file: each event that was written, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracker.domain.alerts import AlertEventKind
from tracker.models import Alert, AlertEvent
from tracker.selectors.ladders import ladder_behind
from tracker.selectors.matters import told_name
from tracker.selectors.thread import thread_zone
from tracker.selectors.thread_messages import (
    WAY_WORDS,
    WORKLIST,
    duty_words,
    never_left,
    rung_shown,
    said_in,
)
from tracker.selectors.wording import alert_outcome

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

KIND_WORDS: Mapping[str, Promise] = MappingProxyType(
    {
        "prompt": gettext_lazy("reminder"),
        "alert": gettext_lazy("alert"),
        "follow_up": gettext_lazy("what came of it"),
    }
)


def thread_rows(alert: Alert) -> Iterator[tuple[str, ...]]:
    """Yield the head and then one row for each event of the thread, oldest first."""
    zone, ladder = thread_zone(alert), ladder_behind(alert)
    yield tuple(str(name) for name in HEADER)
    for event in alert.events.select_related("person", "clinic").order_by("at", "pk"):
        yield (
            event.at.isoformat(timespec="seconds"),
            event.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
            zone.key,
            _("not sent") if never_left(event) else str(EVENT_WORDS[event.kind]),
            str(rung_shown(event.rung, ladder)) if event.rung else "",
            str(event.round),
            _who(alert, event),
            duty_words(event.duty),
            str(WAY_WORDS.get(_way(event), _way(event))),
            str(KIND_WORDS.get(event.facts.get("purpose", ""), "")),
            _said(alert, event, zone),
        )


def _who(alert: Alert, event: AlertEvent) -> str:
    if event.kind == AlertEventKind.UNREACHABLE:
        return event.note
    if event.kind == AlertEventKind.LISTED:
        return alert.patient.clinic.name
    return told_name(event)


def _way(event: AlertEvent) -> str:
    if event.kind == AlertEventKind.LISTED:
        return WORKLIST
    return str(event.facts.get("way") or event.facts.get("channel") or "")


def _said(alert: Alert, event: AlertEvent, zone: ZoneInfo) -> str:
    """Return what the page says beside the event: a provider's answer, a note, the outcome."""
    if event.kind == AlertEventKind.UNREACHABLE:
        return _("no verified contact")
    if event.kind == AlertEventKind.CLOSED:
        return ". ".join(filter(None, [alert_outcome(alert, zone), event.note]))
    return _("no address there works") if never_left(event) else said_in(event)
