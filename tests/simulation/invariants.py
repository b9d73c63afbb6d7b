"""The invariants of docs/safety.md that the engine must hold at every step, checked from facts.

What is expected is worked out anew here, from entries, times and the ladder as typed; nothing is
asked of the rules under test.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from accounts.domain.audiences import Audience
from accounts.domain.zones import date_exists
from reminders.domain.messages import AttemptResult, MessageState, Purpose
from reminders.domain.recipients import Recipient
from tests.simulation.rows import Alert, Delivery, Dose, Entry, Message, Patient, Person, Row
from tracker.domain.alerts import AlertEventKind, AlertKind, CloseReason
from tracker.domain.doses import Outcome
from tracker.domain.flags import FlagClass
from tracker.domain.ladder import LadderRung
from tracker.domain.plan_states import PlanState

if TYPE_CHECKING:
    from tests.simulation.world import World

LIMIT = timedelta(minutes=5)
DAY = timedelta(days=1)
LONGEST = timedelta(hours=26)
"""By when a message has ended: all quiet hours and every retry are over."""
ASKS_AGAIN = (CloseReason.ENTRY, CloseReason.STAY)


class Broken(AssertionError):
    """An invariant that did not hold, by its number."""

    def __init__(self, invariant: int, text: str) -> None:
        super().__init__(f"invariant {invariant}: {text}")
        self.invariant = invariant


def hold(is_held: bool, invariant: int, text: str) -> None:
    """Stop the run when an invariant is broken."""
    if not is_held:
        raise Broken(invariant, text)


def ledger(dose: Dose) -> Entry | None:
    """Return the entry that stands, worked out from what was said and taken back."""
    return next((entry for entry in dose.entries if entry.voided_at is None), None)


def first_silence(dose: Dose) -> Alert | None:
    """Return the first episode of a dose's silence."""
    return next((alert for alert in dose.alerts if alert.kind is AlertKind.NO_LOG), None)


def has_gone(dose: Dose) -> CloseReason | None:
    """Return why nobody should be asked about a dose; None when somebody should."""
    patient = dose.patient
    if patient.state is not PlanState.ACTIVE:
        is_held = patient.state is PlanState.ON_HOLD
        return CloseReason.PLAN_HELD if is_held else CloseReason.PLAN_STOPPED
    if any(s <= dose.due_at and (e is None or dose.due_at < e) for s, e in patient.stays):
        return CloseReason.STAY
    return CloseReason.PLAN_CHANGED if dose.cancelled_at is not None else None


class Watch:
    """Looks on while a case runs; raises Broken at the step that breaks an invariant."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.deliveries: defaultdict[UUID, list[Delivery]] = defaultdict(list)
        self._lines: set[object] = set()
        self._rows: set[object] = set()
        self._hold_ends: dict[UUID, datetime] = {}
        self._flagged: set[object] = set()
        self._failed: list[Message] = []
        self._due_at: dict[int, int] = {}
        self._silent: dict[UUID, Dose] = {}
        self._left: set[UUID] = set()
        self._made: set[UUID] = set()  # by the pass that runs, after it looked at doses
        self._expected: list[tuple[datetime, int, Alert]] = []

    # --- doses and entries

    def dose_made(self, world: World, dose: Dose) -> None:
        """No date has the same dose twice."""
        key = (dose.patient.number, dose.local_date, dose.wall_time, id(dose.version))
        hold(key not in self._rows, 14, f"{key[1:3]} is expected twice")
        self._rows.add(key)
        self._made.add(dose.id)
        self.counts["doses"] += 1

    # --- alerts

    def alert_opened(self, world: World, alert: Alert) -> None:
        """An alert states what is so: silence where nobody spoke, "not taken" where one did."""
        self.counts[f"alerts: {alert.kind}"] += 1
        self._expect(alert, self._began_at(alert))
        if alert.dose is None:
            assert alert.flag is not None
            self._flagged.add((alert.patient.number, alert.flag.subject))
            return
        twins = [a for a in alert.dose.alerts if a.kind is alert.kind and a.closed_at is None]
        hold(len(twins) == 1, 4, "two alerts about one fact are open")
        said = ledger(alert.dose)
        if alert.kind is AlertKind.NO_LOG:
            hold(said is None, 3, "an alert says “no log” about a dose that was logged")
            first_at = alert.dose.due_at + alert.dose.version.rungs[0].delay
            hold(alert.opened_at >= first_at, 14, "an alert is ahead of its dose")
            return
        is_said = said is not None and said.outcome is not Outcome.TAKEN
        hold(is_said, 3, "an alert says “not taken” and nobody has said so")

    def alert_closing(self, world: World, alert: Alert, reason: CloseReason) -> None:
        """An alert closes by the fact that it names, and never because time has passed."""
        self.counts[f"closed: {reason}"] += 1
        if alert.dose is None:
            return
        self._silent[alert.dose.id] = alert.dose
        said = ledger(alert.dose)
        facts = {
            CloseReason.ENTRY: said is not None,
            CloseReason.ENTRY_VOIDED: said is None,
            CloseReason.NOTED: True,
        }
        is_so = facts.get(reason, reason is has_gone(alert.dose))
        is_so = is_so or alert.patient.state is not PlanState.ACTIVE or reason in {"plan_held"}
        hold(is_so, 3, f"an alert closed as “{reason}”, which is not so")

    def acknowledged(self, world: World, alert: Alert, by: Person) -> None:
        """Remember until when this person's word may hold the clinic's rungs."""
        self.counts["acknowledgements"] += 1
        is_sparing = alert.alert_class in (FlagClass.EMERGENCY, FlagClass.SAME_DAY)
        if is_sparing and by is not world.clinician:
            return
        assert alert.version is not None
        until_at = world.now + alert.version.follow_up
        self._hold_ends[alert.id] = max(until_at, self._hold_ends.get(alert.id, until_at))

    def alert_looked_at(self, world: World, alert: Alert, now: datetime) -> None:
        """A rung on which nobody can be told now is not waited for."""
        rungs = world.ladder_behind(alert)
        if alert.held_until_at is not None or alert.rung >= rungs[-1].number or not alert.rung:
            return
        told = [
            event.recipient
            for event in alert.events
            if event.kind is AlertEventKind.DECIDED
            and (event.rung, event.round, event.at) == (alert.rung, alert.round, now)
        ]
        is_new = told or alert.events[-1].kind is AlertEventKind.UNREACHABLE
        if is_new and alert.events[-1].at == now and alert.events[-1].rung == alert.rung:
            is_anybody_there = any(_is_free(world, alert, each, now) for each in told)
            hold(is_anybody_there, 13, "a rung on which nobody can be told is waited for")

    # --- messages

    def line_decided(self, world: World, row: Row, now: datetime) -> None:
        """Nothing is decided twice, and no prompt for a dose whose window is over."""
        line = row.line
        key = (line.alert_id, line.rung, line.round, line.recipient, line.purpose)
        hold(key not in self._lines, 4, "a line is decided twice")
        self._lines.add(key)
        self.counts["lines"] += 1

    def delivered(self, world: World, delivery: Delivery) -> None:
        """What a provider takes says nothing stale, nothing it may not, to nobody it may not."""
        message, at = delivery.message, delivery.looked_at
        self.deliveries[delivery.key].append(delivery)
        self.counts[f"delivered: {message.purpose}"] += 1
        if delivery.names_amount:
            is_asked_for = not delivery.point.is_discreet and message.purpose is Purpose.PROMPT
            hold(is_asked_for, 11, "a message names an amount, and nobody has asked for it")
        for row in delivery.rows:
            self._row_delivered(world, row, message, at)

    def _row_delivered(self, world: World, row: Row, message: Message, at: datetime) -> None:
        dose, alert = row.alert.dose, row.alert
        if message.purpose is Purpose.FOLLOW_UP:
            hold(alert.closed_at is not None, 3, "an outcome is told before there is one")
            return
        if dose is not None and alert.kind is AlertKind.NO_LOG:
            hold(ledger(dose) is None, 14, "somebody is told “no log” of a dose that was logged")
            hold(has_gone(dose) is None, 14, "somebody is told of a dose nobody is asked about")
        if message.purpose is Purpose.PROMPT:
            assert dose is not None
            is_in_time = at < dose.due_at + dose.version.window
            hold(is_in_time, 14, "a prompt was sent after the dose's window")
            hold(at >= dose.due_at, 14, "a prompt was sent before the dose was due")

    def message_ended(self, world: World, message: Message) -> None:
        """A message ends as sent, or for a reason."""
        self.counts[f"messages: {message.state}"] += 1
        if message.state is MessageState.SENT:
            hold(bool(self.deliveries[message.id]), 4, "a message counts as sent, and was not")
        if message.state is MessageState.CANCELLED:
            is_moot = all(_has_nothing_to_say(world, row) for row in message.lines)
            hold(is_moot, 4, "a message with something to say was cancelled")
        if message.state is MessageState.EXPIRED:
            hold(message.purpose is Purpose.PROMPT, 4, "something else than a prompt expired")
        if message.state is MessageState.FAILED:
            self._failed.append(message)

    # --- after each pass

    def sweep_done(self, world: World) -> None:
        """After a whole pass everything that is due by now has been decided."""
        now = world.now
        self.counts["sweeps"] += 1
        while self._expected and self._expected[0][0] <= now:
            alert = heapq.heappop(self._expected)[2]
            if alert.closed_at is None:
                self._expect(alert, self._is_climbing(world, alert, now))
        for patient in world.patients:
            self._fall_due(patient, now)
        silent, self._silent = self._silent, {}
        for dose in silent.values():
            if dose.id in self._made:
                self._silent[dose.id] = dose
            elif ledger(dose) is None and dose.cancelled_at is None:
                self._is_asked_about(dose, now)
        self._made.clear()

    def _expect(self, alert: Alert, at: datetime | None) -> None:
        """Look at an open alert after the first sweep from `at` on; None: all of it was done."""
        if at is not None:
            heapq.heappush(self._expected, (at, alert.opened, alert))

    def _fall_due(self, patient: Patient, now: datetime) -> None:
        place = self._due_at.get(patient.number, 0)
        while place < len(patient.doses):
            dose = patient.doses[place]
            if dose.due_at + dose.version.rungs[0].delay > now:
                break
            self._silent[dose.id] = dose
            place += 1
        self._due_at[patient.number] = place

    def voided(self, dose: Dose) -> None:
        """A dose whose entry was taken back is silent again."""
        self._silent[dose.id] = dose
        self._left.discard(dose.id)

    def left_behind(self, dose: Dose) -> None:
        """A dose that was due before a hold or an end is no longer asked about, also later."""
        self._left.add(dose.id)

    def _is_asked_about(self, dose: Dose, now: datetime) -> None:
        if dose.id in self._left or has_gone(dose) is not None:
            return
        if dose.due_at + dose.version.rungs[0].delay > now:
            return
        silences = [alert for alert in dose.alerts if alert.kind is AlertKind.NO_LOG]
        if any(alert.closed_at is None for alert in silences):
            return
        last = silences[-1] if silences else None
        is_settled = last is not None and last.close_reason not in ASKS_AGAIN
        hold(is_settled, 4, f"nobody is asked about the silence of {dose.due_at:%d %b %H:%M}")

    def _is_climbing(self, world: World, alert: Alert, now: datetime) -> datetime | None:
        """Check that every rung due by `now` was decided; return when the next one is due."""
        rungs = world.ladder_behind(alert)
        began_at = self._began_at(alert)
        held_until_at = self._hold_ends.get(alert.id)
        due = sum(began_at + rung.delay <= now for rung in rungs)
        if held_until_at is None and not _was_anybody_here(alert):
            hold(alert.rung >= due, 4, f"rung {due} is due and was not decided")
        last = _listing_rung(rungs) if alert.dose is not None else _first_clinic_rung(rungs)
        listed_by_at = max(began_at, held_until_at or began_at) + last.delay
        is_there = alert.rung >= last.number and alert.listed_at is not None
        hold(is_there or now < listed_by_at, 13, "nobody at the clinic can see an open alert")
        ahead = [began_at + rung.delay for rung in rungs[due:]]
        return min(ahead if is_there else [*ahead, listed_by_at], default=None)

    @staticmethod
    def _began_at(alert: Alert) -> datetime:
        is_silence = alert.kind is AlertKind.NO_LOG and alert.dose is not None
        is_first = is_silence and alert.dose and alert is first_silence(alert.dose)
        return alert.dose.due_at if is_first and alert.dose else alert.opened_at

    def dispatch_done(self, world: World) -> None:
        """After a whole pass nothing waits that could go, and who failed is flagged."""
        self.counts["dispatches"] += 1
        now = world.now
        for message in world.waiting.values():
            is_late = message.state is MessageState.QUEUED and message.next_try_at <= now
            hold(not is_late, 4, "a message waits that could be sent")
            if message.message_class == FlagClass.EMERGENCY and not message.tries:
                waits = message.next_try_at > now and message.purpose is Purpose.ALERT
                waits = waits and message.state is MessageState.QUEUED
                is_put_off = waits and message.decided_at <= now and message.attempts == 0
                hold(not is_put_off, 13, "an emergency waits for quiet hours to end")
        failed, self._failed = self._failed, []
        for message in failed:
            who = world.name_of(message.recipient)
            for row in message.standing_lines:
                flag = (row.alert.patient.number, f"F23 {who}")
                hold(flag in self._flagged, 13, f"{who} could not be told and nobody knows")

    # --- pages, and the end

    def page_seen(self, is_loud: bool, *, must_be_loud: bool, may_be_loud: bool) -> None:
        """A page says that the engine is silent when it is, and not when it is not."""
        self.counts["pages"] += 1
        hold(is_loud or not must_be_loud, 5, "the engine is silent and no page says so")
        hold(not is_loud or may_be_loud, 5, "the engine lives and a page calls it silent")

    def ended(self, world: World) -> None:
        """When all is over, nothing is on its way, and whoever was told knows the outcome."""
        for message in world.waiting.values():
            is_new = message.decided_at > world.now - LONGEST
            hold(is_new, 4, f"a message to {world.name_of(message.recipient)} never ended")
        for dose in world.every_dose():
            self._state_is_what_was_said(world, dose)
        for deliveries in self.deliveries.values():
            self._arrived(world, deliveries)
        for patient in world.patients:
            _is_complete(patient, world.now)

    def _state_is_what_was_said(self, world: World, dose: Dose) -> None:
        said, told = ledger(dose), dose.standing
        hold(said is told, 3, "what counts for a dose is not what was said first")
        state = world.rules.dose_state(
            due_at=dose.due_at,
            window=dose.version.window,
            outcome=told.outcome if told is not None else None,
            is_cancelled=dose.cancelled_at is not None,
            now=world.now,
        )
        if said is None:
            hold(state not in set(Outcome), 3, f"silence is called “{state}”")
        else:
            hold(state == said.outcome, 3, f"“{said.outcome}” is called “{state}”")

    def _arrived(self, world: World, deliveries: list[Delivery]) -> None:
        message = deliveries[0].message
        if not world.case.faults:
            hold(len(deliveries) == 1, 4, "a message went out twice on a calm day")
        if message.purpose is not Purpose.ALERT or message.state is MessageState.FAILED:
            return
        if message.state is not MessageState.SENT and AttemptResult.RETURNED in message.tries:
            return
        for row in {row for delivery in deliveries if delivery.is_known for row in delivery.rows}:
            person = row.alert.patient.person
            is_own = person is not None and message.recipient.person_id == person.id
            if row.alert.closed_at is None or is_own or self._is_followed(row):
                continue
            raise Broken(4, f"{world.name_of(message.recipient)} was never told how it ended")

    @staticmethod
    def _is_followed(row: Row) -> bool:
        return any(
            other.line.purpose is Purpose.FOLLOW_UP and other.line.recipient == row.line.recipient
            for other in row.alert.lines
        )


def _has_nothing_to_say(world: World, row: Row) -> bool:
    """Tell whether the fact of a line has gone, or its reader's right to know."""
    alert, person = row.alert, row.line.recipient.person_id
    has_right = person is None or world.has_right(alert.patient, person)
    if alert.closed_at is not None or not has_right:
        return row.line.purpose is not Purpose.FOLLOW_UP or not has_right
    if alert.dose is None:
        return False
    said = ledger(alert.dose)
    is_silence = alert.kind is AlertKind.NO_LOG
    is_gone = said is not None if is_silence else said is None or said.outcome is Outcome.TAKEN
    return is_gone or (is_silence and alert.dose.cancelled_at is not None)


def _is_free(world: World, alert: Alert, who: Recipient | None, now: datetime) -> bool:
    """Tell whether somebody can be told at this moment; a clinic's duty has no quiet hours."""
    if who is None:
        return False
    if who.clinic_id is not None or alert.alert_class == FlagClass.EMERGENCY:
        return bool(world.points_of(who))
    return any(world.quiet_ends(point, now) is None for point in world.points_of(who))


def _was_anybody_here(alert: Alert) -> bool:
    by_hand = (AlertEventKind.PASSED_ON, AlertEventKind.LAPSED, AlertEventKind.ACKNOWLEDGED)
    return any(event.kind in by_hand for event in alert.events)


def _listing_rung(rungs: tuple[LadderRung, ...]) -> LadderRung:
    return [rung for rung in rungs if rung.turn == 0][-1]


def _first_clinic_rung(rungs: tuple[LadderRung, ...]) -> LadderRung:
    return next(rung for rung in rungs if rung.audience is Audience.CLINIC)


def _is_complete(patient: Patient, until: datetime) -> None:
    """Every date well inside a version has each of its doses once."""
    found = Counter((id(d.version), d.local_date, d.wall_time) for d in patient.doses)
    for version in patient.versions:
        day = (version.from_at + 2 * DAY).astimezone(version.zone).date()
        end_at = min(version.until_at or until, until) - 2 * DAY
        while day <= end_at.astimezone(version.zone).date():
            for dose in version.step.doses:
                is_there = found[id(version), day, dose.wall_time] == 1
                hold(is_there or not date_exists(day, version.zone), 4, f"{day} has no dose")
            day += DAY
