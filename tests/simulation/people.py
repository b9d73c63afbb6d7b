"""Random lives from a seed: people, zones, plans, what they do, and what breaks meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tests.simulation.case import (
    MINUTE,
    Act,
    Case,
    ClinicSpec,
    Fault,
    PatientSpec,
    PersonSpec,
    PlanSpec,
    PointSpec,
    RungSpec,
)
from tracker.domain.schedule import DoseTimeSpec, StepSpec, occurrences

ZONES = (
    "Europe/London",
    "Europe/Warsaw",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "America/Santiago",
    "Pacific/Apia",
    "Asia/Tehran",
)
FIRST_DAY = date(2026, 1, 1).toordinal()
OUTCOMES = ("taken",) * 8 + ("skipped", "missed")
FAULTS = (
    *("down", "kill sweep", "kill dispatch", "kill dispatch", "two", "clock"),
    *("fail", "hang", "slow", "twice", "bounce", "bounce", "returned"),
)
DAY = 24 * 60


def case_from(seed: int, *, days: int = 60, patients: int = 2) -> Case:
    """Return the case of a seed; the same one on every machine."""
    random = Random(seed)  # noqa: S311 - a story to repeat, no secret
    begins_on = date.fromordinal(FIRST_DAY + random.randrange(730))
    zone = random.choice(ZONES)
    helpers = [f"helper {n}" for n in range(random.randrange(4))]
    people = [_person(random, name, zone) for name in [*helpers, "clinician"]]
    treated = []
    for number in range(patients):
        own = "" if random.random() < 0.1 else f"patient {number}"
        if own:
            people.append(_person(random, own, zone))
        links = tuple(name for name in helpers if random.random() < 0.6)
        treated.append(PatientSpec(own, plan_from(random, zone), links))
    case = Case(
        seed=seed,
        begins_on=begins_on,
        days=days,
        clinic=_clinic(random, zone),
        people=tuple(people),
        patients=tuple(treated),
        amended=tuple(plan_from(random, zone) for _ in range(2)),
    )
    acts = [act for number in range(patients) for act in _life(random, case, number)]
    return _with(case, acts, list(_faults(random, case)))


def plan_from(random: Random, zone: str) -> PlanSpec:
    """Return any plan that can be signed: the clinic is its last rung."""
    clocks = random.sample(range(5 * 12, 24 * 12), random.choice((1, 1, 2, 2, 3)))
    times = tuple(f"{c // 12:02}:{c % 12 * 5:02}" for c in sorted(clocks))
    delays = sorted(random.sample(range(0, 240, 5), random.randint(1, 4)))
    audiences = ["patient", "patient", "caregivers", "clinic"][-len(delays) :]
    if len(delays) > 1 and random.random() < 0.2:
        random.shuffle(audiences)
        audiences[-1] = "clinic"
    rungs = tuple(_rung(random, *each) for each in zip(delays, audiences, strict=True))
    if random.random() < 0.1:
        zone = random.choice(ZONES)
    return PlanSpec(zone, times, rungs, random.choice((30, 45, 60)), random.choice((15, 20, 40)))


def _rung(random: Random, delay: int, audience: str) -> RungSpec:
    if random.random() < 0.8:
        return RungSpec(delay, audience)
    return RungSpec(delay, audience, random.choice((5, 10, 30)), random.randint(1, 3))


def _person(random: Random, name: str, zone: str) -> PersonSpec:
    zone = zone if random.random() < 0.9 else random.choice(ZONES)
    count = random.choice((0, 1, 1, 1, 2, 3))
    return PersonSpec(name, zone, tuple(_point(random) for _ in range(count)))


def _point(random: Random) -> PointSpec:
    kind = random.choice(("email", "email", "sms", "push"))
    is_discreet = random.random() < 0.7
    if random.random() < 0.7:
        return PointSpec(kind, is_discreet=is_discreet)
    quiet = random.choice((("22:00", "07:00"), ("12:30", "14:00"), ("00:30", "06:00")))
    return PointSpec(kind, *quiet, is_discreet)


def _clinic(random: Random, zone: str) -> ClinicSpec:
    opens, closes, weekdays = random.choice(
        (("08:00", "18:00", 5), ("09:00", "13:00", 4), ("00:00", "00:00", 7), ("", "", 0))
    )
    out = (PointSpec(random.choice(("email", "sms"))),) * (random.random() < 0.6)
    desk = (PointSpec(),) * random.choice((1, 1, 1, 2))
    return ClinicSpec(zone, opens, closes, weekdays, desk, out, "clinician")


def _life(random: Random, case: Case, number: int) -> Iterator[Act]:
    spec = case.patients[number]
    diligence = random.choice((0.99, 0.98, 0.97, 0.9, 0.5))
    for about in due_minutes(case, spec.plan):
        yield from _around(random, number, spec, about, diligence)
    for _ in range(case.days * (random.random() < 0.5) // 10):
        yield from _change(random, case, number, spec)


def due_minutes(case: Case, plan: PlanSpec) -> list[int]:
    """Return the minutes at which the plan's doses are due, as first signed."""
    step = step_from(plan, case.begins_on - timedelta(days=1))
    found = occurrences([step], ZoneInfo(plan.zone), case.starts_at, case.ends_at)
    return [(each.due_at - case.starts_at) // MINUTE for each in found]


def step_from(plan: PlanSpec, begins_on: date) -> StepSpec:
    """Return the plan's only step: the same doses each day, with amounts that cannot be missed."""
    doses = tuple(
        DoseTimeSpec(time.fromisoformat(clock), f"{7 + place}.5 mg")
        for place, clock in enumerate(plan.times)
    )
    return StepSpec(1, begins_on, None, doses)


def _around(
    random: Random, number: int, spec: PatientSpec, about: int, diligence: float
) -> Iterator[Act]:
    """What happens around one dose: logged early, on time, late or never; taken back; answered."""
    who = spec.person or random.choice(spec.caregivers or ("clinician",))
    if random.random() < diligence:
        early = random.random() < 0.8
        minute = about + (-random.randint(1, 50) if early else int(random.expovariate(1 / 40)))
        yield Act(minute, "log", number, who, about, random.choice(OUTCOMES))
        if random.random() < 0.03:
            yield Act(minute + random.randint(1, 300), "void", number, who, about)
        if random.random() < 0.03:
            yield Act(minute + random.randint(1, 300), "log", number, who, about, "missed")
        return
    if random.random() < 0.3:
        late = about + random.randint(60, 1500)
        yield Act(late, "log", number, who, about, random.choice(OUTCOMES))
    for _ in range(random.choice((0, 0, 1, 2))):
        kind = random.choice(("acknowledge", "acknowledge", "pass on"))
        helper = random.choice((*spec.caregivers, "clinician"))
        yield Act(about + random.randint(5, 400), kind, number, helper, about)
    if random.random() < 0.3:
        yield Act(about + random.randint(200, 2000), "note", number, "clinician", about)


def _change(random: Random, case: Case, number: int, spec: PatientSpec) -> Iterator[Act]:
    """One change of circumstances, and as a rule what ends it."""
    minute, later = random.randrange(case.days * DAY), random.randint(60, 4 * DAY)
    helper = random.choice((*spec.caregivers, "clinician"))
    kind, ends = random.choice(
        (
            ("hold", "resume"),
            ("stay", "stay over"),
            ("end caregiver", "link caregiver"),
            ("remove point", "add point"),
            ("amend", ""),
            ("sign E", "close flags"),
            ("sign D", "close flags"),
            ("sign E", "acknowledge"),
            ("sign D", "acknowledge"),
            ("stop", ""),
            ("close flags", ""),
        )
    )
    if kind == "stop" and random.random() < 0.7:
        return
    who = random.choice(("desk", spec.person, helper)) if "point" in kind else helper
    yield Act(minute, kind, number, who, said=str(random.randrange(2)))
    if ends:
        yield Act(minute + later, ends, number, who)


def _faults(random: Random, case: Case) -> Iterator[Fault]:
    if random.random() < 0.2:
        return  # a calm case: nothing may hide behind a fault
    for _ in range(max(1, case.days // 4)):
        minute, step = random.randrange(case.days * DAY), random.randint(1, 12)
        kind = random.choice(FAULTS)
        what = random.choice(("email", "sms", "push"))
        if kind == "clock":
            what = random.choice(("120", "-120", "60", "-60", "3", "-3"))
        long = random.choice((10, 60, 360))
        yield Fault(minute, kind, long, what, step)
        if kind == "down" and random.random() < 0.5:
            yield Fault(minute + 2, "clock", long, random.choice(("-120", "120")))


def _with(case: Case, acts: list[Act], faults: list[Fault]) -> Case:
    last = case.days * DAY
    kept = sorted((act for act in acts if 0 <= act.minute < last), key=lambda act: act.minute)
    return Case(
        case.seed, case.begins_on, case.days, case.clinic, case.people, case.patients,
        case.amended, tuple(kept), tuple(sorted(faults, key=lambda fault: fault.minute)),
    )  # fmt: skip


def minute_of(case: Case, at: datetime) -> int:
    """Return the minute of an instant."""
    return int((at.astimezone(UTC) - case.starts_at) // MINUTE)
