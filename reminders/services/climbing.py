"""Decides for a batch of open alerts: who is told now, what is listed, and when to look again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.domain.audiences import Audience
from accounts.models.rows import among, rows_update
from reminders.domain.grouping import Line
from reminders.domain.messages import Purpose
from reminders.domain.recipients import Reached, Recipient, Unreachable
from reminders.selectors.audiences import Surroundings
from reminders.services.outbox import lines_queue
from tracker.domain.alert_facts import AlertFacts, ThreadLine
from tracker.domain.alerts import AlertEventKind, AlertKind
from tracker.domain.flags import FlagClass, Rule
from tracker.domain.ladder import Climb, Hold, LadderRung, Reach, RungDue, climb
from tracker.models import Alert
from tracker.selectors.ladders import Terms, ladder_climbed
from tracker.services.alert_rows import Looked, alerts_move_on, alerts_open, thread_write
from tracker.services.flags import flag_open
from tracker.services.unacknowledged import unacknowledged_settle


@dataclass(frozen=True, slots=True)
class Decided:
    """What the looks at a batch of alerts decided, in order, before any of it is written."""

    looked: list[Looked] = field(default_factory=list)
    thread: list[ThreadLine] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    missing: list[tuple[UUID, Unreachable]] = field(default_factory=list)
    asked: set[UUID] = field(default_factory=set)  # of which somebody outside is told
    to_settle: set[UUID] = field(default_factory=set)  # of which somebody was asked before


class _Reaches(dict[int, Reach]):
    """Whether each rung's audience can be told, found out when the ladder asks for it."""

    def __init__(
        self, alert: AlertFacts, rungs: Sequence[LadderRung], surroundings: Surroundings
    ) -> None:
        super().__init__()
        self._alert = alert
        self._rungs = rungs
        self._surroundings = surroundings
        self.reached: dict[Audience, Reached] = {}

    def __missing__(self, number: int) -> Reach:
        audience = next(rung.audience for rung in self._rungs if rung.number == number)
        if audience not in self.reached:
            self.reached[audience] = self._surroundings.reached(self._alert, audience)
        self[number] = found = self.reached[audience].reach
        return found


@transaction.atomic
def alerts_begin(
    *, alerts: Sequence[AlertFacts], terms: Mapping[UUID, Terms], now: datetime
) -> None:
    """Write alerts that are opened now, as far as they climb at once; `terms` are by their ids."""
    decided = _decide(alerts, Surroundings(alerts, terms, now))
    alerts_open(looked=decided.looked)
    opened = [
        ThreadLine(alert.id, AlertEventKind.OPENED, alert.state.rung, alert.state.round)
        for alert in alerts
    ]
    thread_write(lines=[*opened, *decided.thread], now=now)
    _tell(decided, now)


@transaction.atomic
def alerts_climb(
    *, alerts: Sequence[AlertFacts], terms: Mapping[UUID, Terms], now: datetime
) -> None:
    """Move open alerts on; `terms` are by their ids. The caller holds their rows."""
    decided = _decide(alerts, Surroundings(alerts, terms, now))
    alerts_move_on(looked=decided.looked)
    thread_write(lines=decided.thread, now=now)
    _tell(decided, now)


@transaction.atomic
def acknowledgements_settle(
    *, alerts: Collection[UUID], asked: Collection[UUID], now: datetime
) -> None:
    """Settle F22 for alerts that were just looked at; `asked` are told to others by that look."""
    if not alerts:
        return
    rows = list(_behind(alerts))
    unacknowledged_settle(alerts=rows, asked=asked, now=now)
    looks = [(alert.pk, alert.asked_since_at, alert.next_look_at) for alert in rows]
    rows_update(Alert, ("asked_since_at", "next_look_at"), looks)


def undelivered_flag(*, alert: Alert, subject: str, who: str, now: datetime) -> None:
    """Open F23: somebody who should be told cannot be reached."""
    flag_open(
        patient=alert.patient,
        plan=alert.dose.plan if alert.dose is not None else None,
        rule=Rule.UNDELIVERED,
        subject=subject,
        evidence={"who": who},
        now=now,
    )


def _decide(alerts: Sequence[AlertFacts], surroundings: Surroundings) -> Decided:
    decided = Decided()
    for alert in alerts:
        _look(alert, surroundings, decided)
    return decided


def _look(alert: AlertFacts, surroundings: Surroundings, decided: Decided) -> None:
    """Climb one alert's ladder: lines for those who can be told, a word on those who cannot."""
    now, terms = surroundings.now, surroundings.terms[alert.id]
    if alert.asked_since_at is not None:
        decided.to_settle.add(alert.id)
    alert = _released(alert, surroundings, decided)
    rungs = ladder_climbed(terms.rungs, alert.kind, alert.alert_class)
    reaches = _Reaches(alert, rungs, surroundings)
    found = climb(state=alert.state, rungs=rungs, reach=reaches, now=now)
    if found.has_lapsed and alert.held_by_id is not None:
        decided.thread.append(_lapsed(alert))
    for due in found.due:
        reached = reaches.reached[due.audience]
        _tell_rung(alert, due, reached, surroundings, decided)
    decided.looked.append(_looked(alert, found, now, decided))


def _released(alert: AlertFacts, surroundings: Surroundings, decided: Decided) -> AlertFacts:
    """Return the alert without the hold of somebody who may no longer know of the patient."""
    holder, hold = alert.held_by_id, alert.state.hold
    if holder is None or hold is None or surroundings.has_the_right_to_know(alert, holder):
        return alert
    decided.thread.append(_lapsed(alert))
    over = Hold(until_at=surroundings.now, rung=hold.rung, is_clinic_held=False)
    return replace(alert, held_by_id=None, state=replace(alert.state, hold=over))


def _lapsed(alert: AlertFacts) -> ThreadLine:
    state = alert.state
    return ThreadLine(
        alert.id, AlertEventKind.LAPSED, state.rung, state.round, person_id=alert.held_by_id
    )


def _tell_rung(
    alert: AlertFacts,
    due: RungDue,
    reached: Reached,
    surroundings: Surroundings,
    decided: Decided,
) -> None:
    window = surroundings.terms[alert.id].on_time_window
    for recipient in reached.recipients:
        decided.lines.append(_line(alert, due, recipient, window, surroundings.now))
        decided.thread.append(
            ThreadLine(
                alert.id,
                AlertEventKind.DECIDED,
                due.number,
                due.round,
                person_id=recipient.person_id,
                clinic_id=recipient.clinic_id,
                duty=recipient.duty,
            )
        )
    if reached.recipients and due.audience is not Audience.PATIENT:
        decided.asked.add(alert.id)
    for missing in reached.unreachable:
        kind = AlertEventKind.UNREACHABLE
        decided.thread.append(ThreadLine(alert.id, kind, due.number, due.round, note=missing.name))
        if missing.is_flagged:
            decided.missing.append((alert.id, missing))


def _line(
    alert: AlertFacts, due: RungDue, recipient: Recipient, window: timedelta, now: datetime
) -> Line:
    purpose, expires_at = Purpose.ALERT, None
    if alert.kind is AlertKind.NO_LOG and due.audience is Audience.PATIENT and alert.dose:
        window_ends_at = alert.dose.due_at + window
        if now < window_ends_at:
            purpose, expires_at = Purpose.PROMPT, window_ends_at
    return Line(
        alert_id=alert.id,
        dose_id=alert.dose.id if alert.dose is not None else None,
        alert_class=alert.alert_class,
        rung=due.number,
        round=due.round,
        recipient=recipient,
        purpose=purpose,
        expires_at=expires_at,
        turn=due.turn,
    )


def _looked(alert: AlertFacts, found: Climb, now: datetime, decided: Decided) -> Looked:
    """Return the alert as it stands now; behind its last rung it is on the worklist."""
    state = found.state
    if not state.is_listed or alert.listed_at is not None:
        return Looked(alert, state, alert.alert_class, alert.listed_at, found.next_look_at)
    listed = ThreadLine(alert.id, AlertEventKind.LISTED, state.rung, state.round)
    decided.thread.append(listed)
    return Looked(alert, state, FlagClass.WATCH.value, now, found.next_look_at)


def _tell(decided: Decided, now: datetime) -> None:
    """Queue the lines, flag who cannot be reached, and settle who has not acknowledged."""
    lines_queue(decided.lines, now=now)
    missing = {alert_id for alert_id, _missing in decided.missing}
    behind = {alert.pk: alert for alert in _behind(missing)} if missing else {}
    for alert_id, who in decided.missing:
        undelivered_flag(alert=behind[alert_id], subject=who.subject, who=who.name, now=now)
    to_settle = decided.to_settle | decided.asked
    acknowledgements_settle(alerts=to_settle, asked=decided.asked, now=now)


def _behind(alerts: Collection[UUID]) -> QuerySet[Alert]:
    """Return the rows of these alerts with what flags about them name."""
    rows = Alert.objects.filter(among("pk", alerts)).order_by("next_look_at", "pk")
    return rows.select_related(
        "patient__clinic", "patient__user", "dose__version__plan", "dose__plan", "flag__plan"
    )
