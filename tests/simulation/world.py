"""The in-memory world: rows, the clock of its server, and who can be told of what."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.domain.audiences import Audience
from accounts.domain.opening_hours import OpenSpan, is_open
from reminders.domain.recipients import Reached, Recipient, Unreachable
from tests.simulation.case import Case, PlanSpec, PointSpec
from tests.simulation.invariants import Watch
from tests.simulation.people import step_from
from tests.simulation.rows import Alert, Dose, Message, Patient, Person, Point, Version
from tests.simulation.rules import Rules
from tracker.domain.alerts import AlertEventKind, AlertKind
from tracker.domain.flags import FlagClass
from tracker.domain.ladder import LadderRung, Reach

MINUTE = timedelta(minutes=1)
DESK, OUT_OF_HOURS = "desk", "out_of_hours"
HORIZON = timedelta(days=14)
_NOBODY = Reached((), Reach.NOBODY)


class Looks:
    """Rows by their next look, as the partial index gives them; a locked row is passed over."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Dose | Alert | Patient]] = []
        self._count = 0

    def set(self, row: Dose | Alert | Patient, at: datetime | None) -> None:
        """Let the row be looked at from `at` on; None: never."""
        row.look_at = at
        if at is not None:
            self._count += 1
            heapq.heappush(self._heap, (at, self._count, row))

    def next_at(self) -> datetime | None:
        """Return when the next row is due for a look."""
        while self._heap and self._heap[0][2].look_at != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def bring_forward(self, until: datetime, now: datetime) -> None:
        """Let every row that would be looked at by `until` be looked at `now`."""
        for at, _, row in list(self._heap):
            if now < at <= until and row.look_at == at:
                self.set(row, now)

    def take(self, now: datetime, limit: int) -> list[Dose | Alert | Patient]:
        """Take rows out that are due by `now`: locked, until they are set again."""
        taken: list[Dose | Alert | Patient] = []
        while len(taken) < limit and (at := self.next_at()) is not None and at <= now:
            row = heapq.heappop(self._heap)[2]
            if row not in taken:
                taken.append(row)
        return taken


class World:
    """Everything there is, at the clock of the server."""

    def __init__(self, case: Case, rules: Rules, watch: Watch) -> None:
        self.case, self.rules, self.watch = case, rules, watch
        self.true_at = case.starts_at
        self.clock_offset = timedelta()
        self.doses, self.alerts, self.plans = Looks(), Looks(), Looks()
        self.messages: list[Message] = []
        self.waiting: dict[UUID, Message] = {}
        self.open_alerts: dict[UUID, Alert] = {}
        self.beats: dict[str, datetime] = {}
        self.groups: dict[object, Message] = {}
        self._ids = 0
        self.people = {
            spec.name: Person(self.new_id(), spec.name, self._points(spec.name, spec.points, zone))
            for spec in case.people
            for zone in [ZoneInfo(spec.zone)]
        }
        self._set_up_clinic()
        self.patients = [self._patient(number) for number in range(len(case.patients))]

    @property
    def now(self) -> datetime:
        """What the server's clock says."""
        return self.true_at + self.clock_offset

    def new_id(self) -> UUID:
        """Return the next key; spread like a random one, the same in every run."""
        self._ids += 1
        return UUID(int=(self._ids * 0x9E3779B97F4A7C15F39CC0605CEDC835) % 2**128)

    def count(self) -> int:
        """Return a number that only grows: the order in which things truly happened."""
        self._ids += 1
        return self._ids

    def points_of(self, recipient: Recipient) -> list[Point]:
        """Return the contact points that may be written to, in their order."""
        return [point for point in self._points_by[recipient] if point.is_usable]

    def points_named(self, owner: str) -> list[Point]:
        """Return every contact point of a person or a duty, usable or not."""
        if owner in (DESK, OUT_OF_HOURS):
            return self._points_by[Recipient(clinic_id=self.clinic_id, duty=owner)]
        return self.people[owner].points if owner in self.people else []

    def name_of(self, recipient: Recipient) -> str:
        """Return the name of a person or a duty."""
        return self._names[recipient]

    def audience_of(self, alert: Alert, audience: Audience, now: datetime) -> Reached:
        """Return who of an audience is to be told now, as reminders.selectors.audiences does."""
        patient = alert.patient
        if audience is Audience.PATIENT:
            if patient.person is None:
                return Reached((), Reach.NOBODY, (Unreachable("patient", "", is_flagged=False),))
            return self._people(alert, [patient.person], now)
        if audience is Audience.CLINIC:
            return self._clinic(alert, now)
        linked = self.caregivers_of(patient)
        if not linked:
            return Reached((), Reach.NOBODY, (Unreachable("caregivers", ""),))
        passed = {
            event.recipient for event in alert.events if event.kind is AlertEventKind.PASSED_ON
        }
        return self._people(alert, [p for p in linked if Recipient(p.id) not in passed], now)

    def caregivers_of(self, patient: Patient) -> list[Person]:
        """Return the caregivers whose link holds."""
        links = patient.caregivers.items()
        return [person for name, person in links if name not in patient.ended_links]

    def has_right(self, patient: Patient, person_id: UUID) -> bool:
        """Tell whether a person may still be told about a patient."""
        own = patient.person is not None and patient.person.id == person_id
        linked = any(person.id == person_id for person in self.caregivers_of(patient))
        return own or linked or person_id == self.clinician.id

    def quiet_ends(self, point: Point, now: datetime) -> datetime | None:
        """Return when the quiet hours that hold now end; None outside them."""
        if point.quiet_from_time is None:
            return None
        until = self.rules.quiet_until(
            point.quiet_from_time, point.quiet_until_time, point.zone, now
        )
        return None if until is None else until

    def ladder_behind(self, alert: Alert) -> tuple[LadderRung, ...]:
        """Return the rungs that this alert climbs."""
        version = alert.version
        assert version is not None
        if alert.kind is AlertKind.NO_LOG:
            return self._climbed(version, None)
        return self._climbed(version, alert.alert_class == FlagClass.EMERGENCY)

    def version_of(self, patient: Patient, now: datetime) -> Version:
        """Return the version in force; the first one before that."""
        begun = [version for version in patient.versions if version.from_at <= now]
        return begun[-1] if begun else patient.versions[0]

    def version_from(self, plan: PlanSpec, from_at: datetime) -> Version:
        """Return a version of a plan that counts from an instant on."""
        rungs = tuple(
            LadderRung(
                number=number,
                delay=rung.minutes * MINUTE,
                audience=Audience(rung.audience),
                repeat_delay=rung.repeat_minutes * MINUTE,
                repeat_times=rung.repeat_times,
            )
            for number, rung in enumerate(plan.rungs, 1)
        )
        begins_on = (from_at - timedelta(days=1)).date()
        return Version(
            step=step_from(plan, begins_on),
            zone=ZoneInfo(plan.zone),
            rungs=rungs,
            window=plan.window * MINUTE,
            follow_up=plan.follow_up * MINUTE,
            from_at=from_at,
        )

    def every_dose(self) -> Iterator[Dose]:
        """Every expected dose there is."""
        for patient in self.patients:
            yield from patient.doses

    def _people(self, alert: Alert, people: Sequence[Person], now: datetime) -> Reached:
        recipients, missing, is_free = [], [], False
        is_emergency = alert.alert_class == FlagClass.EMERGENCY
        for person in people:
            points = self.points_of(Recipient(person.id))
            if not points:
                missing.append(Unreachable(person.name, person.name))
                continue
            recipients.append(Recipient(person.id))
            ends = [self.quiet_ends(point, now) for point in points]
            is_free = is_free or is_emergency or None in ends
        if not recipients:
            return Reached((), Reach.NOBODY, tuple(missing))
        return Reached(tuple(recipients), Reach.NOW if is_free else Reach.LATER, tuple(missing))

    def _clinic(self, alert: Alert, now: datetime) -> Reached:
        duties = [DESK, OUT_OF_HOURS]
        if alert.alert_class != FlagClass.EMERGENCY:
            duties = [DESK if is_open(self.hours, self.clinic_zone, now) else OUT_OF_HOURS]
        own = [Recipient(clinic_id=self.clinic_id, duty=duty) for duty in duties]
        recipients = [recipient for recipient in own if self.points_of(recipient)]
        person = self._people(alert, [self.clinician], now)
        is_told = bool(recipients) or person.reach is Reach.NOW
        recipients += person.recipients
        missing = list(person.unreachable)
        if not self.points_of(Recipient(clinic_id=self.clinic_id, duty=DESK)):
            missing.append(Unreachable(DESK, DESK))
        reach = Reach.NOW if is_told else Reach.LATER if recipients else Reach.NOBODY
        return Reached(tuple(recipients), reach, tuple(missing))

    def _climbed(self, version: Version, is_emergency: bool | None) -> tuple[LadderRung, ...]:
        key = id(version), is_emergency
        if key not in self._ladders:
            typed = version.rungs
            if is_emergency is not None:
                typed = self.rules.outside_rungs(typed, is_emergency=is_emergency)
            self._ladders[key] = tuple(self.rules.tellings(typed))
        return self._ladders[key]

    def _set_up_clinic(self) -> None:
        spec = self.case.clinic
        self.clinic_id = self.new_id()
        self.clinic_zone = ZoneInfo(spec.zone)
        self.clinician = self.people[spec.clinician]
        self.hours = opening_hours(spec.opens, spec.closes, spec.weekdays)
        self._ladders: dict[object, tuple[LadderRung, ...]] = {}
        by = {Recipient(person.id): person.points for person in self.people.values()}
        for duty, specs in ((DESK, spec.desk), (OUT_OF_HOURS, spec.out_of_hours)):
            recipient = Recipient(clinic_id=self.clinic_id, duty=duty)
            by[recipient] = self._points(duty, specs, self.clinic_zone)
        self._points_by = by
        self._names = {Recipient(person.id): person.name for person in self.people.values()}
        for duty in (DESK, OUT_OF_HOURS):
            self._names[Recipient(clinic_id=self.clinic_id, duty=duty)] = duty

    def _patient(self, number: int) -> Patient:
        spec = self.case.patients[number]
        version = self.version_from(spec.plan, self.case.starts_at)
        caregivers = {name: self.people[name] for name in spec.caregivers}
        patient = Patient(number, self.people.get(spec.person), caregivers, [version])
        self.plans.set(patient, self.case.starts_at)
        return patient

    @staticmethod
    def _points(owner: str, specs: Sequence[PointSpec], zone: ZoneInfo) -> list[Point]:
        return [
            Point(
                owner, zone, spec.kind, wall(spec.quiet_from), wall(spec.quiet_until),
                spec.is_discreet,
            )
            for spec in specs
        ]  # fmt: skip


@cache
def opening_hours(opens: str, closes: str, weekdays: int) -> tuple[OpenSpan, ...]:
    """Return the same span on the first `weekdays` days of the week."""
    span = wall(opens), wall(closes)
    if span[0] is None or span[1] is None:
        return ()
    return tuple(OpenSpan(day, span[0], span[1]) for day in range(weekdays))


def wall(clock: str) -> time | None:
    """Return a wall time, or None for none."""
    return time.fromisoformat(clock) if clock else None
