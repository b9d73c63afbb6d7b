"""The simulator is no second truth: PostgreSQL and the services decide the same for a few seeds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from random import Random
from uuid import uuid4

import pytest

from accounts.models import ContactPoint, User
from accounts.services.contact_points import contact_point_disable
from reminders.models import Notification
from tests.cast import LONDON, TUESDAY, Cast
from tests.reminders.engine import sweep_and_dispatch
from tests.simulation.acting import act_do
from tests.simulation.case import (
    MINUTE,
    Act,
    Case,
    ClinicSpec,
    PatientSpec,
    PersonSpec,
    PlanSpec,
    PointSpec,
    RungSpec,
)
from tests.simulation.invariants import Watch
from tests.simulation.people import plan_from
from tests.simulation.providers import Providers
from tests.simulation.rules import Rules
from tests.simulation.sending import dispatch
from tests.simulation.sweeping import sweep
from tests.simulation.world import World
from tests.tapers import taper_signed
from tracker.domain.doses import Outcome, Via
from tracker.models import Alert, ExpectedDose, Plan
from tracker.services.alerts import alert_acknowledge, alert_close_with_note, alert_pass_on
from tracker.services.entries import entry_add, entry_void

HOURS = 30
SECOND = timedelta(seconds=1)
EVENTS = ("log", "log", "void", "acknowledge", "acknowledge", "pass on", "note", "remove point")
MAIL = (PointSpec(),)
QUIET = (PointSpec(quiet_from="22:00", quiet_until="07:00"),)


def case_of(seed: int) -> Case:
    """Ewan, Isla (who sleeps), Tomasz and Dr Raman at Harbour clinic, with any ladder."""
    random = Random(seed)  # noqa: S311 - a story to repeat, no secret
    drawn = plan_from(random, LONDON)
    rungs = drawn.rungs
    if len(rungs) == 1:
        rungs = (
            RungSpec(0, "patient", 10, 2),
            *(RungSpec(r.minutes + 60, "clinic") for r in rungs),
        )
    times = tuple(sorted({"16:00", random.choice(drawn.times)}))
    return Case(
        seed=seed,
        begins_on=TUESDAY.date(),
        days=2,
        clinic=ClinicSpec(LONDON, "08:00", "18:00", 5, MAIL, MAIL, "priya"),
        people=(
            PersonSpec("ewan", LONDON, MAIL),
            PersonSpec("isla", LONDON, QUIET),
            PersonSpec("tomasz", LONDON, MAIL),
            PersonSpec("priya", LONDON, MAIL),
        ),
        patients=(
            PatientSpec(
                "ewan",
                PlanSpec(LONDON, times, rungs, drawn.window, drawn.follow_up),
                ("isla", "tomasz"),
            ),
        ),
    )


def acts_of(seed: int, due: list[int]) -> list[Act]:
    """What happens around doses due at these minutes."""
    random = Random(seed + 1)  # noqa: S311 - a story to repeat, no secret
    acts = []
    for about in due:
        for _ in range(5):
            kind, minute = random.choice(EVENTS), about + random.randint(-20, 600)
            who = random.choice(("isla", "tomasz", "priya"))
            who = {"note": "priya", "log": random.choice(("ewan", "isla"))}.get(kind, who)
            who = "tomasz" if kind == "remove point" else who
            said = random.choice(("taken", "skipped", "missed"))
            acts.append(Act(minute, kind, 0, who, about, said))
    return sorted(acts, key=lambda act: act.minute)


class InMemory:
    """The case in the simulator, turned by hand."""

    def __init__(self, case: Case) -> None:
        self.world = World(case, Rules(), Watch())
        self.providers = Providers()
        self.world.patients[0].versions[0].from_at = TUESDAY
        self.turn(TUESDAY)

    def turn(self, now: datetime) -> None:
        """Sweep and dispatch."""
        self.world.true_at = now
        for _ in sweep(self.world):
            pass
        for _ in dispatch(self.world, self.providers):
            pass

    def next_at(self) -> Iterator[datetime]:
        """When something is due: a look, or a message."""
        world = self.world
        looks = (world.doses.next_at(), world.plans.next_at(), world.alerts.next_at())
        yield from (at for at in looks if at is not None)
        yield from (message.next_try_at for message in world.waiting.values())

    def decided(self) -> set[object]:
        """Every line about a dose: which rung of which episode, to whom, and what came of it."""
        alerts = [alert for dose in self.world.every_dose() for alert in dose.alerts]
        return {
            (
                *_named(row.alert.dose.due_at if row.alert.dose else None, row.alert.kind),
                sorted(a.opened for a in row.alert.dose.alerts if a.kind is row.alert.kind).index(
                    row.alert.opened
                )
                + 1
                if row.alert.dose
                else 0,
                row.line.rung,
                row.line.round,
                self.world.name_of(row.line.recipient),
                str(row.line.purpose),
                str(row.message.state),
                row.dropped_at is not None,
            )
            for alert in alerts
            for row in alert.lines
        }

    def alerts(self) -> set[object]:
        """Where every alert about a dose stands."""
        return {
            (
                *_named(dose.due_at, alert.kind),
                alert.opened_at,
                alert.rung,
                alert.round,
                alert.climb_from_at,
                alert.held_until_at,
                alert.listed_at,
                str(alert.close_reason or ""),
            )
            for dose in self.world.every_dose()
            for alert in dose.alerts
        }


class InDatabase:
    """The same case on PostgreSQL, through the services."""

    def __init__(self, case: Case, cast: Cast) -> None:
        spec = case.patients[0].plan
        self.cast = cast
        self.people = {
            "ewan": cast.ewan_user,
            "isla": cast.isla,
            "tomasz": cast.tomasz,
            "priya": cast.priya,
        }
        of_isla = ContactPoint.objects.filter(person=cast.isla)
        of_isla.update(quiet_from_time=time(22), quiet_until_time=time(7))
        self.plan: Plan = taper_signed(
            cast.ewan,
            by=cast.priya,
            now=TUESDAY,
            times=spec.times,
            on_time_window=str(spec.window),
            follow_up_delay=str(spec.follow_up),
            rungs=[
                {
                    "delay": str(rung.minutes),
                    "audience": rung.audience,
                    "repeat_delay": str(rung.repeat_minutes) if rung.repeat_times else "",
                    "repeat_times": str(rung.repeat_times) if rung.repeat_times else "",
                }
                for rung in spec.rungs
            ],
        )
        self.turn(TUESDAY)

    def turn(self, now: datetime) -> None:
        """Sweep and dispatch."""
        sweep_and_dispatch(now)

    def do(self, act: Act, due_at: datetime, now: datetime) -> None:
        """Let somebody do something by the service that stores it."""
        by, dose = self.people[act.who], self.plan.doses.standing().get(due_at=due_at)
        alert = dose.alerts.open().order_by("opened_at").first()
        if act.kind == "log":
            self._log(dose, by, Outcome(act.said), now)
        elif act.kind == "void" and dose.standing_entry is not None:
            entry_void(entry=dose.standing_entry, by=dose.standing_entry.by, reason="x", now=now)
        elif act.kind == "remove point":
            point = _point_of(self.cast.tomasz)
            if point.disabled_at is None:
                contact_point_disable(contact_point=point, reason="gone", now=now)
        elif alert is not None and act.kind == "acknowledge":
            alert_acknowledge(alert=alert, by=by, now=now)
        elif alert is not None and act.kind == "pass on":
            alert_pass_on(alert=alert, by=by, note="", now=now)
        elif alert is not None and act.kind == "note":
            alert_close_with_note(alert=alert, by=by, note="Called.", now=now)

    def _log(self, dose: ExpectedDose, by: User, outcome: Outcome, now: datetime) -> None:
        entry_add(
            patient=self.plan.patient,
            by=by,
            via=Via.PAGE,
            outcome=outcome,
            taken_at=None,
            device_at=None,
            client_id=uuid4(),
            now=now,
            dose=dose,
        )

    def decided(self) -> set[object]:
        """As in the simulator, read from the rows."""
        names = {user.pk: name for name, user in self.people.items()}
        lines = Notification.objects.filter(alert__dose__plan=self.plan)
        return {
            (
                *_named(line.alert.dose.due_at, line.alert.kind),
                line.alert.episode,
                line.rung,
                line.round,
                names[line.person_id] if line.person_id else line.duty,
                line.purpose,
                line.message.state,
                line.dropped_at is not None,
            )
            for line in lines.select_related("alert__dose", "message")
        }

    def alerts(self) -> set[object]:
        """As in the simulator, read from the rows."""
        return {
            (
                *_named(alert.dose.due_at, alert.kind),
                alert.opened_at,
                alert.rung,
                alert.round,
                alert.climb_from_at,
                alert.held_until_at,
                alert.listed_at,
                alert.close_reason,
            )
            for alert in Alert.objects.filter(dose__plan=self.plan).select_related("dose")
        }


def _named(due_at: datetime | None, kind: str) -> tuple[str, str]:
    return f"{due_at:%d %H:%M}", str(kind)


def _point_of(person: User) -> ContactPoint:
    return ContactPoint.objects.get(person=person)


@pytest.mark.parametrize("seed", range(3))
def test_the_database_and_the_simulator_decide_the_same(seed: int, cast: Cast) -> None:
    case = case_of(seed)
    memory, database = InMemory(case), InDatabase(case, cast)
    until = TUESDAY + timedelta(hours=HOURS)
    due = [(d.due_at - case.starts_at) // MINUTE for d in memory.world.every_dose()]
    acts = acts_of(seed, [minute for minute in due if case.at(minute) < until])
    acts = [act for act in acts if case.at(act.minute) > TUESDAY]
    now = TUESDAY
    while now < until:
        ahead = [*memory.next_at(), *(case.at(act.minute) for act in acts[:1])]
        now = min(at for at in ahead if at > now)
        while acts and case.at(acts[0].minute) <= now:
            act = acts.pop(0)
            memory.world.true_at = now
            act_do(memory.world, act)
            database.do(act, case.at(act.about), now)
        memory.turn(now)
        database.turn(now)
        assert memory.alerts() == database.alerts(), now
        assert memory.decided() == database.decided(), now
    assert memory.alerts()
    assert memory.decided()
