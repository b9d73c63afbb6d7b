"""Virtual time: people act, things break, and the engine wakes whenever something can be due.

Nothing happens minute by minute: time goes from one event to the next. The events stand in true
time; the engine reads the server's clock, which a fault may put forward or back.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from reminders.domain.messages import MessageState
from tests.simulation.acting import act_do
from tests.simulation.case import Act, Case, Fault
from tests.simulation.invariants import LIMIT, Watch
from tests.simulation.providers import OWN_KINDS, Providers
from tests.simulation.rules import Rules
from tests.simulation.sending import TAKES_TOO_LONG, dispatch, message_returned
from tests.simulation.sweeping import looks_bring_forward, sweep
from tests.simulation.world import World

Task = Generator[float, None, None]
TICKS = {"sweep": timedelta(seconds=15), "dispatch": timedelta(seconds=5)}
DRAIN = timedelta(hours=40)
"""How long the engine goes on after the last day, for quiet hours and slow retries to end."""
NEVER = datetime.max.replace(tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)
REPAIR = timedelta(hours=20)
"""After which the owner of a contact point that bounced has mended it."""


@dataclass(slots=True)
class Passes:
    """One or two passes of a leg at once; `steps_left` until one is killed, if not 0."""

    leg: str
    tasks: list[Task]
    steps_left: int
    is_whole: bool = True


class Loop:
    """One run of one case."""

    def __init__(self, case: Case, rules: Rules | None = None) -> None:
        self.watch = Watch()
        self.world = World(case, rules or Rules(), self.watch)
        self.providers = Providers()
        self._random = Random(case.seed)  # noqa: S311 - a story to repeat, no secret
        self._heap: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count = 0
        self._down_until = case.starts_at
        self._two_until = case.starts_at
        self._kill: dict[str, int] = {}
        self._is_running = dict.fromkeys(TICKS, False)
        self._last_tick = dict.fromkeys(TICKS, case.starts_at - timedelta(seconds=15))
        self._beat_truly_at = dict.fromkeys(TICKS, case.starts_at - timedelta(hours=1))
        self._offset_at_beat = dict.fromkeys(TICKS, timedelta())
        self._stepped_at = case.starts_at - timedelta(days=1)
        self._check = {"sweep": self.watch.sweep_done, "dispatch": self.watch.dispatch_done}
        for act in case.acts:
            self._at(case.at(act.minute), self._acting(act))
        for fault in case.faults:
            self._at(case.at(fault.minute), self._breaking(fault))

    def run(self) -> Watch:
        """Run the case to its end; raises Broken at the step that breaks an invariant."""
        world, until = self.world, self.world.case.ends_at + DRAIN
        while True:
            leg, wake_at = min(self._wakes(), key=lambda each: each[1])
            event_at = self._heap[0][0] if self._heap else until
            world.true_at = max(world.true_at, min(event_at, wake_at))
            if world.true_at >= until:
                break
            if event_at <= wake_at:
                heapq.heappop(self._heap)[2]()
            else:
                self._tick(leg)
        self.watch.ended(world)
        return self.watch

    def _at(self, at: datetime, do: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._heap, (at, self._count, do))

    # --- people and faults

    def _acting(self, act: Act) -> Callable[[], None]:
        return lambda: act_do(self.world, act)

    def _breaking(self, fault: Fault) -> Callable[[], None]:
        return lambda: self._break(fault)

    def _break(self, fault: Fault) -> None:
        world, until = self.world, self.world.true_at + timedelta(minutes=fault.minutes)
        if world.true_at >= world.case.ends_at:
            return
        self.watch.counts[f"faults: {fault.kind}"] += 1
        if fault.kind == "down":
            self._beat_while_idle()
            self._down_until = max(self._down_until, until)
            for minutes in (4, 6, fault.minutes - 1, fault.minutes + 2):
                self._at(world.true_at + timedelta(minutes=minutes), self._look_at_a_page)
        elif fault.kind.startswith("kill"):
            self._kill[fault.kind.partition(" ")[2]] = fault.step
        elif fault.kind == "two":
            self._two_until = until
        elif fault.kind == "clock":
            self._step_clock(timedelta(minutes=int(fault.what)), until)
        elif fault.kind == "returned":
            self._give_back(fault.what)
        elif fault.kind in OWN_KINDS:
            self.providers.break_down(world, fault.kind, fault.what, fault.minutes)
            self._at(until + REPAIR, self._repair)

    def _step_clock(self, by: timedelta, until: datetime) -> None:
        self._beat_while_idle()
        self.world.clock_offset += by
        self._stepped_at = self.world.true_at
        self._last_tick = dict.fromkeys(TICKS, self.world.true_at)
        for minutes in (1, 7, 60):
            self._at(self.world.true_at + timedelta(minutes=minutes), self._look_at_a_page)
        if self.world.clock_offset:
            self._at(until, lambda: self._step_clock(-self.world.clock_offset, until))

    def _give_back(self, kind: str) -> None:
        found = self.providers.last.pop(kind, None)
        if found is not None and found[0].state is MessageState.SENT:
            message_returned(self.world, *found)
            self._at(self.world.true_at + REPAIR, self._repair)

    def _repair(self) -> None:
        for name in [*self.world.people, "desk", "out_of_hours"]:
            for point in self.world.points_named(name):
                point.is_usable = True

    # --- the engine

    def _is_down(self) -> bool:
        return self.world.true_at < self._down_until

    def _wakes(self) -> Iterator[tuple[str, datetime]]:
        """Yield when each leg next has something to do, on its ticks."""
        world = self.world
        looks = (each.next_at() for each in (world.doses, world.plans, world.alerts))
        tries = (each.lease_until_at or each.next_try_at for each in world.waiting.values())
        due = {
            "sweep": min((at for at in looks if at is not None), default=None),
            "dispatch": min(tries, default=None),
        }
        for leg, tick in TICKS.items():
            due_at = due[leg]
            if due_at is None or self._is_running[leg]:
                yield leg, NEVER
                continue
            earliest_at = max(self._down_until, self._last_tick[leg] + tick)
            at = max(due_at - world.clock_offset, earliest_at)
            yield leg, at + (world.case.starts_at - at) % tick

    def _tick(self, leg: str) -> None:
        self._last_tick[leg] = self.world.true_at
        is_double = self.world.true_at < self._two_until
        tasks = [self._task(leg) for _ in range(1 + is_double)]
        self._is_running[leg] = True
        self._go_on(Passes(leg, tasks, self._kill.pop(leg, 0)))

    def _task(self, leg: str) -> Task:
        return sweep(self.world) if leg == "sweep" else dispatch(self.world, self.providers)

    def _go_on(self, passes: Passes) -> None:
        """Take steps of the passes, in any order, until one of them waits or all are done.

        One of them is killed at its step, if the case says so; what it had committed stays.
        """
        while passes.tasks:
            task = passes.tasks[0]
            if len(passes.tasks) > 1:
                task = self._random.choice(passes.tasks)
            pause = next(task, None)
            if pause is None:
                self._end(passes, task)
                continue
            passes.steps_left -= 1
            if passes.steps_left == 0 or pause == TAKES_TOO_LONG or self._is_down():
                passes.tasks.remove(task)
                task.close()
                passes.is_whole = False
            elif pause:
                later = self.world.true_at + timedelta(seconds=pause)
                self._at(later, lambda: self._go_on(passes))
                return
        self._is_running[passes.leg] = False
        if passes.is_whole:
            self._check[passes.leg](self.world)

    def _end(self, passes: Passes, task: Task) -> None:
        passes.tasks.remove(task)
        self._beat_truly_at[passes.leg] = self.world.true_at
        self._offset_at_beat[passes.leg] = self.world.clock_offset

    # --- the heartbeat

    def _beat_while_idle(self) -> None:
        """Let the passes that found nothing to do have happened."""
        if self._is_down():
            return
        if not self._is_running["sweep"]:
            looks_bring_forward(self.world, self.world.now)
        for leg in TICKS:
            if not self._is_running[leg]:
                before = self.world.beats.get(leg)
                self.world.beats[leg] = self.world.rules.beat_after(before, self.world.now, LIMIT)
                self._beat_truly_at[leg] = self.world.true_at
                self._offset_at_beat[leg] = self.world.clock_offset

    def _look_at_a_page(self) -> None:
        self._beat_while_idle()
        world = self.world
        is_loud = world.rules.is_engine_silent(world.beats, world.now, LIMIT)
        beats = self._beat_truly_at.values()
        silence = max(world.true_at - beat for beat in beats)
        has_stepped = any(self._stepped_at >= beat for beat in beats)
        limit = 2 * LIMIT if world.true_at - self._stepped_at < HALF_AN_HOUR else LIMIT
        self.watch.page_seen(
            is_loud,
            must_be_loud=silence >= limit and not (has_stepped and self._is_hidden()),
            may_be_loud=silence >= LIMIT or has_stepped,
        )

    def _is_hidden(self) -> bool:
        """Tell whether a stepped clock happens to show about the time of the last pass again."""
        world = self.world
        shown = (
            world.true_at + world.clock_offset - beat - self._offset_at_beat[leg]
            for leg, beat in self._beat_truly_at.items()
        )
        return any(abs(each) < 2 * LIMIT for each in shown)
