"""Everything that was said and done about one patient, newest first, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.zones import place_name
from accounts.models import User
from tracker.domain.alerts import AlertEventKind
from tracker.domain.doses import Outcome, Timing, minutes_from_due, timing
from tracker.domain.flags import FlagEventKind
from tracker.domain.plan_input import clock_text
from tracker.domain.plan_states import PlanState
from tracker.domain.zone_moves import ZoneAnswer
from tracker.models import (
    AlertEvent,
    CheckIn,
    Entry,
    FlagEvent,
    PlanMove,
    PlanVersion,
    Report,
    ReportKind,
    RiskRecord,
    Stay,
    StayEvent,
    StayEventKind,
    StayKind,
    ZoneChange,
)
from tracker.selectors.matters import told_name
from tracker.selectors.patient_facts import risk_name
from tracker.selectors.plan_words import MOVE_WORDS
from tracker.selectors.reasons import reason_words
from tracker.selectors.span_words import span_text
from tracker.selectors.wording import (
    alert_headline,
    flag_headline,
    local_clock,
    local_moment,
    sign_names,
)


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """One thing that happened: what (set bold), the rest of the sentence, and a quotation."""

    at: datetime
    fact: str
    text: str = ""
    amount: str = ""  # verbatim
    quote: str = ""  # somebody's own words


_SHOWN_ALERT_EVENTS: Mapping[str, Promise] = MappingProxyType(
    {
        AlertEventKind.TOLD: gettext_lazy("%(who)s told:"),
        AlertEventKind.BOUNCED: gettext_lazy("Message to %(who)s came back:"),
        AlertEventKind.UNREACHABLE: gettext_lazy("Nobody to reach:"),
        AlertEventKind.LISTED: gettext_lazy("Reached the clinic’s worklist:"),
        AlertEventKind.ACKNOWLEDGED: gettext_lazy("%(who)s: “I have it”."),
        AlertEventKind.PASSED_ON: gettext_lazy("%(who)s passed on:"),
        AlertEventKind.LAPSED: gettext_lazy("%(who)s no longer has it:"),
        AlertEventKind.CLOSED: gettext_lazy("Alert closed:"),
    }
)

_FLAG_EVENTS: Mapping[FlagEventKind, Promise] = MappingProxyType(
    {
        FlagEventKind.OPENED: gettext_lazy("Flag opened:"),
        FlagEventKind.RESTATED: gettext_lazy("Flag restated:"),
        FlagEventKind.CLOSED: gettext_lazy("Flag closed:"),
    }
)

STAY_WORDS: Mapping[str, Promise] = MappingProxyType(
    {
        StayKind.HOSPITAL: gettext_lazy("in hospital"),
        StayKind.NOT_MONITORED: gettext_lazy("not monitored"),
    }
)


def timeline(
    *,
    entries: Iterable[Entry],
    check_ins: Iterable[CheckIn],
    reports: Iterable[Report],
    flag_events: Iterable[FlagEvent],
    alert_events: Iterable[AlertEvent],
    versions: Iterable[PlanVersion],
    moves: Iterable[PlanMove],
    stays: Iterable[Stay],
    zone: ZoneInfo,
    zone_changes: Iterable[ZoneChange] = (),
    risks: Iterable[RiskRecord] = (),
) -> tuple[TimelineLine, ...]:
    """Return one line for each fact, newest first; nothing that was said is left out."""
    lines = [line for entry in entries for line in entry_lines(entry, zone)]
    lines += [_check_in_line(check_in) for check_in in check_ins]
    lines += [_report_line(report) for report in reports]
    lines += [_flag_line(event) for event in flag_events]
    lines += [_alert_line(event) for event in alert_events if event.kind in _SHOWN_ALERT_EVENTS]
    lines += [_version_line(version) for version in versions]
    lines += [_move_line(move) for move in moves if move.to_state in MOVE_WORDS]
    lines += [line for stay in stays for line in _stay_lines(stay)]
    lines += [line for risk in risks for line in _risk_lines(risk)]
    lines += [_zone_line(change) for change in zone_changes]
    return tuple(sorted(lines, key=lambda line: line.at, reverse=True))


def entry_lines(entry: Entry, zone: ZoneInfo) -> Iterator[TimelineLine]:
    """Yield what an entry said, and that it was taken back when it was."""
    yield TimelineLine(
        at=entry.received_at,
        fact=_entry_fact(entry, zone),
        text=_said_with(entry),
        amount=entry.dose.amount if entry.dose is not None else "",
        quote=" ".join(words for words in (reason_words(entry.reason), entry.amount_note) if words),
    )
    void = getattr(entry, "void", None)
    if void is not None:
        yield TimelineLine(
            at=void.at,
            fact=_("Entry taken back:"),
            text=_("%(what)s By %(name)s.")
            % {"what": _entry_fact(entry, zone), "name": void.by.name},
            quote=reason_words(void.reason),
        )


def _said_with(entry: Entry) -> str:
    """Return who made an entry, and what they said that its amount or its time does not show."""
    text = [_("By %(name)s.") % {"name": entry.by.name}]
    if entry.is_amount_different:
        text.append(_("Amount taken said to differ from the amount entered."))
    if entry.is_clock_wrong:
        text.append(_("The phone’s clock was ahead of the time at which this was received."))
    return " ".join(text)


def _entry_fact(entry: Entry, zone: ZoneInfo) -> str:
    dose = entry.dose
    if dose is None or entry.dose_id is None:
        moment = local_clock(entry.taken_at, zone) if entry.taken_at else ""
        return _("Extra dose taken %(time)s.") % {"time": moment}
    values = {"dose": clock_text(dose.wall_time)}
    if entry.outcome == Outcome.SKIPPED:
        return _("%(dose)s dose skipped.") % values
    if entry.outcome == Outcome.MISSED:
        return _("%(dose)s dose missed, somebody said so.") % values
    return _taken_fact(entry, zone, values)


def _taken_fact(entry: Entry, zone: ZoneInfo, values: dict[str, str]) -> str:
    dose, taken_at = entry.dose, entry.taken_at
    if dose is None or taken_at is None:
        return _("%(dose)s dose taken.") % values
    when = timing(taken_at=taken_at, due_at=dose.due_at, window=dose.version.on_time_window)
    if when is Timing.ON_TIME:
        return _("%(dose)s dose taken.") % values
    words = _("%(dose)s dose taken late, %(time)s, %(span)s after.")
    if when is Timing.EARLY:
        words = _("%(dose)s dose taken early, %(time)s, %(span)s before.")
    return words % {
        **values,
        "time": local_clock(taken_at, zone),
        "span": span_text(minutes_from_due(taken_at, dose.due_at)),
    }


def _check_in_line(check_in: CheckIn) -> TimelineLine:
    signs = [sign.sign for sign in check_in.signs.all()]
    fact = _("Checked in: none of the signs.")
    if signs:
        fact = _("Sign reported: %(signs)s.") % {"signs": sign_names(signs)}
    return TimelineLine(
        at=check_in.at,
        fact=fact,
        text=_("By %(name)s.") % {"name": check_in.by.name},
        quote=check_in.note,
    )


def _report_line(report: Report) -> TimelineLine:
    fact = _("Said that baclofen was stopped suddenly.")
    if report.kind == ReportKind.SUPPLY and report.runs_out_on is not None:
        day = date_format(report.runs_out_on, "D j M")
        fact = _("Said that the supply runs out %(day)s.") % {"day": day}
    return TimelineLine(
        at=report.at,
        fact=fact,
        text=_("By %(name)s.") % {"name": report.by.name},
        quote=report.note,
    )


def _flag_line(event: FlagEvent) -> TimelineLine:
    return TimelineLine(
        at=event.at,
        fact=str(_FLAG_EVENTS[FlagEventKind(event.kind)]),
        text=_with_name(flag_headline(event.flag), event.by),
        quote=event.note,
    )


def _alert_line(event: AlertEvent) -> TimelineLine:
    who = told_name(event) or _("The clinic")
    return TimelineLine(
        at=event.at,
        fact=str(_SHOWN_ALERT_EVENTS[event.kind]) % {"who": who},
        text=f"{alert_headline(event.alert)}.",
        quote=event.note,
    )


def _version_line(version: PlanVersion) -> TimelineLine:
    return TimelineLine(
        at=version.signed_at,
        fact=_("Plan version %(number)s signed.") % {"number": version.number},
        text=_("By %(name)s.") % {"name": version.signed_by.name},
    )


def _move_line(move: PlanMove) -> TimelineLine:
    return TimelineLine(
        at=move.at,
        fact=str(MOVE_WORDS[PlanState(move.to_state)]),
        text=_with_name("", move.by),
        quote=reason_words(move.reason),
    )


def _zone_line(change: ZoneChange) -> TimelineLine:
    """Return what was answered about a device in another zone, on that place's clock."""
    values = {"home": place_name(change.from_zone), "there": place_name(change.to_zone)}
    fact = _("In %(there)s: dose times stay on %(home)s time.") % values
    if change.answer == ZoneAnswer.MOVE and change.counts_from_at is not None:
        begins = local_moment(change.counts_from_at, ZoneInfo(change.to_zone))
        text = _("Dose times move from %(home)s to %(there)s time from %(begins)s there.")
        fact = text % (values | {"begins": begins})
    by = _("Answered by %(name)s.") % {"name": change.by.name}
    return TimelineLine(at=change.at, fact=fact, text=by)


def _stay_lines(stay: Stay) -> Iterator[TimelineLine]:
    """Yield when a stay began and ended, and that it was taken back when it was."""
    values = {"what": STAY_WORDS[StayKind(stay.kind)]}
    said = {StayEventKind(event.kind): event for event in stay.events.all()}
    begun, ended = _("Stay begins: %(what)s."), _("Stay ended: %(what)s.")
    if stay.taken_back_at is not None:
        begun, ended = _("Stay, taken back: %(what)s."), _("Stay, taken back, ended: %(what)s.")
    by = _recorded_by(stay.recorded_by)
    yield TimelineLine(stay.from_at, begun % values, by, quote=stay.note)
    if stay.until_at is not None:
        close = said.get(StayEventKind.ENDED)
        ended_by = _recorded_by(close.by) if close is not None else by
        yield TimelineLine(stay.until_at, ended % values, ended_by)
    if (undone := said.get(StayEventKind.TAKEN_BACK)) is not None:
        yield _undone_line(undone, values)


def _undone_line(event: StayEvent, values: Mapping[str, Promise]) -> TimelineLine:
    by = _("By %(name)s.") % {"name": event.by.name}
    return TimelineLine(event.at, _("Stay taken back: %(what)s.") % values, by, quote=event.reason)


def _risk_lines(risk: RiskRecord) -> Iterator[TimelineLine]:
    """Yield that a risk factor was put on file, and that it was taken off when it was."""
    values = {"what": risk_name(risk.factor)}
    put = _("Put on file as context: %(what)s.") % values
    yield TimelineLine(risk.recorded_at, put, _recorded_by(risk.recorded_by), quote=risk.note)
    removal = getattr(risk, "removal", None)
    if removal is not None:
        by = _("By %(name)s.") % {"name": removal.by.name}
        taken_off = _("Taken off file: %(what)s.") % values
        yield TimelineLine(removal.at, taken_off, by, quote=removal.reason)


def _recorded_by(person: User) -> str:
    return _("Recorded by %(name)s.") % {"name": person.name}


def _with_name(text: str, by: User | None) -> str:
    if by is None:
        return f"{text}." if text else ""
    name = _("By %(name)s.") % {"name": by.name}
    return f"{text}. {name}" if text else name
